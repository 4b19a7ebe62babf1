"""The shape of what administrators type about cohorts, and of a roster file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileAllowed, FileField
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

ROSTER_COLUMNS = ("student_number", "name", "email", "username")
MOST_ROWS = 2000


class CohortForm(FlaskForm):
    number = IntegerField(_l("Cohort number"), [InputRequired(), NumberRange(1, 999)])
    starts_on = DateField(_l("First day"), [InputRequired()])
    ends_on = DateField(_l("Last day"), [InputRequired()])
    seats = IntegerField(_l("Seats"), [InputRequired(), NumberRange(1, 5000)])

    def validate_ends_on(self, field: DateField) -> None:
        if self.starts_on.data and field.data and field.data < self.starts_on.data:
            raise ValidationError(_("The last day is before the first day."))


class OfferingForm(FlaskForm):
    course_id = SelectField(_l("Course"), coerce=int)
    starts_on = DateField(_l("First day"), [InputRequired()])
    ends_on = DateField(_l("Last day"), [InputRequired()])

    validate_ends_on = CohortForm.validate_ends_on


class InstructorForm(FlaskForm):
    user_id = SelectField(_l("Person"), coerce=int)


class LeavingForm(FlaskForm):
    on = DateField(_l("Last day"), [InputRequired()])
    reason = StringField(
        _l("Reason"), [InputRequired(), Length(max=200)],
        description=_l("For example: a job, further study, personal reasons."),
    )  # fmt: skip


class CompletionsForm(FlaskForm):
    on = DateField(_l("Completed on"), [InputRequired()])
    enrolments = SelectMultipleField(
        _l("Who completed"), [InputRequired(_l("Choose at least one person."))], coerce=int
    )


class RosterForm(FlaskForm):
    """Of a roster or of applications: a file to check, or the text of a checked one, so that importing it takes one click.

    The text comes from the browser like any file and is checked again.
    """

    file = FileField(_l("CSV file"), [FileAllowed(["csv"], _l("Choose a .csv file."))])
    text = HiddenField()
    apply = BooleanField()

    def validate_file(self, field: FileField) -> None:
        if not field.data and not self.text.data:
            raise ValidationError(_("Choose a .csv file."))

    def content(self) -> bytes:
        content: bytes = self.file.data.read() if self.file.data else self.text.data.encode()
        return content


class RosterRow(NamedTuple):
    """A well-formed line of a roster file; `line` counts from 1, the heading included."""

    line: int
    student_number: str
    name: str
    email: str
    username: str


class RowError(NamedTuple):
    line: int
    message: str


EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+")
USERNAME = re.compile(r"[a-z][a-z0-9-]{1,30}")
STUDENT_NUMBER = re.compile(r"[A-Za-z0-9-]{1,20}")


def read_roster(content: bytes) -> tuple[list[RosterRow], list[RowError]]:
    """The rows of a roster file and every error in its form, each with its line."""
    try:
        text = decoded(content)
    except UnicodeDecodeError:
        return [], [RowError(1, _("The file is not UTF-8 or CP949 text: save it as CSV UTF-8."))]
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="", restval="")
    try:
        missing = [name for name in ROSTER_COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            columns = ", ".join(missing)
            return [], [RowError(1, _("These columns are missing: %(columns)s.", columns=columns))]
        rows = [
            RosterRow(line, *(str(raw[name] or "").strip() for name in ROSTER_COLUMNS))
            for line, raw in enumerate(reader, start=2)
        ]
    except csv.Error as error:
        return [], [RowError(reader.line_num, _("The line is not CSV: %(why)s.", why=str(error)))]
    if not rows:
        return [], [RowError(1, _("The file has a heading but no people."))]
    if len(rows) > MOST_ROWS:
        return [], [RowError(MOST_ROWS + 2, _("A file may hold %(n)s people.", n=MOST_ROWS))]
    rows = [row._replace(email=row.email.lower(), username=row.username.lower()) for row in rows]
    return rows, [error for row in rows for error in _form_errors(row)] + list(_repeats(rows))


def decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp949")  # what Korean Excel saves as plain "CSV"


def _form_errors(row: RosterRow) -> Iterator[RowError]:
    if not STUDENT_NUMBER.fullmatch(row.student_number):
        message = _("The student number must be 1 to 20 letters, digits or hyphens.")
        yield RowError(row.line, message)
    if not row.name or len(row.name) > 100 or not row.name.isprintable():
        yield RowError(row.line, _("The name is missing or unreadable."))
    if not EMAIL.fullmatch(row.email) or len(row.email) > 254:
        yield RowError(row.line, _("“%(value)s” is no e-mail address.", value=row.email[:60]))
    if not USERNAME.fullmatch(row.username):
        message = _("“%(value)s” is no user name: use 2 to 31 small letters, digits and hyphens, "
                    "beginning with a letter.", value=row.username[:60])  # fmt: skip
        yield RowError(row.line, message)


def _repeats(rows: list[RosterRow]) -> Iterator[RowError]:
    for column in ("student_number", "email", "username"):
        first: dict[str, int] = {}
        for row in rows:
            value = getattr(row, column)
            if value and first.setdefault(value, row.line) != row.line:
                yield RowError(
                    row.line,
                    _(
                        "“%(value)s” stands in line %(line)s already.",
                        value=value,
                        line=first[value],
                    ),
                )
