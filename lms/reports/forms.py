"""The shapes of a report's question and of a decision on it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget


class CohortsField(SelectMultipleField):
    """Check boxes instead of a list to hold a key for."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ReportForm(FlaskForm):
    cohorts = CohortsField(
        _l("Cohorts"), [InputRequired(_l("Choose at least one cohort."))], coerce=int
    )
    valid_on = DateField(
        _l("As of"),
        [InputRequired()],
        description=_l("The day the figures are of. What is recorded up to this moment counts."),
    )
    title_ko = StringField(_l("Title in Korean"), [InputRequired(), Length(max=120)])
    title_en = StringField(_l("Title in English"), [InputRequired(), Length(max=120)])
    recipient = StringField(
        _l("Recipient"), [InputRequired(), Length(max=120)], description=_l("Who asked for it")
    )
    legal_basis = StringField(_l("Legal basis"), [Length(max=200)])
    policy = SelectField(_l("Protection of small numbers"))


class CorrectionForm(ReportForm):
    correction = TextAreaField(
        _l("What is corrected, and why"),
        [InputRequired(), Length(max=1000)],
        description=_l("It is printed with the report."),
    )


class DecisionForm(FlaskForm):
    """Which of its two buttons was pressed says what was decided."""

    note = TextAreaField(
        _l("What you checked"),
        [InputRequired(_l("Write what you checked, or why you refuse.")), Length(max=1000)],
    )


class ClaimForm(FlaskForm):
    """A GET form, so that the answer to a claim has an address."""

    class Meta:
        csrf = False

    claim = StringField(
        _l("Published claim"),
        [InputRequired(_l("Write the claim as it was published.")), Length(max=200)],
        description=_l(
            "As it was printed: “1–5기 71.2 %”, “Cohorts 1 to 5: 724 of 1,221”. Without cohorts, all that are over are meant."
        ),
    )
