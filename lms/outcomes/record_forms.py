"""The shape of what is said about a spell, its evidence, an intent or a dispute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileAllowed, FileField
from wtforms import (
    BooleanField,
    DateField,
    FloatField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    ValidationError,
)
from wtforms.widgets import CheckboxInput

from lms.db import db, utcnow
from lms.errors import DomainError
from lms.i18n import SEOUL, local
from lms.metrics.facts import Contract, Intent, Spell, SpellKind
from lms.outcomes.models import EvidenceKind, StatusSpell
from lms.outcomes.words import (
    contract_names,
    evidence_names,
    intent_names,
    kind_names,
    spell_name,
)
from lms.regions import REGIONS
from lms.resident_numbers import ResidentNumberFound, holds_one

MOST_KRW = 10**13
YES_OR_NO = {"yes": True, "no": False}


def today() -> date:
    return utcnow().astimezone(SEOUL).date()


def no_resident_number(form: FlaskForm, field: Any) -> None:
    if field.data and holds_one(field.data):
        raise ValidationError(ResidentNumberFound().message)


def not_in_the_future(form: FlaskForm, field: Any) -> None:
    if field.data and field.data > today():
        raise ValidationError(_("This day has not come yet."))


@contextmanager
def tried(form: FlaskForm) -> Iterator[None]:
    """What is done inside is done whole or, when it is refused, not at all; the form says why."""
    try:
        with db.session.begin_nested():
            yield
    except DomainError as refusal:
        form.form_errors.append(refusal.message)


def words(label: Any, *, required: bool = True, most: int = 200, **more: Any) -> StringField:
    presence = DataRequired() if required else Optional()
    return StringField(label, [presence, Length(max=most), no_resident_number], **more)


def reason(label: Any, **more: Any) -> TextAreaField:
    return TextAreaField(label, [DataRequired(), Length(max=2000), no_resident_number], **more)


def _known(label: Any, **more: Any) -> SelectField:
    choices = [("", _l("Not known")), ("yes", _l("Yes")), ("no", _l("No"))]
    return SelectField(label, [Optional()], choices=choices, **more)


def _won(label: Any) -> IntegerField:
    return IntegerField(label, [Optional(), NumberRange(0, MOST_KRW)])


class SpellForm(FlaskForm):
    """The fields of metrics.facts.Spell, but for the evidence level. People are asked for the last
    day of a spell; `valid_to` is the day after it."""

    kind = SelectField(_l("Activity"))
    valid_from = DateField(_l("First day"), [InputRequired(), not_in_the_future])
    last_day = DateField(_l("Last day"), [Optional()], description=_l("Empty while it goes on."))
    role = words(_l("Occupation"), required=False, description=_l("For example: data engineer."))
    region = SelectField(_l("Place of work"), [Optional()])
    hours = FloatField(_l("Hours a week"), [Optional(), NumberRange(0, 168)])
    contract = SelectField(_l("Contract"), [Optional()])
    contract_months = IntegerField(
        _l("Agreed length in months"), [Optional(), NumberRange(0, 1200)],
        description=_l("Empty where it has no end."),
    )  # fmt: skip
    insured = _known(
        _l("Insured by the employer"), description=_l("Employment or health insurance.")
    )
    in_field = _known(_l("In the field of the training"))
    subsidised = _known(_l("Wage paid in part by a public programme"))
    hired_by_academy = _known(_l("Hired by the academy"))
    base_pay = _won(_l("Base pay, KRW a month"))
    income = _won(_l("Freelance income, KRW a year"))
    registered = _known(_l("Business registered"))
    sales = _won(_l("Sales of the business, KRW a year"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unknown = ("", _("Not known"))
        self.kind.choices = _choices(kind_names())
        self.contract.choices = [unknown, *_choices(contract_names())]
        self.region.choices = [unknown, *((code, local(name)) for code, name in REGIONS.items())]

    def validate_last_day(self, field: DateField) -> None:
        if field.data and self.valid_from.data and field.data < self.valid_from.data:
            raise ValidationError(_("The last day is before the first day."))

    def spell(self, before: Spell | None = None) -> Spell:
        """What the form says; where it does not ask, what was so before."""
        values: dict[str, Any] = {
            "kind": SpellKind(self.kind.data),
            "valid_from": self.valid_from.data,
            "valid_to": self.last_day.data + timedelta(days=1) if self.last_day.data else None,
            "contract": Contract(self.contract.data) if self.contract.data else None,
            "region": self.region.data or None,
        }
        for name in ("hours", "contract_months", "base_pay", "income", "sales"):
            values[name] = self[name].data
        for name in ("insured", "in_field", "subsidised", "hired_by_academy", "registered"):
            if name in self:
                values[name] = YES_OR_NO.get(self[name].data)
        return replace(before, **values) if before else Spell(**values)


def _choices(names: dict[Any, str]) -> list[tuple[str, str]]:
    return [(key.value, name) for key, name in names.items()]


def said(row: StatusSpell) -> dict[str, Any]:
    """A spell as the data of a SpellForm."""
    spell = row.as_spell
    values: dict[str, Any] = {name: getattr(spell, name) for name in spell.__slots__}
    values["last_day"] = row.last_day
    for name, value in values.items():
        if isinstance(value, StrEnum):
            values[name] = value.value
        if isinstance(value, bool):
            values[name] = "yes" if value else "no"
    return {**values, "role": row.role, "source": row.source}


class EndsBefore(FlaskForm):
    """Which of the spells that go on the new one ends."""

    ends = SelectMultipleField(
        _l("Ends with it"), [Optional()], coerce=int, option_widget=CheckboxInput(),
        description=_l("What was so until the day before the first day."),
    )  # fmt: skip

    def offer(self, going_on: Iterable[StatusSpell]) -> None:
        self.ends.choices = [(row.id, spell_name(row)) for row in going_on]


class NewSpellForm(SpellForm, EndsBefore):
    level = RadioField(
        _l("Known from"), coerce=int, default=1,
        choices=[(1, _l("The person’s own word")), (0, _l("Somebody else’s word"))],
        description=_l("Evidence is added afterwards and lifts this once it is accepted."),
    )  # fmt: skip
    source = words(_l("Source"), description=_l("For example: telephone survey, 12 months."))

    def spell_known_from(self) -> Spell:
        return replace(self.spell(), evidence_level=self.level.data)


class CorrectionForm(SpellForm):
    source = words(_l("Source"))
    reason = reason(_l("Why it is corrected"))
    dispute = HiddenField()


class OwnSpellForm(SpellForm, EndsBefore):
    in_field = hired_by_academy = None


class OwnCorrectionForm(SpellForm):
    in_field = hired_by_academy = None
    reason = reason(_l("Why it is corrected"))


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
        self.kind.choices = _choices(evidence_names())

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
        self.answer.choices = _choices(intent_names())

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
        self.kind.choices = [("", _("Every status")), *_choices(kind_names())]


class ImportForm(FlaskForm):
    """A file, or the text of one that was read before."""

    file = FileField(_l("CSV or XLSX file"), [FileAllowed(["csv", "xlsx"], _l("Choose a .csv or .xlsx file."))])  # fmt: skip
    text = HiddenField()
    name = HiddenField(validators=[Length(max=200), no_resident_number])
    apply = BooleanField()

    def validate_file(self, field: FileField) -> None:
        if not field.data and not self.text.data:
            raise ValidationError(_("Choose a .csv or .xlsx file."))
        if field.data and holds_one(field.data.filename or ""):
            raise ValidationError(ResidentNumberFound().message)

    def content(self) -> tuple[str, bytes]:
        if self.file.data:
            self.name.data = (self.file.data.filename or "")[-200:]
            return self.name.data, self.file.data.read()
        return self.name.data or "", self.text.data.encode()

    def source(self) -> str:
        return str(_("Imported from %(name)s", name=self.name.data or "–"))
