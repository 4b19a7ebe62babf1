"""A file of personal data is given out for a reason: asked on a page, kept in the audit trail.

The reason, whose data it is and how many people stand in the event of the same transaction that
gives the file (개인정보의 안전성 확보조치 기준, article 8: access records, reasons of downloads).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from flask import Flask, render_template
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from lms import audit
from lms.access import actor
from lms.db import Base

SHORTEST_REASON = 10
LONGEST_REASON = 500


class Purpose(StrEnum):
    """What a file of personal data is taken for; the words are in `PURPOSES`."""

    TEACHING = "teaching"
    ADMINISTRATION = "administration"
    REPORT = "report"
    OWN_REQUEST = "own-request"
    SECURITY = "security"
    MOVE = "move"


PURPOSES = {
    Purpose.TEACHING: _l("Teaching and grading"),
    Purpose.ADMINISTRATION: _l("Running the cohort: invitations, notices, attendance"),
    Purpose.REPORT: _l("Report or audit that a law or a contract asks for"),
    Purpose.OWN_REQUEST: _l("The person asked for their own data"),
    Purpose.SECURITY: _l("Security incident or data breach"),
    Purpose.MOVE: _l("Moving to another system"),
}


def init_app(app: Flask) -> None:
    app.jinja_env.globals["DOWNLOAD_PURPOSES"] = PURPOSES


def _stripped(text: str | None) -> str:
    return " ".join((text or "").split())


class ReasonForm(FlaskForm):
    purpose = RadioField(
        _l("Purpose"),
        [InputRequired(_l("Choose a purpose."))],
        choices=[(purpose.value, words) for purpose, words in PURPOSES.items()],
    )
    reason = TextAreaField(
        _l("Reason"),
        [
            InputRequired(_l("Write why you need this file.")),
            Length(
                SHORTEST_REASON, LONGEST_REASON,
                _l("Write %(min)d to %(max)d characters, so that a reviewer understands it."),
            ),
        ],
        filters=[_stripped],
        description=_l("What you need the file for and who receives it. Write no names here."),
    )  # fmt: skip


@dataclass(frozen=True)
class PersonalFile:
    """A file about people, before it is given out.

    `action` is the audit event's; `about` the row it hangs on; `whose` the ids of the people in it;
    `facts` go into the event as they are.
    """

    title: str
    action: str
    about: Base | None
    whose: Collection[int]
    back: str
    facts: dict[str, Any]


def give(file: PersonalFile, make: Callable[[], Any]) -> Any:
    """The file, once a reason is given; until then the page that asks for it."""
    form = ReasonForm()
    if not form.validate_on_submit():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return render_template("download_reason.html", form=form, file=file), status
    audit.record(
        file.action,
        file.about,
        by=actor(),
        purpose=form.purpose.data,
        reason=form.reason.data,
        people=len(file.whose),
        whose=file.whose,
        **file.facts,
    )
    return make()
