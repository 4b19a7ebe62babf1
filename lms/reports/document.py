"""A report as one value: its heading and its tables. Every format is a pure function of it and a language.

A document whose digest is not that of its numbers, or with a cell that neither holds nor explains, cannot be made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from lms.metrics.definition import Text
from lms.reports.table import Cell, Column, Table, digest


@dataclass(frozen=True, slots=True)
class Term:
    """A definition that the report uses, as it is printed: `source` is the standard and clause."""

    title: Text
    meaning: Text
    source: Text


@dataclass(frozen=True, slots=True)
class Approval:
    """Who answers for the report, in which part ("published by", "approved by"), and since when."""

    name: str
    part: Text
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What stands above the numbers.

    valid_on: the day that the report tells about. recorded_at: what was recorded later is not in it (aware).
    digest: `table.digest` of the tables. code_version: of the program that counted.
    """

    title: Text
    subtitle: Text
    number: str
    valid_on: date
    recorded_at: datetime
    definitions: tuple[Term, ...]
    notes: tuple[Text, ...]
    digest: str
    code_version: str
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """The one value that is rendered. ValueError where it would say what its numbers do not."""

    heading: Heading
    tables: tuple[Table, ...]

    def __post_init__(self) -> None:
        if self.heading.recorded_at.tzinfo is None:
            raise ValueError("The heading's recorded_at has no time zone.")
        if self.heading.digest != digest(self.tables):
            raise ValueError("The heading's digest is not the digest of these tables.")
        for table, column, cell in self._cells():
            _check(table, column, cell)

    def _cells(self) -> Iterator[tuple[Table, Column, Cell]]:
        for table in self.tables:
            for row in table.rows:
                for column, cell in zip(table.columns, row, strict=True):
                    yield table, column, cell


def _check(table: Table, column: Column, cell: Cell) -> None:
    where = f"Table {table.id}, column {column.key}"
    held = cell.value is not None or cell.text is not None
    if held == (cell.absent is not None):
        raise ValueError(f"{where}: a cell holds a value or says why not, never both or neither.")
    if isinstance(cell.value, float) and not math.isfinite(cell.value):
        raise ValueError(f"{where}: {cell.value} is not a number that can be reported.")
