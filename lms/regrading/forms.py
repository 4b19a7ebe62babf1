"""The shape of what a regrade changes."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, SelectMultipleField

from lms.curricula.outline import RULES


class RegradeForm(FlaskForm):
    """The templates name the rules (_work.html); the actions check files and rules together."""

    from_course = BooleanField(_l("Take the files again that the course brings now"))
    files = MultipleFileField(
        _l("Fixed files"),
        description=_l("Each takes the place of the file of the same name: notebooks with solutions and tests, data, modules."),
    )  # fmt: skip
    rules = SelectMultipleField(_l("Rules of scoring"), choices=list(RULES))
