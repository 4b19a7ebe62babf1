"""A report's numbers as one value: tables of typed cells, the same for page, chart and every format.

Pure. What a number means stands in the table (`about`); why there is none stands in its cell.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from lms.metrics.definition import Text


class Kind(StrEnum):
    """What the cells of a column are, and so how they are written."""

    TEXT = "text"
    COUNT = "count"  # people or things: an int
    SHARE = "share"  # 0.593: written as 59.3 %
    MONEY = "money"  # KRW, an int
    NUMBER = "number"  # any other measure, a float
    DATE = "date"  # ISO text


class Absent(StrEnum):
    """Why a cell holds no number."""

    HIDDEN = "hidden"  # too few people: protected
    OPEN = "window-open"  # the day it is counted on has not come
    NOBODY = "nobody"  # no denominator
    NOT_RECORDED = "not-recorded"
    TOO_FEW = "too-few"  # shown as a count, but no share or median of so few


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    name: Text
    kind: Kind


@dataclass(frozen=True, slots=True)
class Cell:
    """`value` is None exactly where `absent` says why. `text` has both languages where it is a word."""

    value: str | int | float | None = None
    absent: Absent | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """`id` is T1 to T16 (or more) for ever; `about` says who is counted, of whom, on which day.

    `chart` is a Vega-Lite specification without data: it draws the rows, by the columns' keys.
    """

    id: str
    title: Text
    about: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[Text, ...] = ()
    chart: dict[str, Any] | None = field(default=None, hash=False)


def as_json(tables: tuple[Table, ...]) -> list[dict[str, Any]]:
    return [asdict(table) for table in tables]


def from_json(rows: list[dict[str, Any]]) -> tuple[Table, ...]:
    return tuple(
        Table(
            id=row["id"],
            title=Text(**row["title"]),
            about=Text(**row["about"]),
            columns=tuple(
                Column(one["key"], Text(**one["name"]), Kind(one["kind"])) for one in row["columns"]
            ),
            rows=tuple(tuple(_cell(cell) for cell in line) for line in row["rows"]),
            notes=tuple(Text(**note) for note in row["notes"]),
            chart=row["chart"],
        )
        for row in rows
    )


def _cell(cell: dict[str, Any]) -> Cell:
    absent, words = cell["absent"], cell["text"]
    return Cell(cell["value"], Absent(absent) if absent else None, Text(**words) if words else None)


def digest(tables: tuple[Table, ...]) -> str:
    """SHA-256 of the numbers, and of nothing that does not change them."""
    content = [[t.id, [c.key for c in t.columns], [[asdict(x) for x in r] for r in t.rows]] for t in tables]  # fmt: skip
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
