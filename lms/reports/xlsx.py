"""A report as XLSX: a sheet per table with typed cells, and a last sheet that says what everything means.

Equal documents give equal bytes. No text becomes a formula or a link; a cell without a number says why in words.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, date
from typing import Any

import xlsxwriter

from lms.reports.document import Document
from lms.reports.table import Cell, Column, Kind, Table
from lms.reports.words import (
    ABSENT,
    ISO_DAY,
    MEANS,
    as_of,
    decimals,
    facts,
    label,
    plain,
    width,
    words,
)
from lms.tables import FORMULA_STARTS

HEADER = 4  # the row of the column names, from 0; above it: title, about, as-of, an empty row
EXACT = 10**15  # a spreadsheet keeps fifteen digits: a longer number stays as text
MOST = 32_767  # characters of a cell
NUMBERS = {Kind.COUNT: "#,##0", Kind.MONEY: "#,##0", Kind.SHARE: "0.0%"}
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def render(document: Document, *, locale: str) -> bytes:
    heading, target = document.heading, io.BytesIO()
    with xlsxwriter.Workbook(target, OPTIONS) as book:
        book.set_properties(
            {
                "title": _short(heading.title.in_(locale)),
                "subject": _short(heading.subtitle.in_(locale)),
                "comments": f"{as_of(heading, locale)} · {heading.digest}",
                "created": heading.recorded_at.astimezone(UTC).replace(tzinfo=None, microsecond=0),
            }
        )
        writer = _Writer(book, locale)
        names = sheet_names([*document.tables], last=label("definitions", locale), locale=locale)
        for table, name in zip(document.tables, names, strict=False):
            writer.table(name, table, as_of(heading, locale))
        writer.definitions(names[-1], document)
    return target.getvalue()


def _short(text: str) -> str:
    return plain(text)[:255]


def sheet_names(tables: list[Table], *, last: str, locale: str) -> list[str]:
    """Unique, at most 31 characters of those that Excel allows, one per table and then `last`."""
    names: list[str] = []
    for wanted in [*(f"{table.id} {table.title.in_(locale)}" for table in tables), last]:
        name = base = _cut(re.sub(r"[\[\]:*?/\\\s]+", " ", plain(wanted)).strip(" '") or "-", 31)
        number = 2
        while name.casefold() in {*(taken.casefold() for taken in names), "history"}:
            name = f"{_cut(base, 26)} ({number})"
            number += 1
        names.append(name)
    return names


def _cut(text: str, most: int) -> str:
    """Excel counts UTF-16 units."""
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore").strip(" '")


class _Writer:
    """The open workbook with its few cell formats."""

    def __init__(self, book: Any, locale: str) -> None:
        self.book, self.locale = book, locale
        self.formats: dict[str, Any] = {}

    def format(self, **settings: Any) -> Any:
        key = repr(sorted(settings.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"valign": "top", **settings})
        return self.formats[key]

    def text(self, sheet: Any, row: int, column: int, text: str, **settings: Any) -> None:
        if text.startswith(FORMULA_STARTS):
            settings["quote_prefix"] = True  # it stays text when somebody edits the cell
        cut = text if len(text) <= MOST else text[: MOST - 1] + "…"
        sheet.write_string(row, column, cut, self.format(**settings))

    def table(self, name: str, table: Table, stand: str) -> None:
        sheet = self.book.add_worksheet(name)
        self.text(sheet, 0, 0, plain(table.title.in_(self.locale)), bold=True, font_size=14)
        self.text(sheet, 1, 0, plain(table.about.in_(self.locale)).replace("\n", " "))
        self.text(sheet, 2, 0, stand, font_color="#586070")
        for at, column in enumerate(table.columns):
            align = "left" if column.kind in (Kind.TEXT, Kind.DATE) else "right"
            self.text(sheet, HEADER, at, plain(column.name.in_(self.locale)), bold=True, bottom=1, text_wrap=True, align=align, bg_color="#EEF0FD")  # fmt: skip
            sheet.set_column(at, at, _width(table, at, self.locale))
        for row, line in enumerate(table.rows, start=HEADER + 1):
            for at, (column, cell) in enumerate(zip(table.columns, line, strict=True)):
                self.cell(sheet, row, at, column, cell)
        for row, note in enumerate(table.notes, start=HEADER + 2 + len(table.rows)):
            self.text(sheet, row, 0, plain(note.in_(self.locale)).replace("\n", " "), font_color="#586070")  # fmt: skip
        sheet.freeze_panes(HEADER + 1, 1)
        sheet.repeat_rows(0, HEADER)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&R&P / &N")

    def cell(self, sheet: Any, row: int, at: int, column: Column, cell: Cell) -> None:
        text, value = words(cell, self.locale), cell.value
        if cell.absent is not None:
            align = "left" if column.kind is Kind.TEXT else "right"
            self.text(sheet, row, at, text or "", italic=True, font_color="#586070", align=align)
        elif text is not None and column.kind is Kind.DATE and (day := _day(text)):
            sheet.write_datetime(row, at, day, self.format(num_format="yyyy-mm-dd", align="left"))
        elif text is not None:
            self.text(sheet, row, at, text, text_wrap=True)
        elif isinstance(value, int | float) and not _fits(value):
            self.text(sheet, row, at, f"{value}", align="right")
        elif isinstance(value, int | float):
            shown = NUMBERS.get(column.kind, "#,##0.00" if decimals(value) else "#,##0")
            sheet.write_number(row, at, value, self.format(num_format=shown))

    def definitions(self, name: str, document: Document) -> None:
        sheet = self.book.add_worksheet(name)
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 90)
        sheet.set_column(2, 2, 50)
        row = self._lines(sheet, 0, "about-report", [list(fact) for fact in facts(document.heading, self.locale)])  # fmt: skip
        row = self._lines(sheet, row, "tables", [[f"{table.id} {self._in(table.title)}", self._in(table.about)] for table in document.tables])  # fmt: skip
        row = self._lines(sheet, row, "definitions", [[self._in(text) for text in (term.title, term.meaning, term.source)] for term in document.heading.definitions])  # fmt: skip
        row = self._lines(sheet, row, "absent", [[text.in_(self.locale), MEANS[absent].in_(self.locale)] for absent, text in ABSENT.items()])  # fmt: skip
        self._lines(sheet, row, "notes", [["", self._in(note)] for note in document.heading.notes])

    def _in(self, text: Any) -> str:
        return plain(text.in_(self.locale))

    def _lines(self, sheet: Any, row: int, title: str, lines: list[list[str]]) -> int:
        if not lines:
            return row
        self.text(sheet, row, 0, label(title, self.locale), bold=True, font_size=12)
        for number, line in enumerate(lines, start=row + 1):
            for at, text in enumerate(line):
                self.text(sheet, number, at, text, text_wrap=True)
        return row + len(lines) + 2


def _fits(value: int | float) -> bool:
    """Whether a spreadsheet can hold it: fifteen digits, and a power that it does not round away."""
    if isinstance(value, int):
        return abs(value) < EXACT
    return value == 0 or 1e-307 < abs(value) < 9.99e307


def _day(text: str) -> date | None:
    """Excel knows no day before 1900 (and one of that February that never was)."""
    if not ISO_DAY.fullmatch(text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day >= date(1900, 3, 1) else None


def _width(table: Table, at: int, locale: str) -> float:
    """Characters, a Korean one counting two."""
    column = table.columns[at]
    texts = [words(row[at], locale) or "0" * 12 for row in table.rows[:500]]
    longest = max((width(text) for text in (*texts, plain(column.name.in_(locale)))), default=8)
    return min(max(longest + 2, 9), 42)
