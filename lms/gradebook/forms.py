"""The shape of a person's mark, and of a file with grades."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import FloatField, TextAreaField
from wtforms.validators import Length, Optional

LONGEST_COMMENT = 10_000


class MarkForm(FlaskForm):
    """Points may stay empty to leave only a comment; the most is checked by the action."""

    points = FloatField(_l("Points"), [Optional()])
    comment = TextAreaField(_l("Comment"), [Length(max=LONGEST_COMMENT)])


class GradebookFileForm(FlaskForm):
    file = FileField("gradebook.db", [FileRequired(_l("Choose a gradebook.db."))])
