"""The disclosure policy applied to a report's tables: everything that is made from them is protected.

A cell that may not be shown loses its number here, once; page, chart, CSV, tooltip, API and alternative
text are all written from what is left. What is hidden looks the same whatever the reason, as the
reason would say how many people there are. Applying it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from lms.disclosure.cells import Key
from lms.disclosure.differencing import Printed, beside
from lms.disclosure.policy import Policy
from lms.disclosure.rounding import rounded
from lms.disclosure.shape import At, Name, Row, Shape, Structure, base_of, counts_of, label, rows_of
from lms.disclosure.suppressing import suppress
from lms.metrics.definition import Text
from lms.reports.table import Absent, Cell, Kind, Table

Tables = tuple[Table, ...]


class NotProtected(ValueError):
    """Hiding cells is not enough, since too much was printed before. `message` is for the reader."""

    def __init__(self, cells: Iterable[Key]) -> None:
        tables = ", ".join(dict.fromkeys(cell.table for cell in cells if isinstance(cell, At)))
        self.message = Text(
            ko=f"이미 공개된 수로 적은 인원을 계산할 수 있어 이 보고서를 공개할 수 없습니다({tables}). 해당 표의 항목을 합치거나 표를 빼십시오.",
            en=f"Small counts could be worked out from what was published before ({tables}). Merge categories of these tables or leave the tables out.",
        )
        super().__init__(self.message.en)


def protect(
    tables: Tables,
    structure: Structure,
    policy: Policy,
    *,
    day: date | None = None,
    earlier: Iterable[Printed] = (),
) -> Tables:
    """The tables as they may be printed; `day` is the report's, to compare it with earlier ones.

    Raises NotProtected, and ValueError where a sum of the structure does not hold.
    """
    if policy.round_to:
        return rounded(tables, structure, policy, to=policy.round_to)
    counts = counts_of(tables, structure)
    if day is not None:
        counts = beside(counts, earlier, day=day, policy=policy, growing=structure.growing)
    hidden, found = suppress(counts, policy)
    if not found.passed:
        raise NotProtected(found.narrow)
    shown = _Shown(tables, structure, policy, hidden)
    return tuple(shown.table(table) for table in tables)


def printed(true: Tables, shown: Tables, structure: Structure, *, day: date) -> Printed:
    """An earlier report to compare with, from its tables before and after they were protected."""
    counts = counts_of(true, structure)
    left = counts_of(shown, structure).values
    return Printed(day, counts, frozenset(counts.values.keys() - counts.unprinted - left.keys()))


def drawn(table: Table) -> list[dict[str, Any]]:
    """The rows that a chart can draw, by column: those with a value in every column it draws."""
    fields = {column.key for column in table.columns} & set(_fields(table.chart))
    rows = [
        {column.key: cell.value for column, cell in zip(table.columns, line, strict=True)}
        for line in table.rows
    ]
    return [row for row in rows if all(row[key] is not None for key in fields)]


def _fields(chart: object) -> Iterable[str]:
    if isinstance(chart, dict):
        for key, value in chart.items():
            yield from [value] if key == "field" and isinstance(value, str) else _fields(value)
    elif isinstance(chart, list | tuple):
        for value in chart:
            yield from _fields(value)


class _Shown:
    """The cells of a report, with those that may not be shown made absent."""

    def __init__(
        self, tables: Tables, structure: Structure, policy: Policy, hidden: frozenset[Key]
    ) -> None:
        self.structure, self.policy = structure, policy
        self.cells: dict[At, Cell] = {}
        self.flagged: dict[str, list[Text]] = {table.id: [] for table in tables}
        self.rows = {table.id: rows_of(table, structure.of(table)) for table in tables}
        for id, rows in self.rows.items():
            for name, row in rows.items():
                for column, cell in row.items():
                    at = At(id, name, column)
                    gone = at in hidden or policy.is_dominated(structure.amounts.get(at, ()))
                    self.cells[at] = Cell(absent=Absent.HIDDEN) if gone else cell
        for table in tables:
            self._ratios(table, structure.of(table))
        self._follow(structure.follows)

    def table(self, table: Table) -> Table:
        rows = tuple(
            tuple(self.cells[At(table.id, name, column.key)] for column in table.columns)
            for name in self.rows[table.id]
        )
        absent = {cell.absent for row in rows for cell in row}
        notes = [
            *([self.policy.why_hidden] if Absent.HIDDEN in absent else []),
            *([self.policy.why_too_few] if Absent.TOO_FEW in absent else []),
            *([self.policy.why_flagged(few)] if (few := self.flagged[table.id]) else []),
        ]
        return replace(
            table, rows=rows, notes=table.notes + tuple(n for n in notes if n not in table.notes)
        )

    def _ratios(self, table: Table, shape: Shape) -> None:
        """No share or median where its people are hidden, or where they are too few for one."""
        kinds = {column.key: column.kind for column in table.columns}
        for name, row in self.rows[table.id].items():
            for ratio in shape.ratios:
                at, base = At(table.id, name, ratio.value), self.cells[base_of(table, name, ratio)]
                if self.cells[at].value is None:
                    continue
                part = self.cells[At(table.id, name, ratio.part)] if ratio.part else base
                is_share = kinds[ratio.value] is Kind.SHARE
                least = self.policy.percent_base if is_share else self.policy.median_base
                if not isinstance(base.value, int) or part.value is None:
                    self.cells[at] = Cell(absent=Absent.HIDDEN)
                elif base.value < least:
                    self.cells[at] = Cell(absent=Absent.TOO_FEW)
                elif is_share and base.value < self.policy.flag_base:
                    self._flag(table.id, row, name)

    def _flag(self, table: str, row: Row, name: Name) -> None:
        if (text := label(row, name)) not in self.flagged[table]:
            self.flagged[table].append(text)

    def _follow(self, follows: Mapping[At, tuple[At, ...]]) -> None:
        for at, sources in follows.items():
            absent = {self.cells[source].absent for source in sources} & {Absent.HIDDEN, Absent.TOO_FEW}  # fmt: skip
            if absent and self.cells[at].value is not None:
                reason = Absent.HIDDEN if Absent.HIDDEN in absent else Absent.TOO_FEW
                self.cells[at] = Cell(absent=reason)
