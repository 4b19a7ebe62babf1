"""The shape of what is said about a spell: by an administrator, who names the employer too, or by its person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    FloatField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput

from lms.careers.choosing import Registry, employer_meant, label
from lms.careers.models import Employer
from lms.errors import Invalid
from lms.i18n import local
from lms.metrics.facts import Contract, FoundThrough, Spell, SpellKind
from lms.outcomes.models import FIRM_COLUMNS, StatusSpell
from lms.outcomes.record_forms import choices, not_in_the_future, reason, words
from lms.outcomes.words import contract_names, found_through_names, kind_names, spell_name
from lms.regions import REGIONS
from lms.won import MOST_WON

YES_OR_NO = {"yes": True, "no": False}


def _known(label: Any, **more: Any) -> SelectField:
    choices = [("", _l("Not known")), ("yes", _l("Yes")), ("no", _l("No"))]
    return SelectField(label, [Optional()], choices=choices, **more)


def _won(label: Any) -> IntegerField:
    return IntegerField(label, [Optional(), NumberRange(0, MOST_WON)])


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
    found_through = SelectField(
        _l("How the job was found"), [Optional()], description=_l("Of an employee only.")
    )
    base_pay = _won(_l("Base pay, KRW a month"))
    income = _won(_l("Freelance income, KRW a year"))
    registered = _known(_l("Business registered"))
    sales = _won(_l("Sales of the business, KRW a year"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unknown = ("", _("Not known"))
        self.kind.choices = choices(kind_names())
        self.contract.choices = [unknown, *choices(contract_names())]
        self.found_through.choices = [unknown, *choices(found_through_names())]
        self.region.choices = [unknown, *((code, local(name)) for code, name in REGIONS.items())]

    def validate_last_day(self, field: DateField) -> None:
        if field.data and self.valid_from.data and field.data < self.valid_from.data:
            raise ValidationError(_("The last day is before the first day."))

    def validate_found_through(self, field: SelectField) -> None:
        if field.data and self.kind.data != SpellKind.EMPLOYEE:
            raise ValidationError(_("How a job was found is said of an employee only."))

    def spell(self, before: Spell | None = None) -> Spell:
        """What the form says; where it does not ask, what was so before."""
        values: dict[str, Any] = {
            "kind": SpellKind(self.kind.data),
            "valid_from": self.valid_from.data,
            "valid_to": self.last_day.data + timedelta(days=1) if self.last_day.data else None,
            "contract": Contract(self.contract.data) if self.contract.data else None,
            "region": self.region.data or None,
            "found_through": FoundThrough(self.found_through.data)
            if self.found_through.data
            else None,
        }
        for name in ("hours", "contract_months", "base_pay", "income", "sales"):
            values[name] = self[name].data
        for name in ("insured", "in_field", "subsidised", "hired_by_academy", "registered"):
            if name in self:
                values[name] = YES_OR_NO.get(self[name].data)
        return replace(before, **values) if before else Spell(**values)


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
    employer = label(row.firm) if row.firm else None
    return {**values, "role": row.role, "source": row.source, "employer": employer}


class EmployerForm(FlaskForm):
    """Whose employee somebody is, or which firm they founded: chosen from the registry, or left open."""

    employer = words(
        _l("Employer, or own firm"), required=False,
        description=_l("Begin to write its name or business registration number and choose it from the "
                       "list. Empty where it is not known."),
    )  # fmt: skip
    before: StatusSpell | None = None
    firm: Employer | None = None

    def correct(self, before: StatusSpell) -> None:
        """What stands in the field already is kept as it is, whatever else is called so."""
        self.before = before

    @property
    def labels(self) -> list[str]:
        """What the list offers, for the page."""
        return [entry.label for entry in Registry().firms]

    def validate_employer(self, field: StringField) -> None:
        before = self.before
        recorded = before.firm if before and before.kind == self["kind"].data else None
        if recorded and field.data.strip() == label(recorded):
            self.firm = recorded
            return
        if self["kind"].data not in FIRM_COLUMNS:
            raise ValidationError(
                _("Only somebody employed has an employer, and only a founder an own firm: empty this, "
                  "or choose that activity.")
            )  # fmt: skip
        try:
            self.firm = employer_meant(field.data)
        except Invalid as refusal:
            raise ValidationError(refusal.message) from refusal


class EndsBefore(FlaskForm):
    """Which of the spells that go on the new one ends."""

    ends = SelectMultipleField(
        _l("Ends with it"), [Optional()], coerce=int, option_widget=CheckboxInput(),
        description=_l("What was so until the day before the first day."),
    )  # fmt: skip

    def offer(self, going_on: Iterable[StatusSpell]) -> None:
        self.ends.choices = [(row.id, spell_name(row)) for row in going_on]


class NewSpellForm(SpellForm, EmployerForm, EndsBefore):
    level = RadioField(
        _l("Known from"), coerce=int, default=1,
        choices=[(1, _l("The person’s own word")), (0, _l("Somebody else’s word"))],
        description=_l("Evidence is added afterwards and lifts this once it is accepted."),
    )  # fmt: skip
    source = words(_l("Source"), description=_l("For example: telephone survey, 12 months."))

    def spell_known_from(self) -> Spell:
        return replace(self.spell(), evidence_level=self.level.data)


class CorrectionForm(SpellForm, EmployerForm):
    source = words(_l("Source"))
    reason = reason(_l("Why it is corrected"))
    dispute = HiddenField()


class OwnSpellForm(SpellForm, EndsBefore):
    in_field = hired_by_academy = None


class OwnCorrectionForm(SpellForm):
    in_field = hired_by_academy = None
    reason = reason(_l("Why it is corrected"))
