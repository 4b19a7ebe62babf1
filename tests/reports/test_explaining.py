"""A later count says in words why it differs: what was recorded between the two moments."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, text

from lms.access import GRANTS, Permission, Role
from lms.accounts.actions import add_person
from lms.accounts.models import User
from lms.cohorts.actions import enrol
from lms.cohorts.models import Cohort, Enrolment
from lms.db import db, utcnow
from lms.metrics.facts import Spell, SpellKind
from lms.outcomes import actions, evidence_actions
from lms.outcomes.models import EvidenceKind, StatusSpell
from lms.privacy.models import DestroyedAccount, Destruction
from lms.recorded import known
from lms.reports import queries
from lms.reports.explaining import Cause, explained
from lms.reports.models import Report
from lms.reports.since import since


@pytest.fixture
def report(make: Callable[..., Report]) -> Report:
    """Made, and everything after it is recorded later."""
    made = make()
    db.session.commit()
    later()
    return made


def later() -> None:
    db.session.execute(text("SELECT set_config('academy.recording_moment', '', true)"))


def person(number: int) -> User:
    return db.session.scalars(select(User).where(User.username == f"grad-{number}")).one()


def spell(number: int) -> StatusSpell:
    return db.session.scalars(
        select(StatusSpell).where(StatusSpell.user_id == person(number).id, known(StatusSpell))
    ).one()


def of(report: Report, metric: str) -> dict[Cause, dict[str, int]]:
    db.session.flush()
    later_on = utcnow() + timedelta(minutes=1)
    told = since(report, known_at=later_on).metrics
    assert all(Cause.PROGRAM not in one.causes for one in told)  # every metric is explained whole
    return next((dict(one.causes) for one in told if metric in one.metrics), {})


def job(number: int, academy: SimpleNamespace) -> None:
    fact = Spell(kind=SpellKind.EMPLOYEE, valid_from=date(2026, 7, 1), evidence_level=3)
    actions.record_spell(person(number), fact, source="late", by=academy.ada)


def test_what_arrived_late(report: Report, academy: SimpleNamespace) -> None:
    for number in (32, 33, 34):
        job(number, academy)
    assert of(report, "plain") == {Cause.LATE: {"employee": 3, "other": -3}}
    assert of(report, "survey-only") == of(report, "plain")


def test_who_found_work_while_something_else_ended(
    report: Report, academy: SimpleNamespace
) -> None:
    fact = Spell(kind=SpellKind.EMPLOYEE, valid_from=date(2026, 7, 1))
    actions.record_spell(person(25), fact, source="late", ends=[spell(25)], by=academy.ada)
    assert of(report, "plain") == {Cause.LATE: {"employee": 1, "study": -1}}


def test_each_cause_stands_by_itself(
    report: Report, academy: SimpleNamespace, bea: User, graduates: Cohort
) -> None:
    job(39, academy)  # late
    actions.withdraw_spell(spell(0), reason="a mix-up of names", by=academy.ada)
    wrong = spell(1)
    actions.correct_spell(
        wrong, replace(wrong.as_spell, kind=SpellKind.FOUNDER), reason="founded it", by=academy.ada
    )
    actions.end_spell(spell(2), on=date(2026, 8, 1), by=academy.ada)
    late = add_person(username="late", name="Late", email="late@academy.example", by=None)
    enrolment = enrol(graduates, late, student_number="G99", on=date(2026, 1, 5), by=None)
    enrolment.completed_on = date(2026, 6, 1)
    db.session.execute(text("DELETE FROM enrolment WHERE student_number = 'G30'"))  # a duplicate
    corrected = db.session.scalars(select(Enrolment).where(Enrolment.student_number == "G31")).one()
    corrected.completed_on, corrected.left_on = None, date(2026, 3, 1)
    found = of(report, "plain")
    assert found == {
        Cause.ENROLLED: {"other": 1},
        Cause.REMOVED: {"study": -1},
        Cause.ENROLMENT: {"study": -1},
        Cause.LATE: {"employee": 1, "other": -1},
        Cause.WITHDRAWN: {"employee": -1, "other": 1},
        Cause.CORRECTED: {"employee": -1, "founder": 1},
        Cause.ENDED: {"employee": -1, "other": 1},
    }
    assert list(found) == [cause for cause in Cause if cause in found]


def test_evidence_that_was_accepted_and_then_refused(
    report: Report, academy: SimpleNamespace, bea: User
) -> None:
    row = spell(3)  # of level 3
    evidence = evidence_actions.add_evidence(
        row, kind=EvidenceKind.INSURANCE_RECORD, received_on=date(2026, 9, 2), by=academy.ada
    )
    evidence_actions.check_evidence(evidence, accepted=True, by=bea)
    assert of(report, "evidence") == {Cause.EVIDENCE: {"level-5": 1, "level-3": -1}}
    assert of(report, "plain") == {}


def test_a_correction_of_a_correction_is_one_correction(
    report: Report, academy: SimpleNamespace
) -> None:
    for kind in (SpellKind.SEEKING, SpellKind.MILITARY):
        row = spell(4)
        fact = replace(row.as_spell, kind=kind)
        actions.correct_spell(row, fact, reason="told anew", by=academy.ada)
        later()
    assert of(report, "plain") == {Cause.CORRECTED: {"employee": -1, "military": 1}}


def test_what_was_corrected_back_changed_nothing(report: Report, academy: SimpleNamespace) -> None:
    row = spell(5)
    fact = replace(row.as_spell, kind=SpellKind.SEEKING)
    wrong = actions.correct_spell(row, fact, reason="told anew", by=academy.ada)
    later()
    actions.correct_spell(wrong, row.as_spell, reason="it was right", by=academy.ada)
    assert of(report, "plain") == {}


def test_what_nothing_recorded_explains_is_the_program_s(report: Report) -> None:
    difference = queries.Difference(1, "plain", "study", 9, 7)
    told = explained(report, [difference], known_at=utcnow())
    assert [dict(one.causes) for one in told] == [{Cause.PROGRAM: {"study": -2}}]


def test_the_page_says_it_in_words(
    report: Report,
    academy: SimpleNamespace,
    as_: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in (32, 33):
        job(number, academy)
    destruction = Destruction(
        kind="account", people=1, legal_basis="law", by_id=academy.ada.id, at=utcnow()
    )
    db.session.add(destruction)
    db.session.flush()
    db.session.add(DestroyedAccount(user_id=person(6).id, destruction_id=destruction.id))
    db.session.commit()

    def words() -> str:
        answer = as_(academy.ada).get(f"/reports/{report.id}/verification")
        assert answer.status_code == 200
        page = BeautifulSoup(answer.text, "html.parser")
        return " ".join(page.main.get_text(" ").split())

    page = words()
    assert "Late evidence: Employee +2 , None of these −2" in page
    assert "Plain employment rate, " in page or "Plain employment rate Late" in page
    assert "Of 1 person whom the report counts" in page
    granted = GRANTS[Role.ADMINISTRATOR] - {Permission.OUTCOME_READ}
    monkeypatch.setitem(GRANTS, Role.ADMINISTRATOR, granted)
    page = words()
    assert "Equal" in page and "+2" not in page and "it is told to whoever may see" in page


def test_queries_do_not_grow_with_what_changed(
    report: Report,
    academy: SimpleNamespace,
    as_: Callable[..., object],
    counted: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    address, counts = f"/reports/{report.id}/verification", []
    for numbers in (range(32, 33), range(33, 40)):
        for number in numbers:
            job(number, academy)
        db.session.commit()
        db.session.expire_all()
        with counted() as statements:
            assert as_(academy.ada).get(address).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
