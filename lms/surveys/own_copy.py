"""What surveys know of a person, as part of the copy that they take along (lms/outcomes/own_copy.py):
each wave they are in, what was tried, what they answered, and what they have begun to answer.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from lms.accounts.models import User
from lms.cohorts.models import Enrolment
from lms.db import db
from lms.outcomes.own_copy import said, times
from lms.surveys.models import Draft, Invitation, Response


def surveys(person: User) -> list[dict[str, Any]]:
    """The oldest first; four queries, however many waves there were."""
    mine = select(Invitation).join(Invitation.enrolment).where(Enrolment.user_id == person.id)
    invitations = db.session.scalars(
        mine.options(joinedload(Invitation.wave), selectinload(Invitation.attempts)).order_by(
            Invitation.id
        )
    ).all()
    ids = [row.id for row in invitations]
    responses = db.session.scalars(
        select(Response).where(Response.invitation_id.in_(ids)).order_by(Response.id)
    ).all()
    drafts = db.session.scalars(select(Draft).where(Draft.invitation_id.in_(ids))).all()
    begun = {draft.invitation_id: draft for draft in drafts}
    return [
        {
            "cohort": row.wave.cohort.number,
            **said(row.wave, "months", "census_on", "questionnaire", "closes_at"),
            "attempts": [
                said(attempt, "channel", "outcome", "note", "at") for attempt in row.attempts
            ],
            "responses": [
                said(response, "channel", "unchanged", "answers") | times(response)
                for response in responses
                if response.invitation_id == row.id
            ],
            "begun": said(begun[row.id], "answers", "saved_at") if row.id in begun else None,
        }
        for row in invitations
    ]


def lines(copy: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of `surveys` by the columns of the table; an answer stands there as JSON."""
    rows = []
    for wave in copy:
        of = {"number": wave["months"], "valid_from": wave["census_on"]}
        for attempt in wave["attempts"]:
            also = {"kind": attempt["outcome"], "source": attempt["channel"], "text": attempt["note"],
                    "recorded_at": attempt["at"]}  # fmt: skip
            rows.append({"record": "survey-attempt", **of, **also})
        for response in wave["responses"]:
            also = {"source": response["channel"], "text": _text(response["answers"])}
            kind = "unchanged" if response["unchanged"] else "answered"
            rows.append({"record": "survey-response", **of, "kind": kind, **response, **also})
        if begun := wave["begun"]:
            also = {"text": _text(begun["answers"]), "recorded_at": begun["saved_at"]}
            rows.append({"record": "survey-begun", **of, **also})
    return rows


def _text(answers: dict[str, Any]) -> str:
    return json.dumps(answers, ensure_ascii=False)
