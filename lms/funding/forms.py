"""The shape of what is typed about costs, targets and achievements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, DecimalField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from lms.funding import words
from lms.funding.models import CostKind, Measure
from lms.i18n import current_locale, today
from lms.metrics.definition import Text
from lms.metrics.definition_files import definitions
from lms.won import Won, more_than_nothing


class FactForm(FlaskForm):
    """What all have: the document, its day and, of a correction, the reason."""

    dated_on = DateField(_l("Dated"), [InputRequired()], description=_l("The day of the document."))
    source = StringField(
        _l("Source"), [InputRequired(), Length(max=200)],
        description=_l("The document that says so, for example the contract or the minutes, with its number."),
    )  # fmt: skip
    reason = StringField(_l("Reason for the correction"), [InputRequired(), Length(max=300)])

    def validate_dated_on(self, field: DateField) -> None:
        if field.data and field.data > today():
            raise ValidationError(_("That day has not come: enter the day of the document."))

    @property
    def values(self) -> dict[str, Any]:
        """As the actions take them."""
        return {
            name: value.strip() if isinstance(value, str) else value
            for name, value in self.data.items()
            if name not in ("csrf_token", "reason")
        }


class CostForm(FactForm):
    kind = SelectField(_l("What it is"), coerce=CostKind)
    item = StringField(
        _l("Item"), [InputRequired(), Length(max=100)],
        description=_l("For example: operation of the training, training allowance."),
    )  # fmt: skip
    amount = Won(_l("Amount (KRW)"), [InputRequired(), more_than_nothing])

    order = ("kind", "item", "amount", "dated_on", "source", "reason")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.kind.choices = [
            (str(kind), name.in_(current_locale())) for kind, name in words.KINDS.items()
        ]


class _ValueForm(FactForm):
    measure = SelectField(_l("Measure"))
    value = DecimalField(_l("Value"), [InputRequired(), NumberRange(0, 10**9)])

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        locale = current_locale()
        self.measure.choices = [
            (str(measure), f"{name.in_(locale)} ({words.unit_of(measure).in_(locale)})")
            for measure, name in self.measures().items()
        ]

    def measures(self) -> Mapping[Any, Text]:
        """What can be chosen, with its name."""
        return words.MEASURES

    def validate_value(self, field: DecimalField) -> None:
        most = words.most_of(self.measure.data or "")
        if field.data is not None and most is not None and field.data > most:
            raise ValidationError(_("The value of this measure is at most %(most)s.", most=most))

    @property
    def values(self) -> dict[str, Any]:
        return super().values | {"value": float(self.value.data)}


class TargetForm(_ValueForm):
    definition_ko = TextAreaField(
        _l("Definition in Korean"), [InputRequired(), Length(max=400)],
        description=_l("What is counted, of whom and until when, as the document says it."),
    )  # fmt: skip
    definition_en = TextAreaField(_l("Definition in English"), [InputRequired(), Length(max=400)])

    order = ("measure", "value", "definition_ko", "definition_en", "dated_on", "source", "reason")

    def measures(self) -> Mapping[Any, Text]:
        return words.names(definitions(on=today()))


class AchievementForm(_ValueForm):
    order = ("measure", "value", "dated_on", "source", "reason")

    @property
    def values(self) -> dict[str, Any]:
        return super().values | {"measure": Measure(self.measure.data)}


class WithdrawalForm(FlaskForm):
    reason = StringField(_l("What was wrong"), [InputRequired(), Length(max=300)])

    order = ("reason",)
