"""The shape of a report's question: as of which day."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField
from wtforms.validators import Optional


class ReportForm(FlaskForm):
    class Meta:
        csrf = False

    on = DateField(_l("As of"), [Optional()])
