"""How the numbers of a report's tables hang together: which are sums of which, which follow from which.

Whoever makes a table knows it and says it here, by the columns' keys; the policy needs nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lms.disclosure.cells import Counts, Key, Share, Sum
from lms.metrics.definition import Text
from lms.reports.table import Cell, Kind, Table

Name = tuple[str, ...]  # a row's, from the words it begins with: the same in every report


@dataclass(frozen=True, slots=True)
class At:
    """A cell's name: its table, its row's name and its column's key."""

    table: str
    row: Name
    column: str


@dataclass(frozen=True, slots=True)
class Ratio:
    """Column `value` is a share, a median or another figure of the people counted in column `base`.

    part: the column of those who count; None where it is not printed: then a share itself tells it.
    base_row: the row in which the base stands, if it is another one (a column's total).
    amount: the column of the money that is divided by the people: so much for each of them.
    """

    value: str
    base: str
    part: str | None = None
    base_row: Name | None = None
    amount: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One table's structure.

    named_by: the columns that name a row; by default those with words and dates.
    across: in each row, a column is the sum of others.
    down: in each column of people, a row is the sum of others.
    nested: the people of the first column are some of the second's.
    things: columns of counts, but not of people (months, firms).
    """

    named_by: tuple[str, ...] = ()
    across: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    down: Mapping[Name, tuple[Name, ...]] = field(default_factory=dict)
    nested: tuple[tuple[str, str], ...] = ()
    ratios: tuple[Ratio, ...] = ()
    things: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """A report's: its tables' by their ids, and what holds between cells of different tables.

    sums: by cells' names (`At`); a sum with one part says that two cells are the same.
    nested: cells whose people are some of another cell's.
    follows: numbers that are worked out from other cells, and so are hidden with them.
    amounts: what a total or a mean of money is made of, person by person (pay) or firm by firm (sales).
    kept, growing: cells to hide last, and cells that never become less (see Counts, differencing).
    """

    shapes: Mapping[str, Shape] = field(default_factory=dict)
    sums: tuple[Sum, ...] = ()
    nested: tuple[Share, ...] = ()
    follows: Mapping[At, tuple[At, ...]] = field(default_factory=dict)
    amounts: Mapping[At, tuple[float, ...]] = field(default_factory=dict)
    kept: frozenset[Key] = frozenset()
    growing: frozenset[Key] = frozenset()

    def of(self, table: Table) -> Shape:
        return self.shapes.get(table.id, Shape())


Row = dict[str, Cell]


def rows_of(table: Table, shape: Shape) -> dict[Name, Row]:
    """The rows by name. Raises ValueError where two have the same."""
    words = {column.key for column in table.columns if column.kind in (Kind.TEXT, Kind.DATE)}
    found: dict[Name, Row] = {}
    for line in table.rows:
        row = {column.key: cell for column, cell in zip(table.columns, line, strict=True)}
        names = shape.named_by or tuple(key for key in row if key in words)
        name = tuple(str(row[key].value) for key in names)
        if name in found:
            raise ValueError(
                f"{table.id} has two rows called {name}: say what names them (named_by)"
            )
        found[name] = row
    return found


def label(row: Row, name: Name) -> Text:
    """A row's name for a reader."""
    words = [cell.text for cell in row.values() if cell.text]
    return Text(
        ko=" ".join(text.ko for text in words) or " ".join(name),
        en=" ".join(text.en for text in words) or " ".join(name),
    )


def counts_of(tables: tuple[Table, ...], structure: Structure) -> Counts:
    """All people that the tables count. Cells without a number, and the sums they are in, are left out.

    Raises ValueError where a sum does not hold or the structure names a cell that there is not.
    """
    values: dict[Key, int] = {}
    cells: set[Key] = set()
    sums, shares = list(structure.sums), list(structure.nested)
    for table in tables:
        shape, rows = structure.of(table), rows_of(table, structure.of(table))
        values |= _people(table, shape, rows)
        for name in rows:
            at = {column.key: At(table.id, name, column.key) for column in table.columns}
            cells |= set(at.values())
            sums += [Sum(at[total], tuple(at[p] for p in parts)) for total, parts in shape.across.items()]  # fmt: skip
            shares += [Share(at[part], at[base]) for part, base in shape.nested]
            shares += [Share(at[r.part or r.value], base_of(table, name, r)) for r in shape.ratios]
        for total, parts in shape.down.items():
            for column in _of_people(table, shape):
                sums.append(Sum(At(table.id, total, column), tuple(At(table.id, part, column) for part in parts)))  # fmt: skip
    named = [*((s.total, *s.parts) for s in sums), *((s.part, s.base) for s in shares)]
    if missing := [key for keys in named for key in keys if key not in cells]:
        raise ValueError(f"the structure names {missing[0]}, which is no cell of these tables")
    return Counts.of(
        values,
        [one for one in sums if {one.total, *one.parts} <= values.keys()],
        [one for one in shares if {one.part, one.base} <= values.keys() and one.part != one.base],
        kept=structure.kept & values.keys(),
    )


def base_of(table: Table, name: Name, ratio: Ratio) -> At:
    return At(table.id, ratio.base_row or name, ratio.base)


def _of_people(table: Table, shape: Shape) -> Iterator[str]:
    for column in table.columns:
        if column.kind is Kind.COUNT and column.key not in shape.things:
            yield column.key


def _people(table: Table, shape: Shape, rows: Mapping[Name, Row]) -> dict[Key, int]:
    """The counts, and those that a share tells whose part is in no column."""
    found: dict[Key, int] = {}
    shares = {column.key for column in table.columns if column.kind is Kind.SHARE}
    for name, row in rows.items():
        for column in _of_people(table, shape):
            if isinstance(value := row[column].value, int):
                found[At(table.id, name, column)] = value
        for ratio in shape.ratios:
            base = rows[ratio.base_row or name][ratio.base].value
            share = row[ratio.value].value
            told = ratio.part is None and ratio.value in shares
            if told and isinstance(base, int) and isinstance(share, int | float):
                found[At(table.id, name, ratio.value)] = round(base * share)
    return found
