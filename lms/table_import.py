"""The steps of a table's way in: chosen, its columns named, checked, confirmed (templates/_import.html).

What was read goes from step to step as text and is checked again in each.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileAllowed, FileField
from wtforms import BooleanField, HiddenField
from wtforms.validators import Length, ValidationError

from lms.errors import DomainError
from lms.resident_numbers import ResidentNumberFound, holds_one
from lms.table_files import Columns, Line, as_text, read_table


class ImportForm(FlaskForm):
    """A file, or the text of one that was read before."""

    file = FileField(_l("CSV or XLSX file"), [FileAllowed(["csv", "xlsx"], _l("Choose a .csv or .xlsx file."))])  # fmt: skip
    text = HiddenField()
    name = HiddenField(validators=[Length(max=200)])
    apply = BooleanField()

    def validate_file(self, field: FileField) -> None:
        if not field.data and not self.text.data:
            raise ValidationError(_("Choose a .csv or .xlsx file."))
        name = (field.data.filename or "") if field.data else self.name.data
        if name and holds_one(name):
            raise ValidationError(ResidentNumberFound().message)

    def content(self) -> tuple[str, bytes]:
        if self.file.data:
            self.name.data = (self.file.data.filename or "")[-200:]
            return self.name.data, self.file.data.read()
        return self.name.data or "", self.text.data.encode()

    def source(self) -> str:
        return str(_("Imported from %(name)s", name=self.name.data or "–"))


@dataclass(frozen=True)
class Step:
    """How far a table has come: `table` once its columns are known, else `lines` to choose them from."""

    ours: Columns
    lines: list[Line] | None = None
    columns: dict[str, int] | None = None
    missing: list[str] | None = None
    table: list[Line] | None = None

    @property
    def text(self) -> str:
        return as_text(self.lines or self.table or [])


def taken(form: ImportForm, ours: Columns) -> Step:
    """What was sent, as far as it can be read; the form tells what is wrong with it."""
    if not form.validate_on_submit():
        return Step(ours)
    try:
        lines = read_table(*form.content())
    except DomainError as refusal:
        form.file.errors = [refusal.message]
        return Step(ours)
    chosen = _chosen(ours)
    columns = ours.matched(lines[0].cells) if chosen is None else chosen
    asked = chosen is not None or ours.are_ours(lines[0].cells)
    missing = ours.missing(columns)
    if missing or not asked:
        return Step(ours, lines=lines, columns=columns, missing=missing if asked else [])
    return Step(ours, table=ours.ordered(lines, columns))


def _chosen(ours: Columns) -> dict[str, int] | None:
    """Our column -> its place in the file, as somebody chose on the page."""
    if f"column-{ours.needed[0]}" not in request.form:
        return None
    chosen = {name: request.form.get(f"column-{name}", type=int) for name in ours.names}
    return {name: place for name, place in chosen.items() if place is not None and place >= 0}
