"""A table that comes in: CSV in UTF-8 or CP949, or XLSX; cells as text, lines by number, columns by name.

A formula is refused, not computed: what a cell says must not depend on who opens it.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from lms.errors import Invalid

MOST_LINES = 10_000
MOST_COLUMNS = 60
LONGEST_CELL = 300
MOST_UNPACKED = 64 * 2**20


class Line(NamedTuple):
    """A line of the file, counted from 1 as a spreadsheet does."""

    number: int
    cells: list[str]


class Unreadable(Invalid):
    """The file is no table that can be read; the message says what to do."""


def read_table(name: str, content: bytes) -> list[Line]:
    """The lines that are not empty, the heading first.

    Raises:
        Unreadable
    """
    rows = _xlsx(content) if content.startswith(b"PK") else _csv(content)
    lines = [Line(number, row) for number, row in rows if any(row)]
    if len(lines) < 2:
        raise Unreadable(_("The file has no lines below its heading."))
    if len(lines) > MOST_LINES + 1:
        raise Unreadable(_("A file may hold %(n)s lines: divide it.", n=MOST_LINES))
    for line in lines:
        if len(line.cells) > MOST_COLUMNS:
            raise Unreadable(_("Line %(n)s has too many columns.", n=line.number))
        if any(len(cell) > LONGEST_CELL for cell in line.cells):
            raise Unreadable(_("Line %(n)s has a cell that is too long.", n=line.number))
    return lines


def _csv(content: bytes) -> Iterable[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp949")  # what Korean Excel saves as plain "CSV"
        except UnicodeDecodeError as error:
            raise Unreadable(_("The file is not UTF-8 or CP949 text: save it as CSV UTF-8.")) from error  # fmt: skip
    if "\0" in text:
        raise Unreadable(_("The file is not UTF-8 or CP949 text: save it as CSV UTF-8."))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, begins = [], 1
    try:
        for row in reader:
            rows.append((begins, [_plain(cell) for cell in row]))
            begins = reader.line_num + 1
            if len(rows) > 2 * MOST_LINES:
                break
    except csv.Error as error:
        raise Unreadable(_("Line %(n)s is not CSV: %(why)s.", n=begins, why=str(error))) from error
    return rows


def _xlsx(content: bytes) -> Iterable[tuple[int, list[str]]]:
    """The first sheet. The archive tells the sizes its reader will go by, so they bound the work."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_UNPACKED:
                raise Unreadable(_("The workbook holds too much: keep one sheet with this table."))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        rows = [
            (number, [_plain(cell) for cell in row])
            for number, row in enumerate(
                book.worksheets[0].iter_rows(
                    max_row=2 * MOST_LINES, max_col=MOST_COLUMNS + 1, values_only=True
                ),
                start=1,
            )
        ]
    except Unreadable:
        raise
    except (InvalidFileException, zipfile.BadZipFile, KeyError, IndexError, ValueError) as error:
        raise Unreadable(_("The workbook cannot be read: save it again as XLSX or CSV.")) from error
    except Exception as error:  # a hostile workbook makes its reader fail in many ways
        raise Unreadable(_("The workbook cannot be read: save it again as XLSX or CSV.")) from error
    width = len(rows[0][1]) if rows else 0
    while width and not rows[0][1][width - 1]:
        width -= 1
    return [(number, row[:width]) for number, row in rows]


def _plain(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split())


def as_text(lines: Sequence[Line]) -> str:
    """The lines as CSV in which each has its number again."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    written = 0
    for line in lines:
        for _gap in range(line.number - written - 1):
            target.write("\n")
        writer.writerow(line.cells)
        written = line.number
    return target.getvalue()


@dataclass(frozen=True)
class Columns:
    """The columns of a kind of table, those without which it says nothing, and what people call them."""

    names: tuple[str, ...]
    needed: tuple[str, ...]
    also_called: Mapping[str, str]

    def heading(self, name: str) -> str:
        """A column by its name and the first of its others, as people are told of it."""
        others = (also for also, ours in self.also_called.items() if ours == name)
        return " · ".join([name, *list(others)[:1]])

    def matched(self, heading: Sequence[str]) -> dict[str, int]:
        """Our column -> its place, as far as the heading names it."""
        found: dict[str, int] = {}
        for place, title in enumerate(heading):
            word = title.strip().lower()
            name = self.also_called.get(word) or self.also_called.get(word.replace(" ", ""), word)
            if name in self.names:
                found.setdefault(name, place)
        return found

    def are_ours(self, heading: Sequence[str]) -> bool:
        """Whether the heading names what is needed, and nothing that is not ours."""
        words = [title.strip() for title in heading if title.strip()]
        return (
            set(words) <= set(self.names)
            and len(set(words)) == len(words)
            and set(self.needed) <= set(words)
        )

    def missing(self, columns: Mapping[str, int]) -> list[str]:
        return [name for name in self.needed if name not in columns]

    def ordered(self, lines: Sequence[Line], columns: Mapping[str, int]) -> list[Line]:
        """The same lines with our columns only, in our order, and our heading."""
        rows = [
            Line(
                line.number,
                [
                    line.cells[columns[name]]
                    if columns.get(name, MOST_COLUMNS) < len(line.cells)
                    else ""
                    for name in self.names
                ],
            )
            for line in lines[1:]
        ]
        return [Line(lines[0].number, list(self.names)), *rows]
