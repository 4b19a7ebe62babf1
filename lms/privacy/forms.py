"""The shape of what people say about their data and administrators about the log of access."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField
from wtforms.validators import InputRequired


class ConsentForm(FlaskForm):
    version = IntegerField(validators=[InputRequired()])
    given = RadioField(
        validators=[InputRequired(_l("Choose whether you agree."))],
        choices=[("yes", ""), ("no", "")],
    )
