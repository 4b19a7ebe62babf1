"""What is recorded about a person, as they take it along: a JSON document, and a table.

Both say everything, what was superseded too; names of other people are left out. What surveys know of
the person stands beside it (lms/surveys/own_copy.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from lms.cohorts.words import QUESTIONS
from lms.metrics.facts import Spell
from lms.outcomes.models import Evidence, StatusSpell
from lms.outcomes.records import Record, SpellLine
from lms.privacy.queries import consent_history
from lms.recorded import Recorded

SPELL = tuple(field.name for field in fields(Spell))
TABLE = ("record", "number", *SPELL, "role", "employer", "source", "file_name", "accepted", "text", "reason",
         "recorded_at", "superseded_at")  # fmt: skip


def everything(record: Record) -> dict[str, Any]:
    """The document; its consents are the person's decisions, the newest first."""
    person = record.person
    numbers = {row.id: row.student_number for row in record.enrolments}
    return {
        "person": {"name": person.name, "username": person.username, "email": person.email},
        "enrolments": [
            {
                "cohort": row.cohort.number,
                **said(row, "student_number", "enrolled_on", "left_on", "leaving", "left_reason", "completed_on"),
            }
            for row in record.enrolments
        ],
        "intents": [
            said(row, "answer") | times(row) for row in record.intents
        ],
        "applications": [
            {"number": row.application_id, **said(row, *QUESTIONS), **times(row)} for row in record.applicants
        ],
        "attendance": [
            {"student_number": numbers[row.enrolment_id], **said(row, "month", "days_held", "days_attended", "source"), **times(row)}
            for row in record.attendance
        ],
        "spells": [_spell(row) for line in record.lines for row in line.rows],
        "withdrawals": [
            said(line.withdrawal, "spell_id", "reason", "at") for line in record.lines if line.withdrawal
        ],
        "evidence": [
            _evidence(item, line) for line in record.lines for item in line.evidence
        ],
        "disputes": [
            said(row, "id", "spell_id", "text", "at")
            | {"answer": said(row.answer, "upheld", "text", "at") if row.answer else None}
            for row in record.disputes
        ],
        "consents": [
            said(row, "purpose", "version", "given", "channel", "at") for row in consent_history(person)
        ],
    }  # fmt: skip


def _spell(row: StatusSpell) -> dict[str, Any]:
    employer = {"employer": row.firm.name if row.firm else None}
    return said(row, "id", "supersedes_id", *SPELL, "role", "source") | employer | times(row)


def _evidence(item: Evidence, line: SpellLine) -> dict[str, Any]:
    checks = [said(check, "accepted", "note", "at") for check in item.checks]
    return {
        **said(item, "id", "kind", "received_on", "expires_on", "file_name", "sha256", "note"),
        **times(item),
        "spell_id": line.spell.id,
        "checks": checks,
        "file_destroyed": item.destroyed.reason if item.destroyed else None,
    }


def times(row: Recorded) -> dict[str, Any]:
    """When it was known, and why it was corrected."""
    return said(row, "reason", "recorded_at", "superseded_at")


def said(row: Any, *names: str) -> dict[str, Any]:
    """What the row says under these names, as JSON takes it."""
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value


def lines(copy: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of `everything`, each with the word of what it is and its values by columns of TABLE."""
    rows: list[dict[str, Any]] = []
    for spell in copy["spells"]:
        rows.append({"record": "spell", "number": spell["id"], **spell})
    for withdrawal in copy["withdrawals"]:
        rows.append({"record": "withdrawal", "number": withdrawal["spell_id"], **withdrawal})
    for item in copy["evidence"]:
        accepted = item["checks"][-1]["accepted"] if item["checks"] else None
        also = {
            "valid_from": item["received_on"],
            "valid_to": item["expires_on"],
            "text": item["note"],
        }
        rows.append(
            {"record": "evidence", "number": item["id"], "accepted": accepted, **item, **also}
        )
    for intent in copy["intents"]:
        rows.append({"record": "intent", "text": intent["answer"], **intent})
    for enrolment in copy["enrolments"]:
        also = {"number": enrolment["student_number"], "valid_from": enrolment["enrolled_on"],
                "valid_to": enrolment["completed_on"] or enrolment["left_on"], "reason": enrolment["left_reason"]}  # fmt: skip
        rows.append({"record": "enrolment", **also})
    for application in copy["applications"]:
        answers = (
            f"{name}: {application[name]}" for name in QUESTIONS if application[name] is not None
        )
        rows.append({"record": "application", "text": ", ".join(answers), **application})
    for month in copy["attendance"]:
        also = {"number": month["student_number"], "valid_from": month["month"]}
        text = f"{month['days_attended']}/{month['days_held']}"
        rows.append({"record": "attendance", **month, **also, "text": text})
    for dispute in copy["disputes"]:
        answer = dispute["answer"] or {}
        also = {
            "accepted": answer.get("upheld"),
            "reason": answer.get("text"),
            "recorded_at": dispute["at"],
        }
        rows.append({"record": "dispute", "number": dispute["id"], "text": dispute["text"], **also})
    for consent in copy["consents"]:
        also = {
            "accepted": consent["given"],
            "source": consent["channel"],
            "recorded_at": consent["at"],
        }
        text = f"{consent['purpose']} {consent['version']}"
        rows.append({"record": "consent", "text": text, **also})
    return rows


def table(rows: Iterable[dict[str, Any]]) -> list[list[Any]]:
    return [list(TABLE), *([_cell(row.get(name)) for name in TABLE] for row in rows)]


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value
