"""Spells are recorded, corrected, ended, withdrawn; evidence lifts them; disputes are answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from lms import storage
from lms.accounts.models import User
from lms.audit import AuditEvent
from lms.db import db
from lms.errors import Forbidden, Invalid, NoLongerLive
from lms.metrics.facts import Intent, Spell, SpellKind
from lms.outcomes import actions, evidence_actions, records
from lms.outcomes.models import Dispute, EvidenceKind, StatusSpell
from lms.resident_numbers import ResidentNumberFound

pytestmark = pytest.mark.usefixtures("english")
DAY = date(2026, 3, 2)
PDF = b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\n%%EOF"


def spells() -> int:
    return db.session.scalar(select(func.count()).select_from(StatusSpell))


def line(row: StatusSpell) -> records.SpellLine:
    db.session.expire_all()
    found = records.record_of(row.user).line_of(row.id)
    assert found is not None
    return found


def test_a_correction_supersedes_and_says_why(academy: SimpleNamespace, job: StatusSpell) -> None:
    right = replace(job.as_spell, hours=40.0)
    corrected = actions.correct_spell(job, right, reason="hours were asked", by=academy.ada)
    db.session.commit()
    found = line(job)
    assert [row.id for row in found.rows] == [corrected.id, job.id] and found.is_live
    assert corrected.reason == "hours were asked" and corrected.role == "developer"
    assert job.superseded_at == corrected.recorded_at


def test_a_correction_needs_a_reason_and_a_change(
    academy: SimpleNamespace, job: StatusSpell
) -> None:
    with pytest.raises(actions.ReasonMissing):
        actions.correct_spell(job, replace(job.as_spell, hours=1.0), reason=" ", by=academy.ada)
    with pytest.raises(actions.NothingChanged):
        actions.correct_spell(job, job.as_spell, reason="again", by=academy.ada)
    assert job.superseded_at is None and spells() == 1


def test_what_was_corrected_meanwhile_is_not_corrected_again(
    academy: SimpleNamespace, job: StatusSpell
) -> None:
    actions.end_spell(job, on=DAY, by=academy.ada)
    with pytest.raises(NoLongerLive):
        actions.correct_spell(job, replace(job.as_spell, hours=1.0), reason="x", by=academy.ada)
    with pytest.raises(NoLongerLive):
        actions.withdraw_spell(job, reason="x", by=academy.ada)
    assert spells() == 2


def test_an_overlap_names_the_spell_in_the_way(academy: SimpleNamespace, job: StatusSpell) -> None:
    again = Spell(kind=SpellKind.EMPLOYEE, valid_from=DAY)
    with pytest.raises(actions.Overlap, match="2026-02-10 – ") as caught:
        actions.record_spell(academy.lena, again, source="letter", by=academy.ada)
    assert caught.value.clash is job and spells() == 1
    # Another group, another person and a time before are in nobody's way.
    actions.record_spell(
        academy.lena, Spell(kind=SpellKind.STUDY, valid_from=DAY), source="x", by=academy.ada
    )
    actions.record_spell(academy.omar, again, source="x", by=academy.ada)
    early = replace(again, valid_from=date(2026, 1, 1), valid_to=job.valid_from)
    actions.record_spell(academy.lena, early, source="x", by=academy.ada)


def test_a_correction_into_an_overlap_leaves_all_as_it_was(
    academy: SimpleNamespace, job: StatusSpell
) -> None:
    other = actions.record_spell(
        academy.lena,
        Spell(kind=SpellKind.EMPLOYEE, valid_from=date(2026, 1, 1), valid_to=date(2026, 2, 1)),
        source="x",
        by=academy.ada,
    )
    db.session.commit()
    with pytest.raises(actions.Overlap):
        actions.correct_spell(
            other, replace(other.as_spell, valid_to=None), reason="still there", by=academy.ada
        )
    db.session.rollback()  # as the request does
    assert other.superseded_at is None and spells() == 2


def test_a_new_job_ends_the_one_before(academy: SimpleNamespace, job: StatusSpell) -> None:
    new = Spell(kind=SpellKind.EMPLOYEE, valid_from=DAY)
    actions.record_spell(academy.lena, new, source="letter", ends=[job], by=academy.ada)
    db.session.commit()
    live = [(found.spell.valid_from, found.spell.valid_to) for found in records.record_of(academy.lena).live]  # fmt: skip
    assert live == [(DAY, None), (job.valid_from, DAY)]
    with pytest.raises(Invalid, match="before it began"):
        actions.end_spell(records.record_of(academy.lena).live[0].spell, on=DAY, by=academy.ada)


def test_a_withdrawn_spell_stays_to_be_seen(academy: SimpleNamespace, job: StatusSpell) -> None:
    with pytest.raises(actions.ReasonMissing):
        actions.withdraw_spell(job, reason="", by=academy.ada)
    actions.withdraw_spell(job, reason="it was somebody of the same name", by=academy.ada)
    db.session.commit()
    record = records.record_of(academy.lena)
    assert not record.live and record.withdrawn[0].withdrawal.reason.startswith("it was somebody")
    event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert (event.action, event.subject_id) == ("spell-withdrawn", academy.lena.id)


def test_accepted_evidence_lifts_the_spell_and_its_refusal_takes_that_back(
    academy: SimpleNamespace, bora: User, job: StatusSpell
) -> None:
    evidence = evidence_actions.add_evidence(
        job,
        kind=EvidenceKind.INSURANCE_RECORD,
        received_on=DAY,
        file=("자격득실 확인서.pdf", PDF),
        by=academy.ada,
    )
    assert storage.get(evidence.sha256) == PDF and line(job).spell.evidence_level == 1
    evidence_actions.check_evidence(evidence, accepted=True, by=bora)
    assert line(job).spell.evidence_level == 5
    assert "Insurance record" in line(job).spell.reason
    # A correction of something else keeps the level and the evidence.
    spell = line(job).spell
    actions.correct_spell(
        spell, replace(spell.as_spell, hours=40.0), reason="asked", by=academy.ada
    )
    assert (line(job).spell.evidence_level, len(line(job).evidence)) == (5, 1)
    with pytest.raises(actions.ReasonMissing):
        evidence_actions.check_evidence(evidence, accepted=False, by=bora)
    evidence_actions.check_evidence(evidence, accepted=False, note="the dates differ", by=bora)
    assert line(job).spell.evidence_level == 1 and "no longer" in line(job).spell.reason
    assert line(job).spell.hours == 40.0


def test_lower_evidence_changes_no_level(
    academy: SimpleNamespace, bora: User, job: StatusSpell
) -> None:
    evidence = evidence_actions.add_evidence(
        job, kind=EvidenceKind.HEARSAY, received_on=DAY, note="a classmate", by=academy.ada
    )
    evidence_actions.check_evidence(evidence, accepted=True, by=bora)
    assert line(job).spell is job and spells() == 1


def test_nobody_checks_their_own_evidence(
    academy: SimpleNamespace, bora: User, job: StatusSpell
) -> None:
    evidence = evidence_actions.add_evidence(
        job, kind=EvidenceKind.CONTRACT, received_on=DAY, by=academy.ada
    )
    for person in (academy.ada, academy.lena):
        with pytest.raises(evidence_actions.OwnEvidence):
            evidence_actions.check_evidence(evidence, accepted=True, by=person)
    evidence_actions.check_evidence(evidence, accepted=True, by=bora)


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("script.html", b"<script>", "Choose one of"),
        ("no-ending", PDF, "Choose one of"),
        ("page.pdf", b"<html>", "not what its name says"),
        ("big.pdf", PDF + b" " * evidence_actions.MOST_BYTES, "larger than 10 MB"),
        ("broken.docx", b"PK\x03\x04 and no more", "damaged"),
        ("900101-1234567.pdf", PDF, "resident registration number"),
    ],
)
def test_a_file_that_cannot_be_kept_is_refused(
    name: str, content: bytes, wanted: str, academy: SimpleNamespace, job: StatusSpell
) -> None:
    with pytest.raises(Invalid, match=wanted):
        evidence_actions.add_evidence(
            job,
            kind=EvidenceKind.CONTRACT,
            received_on=DAY,
            file=(name, content),
            by=academy.ada,
        )
    db.session.rollback()
    assert not line(job).evidence


def test_no_free_text_holds_a_resident_number(
    academy: SimpleNamespace, bora: User, job: StatusSpell
) -> None:
    number = "900101-1234567"
    spell = Spell(kind=SpellKind.STUDY, valid_from=DAY)
    lena, ada = academy.lena, academy.ada
    evidence = evidence_actions.add_evidence(
        job, kind=EvidenceKind.CONTRACT, received_on=DAY, by=ada
    )
    disputed = actions.dispute(lena, text="The day is wrong.", spell=job)
    db.session.commit()
    changed = replace(job.as_spell, hours=1.0)
    for act in (
        lambda: actions.record_spell(lena, spell, source=number, by=ada),
        lambda: actions.record_spell(lena, spell, source="x", role=number, by=ada),
        lambda: actions.correct_spell(job, changed, reason=number, by=ada),
        lambda: actions.withdraw_spell(job, reason=number, by=ada),
        lambda: evidence_actions.add_evidence(
            job, kind=EvidenceKind.CONTRACT, received_on=DAY, note=number, by=ada
        ),
        lambda: evidence_actions.check_evidence(evidence, accepted=True, note=number, by=bora),
        lambda: actions.correct_intent(
            academy.enrolments[0], Intent.IN_FIELD_JOB, reason=number, by=ada
        ),
        lambda: actions.dispute(lena, text=number),
        lambda: actions.answer_dispute(disputed, upheld=False, text=number, by=ada),
    ):
        with pytest.raises(ResidentNumberFound, match="resident registration number"):
            act()
        db.session.rollback()
        db.session.expire_all()
    assert spells() == 1 and job.superseded_at is None


def test_people_correct_their_own_word_and_dispute_the_rest(
    academy: SimpleNamespace, bora: User, job: StatusSpell
) -> None:
    left = replace(job.as_spell, valid_to=DAY, evidence_level=5)
    with pytest.raises(Forbidden):
        actions.correct_own_spell(job, left, reason="not mine", by=academy.omar)
    mine = actions.correct_own_spell(job, left, reason="I left", by=academy.lena)
    assert mine.evidence_level == 1
    evidence = evidence_actions.add_evidence(
        mine, kind=EvidenceKind.CONTRACT, received_on=DAY, by=academy.ada
    )
    evidence_actions.check_evidence(evidence, accepted=True, by=bora)
    with pytest.raises(actions.OnlyDisputable):
        actions.correct_own_spell(line(mine).spell, job.as_spell, reason="no", by=academy.lena)


def test_a_dispute_is_answered_once_and_not_by_its_person(
    academy: SimpleNamespace, job: StatusSpell
) -> None:
    row = actions.dispute(academy.lena, text="I began in January.", spell=job)
    assert records.disputed([academy.lena.id, academy.omar.id]) == {academy.lena.id}
    with pytest.raises(Forbidden):
        actions.answer_dispute(row, upheld=True, text="of course", by=academy.lena)
    with pytest.raises(actions.ReasonMissing):
        actions.answer_dispute(row, upheld=False, text="  ", by=academy.ada)
    actions.answer_dispute(row, upheld=False, text="The contract says February.", by=academy.ada)
    with pytest.raises(actions.AlreadyAnswered):
        actions.answer_dispute(row, upheld=True, text="after all", by=academy.ada)
    assert row.answer.text == "The contract says February."
    assert not records.disputed([academy.lena.id])
    with pytest.raises(Forbidden):
        actions.dispute(academy.omar, text="not mine", spell=job)


def test_disputes_and_answers_stay(academy: SimpleNamespace, job: StatusSpell) -> None:
    row = actions.dispute(academy.lena, text="I began in January.", spell=job)
    db.session.commit()
    for statement in ("UPDATE dispute SET text = 'x'", "DELETE FROM dispute"):
        with pytest.raises(DBAPIError, match="append-only"), db.session.begin_nested():
            db.session.execute(text(statement))
    assert db.session.get_one(Dispute, row.id).text == "I began in January."


def test_an_intent_is_asked_at_the_start_and_locked(academy: SimpleNamespace) -> None:
    enrolment = academy.enrolments[0]  # since today
    actions.record_intent(enrolment, Intent.IN_FIELD_JOB, by=academy.lena)
    for person in (academy.lena, academy.ada):
        with pytest.raises(actions.IntentLocked):
            actions.record_intent(enrolment, Intent.FURTHER_STUDY, by=person)
    with pytest.raises(actions.IntentLocked):
        actions.correct_intent(enrolment, Intent.FURTHER_STUDY, reason="x", by=academy.lena)
    with pytest.raises(actions.ReasonMissing):
        actions.correct_intent(enrolment, Intent.FURTHER_STUDY, reason="", by=academy.ada)
    actions.correct_intent(enrolment, Intent.FURTHER_STUDY, reason="misread", by=academy.ada)
    intents = records.record_of(academy.lena).intents
    assert [answer.answer for answer in intents] == [Intent.FURTHER_STUDY, Intent.IN_FIELD_JOB]
    assert intents[1].superseded_at is not None and intents[0].superseded_at is None


def test_a_late_intent_is_an_administrators_and_says_why(
    academy: SimpleNamespace, job: StatusSpell
) -> None:
    enrolment = academy.enrolments[0]  # completed
    with pytest.raises(actions.IntentLocked):
        actions.record_intent(enrolment, Intent.FURTHER_STUDY, by=academy.lena)
    with pytest.raises(actions.ReasonMissing):
        actions.record_intent(enrolment, Intent.FURTHER_STUDY, by=academy.ada)
    actions.record_intent(enrolment, Intent.FURTHER_STUDY, reason="paper form", by=academy.ada)


def test_the_list_filters_by_status_on_the_day(academy: SimpleNamespace, job: StatusSpell) -> None:
    cohort = academy.cohorts[0]

    def found(kind: SpellKind | None, on: date = DAY, **more: bool) -> list[int]:
        return [row.user_id for row in db.session.scalars(records.people(cohort, on=on, kind=kind, **more))]  # fmt: skip

    assert found(SpellKind.EMPLOYEE) == found(None) == [academy.lena.id]
    assert found(SpellKind.UNKNOWN) == found(SpellKind.STUDY) == []
    before = date(2026, 1, 20)
    assert found(SpellKind.UNKNOWN, before) == [academy.lena.id]
    assert found(None, before, completers=True) == []
