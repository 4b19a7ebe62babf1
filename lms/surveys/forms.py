"""The shape of what people answer, one form a page, and of what administrators write down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

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
    SubmitField,
)
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from lms.i18n import local
from lms.metrics.facts import SpellKind
from lms.outcomes.models import StatusSpell
from lms.outcomes.record_forms import not_in_the_future, words
from lms.outcomes.spell_forms import YES_OR_NO
from lms.outcomes.words import contract_names, spell_name
from lms.regions import REGIONS
from lms.surveys.models import BY_HAND, Channel, Outcome
from lms.surveys.words import channel_names, doing_names, outcome_names, pay_bands

# Which fields of PlaceForm a kind needs, besides the first day.
PLACE: dict[SpellKind, tuple[str, ...]] = {
    SpellKind.EMPLOYEE: ("employer", "role", "region", "in_field"),
    SpellKind.FOUNDER: ("employer", "region", "in_field", "registered"),
    SpellKind.FREELANCE: ("role", "region", "in_field", "hours"),
    SpellKind.STUDY: ("employer",),
}
YES_NO_FIELDS = {"in_field", "registered", "insured", "subsidised"}
OLD_CODES = ("42", "45")


def filled(answers: Mapping[str, Any]) -> dict[str, Any]:
    """What a draft keeps, as the data of the forms."""
    data = {name: {True: "yes", False: "no"}.get(value, value) if name in YES_NO_FIELDS else value
            for name, value in answers.items()}  # fmt: skip
    return {**data, "since": date.fromisoformat(data["since"])} if data.get("since") else data


def known_already(row: StatusSpell) -> dict[str, Any]:
    """What is recorded of the same kind, to begin with: nobody is asked what they have said."""
    known = {name: getattr(row, name) for name in ("in_field", "registered", "insured", "subsidised",
             "region", "hours", "contract_months", "role")}  # fmt: skip
    contract = row.contract.value if row.contract else None
    return {**known, "contract": contract, "since": row.valid_from.isoformat()}


def _known(label: Any, **more: Any) -> SelectField:
    choices = [("", _l("I do not know")), ("yes", _l("Yes")), ("no", _l("No"))]
    return SelectField(label, [Optional()], choices=choices, **more)


class AnswerForm(FlaskForm):
    """A page of the questionnaire; the link in its address is what proves who sends it."""

    class Meta:
        csrf = False

    def answers(self) -> dict[str, Any]:
        """As a draft keeps them: JSON, and None where nothing was said."""
        found: dict[str, Any] = {}
        for field in self:
            value = field.data
            if isinstance(field, DateField):
                value = value.isoformat()
            elif field.name in YES_NO_FIELDS:
                value = YES_OR_NO.get(value)
            found[field.name] = value if value not in ("", []) else None
        return found


class KindForm(AnswerForm):
    kind = RadioField(_l("What do you mainly do now?"), [InputRequired()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [(kind.value, name) for kind, name in doing_names().items()]


class PlaceForm(AnswerForm):
    since = DateField(
        _l("Since when?"), [InputRequired(), not_in_the_future],
        description=_l("The day, as well as you remember it."),
    )  # fmt: skip
    employer = words(_l("Name of the employer, company or school"), required=False)
    role = words(_l("Occupation"), required=False, description=_l("For example: data engineer."))
    region = SelectField(_l("Place of work"), [Optional()])
    in_field = _known(_l("Is it in the field of the training (AI, data, software)?"))
    registered = _known(_l("Is the business registered?"))
    hours = FloatField(_l("Hours a week"), [Optional(), NumberRange(0, 168)])
    still = SelectMultipleField(
        _l("Is this still so, too?"), [Optional()], coerce=int,
        widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
        description=_l("What you do not tick has ended with the day above."),
    )  # fmt: skip

    def ask(self, kind: SpellKind, others: Iterable[StatusSpell]) -> None:
        """Leave out what this kind does not need."""
        for name in ("employer", "role", "region", "in_field", "registered", "hours"):
            if name not in PLACE.get(kind, ()):
                del self[name]
        if "region" in self:
            codes = [(code, local(n)) for code, n in REGIONS.items() if code not in OLD_CODES]
            self.region.choices = [("", ""), *codes]
        self.still.choices = [(row.id, spell_name(row)) for row in others]
        if not self.still.choices:
            del self.still


class TermsForm(AnswerForm):
    contract = SelectField(_l("Contract"), [Optional()])
    contract_months = IntegerField(
        _l("Agreed length in months"), [Optional(), NumberRange(0, 1200)],
        description=_l("Empty where it has no end."),
    )  # fmt: skip
    hours = FloatField(_l("Hours a week"), [Optional(), NumberRange(0, 168)])
    insured = _known(
        _l("Insured by the employer"), description=_l("Employment or health insurance.")
    )
    subsidised = _known(_l("Wage paid in part by a public programme"))
    pay_band = SelectField(
        _l("Base pay a month, before tax"), [Optional()],
        description=_l("Only if you like to say. It is never shown for one person."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contracts = [(kind.value, name) for kind, name in contract_names().items()]
        self.contract.choices = [("", ""), *contracts]
        self.pay_band.choices = [("", ""), *pay_bands().items()]


class AttemptForm(FlaskForm):
    channel = SelectField(_l("How"))
    outcome = SelectField(_l("What came of it"))
    note = words(
        _l("Note"), required=False, most=1000,
        description=_l("For example: call again after six o’clock. No reasons of health or law."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = outcome_names()
        by_hand = [(key.value, name) for key, name in channel_names().items()]
        self.channel.choices = [by_hand[1], *by_hand[2:], by_hand[0]]  # mails write themselves
        self.outcome.choices = [("", ""), *((key.value, names[key]) for key in BY_HAND)]

    def said(self) -> tuple[Channel, Outcome | None]:
        return Channel(self.channel.data), Outcome(self.outcome.data) if self.outcome.data else None


class OutcomeFilter(FlaskForm):
    class Meta:
        csrf = False

    outcome = SelectField(_l("Outcome"), [Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = [("", _l("Every outcome"))]
        self.outcome.choices = every + [(key.value, n) for key, n in outcome_names().items()]

    @property
    def only(self) -> Outcome | None:
        return Outcome(self.outcome.data) if self.outcome.data in list(Outcome) else None


class ReasonedForm(FlaskForm):
    reason = words(_l("Reason"), most=1000)


class EmployerNameForm(FlaskForm):
    """Which employer a name in answers means: one of the registry, or a new one of this name."""

    key = HiddenField(validators=[InputRequired()])
    employer = words(_l("Employer in the registry"))
    new = SubmitField()
