"""What the forms of several rooms share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_wtf import FlaskForm
from wtforms.validators import ValidationError

from lms.db import db
from lms.errors import DomainError
from lms.resident_numbers import ResidentNumberFound, holds_one


@contextmanager
def tried(form: FlaskForm) -> Iterator[None]:
    """What is done inside is done whole or, when it is refused, not at all; the form says why."""
    try:
        with db.session.begin_nested():
            yield
    except DomainError as refusal:
        form.form_errors.append(refusal.message)


def no_resident_number(form: FlaskForm, field: Any) -> None:
    """A validator."""
    if field.data and holds_one(field.data):
        raise ValidationError(ResidentNumberFound().message)
