"""The shape of what is typed about employers, ventures and the camp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    SearchField,
    SelectField,
    StringField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from lms.careers import words
from lms.careers.models import CAMPS, InvestmentKind, MouKind, Sector, SiteKind, Size
from lms.careers.registry import registry_number
from lms.errors import Invalid
from lms.forms import no_resident_number
from lms.i18n import today
from lms.won import Won, more_than_nothing


def _text(label: Any, longest: int, *, needed: bool = True, hint: Any = "") -> StringField:
    first = InputRequired() if needed else Optional()
    return StringField(label, [first, Length(max=longest), no_resident_number], description=hint)


def _choices(names: Mapping[Any, str], *, unknown: bool = False) -> list[tuple[str, str]]:
    return ([("", _("Not known"))] if unknown else []) + [(str(k), v) for k, v in names.items()]


class AsOfForm(FlaskForm):
    """A day to look at; without one, today."""

    class Meta:
        csrf = False

    on = DateField(_l("As of"), [Optional()])


class EmployerSearch(AsOfForm):
    q = SearchField(_l("Search"), [Length(max=100)])
    only = SelectField(
        _l("Which"), choices=[("", _l("Everybody")), ("partners", _l("With an MOU"))]
    )


class CorrectionForm(FlaskForm):
    """What an employer is called and is like, and why it is said differently now."""

    name = _text(_l("Name"), 200)
    registry_number = _text(
        _l("Business registration number"), 14, needed=False,
        hint=_l("Ten digits, such as 123-45-67891. Never a person's number."),
    )  # fmt: skip
    size = SelectField(_l("Size of the business"))
    sector = SelectField(_l("Sector"))
    reason = _text(_l("Reason for the correction"), 300)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.size.choices = _choices(words.size_names(), unknown=True)
        self.sector.choices = _choices(words.sector_names(), unknown=True)

    def validate_registry_number(self, field: StringField) -> None:
        try:
            registry_number(field.data or "")
        except Invalid as refusal:
            raise ValidationError(refusal.message) from refusal

    @property
    def values(self) -> dict[str, Any]:
        """As the actions take them."""
        return {
            "name": self.name.data,
            "registry_number": registry_number(self.registry_number.data or ""),
            "size": Size(self.size.data) if self.size.data else None,
            "sector": Sector(self.sector.data) if self.sector.data else None,
        }


class EmployerForm(CorrectionForm):
    """A new employer."""

    reason = None
    region = SelectField(_l("Region of the head office"))

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.region.choices = _choices(words.region_names(), unknown=True)


class SiteForm(FlaskForm):
    kind = SelectField(_l("What opens"), coerce=SiteKind)
    region = SelectField(_l("Region"))
    on = DateField(_l("Since"), [InputRequired()])

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.kind.choices = _choices(words.site_names())
        self.region.choices = _choices(words.region_names())


class MouForm(FlaskForm):
    kind = SelectField(_l("About"), coerce=MouKind)
    on = DateField(_l("Signed on"), [InputRequired()])
    until = DateField(
        _l("In force until"), [Optional()],
        description=_l("The first day on which it is not in force any more. Empty: no end agreed."),
    )  # fmt: skip

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.kind.choices = _choices(words.mou_names())


class HeadcountForm(FlaskForm):
    on = DateField(_l("Counted on"), [InputRequired()])
    jobs = IntegerField(
        _l("People employed"), [InputRequired(), NumberRange(0, 1_000_000)],
        description=_l("Without founders and owners: they are not counted as jobs."),
    )  # fmt: skip
    source = _text(
        _l("Source"), 200, hint=_l("For example: the insured of the month, its own word.")
    )


class MergerForm(FlaskForm):
    into_id = SelectField(_l("Is the same as"), coerce=int)
    reason = _text(_l("How we know"), 300)


class VentureForm(FlaskForm):
    """The dates of a venture's life; each once it is known."""

    founded_on = DateField(_l("Founded on"), [InputRequired()])
    registered_on = DateField(_l("Registered on"), [Optional()])
    first_sale_on = DateField(_l("First sale on"), [Optional()])
    closed_on = DateField(_l("Closed on"), [Optional()])


class NewVentureForm(EmployerForm, VentureForm):
    """A venture that is no employer yet."""


class InvestmentForm(FlaskForm):
    """Money that a venture received."""

    received_on = DateField(_l("Received on"), [InputRequired()])
    amount = Won(_l("Amount (KRW)"), [InputRequired(), more_than_nothing])
    kind = SelectField(
        _l("Kind of money"), coerce=InvestmentKind,
        description=_l("Grants are counted apart: they are no investment."),
    )  # fmt: skip
    source = _text(_l("Source"), 200, hint=_l("For example: the register of shares, its own word."))

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.kind.choices = _choices(words.investment_names())

    def validate_received_on(self, field: DateField) -> None:
        if field.data and field.data > today():
            raise ValidationError(
                _("That day has not come: money is recorded once it is received.")
            )

    @property
    def values(self) -> dict[str, Any]:
        """As the actions take them."""
        return {
            "on": self.received_on.data,
            "amount": self.amount.data,
            "kind": self.kind.data,
            "source": self.source.data,
        }


class InvestmentCorrectionForm(InvestmentForm):
    reason = _text(_l("Reason for the correction"), 300)


class FounderForm(FlaskForm):
    username = _text(_l("User name"), 31)
    since = DateField(_l("Founder since"), [InputRequired()])


class _CampForm(FlaskForm):
    camp = SelectField(_l("Camp"), coerce=int)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.camp.choices = [(camp, _("Camp %(number)s", number=camp)) for camp in CAMPS]


class PlaceForm(_CampForm):
    room = _text(_l("Room"), 40)
    on = DateField(_l("Moves in on"), [InputRequired()])
    until = DateField(_l("Moves out on"), [Optional()])
    origin = SelectField(_l("Came from"))

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.origin.choices = _choices(words.region_names(), unknown=True)


class QueueForm(_CampForm):
    since = DateField(_l("Waits since"), [InputRequired()])


class PersonQueueForm(QueueForm):
    """Somebody who wants to found a venture waits for a place."""

    username = _text(_l("User name"), 31)


class EndForm(FlaskForm):
    on = DateField(
        _l("Ends on"), [InputRequired()], description=_l("The first day on which it is not so any more.")
    )  # fmt: skip


class TakeBackForm(FlaskForm):
    reason = _text(_l("What was wrong"), 300)
    sure = BooleanField(_l("It was never so: take it back"), [InputRequired()])
