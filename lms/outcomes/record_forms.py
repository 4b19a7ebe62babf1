"""The shape of what is said about evidence, an intent or a dispute, and what all forms of outcomes share.

The forms of a spell itself are in spell_forms.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    Optional,
    ValidationError,
)

from lms.forms import no_resident_number
from lms.i18n import today
from lms.metrics.facts import Intent
from lms.outcomes.models import EvidenceKind, StatusSpell
from lms.outcomes.words import (
    evidence_names,
    intent_names,
    kind_names,
    spell_name,
)


def not_in_the_future(form: FlaskForm, field: Any) -> None:
    if field.data and field.data > today():
        raise ValidationError(_("This day has not come yet."))


def words(label: Any, *, required: bool = True, most: int = 200, **more: Any) -> StringField:
    presence = DataRequired() if required else Optional()
    return StringField(label, [presence, Length(max=most), no_resident_number], **more)


def reason(label: Any, **more: Any) -> TextAreaField:
    return TextAreaField(label, [DataRequired(), Length(max=2000), no_resident_number], **more)


def choices(names: dict[Any, str]) -> list[tuple[str, str]]:
    return [(key.value, name) for key, name in names.items()]


class EndForm(FlaskForm):
    last_day = DateField(_l("Last day"), [InputRequired(), not_in_the_future])

    @property
    def first_day_after(self) -> date:
        day: date = self.last_day.data
        return day + timedelta(days=1)


class ReasonForm(FlaskForm):
    reason = reason(_l("Reason"))
    dispute = HiddenField()


class EvidenceForm(FlaskForm):
    kind = SelectField(_l("Kind"))
    received_on = DateField(_l("Received on"), [InputRequired(), not_in_the_future])
    expires_on = DateField(_l("Expires on"), [Optional()])
    file = FileField(
        _l("File"), [Optional()],
        description=_l("PDF, PNG, JPEG, DOCX, XLSX, HWPX or ODT, up to 10 MB. Black out resident "
                       "registration numbers before you upload it."),
    )  # fmt: skip
    note = words(_l("Note"), required=False, most=1000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = choices(evidence_names())

    @property
    def evidence_kind(self) -> EvidenceKind:
        return EvidenceKind(self.kind.data)

    def upload(self) -> tuple[str, bytes] | None:
        return (self.file.data.filename, self.file.data.read()) if self.file.data else None


class CheckForm(FlaskForm):
    accepted = RadioField(
        _l("Does it show what is recorded?"), [InputRequired()],
        choices=[("yes", _l("Yes, it is accepted")), ("no", _l("No, it is not accepted"))],
    )  # fmt: skip
    note = words(
        _l("Note"), required=False, most=1000, description=_l("Needed when it is not accepted.")
    )

    def validate_note(self, field: StringField) -> None:
        if self.accepted.data == "no" and not (field.data or "").strip():
            raise ValidationError(_("Say what is wrong with it."))


class DownloadForm(FlaskForm):
    why = words(_l("Why you open it"), description=_l("It is written into the audit trail."))


class IntentForm(FlaskForm):
    answer = RadioField(_l("What is wanted after the training"), [InputRequired()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.answer.choices = choices(intent_names())

    @property
    def intent(self) -> Intent:
        return Intent(self.answer.data)


class LateIntentForm(IntentForm):
    reason = reason(_l("Reason"))


class DisputeForm(FlaskForm):
    spell = SelectField(_l("What it is about"), coerce=int)
    text = reason(_l("What is wrong, and what is right"))

    def offer(self, spells: Sequence[StatusSpell]) -> None:
        missing = (0, _("Something is missing from my record"))
        self.spell.choices = [*((row.id, spell_name(row)) for row in spells), missing]


class PeopleForm(FlaskForm):
    """A cohort's people: on which day, with which status, everybody or who completed."""

    class Meta:
        csrf = False

    on = DateField(_l("As of"), [Optional()])
    kind = SelectField(_l("Activity"), [Optional()])
    who = SelectField(
        _l("Who"), choices=[("", _l("Everybody enrolled")), ("completers", _l("Completers"))]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [("", _("Every status")), *choices(kind_names())]
