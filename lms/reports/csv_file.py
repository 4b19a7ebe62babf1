"""A report as CSV that Korean Excel opens: one file per table, or a zip of all with a data dictionary.

Numbers are exact (shares of 1), days are ISO; a cell without a number says why, in words.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from lms.reports.document import Document
from lms.reports.table import Table
from lms.reports.words import ABSENT, MEANS, UNITS, facts, label, plain, words
from lms.tables import csv_bytes

MIMETYPE = "text/csv; charset=utf-8"
ZIP = "application/zip"
# The oldest time that a zip can hold: equal numbers, equal bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)

Lines = Iterator[Sequence[Any]]


def render(table: Table, *, locale: str) -> bytes:
    """A line of column names, then the rows; nothing else, so that programs can read it."""
    return csv_bytes(_table(table, locale))


def _table(table: Table, locale: str) -> Lines:
    yield [plain(column.name.in_(locale)) for column in table.columns]
    for row in table.rows:
        yield [cell.value if (text := words(cell, locale)) is None else text for cell in row]


def render_all(document: Document, *, locale: str) -> bytes:
    """A zip: a file per table, dictionary.csv (every column), definitions.csv and report.csv."""
    files = {file_name(table): render(table, locale=locale) for table in document.tables}
    files["dictionary.csv"] = csv_bytes(_dictionary(document, locale))
    files["definitions.csv"] = csv_bytes(_definitions(document, locale))
    files["report.csv"] = csv_bytes(_report(document, locale))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def file_name(table: Table) -> str:
    return f"{re.sub(r'[^A-Za-z0-9_-]', '-', table.id)}.csv"


def _dictionary(document: Document, locale: str) -> Lines:
    yield [label(key, locale) for key in ("table", "title", "about", "key", "column", "unit")]
    for table in document.tables:
        title, about = (plain(text.in_(locale)) for text in (table.title, table.about))
        for column in table.columns:
            unit = UNITS[column.kind].in_(locale)
            yield [table.id, title, about, column.key, plain(column.name.in_(locale)), unit]
    yield []
    yield [label("absent", locale), label("meaning", locale)]
    for absent, text in ABSENT.items():
        yield [text.in_(locale), MEANS[absent].in_(locale)]


def _definitions(document: Document, locale: str) -> Lines:
    yield [label(key, locale) for key in ("definitions", "meaning", "source")]
    for term in document.heading.definitions:
        yield [plain(text.in_(locale)) for text in (term.title, term.meaning, term.source)]


def _report(document: Document, locale: str) -> Lines:
    for name, value in facts(document.heading, locale):
        yield [name, value]
    for note in document.heading.notes:
        yield [label("notes", locale), plain(note.in_(locale))]
    for table in document.tables:
        for note in table.notes:
            yield [f"{label('notes', locale)} {table.id}", plain(note.in_(locale))]
