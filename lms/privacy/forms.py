"""The shape of what people say about their data and administrators about the log of access."""

from __future__ import annotations

import re
from datetime import date, datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Form,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, ValidationError

from lms.forms import no_resident_number


class ConsentForm(FlaskForm):
    version = IntegerField(validators=[InputRequired()])
    given = RadioField(
        validators=[InputRequired(_l("Choose whether you agree."))],
        choices=[("yes", ""), ("no", "")],
    )


class ReviewForm(FlaskForm):
    note = TextAreaField(
        _l("What you found"), [Length(max=1000)],
        description=_l("Needed where something is unusual: whom you asked and what they said."),
    )  # fmt: skip


class DestructionForm(FlaskForm):
    """Chosen first, confirmed on the next page."""

    people = SelectMultipleField(
        _l("Whose data"), [InputRequired(_l("Choose at least one person."))], coerce=int
    )
    confirmed = BooleanField(_l("I have checked the list. This cannot be undone."))
    last_step = BooleanField()

    def validate_confirmed(self, field: BooleanField) -> None:
        if self.last_step.data and not field.data:
            raise ValidationError(_("Tick the box to confirm."))


class FileDestructionForm(FlaskForm):
    reason = TextAreaField(
        _l("Why it is destroyed"), [InputRequired(), Length(max=500), no_resident_number],
        description=_l("It stays in the register. Do not repeat the number."),
    )  # fmt: skip
    confirmed = BooleanField(
        _l("I have looked at the file or know what it holds. This cannot be undone."),
        [InputRequired(_l("Tick the box to confirm."))],
    )


class BreachForm(Form):
    """A GET form; times are Seoul's."""

    since = DateTimeLocalField(_l("From"), [InputRequired()], format="%Y-%m-%dT%H:%M")
    until = DateTimeLocalField(_l("Until"), [InputRequired()], format="%Y-%m-%dT%H:%M")
    username = StringField(_l("Account"))
    address = StringField(_l("Address"))

    def validate_until(self, field: DateTimeLocalField) -> None:
        since: datetime | None = self.since.data
        if since and field.data and field.data <= since:
            raise ValidationError(_("The end is not after the beginning."))


def month_of(word: str) -> date | None:
    """2026-11 as the first day of that month; None for anything else."""
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", word)
    return date(int(found[1]), int(found[2]), 1) if found else None
