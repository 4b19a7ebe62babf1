"""A file of evidence in which a resident number is found later: listed, destroyed, never given out."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from lms import content, queue, storage, worker
from lms.accounts.models import User
from lms.audit import AuditEvent
from lms.coursework.models import Submission, Via
from lms.db import db
from lms.errors import Invalid
from lms.outcomes import evidence_actions, evidence_files, own_copy, records, tasks
from lms.outcomes.models import Evidence, EvidenceKind, StatusSpell
from lms.privacy.models import DestroyedFile, Destruction, FindingKind
from lms.storage import StillReferenced, StoredFile

NUMBERED = b"%PDF-1.7\n900101-1234567\n%%EOF"
CLEAN = b"%PDF-1.7\nnothing to see\n%%EOF"
LIST = "/privacy/evidence-files"


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch, job: StatusSpell, academy: SimpleNamespace) -> Callable:
    """Put a file to lena's job as it could be done before today's patterns were known."""

    def _put(content: bytes, name: str = "contract.pdf") -> Evidence:
        with monkeypatch.context() as patch:
            patch.setattr(evidence_actions, "refuse_in_file", lambda name, content: None)
            row = db.session.get_one(StatusSpell, job.id)
            live = records.record_of(academy.lena).line_of(row.id)
            assert live
            evidence = evidence_actions.add_evidence(
                live.spell, kind=EvidenceKind.CONTRACT, received_on=job.valid_from,
                file=(name, content), by=academy.ada,
            )  # fmt: skip
        db.session.commit()
        return evidence

    return _put


def scan() -> dict[FindingKind, int]:
    found = evidence_files.findings_of(evidence_files.rescan())
    db.session.commit()
    return found


def level(person: User) -> int:
    db.session.expire_all()
    return records.record_of(person).live[0].spell.evidence_level


def test_the_command_finds_what_an_upload_of_today_would_not_be_let_in_for(
    app: Flask, put: Callable, academy: SimpleNamespace, as_: Callable[..., FlaskClient]
) -> None:
    put(CLEAN)
    first, again = put(NUMBERED), put(NUMBERED, "the same file.pdf")
    put(b"PK\x03\x04 no archive", "damaged.docx")
    lost = put(b"%PDF-1.7 lost", "lost.pdf")
    storage.delete(str(lost.sha256), released_by="evidence")
    client = as_(academy.ada)
    assert "not looked through yet" in client.get(LIST).text
    said = app.test_cli_runner().invoke(args=["privacy", "rescan"])
    assert said.exit_code == 0, said.output
    assert "4 files looked through: 1 hold a resident registration number, 1 cannot be read, 1 are missing" in said.output  # fmt: skip
    db.session.expire_all()
    found = evidence_files.findings()
    assert [one.kind for one in found] == list(FindingKind)
    assert [row.id for row in found[0].evidence] == [first.id, again.id]
    page = client.get(LIST).text
    assert "contract.pdf" in page and "Resident registration number" in page and "Lena" in page
    assert "nothing to see" not in page and "1234567" not in page
    assert "3 files" in client.get("/privacy/").text
    event = db.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "evidence-files-scanned")
    ).one()
    assert event.detail == {"files": 4, "findings": 3}


def test_the_worker_looks_through_them_every_week(
    put: Callable, academy: SimpleNamespace, as_: Callable[..., FlaskClient]
) -> None:
    assert tasks.__name__ in worker.ROOMS_WITH_JOBS
    assert queue._periodic[queue.task_name(tasks.rescan_evidence)] == "0 18 * * SUN"
    put(NUMBERED)
    tasks.rescan_evidence()
    page = as_(academy.ada).get(LIST).text
    assert "contract.pdf" in page and "Last done" in page


def test_nothing_found_is_said(
    put: Callable, academy: SimpleNamespace, as_: Callable[..., FlaskClient]
) -> None:
    put(CLEAN)
    assert scan()[FindingKind.RESIDENT_NUMBER] == 0
    assert "Nothing is found" in as_(academy.ada).get(LIST).text


def test_the_bytes_go_and_the_evidence_stays(
    app: Flask, put: Callable, academy: SimpleNamespace, bora: User, as_: Callable[..., FlaskClient]
) -> None:
    evidence = put(NUMBERED)
    evidence_actions.check_evidence(evidence, accepted=True, by=bora)
    db.session.commit()
    assert level(academy.lena) == 3
    scan()
    client, address = as_(academy.ada), f"{LIST}/{evidence.id}"
    for wrong in ({"reason": "", "confirmed": "y"}, {"reason": "number"}, {"reason": "900101-1234567", "confirmed": "y"}):  # fmt: skip
        assert client.post(address, data=wrong).status_code == 422
    assert storage.get(str(evidence.sha256)) == NUMBERED, "refused: nothing was destroyed"
    with app.test_request_context():
        signed = content.download_url(StoredFile("contract.pdf", str(evidence.sha256), 0))
    done = client.post(address, data={"reason": "it shows the number", "confirmed": "y"})
    assert done.location == LIST
    with pytest.raises(FileNotFoundError):
        storage.get(str(evidence.sha256))
    assert level(academy.lena) == 1, "the status rests on it no longer"
    line = records.record_of(academy.lena).live[0]
    assert "was destroyed" in (line.spell.reason or "")
    (kept,) = line.evidence
    assert kept.accepted and not kept.supports and kept.sha256 == evidence.sha256
    assert kept.destroyed and kept.destroyed.destruction.by is not None
    assert evidence_files.findings() == [] and "Nothing is found" in client.get(LIST).text
    register = client.get("/privacy/retention").text
    assert "A file of evidence" in register and "it shows the number" in register
    event = db.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "evidence-file-destroyed")
    ).one()
    assert event.whose == [academy.lena.id] and event.detail["evidence"] == [evidence.id]

    hers = f"/outcomes/people/{academy.lena.id}/evidence/{evidence.id}"
    page = client.get(hers).text
    assert "The file was destroyed" in page and "Give me the file" not in page
    opened = client.post(f"{hers}/opening", data={"why": "audit"})
    assert opened.status_code == 410 and "was destroyed" in opened.text
    accepted = as_(bora).post(hers, data={"accepted": "yes"})
    assert accepted.status_code == 422 and "was destroyed" in accepted.text
    lena = as_(academy.lena)
    assert "File destroyed" in lena.get("/outcomes/my-record").text
    own = lena.get(f"/outcomes/my-record/evidence/{evidence.id}")
    assert own.status_code == 410 and "shows nothing any more" in own.text
    late = lena.get(signed, headers={"Accept-Language": "en"})
    assert late.status_code == 410 and "not kept any more" in late.text
    copy = own_copy.everything(records.record_of(academy.lena))
    assert copy["evidence"][0]["file_destroyed"] == "it shows the number"

    again = client.post(address, data={"reason": "once more", "confirmed": "y"})
    assert again.status_code == 200 and "it shows the number" in again.text
    assert len(db.session.scalars(select(Destruction)).all()) == 1


def test_evidence_that_was_not_accepted_changes_no_level(
    put: Callable, academy: SimpleNamespace
) -> None:
    evidence = put(NUMBERED)
    before = records.record_of(academy.lena).live[0].spell.id
    evidence_files.destroy_file(evidence, reason="number", by=academy.ada)
    db.session.commit()
    db.session.expire_all()
    assert records.record_of(academy.lena).live[0].spell.id == before


def test_the_same_bytes_are_not_taken_again(
    put: Callable, academy: SimpleNamespace, english: None
) -> None:
    """Also a picture, in which the machine sees nothing: an administrator saw it."""
    evidence_files.destroy_file(put(CLEAN), reason="seen by eye", by=academy.ada)
    db.session.commit()
    with pytest.raises(Invalid, match="very file was destroyed"):
        put(CLEAN)
    assert scan()[FindingKind.MISSING] == 0, "what is destroyed is not missed"


def test_a_file_that_something_else_needs_is_kept(
    put: Callable, academy: SimpleNamespace, english: None, as_: Callable[..., FlaskClient]
) -> None:
    """The same bytes were handed in: the submission would be lost."""
    evidence = put(NUMBERED)
    manifest = storage.put_all([("ps1.pdf", NUMBERED)])
    db.session.add(
        Submission(
            assignment_id=academy.assignments[0].id, enrolment_id=academy.enrolments[0].id,
            via=Via.PAGE, idempotency_key=uuid4(), files=manifest, digest=storage.digest(manifest),
        )
    )  # fmt: skip
    db.session.commit()
    with pytest.raises(StillReferenced, match="submission"):
        evidence_files.destroy_file(evidence, reason="number", by=academy.ada)
    db.session.rollback()
    answer = as_(academy.ada).post(
        f"{LIST}/{evidence.id}", data={"reason": "number", "confirmed": "y"}
    )
    assert answer.status_code == 422 and "also kept elsewhere" in answer.text
    db.session.expire_all()
    assert db.session.scalars(select(DestroyedFile)).all() == []
    assert storage.get(str(evidence.sha256)) == NUMBERED


def test_what_names_stored_bytes_is_known_to_storage() -> None:
    """A new column that refers to storage is called sha256 or holds a manifest, and stands here."""
    named = {f"{column.table.name}.{column.name}" for column in storage.referring_columns()}
    assert named >= {"evidence.sha256", "submission.files", "grading_result.sha256"}
    assert not any(name.startswith(("destroyed_file", "file_finding")) for name in named)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE evidence SET sha256 = NULL, file_name = NULL",
        "DELETE FROM evidence",
        "UPDATE destroyed_file SET reason = 'other'",
        "DELETE FROM destroyed_file",
        "DELETE FROM file_finding",
        "UPDATE file_scan SET files = 0",
    ],
)
def test_the_database_keeps_what_was_done(
    put: Callable, academy: SimpleNamespace, change: str
) -> None:
    evidence = put(NUMBERED)
    scan()
    evidence_files.destroy_file(evidence, reason="number", by=academy.ada)
    db.session.commit()
    with pytest.raises(DBAPIError):
        db.session.execute(text(change))
    db.session.rollback()


def test_an_interrupted_destruction_is_repeated(put: Callable, academy: SimpleNamespace) -> None:
    """The bytes went, but what says so was undone: the next attempt writes it down."""
    evidence = put(NUMBERED)
    evidence_files.destroy_file(evidence, reason="number", by=academy.ada)
    db.session.rollback()
    assert scan()[FindingKind.MISSING] == 1
    evidence = db.session.get_one(Evidence, evidence.id)
    assert evidence_files.destroy_file(evidence, reason="number", by=academy.ada)
    db.session.commit()
    assert evidence_files.findings() == []


def test_an_address_without_a_file(academy: SimpleNamespace, as_: Callable[..., FlaskClient]) -> None:  # fmt: skip
    assert as_(academy.ada).get(f"{LIST}/999999").status_code == 404
