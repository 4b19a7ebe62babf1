"""The pages of a record: what administrators do there, what a person sees and does on their own."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lms.accounts.models import User
from lms.audit import AuditEvent
from lms.db import db
from lms.metrics.facts import FoundThrough, Spell, SpellKind
from lms.outcomes import actions, evidence_actions, records
from lms.outcomes.models import Dispute, Evidence, EvidenceKind, StatusSpell

PDF = b"%PDF-1.7\ntrailer\n%%EOF"
SPELL = {"kind": "study", "valid_from": "2026-03-02", "source": "telephone", "level": "1"}


def events(action: str) -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.action == action)))


def live(person: User) -> list[StatusSpell]:
    db.session.expire_all()
    return [line.spell for line in records.record_of(person).live]


@pytest.fixture
def hers(academy: SimpleNamespace) -> str:
    return f"/outcomes/people/{academy.lena.id}"


def test_the_list_shows_who_is_what_and_filters(
    academy: SimpleNamespace, job: StatusSpell, as_: Callable[..., object]
) -> None:
    client, address = as_(academy.ada), f"/outcomes/cohorts/{academy.cohorts[0].id}/people"
    page = client.get(f"{address}?on=2026-03-01").text
    assert "Lena" in page and "Employed" in page and "own word" in page
    assert "Lena" not in client.get(f"{address}?on=2026-03-01&kind=unknown").text.split("<main")[1]
    assert "Lena" in client.get(f"{address}?on=2026-01-15&kind=unknown").text.split("<main")[1]
    assert client.get(f"{address}?on=never&kind=nonsense&page=-3&who=x").status_code == 200


def test_the_list_asks_as_much_for_many_as_for_few(
    academy: SimpleNamespace,
    job: StatusSpell,
    as_: Callable[..., object],
    grow: Callable[[int], None],
    counted: Callable[..., object],
) -> None:
    client, address = as_(academy.ada), f"/outcomes/cohorts/{academy.cohorts[0].id}/people"

    def queries() -> int:
        with counted() as statements:
            assert client.get(address).status_code == 200
        return len(statements)

    queries()
    few = queries()
    grow(60)
    assert queries() == few


def test_a_record_asks_as_much_for_a_long_one(
    academy: SimpleNamespace,
    job: StatusSpell,
    hers: str,
    as_: Callable[..., object],
    counted: Callable[..., object],
) -> None:
    def queries(client: object, address: str) -> int:
        with counted() as statements:
            assert client.get(address).status_code == 200
        return len(statements)

    both = [
        (as_(academy.ada), f"{hers}?everything=yes"),
        (as_(academy.lena), "/outcomes/my-record?everything=yes"),
    ]
    evidence_actions.add_evidence(
        job, kind=EvidenceKind.CONTRACT, received_on=date(2026, 3, 2), by=academy.ada
    )
    actions.dispute(academy.lena, text="no", spell=job)
    db.session.commit()
    [queries(*one) for one in both]
    few = [queries(*one) for one in both]
    for month in range(1, 9):
        spell = Spell(
            kind=SpellKind.STUDY,
            valid_from=date(2026, month, 1),
            valid_to=date(2026, month + 1, 1),
        )
        row = actions.record_spell(academy.lena, spell, source="x", by=academy.ada)
        evidence_actions.add_evidence(
            row, kind=EvidenceKind.CONTRACT, received_on=date(2026, 3, 2), by=academy.ada
        )
        actions.dispute(academy.lena, text="no", spell=row)
    db.session.commit()
    assert [queries(*one) for one in both] == few


def test_a_status_is_recorded_and_ends_another(
    academy: SimpleNamespace, job: StatusSpell, hers: str, as_: Callable[..., object]
) -> None:
    client = as_(academy.ada)
    answer = client.post(f"{hers}/spells/new", data={**SPELL, "ends": [str(job.id)]})
    assert answer.status_code == 302
    assert [(row.kind, row.valid_to) for row in live(academy.lena)] == [
        ("study", None),
        ("employee", date(2026, 3, 2)),
    ]


def test_how_a_job_was_found_is_said_corrected_and_kept(
    academy: SimpleNamespace, hers: str, as_: Callable[..., object]
) -> None:
    client = as_(academy.ada)
    typed = SPELL | {"kind": "employee", "found_through": "job-fair"}
    assert client.post(f"{hers}/spells/new", data=typed).status_code == 302
    [spell] = live(academy.lena)
    assert spell.found_through is FoundThrough.JOB_FAIR
    assert "Job fair" in client.get(hers).text
    path = f"{hers}/spells/{spell.id}/correction"
    assert '<option selected value="job-fair">' in client.get(path).text
    moved = client.post(path, data=typed | {"kind": "study", "reason": "asked"})
    assert moved.status_code == 422 and "of an employee only" in moved.text
    right = typed | {"found_through": "project", "reason": "asked"}
    assert client.post(path, data=right).status_code == 302
    [after] = live(academy.lena)
    assert (after.found_through, after.reason) == (FoundThrough.PROJECT, "asked")
    page = client.get(f"{hers}?everything=yes").text
    assert "Project or internship with the firm" in page and "Job fair" in page
    unknown = right | {"found_through": "", "reason": "not sure"}
    assert client.post(f"{hers}/spells/{after.id}/correction", data=unknown).status_code == 302
    assert live(academy.lena)[0].found_through is None
    wrong = client.post(f"{hers}/spells/new", data=typed | {"found_through": "lottery"})
    assert wrong.status_code == 422


def test_only_an_employee_found_a_job(academy: SimpleNamespace) -> None:
    study = Spell(kind=SpellKind.STUDY, valid_from=date(2026, 3, 2), found_through=FoundThrough.OTHER)  # fmt: skip
    with pytest.raises(actions.FoundNoJob):
        actions.record_spell(academy.lena, study, source="x", by=academy.ada)
    row = StatusSpell(
        user_id=academy.lena.id, kind=SpellKind.STUDY, valid_from=date(2026, 3, 2), source="x",
        evidence_level=1, found_through=FoundThrough.OTHER,
    )  # fmt: skip
    db.session.add(row)
    with pytest.raises(IntegrityError, match="employees_found_jobs"):
        db.session.flush()


def test_a_refusal_undoes_what_had_begun(
    academy: SimpleNamespace, job: StatusSpell, hers: str, as_: Callable[..., object]
) -> None:
    client = as_(academy.ada)
    early = {**SPELL, "kind": "employee", "valid_from": "2026-01-06", "last_day": "2026-01-20"}
    assert client.post(f"{hers}/spells/new", data=early).status_code == 302
    first = live(academy.lena)[-1]
    moved = {**early, "last_day": "2026-02-20", "reason": "later"}
    answer = client.post(f"{hers}/spells/{first.id}/correction", data=moved)
    assert answer.status_code == 422 and "This overlaps with" in answer.text
    db.session.expire_all()
    assert first.superseded_at is None and len(live(academy.lena)) == 2


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"kind": "hobby"}, "Not a valid choice"),
        ({"valid_from": ""}, "This field is required"),
        ({"valid_from": "2099-01-01"}, "has not come yet"),
        ({"last_day": "2026-03-01"}, "before the first day"),
        ({"hours": "200"}, "between 0 and 168"),
        ({"base_pay": "-1"}, "between 0"),
        ({"role": "900101-1234567"}, "resident registration number"),
        ({"source": "900101 1234567"}, "resident registration number"),
        ({"level": "5"}, "Not a valid choice"),
    ],
)
def test_bad_input_says_what_to_do(
    change: dict[str, str],
    wanted: str,
    academy: SimpleNamespace,
    hers: str,
    as_: Callable[..., object],
) -> None:
    answer = as_(academy.ada).post(f"{hers}/spells/new", data={**SPELL, **change})
    assert answer.status_code == 422 and wanted in answer.text and not live(academy.lena)


def test_evidence_is_kept_checked_by_another_and_opened_with_a_reason(
    academy: SimpleNamespace,
    bora: User,
    job: StatusSpell,
    hers: str,
    as_: Callable[..., object],
) -> None:
    ada, client = academy.ada, as_(bora)
    form = {"kind": "contract", "received_on": "2026-03-02", "file": (io.BytesIO(PDF), "계약.pdf")}
    assert as_(ada).post(f"{hers}/spells/{job.id}/evidence/new", data=form).status_code == 302
    evidence = db.session.scalars(select(Evidence)).one()
    address = f"{hers}/evidence/{evidence.id}"
    assert as_(ada).post(address, data={"accepted": "yes"}).status_code == 422
    assert client.post(f"{address}/opening", data={"why": " "}).status_code == 422
    assert not events("evidence-opened")
    opened = client.post(f"{address}/opening", data={"why": "yearly audit"})
    assert opened.status_code == 200 and "http://127.0.0.1:8001/files/" in opened.text
    (event,) = events("evidence-opened")
    assert (event.actor_id, event.subject_id, event.detail["why"]) == (
        bora.id,
        academy.lena.id,
        "yearly audit",
    )
    file = opened.text.split('href="http://127.0.0.1:8001')[1].split('"')[0]
    answer = client.get(file, base_url="http://127.0.0.1:8001")
    assert answer.data == PDF and "attachment" in answer.headers["Content-Disposition"]
    assert client.post(address, data={"accepted": "yes"}).status_code == 302
    assert live(academy.lena)[0].evidence_level == 3
    page = client.get(hers).text
    assert "accepted by Bora" in page


def test_a_file_with_a_resident_number_is_not_kept(
    academy: SimpleNamespace, job: StatusSpell, hers: str, as_: Callable[..., object]
) -> None:
    content = PDF + b"\nstream\n(900101-1234567) Tj\nendstream"
    form = {"kind": "contract", "received_on": "2026-03-02", "file": (io.BytesIO(content), "a.pdf")}
    answer = as_(academy.ada).post(f"{hers}/spells/{job.id}/evidence/new", data=form)
    assert answer.status_code == 422 and "resident registration number" in answer.text
    assert not db.session.scalars(select(Evidence)).all()


def test_a_dispute_is_seen_in_both_places_and_upheld_by_a_correction(
    academy: SimpleNamespace, job: StatusSpell, hers: str, as_: Callable[..., object]
) -> None:
    lena, ada = as_(academy.lena), as_(academy.ada)
    said = {"spell": str(job.id), "text": "I began on 9 February."}
    assert lena.post("/outcomes/my-record/disputes/new", data=said).status_code == 302
    row = db.session.scalars(select(Dispute)).one()
    assert "I began on 9 February." in ada.get(hers).text
    address = f"{hers}/spells/{job.id}/correction?dispute={row.id}"
    form = {
        "kind": "employee", "valid_from": "2026-02-09", "source": "contract", "region": "29",
        "reason": "The contract says so.", "dispute": str(row.id),
    }  # fmt: skip
    assert f'value="{row.id}"' in ada.get(address).text
    assert ada.post(address, data=form).status_code == 302
    assert live(academy.lena)[0].valid_from == date(2026, 2, 9)
    for page in (ada.get(hers).text, lena.get("/outcomes/my-record").text):
        assert "Upheld and corrected" in page and "The contract says so." in page


def test_a_dispute_is_declined_with_a_reason(
    academy: SimpleNamespace, job: StatusSpell, hers: str, as_: Callable[..., object]
) -> None:
    row = actions.dispute(academy.lena, text="It is not so.", spell=job)
    db.session.commit()
    ada = as_(academy.ada)
    address = f"{hers}/disputes/{row.id}/refusal"
    assert ada.post(address, data={"reason": ""}).status_code == 422
    assert ada.post(address, data={"reason": "The insurer says so."}).status_code == 302
    assert ada.post(address, data={"reason": "again"}).status_code == 422
    page = as_(academy.lena).get("/outcomes/my-record").text
    assert "Declined" in page and "The insurer says so." in page


def test_nobody_reaches_a_row_through_another_person(
    academy: SimpleNamespace, job: StatusSpell, as_: Callable[..., object]
) -> None:
    evidence = evidence_actions.add_evidence(
        job,
        kind=EvidenceKind.CONTRACT,
        received_on=date(2026, 3, 2),
        file=("a.pdf", PDF),
        by=academy.ada,
    )
    db.session.commit()
    omar, ada = as_(academy.omar), as_(academy.ada)
    mine = "/outcomes/my-record"
    for path in (f"spells/{job.id}/correction", f"spells/{job.id}/end", f"evidence/{evidence.id}"):
        assert omar.get(f"{mine}/{path}").status_code == 404
    assert omar.get(f"{mine}/enrolments/{academy.enrolments[0].id}/intent").status_code == 404
    about = {"spell": str(job.id), "text": "mine?"}
    assert omar.post(f"{mine}/disputes/new", data=about).status_code == 422
    his = f"/outcomes/people/{academy.omar.id}"
    for path in (f"spells/{job.id}/correction", f"spells/{job.id}/withdrawal", f"evidence/{evidence.id}"):  # fmt: skip
        assert ada.get(f"{his}/{path}").status_code == 404
    assert "Gwangju" not in omar.get(mine).text


def test_people_say_and_correct_what_they_do_themselves(
    academy: SimpleNamespace, bora: User, job: StatusSpell, as_: Callable[..., object]
) -> None:
    lena = as_(academy.lena)
    mine = "/outcomes/my-record"
    new = {"kind": "employee", "valid_from": "2026-04-01", "ends": [str(job.id)], "level": "5"}
    assert lena.post(f"{mine}/spells/new", data=new).status_code == 302
    after, before = live(academy.lena)
    assert (after.evidence_level, before.valid_to) == (1, date(2026, 4, 1))
    assert lena.post(f"{mine}/spells/{after.id}/end", data={"last_day": "2026-05-31"}).status_code == 302  # fmt: skip
    ended = live(academy.lena)[0]
    evidence = evidence_actions.add_evidence(
        ended, kind=EvidenceKind.CONTRACT, received_on=date(2026, 6, 1), by=academy.ada
    )
    evidence_actions.check_evidence(evidence, accepted=True, by=bora)
    db.session.commit()
    ended = live(academy.lena)[0]
    form = {"kind": "employee", "valid_from": "2026-04-01", "reason": "it goes on"}
    answer = lena.post(f"{mine}/spells/{ended.id}/correction", data=form)
    assert answer.status_code == 422 and "Tell us what is wrong" in answer.text
    assert live(academy.lena)[0].valid_to == date(2026, 6, 1)


def test_people_take_everything_along(
    academy: SimpleNamespace, job: StatusSpell, as_: Callable[..., object]
) -> None:
    actions.end_spell(job, on=date(2026, 3, 2), by=academy.ada)
    actions.dispute(academy.lena, text="=HYPERLINK(1)", spell=None)
    db.session.commit()
    lena = as_(academy.lena)
    copy = json.loads(lena.get("/outcomes/my-record/my-record.json").data)
    assert [spell["valid_to"] for spell in copy["spells"]] == ["2026-03-02", None]
    assert copy["person"]["username"] == "lena" and copy["enrolments"][0]["cohort"] == 1
    assert copy["disputes"][0]["answer"] is None
    text = lena.get("/outcomes/my-record/my-record.csv").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["record"] for row in rows] == ["spell", "spell", "enrolment", "dispute"]
    assert rows[3]["text"] == "'=HYPERLINK(1)" and rows[0]["reason"]
    assert len(events("record-exported")) == 2


def test_an_intent_is_answered_once_on_ones_own_page(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    lena, number = as_(academy.lena), academy.enrolments[0].id
    assert "What do you want after the training?" in lena.get("/outcomes/my-record").text
    address = f"/outcomes/my-record/enrolments/{number}/intent"
    assert lena.post(address, data={"answer": "fame"}).status_code == 422
    assert lena.post(address, data={"answer": "in-field-job"}).status_code == 302
    answer = lena.post(address, data={"answer": "further-study"})
    assert answer.status_code == 422 and "is locked" in answer.text


def test_who_opened_a_record_is_written_down(
    academy: SimpleNamespace, hers: str, as_: Callable[..., object]
) -> None:
    assert as_(academy.ada).get(hers).status_code == 200
    (event,) = events("record-opened")
    assert (event.actor_id, event.subject_id) == (academy.ada.id, academy.lena.id)
