"""No file of personal data without a reason, and the reason is on record with whose data it was."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select

from lms.audit import AuditEvent
from lms.db import db, utcnow
from lms.gradebook.models import GradebookExport

REASON = {"purpose": "report", "reason": "The ministry's yearly   audit asks for it."}
# Files without a person in them, so that nobody has to say why.
OF_NOBODY = {"outcomes.report_csv", "outcomes.report_xlsx", "careers.hires_csv"}
OF_ONESELF = {"own_record.export_csv", "own_record.export_json"}


@pytest.fixture
def files(academy: SimpleNamespace) -> dict[str, str]:
    """The address of each file of personal data, by endpoint."""
    offering = academy.offerings[0]
    db.session.add(
        GradebookExport(
            offering_id=offering.id, by_id=academy.ada.id, made_at=utcnow(), size=1, content=b"x"
        )
    )
    db.session.commit()
    course = f"/gradebook/courses/{offering.id}"
    return {
        "gradebook.export": f"{course}/grades-file",
        "gradebook_file.download": f"{course}/nbgrader/file",
        "cohorts.invitations": f"/cohorts/{academy.cohorts[0].id}/invitations",
    }


def exports() -> list[AuditEvent]:
    found = select(AuditEvent).where(AuditEvent.action.like("%-exported")).order_by(AuditEvent.id)
    return list(db.session.scalars(found))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"purpose": "report"},
        {"reason": "The ministry's yearly audit asks for it."},
        {"purpose": "curiosity", "reason": "The ministry's yearly audit asks for it."},
        {"purpose": "report", "reason": "audit"},
        {"purpose": "report", "reason": "a" + " " * 40 + "b"},
        {"purpose": "report", "reason": "a" * 501},
    ],
)
def test_without_a_reason_there_is_no_file(
    given: dict[str, str],
    files: dict[str, str],
    academy: SimpleNamespace,
    as_: Callable[..., object],
) -> None:
    for address in files.values():
        answer = as_(academy.ada).post(address, data=given)
        assert answer.status_code == 422
        assert "Content-Disposition" not in answer.headers
        assert 'role="alert"' in answer.text
    assert exports() == []


def test_the_reason_is_on_record_with_whose_data_it_was(
    files: dict[str, str], academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    client = as_(academy.ada)
    for address in files.values():
        asked = client.get(address)
        assert asked.status_code == 200 and "1 person" in asked.text
        assert exports() == [] or exports()[-1].detail["reason"]
        given = client.post(address, data=REASON)
        assert given.headers["Content-Disposition"].startswith("attachment")
    events = exports()
    assert [event.action for event in events] == [
        "gradebook-exported", "gradebook-exported", "invitations-exported",
    ]  # fmt: skip
    for event in events:
        assert event.actor_id == academy.ada.id and event.subject_id
        assert event.detail["purpose"] == "report"
        assert event.detail["reason"] == "The ministry's yearly audit asks for it."
        assert event.whose == [academy.lena.id] and event.detail["people"] == 1
    trail = client.get("/accounts/audit-trail").text
    assert "Report or audit that a law" in trail


def test_no_other_address_gives_a_file_to_whoever_just_asks(
    app: Flask,
    files: dict[str, str],
    academy: SimpleNamespace,
    as_: Callable[..., object],
    hand_in: Callable[..., object],
) -> None:
    """A new export asks with lms.downloads, or is listed above as one of nobody."""
    submission = hand_in()
    values = {
        "offering_id": academy.offerings[0].id, "assignment_id": submission.assignment_id,
        "cohort_id": academy.cohorts[0].id, "person_id": academy.lena.id,
        "submission_id": submission.id, "enrolment_id": academy.enrolments[0].id,
        "number": 1, "slug": "first",
    }  # fmt: skip
    client, seen = as_(academy.ada), set()
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.arguments <= set(values) and rule.endpoint != "static":
            needed = {name: values[name] for name in rule.arguments}
            answer = client.get(app.url_map.bind("localhost:8000").build(rule.endpoint, needed))
            if "attachment" in answer.headers.get("Content-Disposition", ""):
                seen.add(rule.endpoint)
    assert seen == OF_NOBODY | OF_ONESELF
