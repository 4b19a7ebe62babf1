"""The other policy: every count to the nearest 5, none hidden (HESA, Ofqual).

A total is the sum of its rounded parts and a share is taken of rounded counts, so neither tells more
than the parts do: within one table each count stays one of five in a row (of 0 to 2, where it says 0).
Not covered: one total cut up in two ways, by two tables of one report, bounds their parts more narrowly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lms.disclosure.cells import Counts, Key
from lms.disclosure.policy import Policy
from lms.disclosure.shape import At, Ratio, Row, Structure, base_of, counts_of, label, rows_of
from lms.metrics.definition import Text
from lms.reports.table import Absent, Cell, Kind, Table


def rounded_counts(counts: Counts, to: int) -> dict[Key, int]:
    """Each count rounded; one that is a sum is the sum of its rounded parts (of the first sum named)."""
    sums: dict[Key, list[Key]] = {}
    for equation in counts.equations:
        parts = [key for key, factor in equation.items() if factor > 0]
        for total in equation.keys() - parts if not counts.unprinted & equation.keys() else ():
            sums.setdefault(total, parts)
    found: dict[Key, int] = {}

    def of(key: Key, above: frozenset[Key]) -> int:
        if key not in found:
            parts = [] if above & {key, *sums.get(key, ())} else sums.get(key, [])
            found[key] = (
                sum(of(part, above | {key}) for part in parts)
                if parts
                else _nearest(counts.values[key], to)
            )
        return found[key]

    for key in counts.values:
        of(key, frozenset())
    return found


def _nearest(value: int, to: int) -> int:
    return to * ((value + to // 2) // to)


def rounded(
    tables: tuple[Table, ...], structure: Structure, policy: Policy, *, to: int
) -> tuple[Table, ...]:
    """The tables with rounded counts, and shares of those; a table says so in its notes."""
    if all(policy.why_hidden in table.notes for table in tables):
        return tables
    counts = counts_of(tables, structure)
    numbers = rounded_counts(counts, to)
    return tuple(_table(table, structure, policy, counts, numbers) for table in tables)


def _table(
    table: Table, structure: Structure, policy: Policy, counts: Counts, numbers: Mapping[Key, int]
) -> Table:
    kinds = {column.key: column.kind for column in table.columns}
    lines, flagged, to = [], dict[Text, None](), policy.round_to or 1
    for name, row in rows_of(table, structure.of(table)).items():
        at = {column: At(table.id, name, column) for column in row}
        cells = dict(row)
        for column, cell in row.items():
            of = (at[column], *structure.follows.get(at[column], ()))
            dominated = any(policy.is_dominated(structure.amounts.get(one, ())) for one in of)
            is_count = kinds[column] is Kind.COUNT
            if is_count and at[column] in numbers:
                cells[column] = Cell(numbers[at[column]])
            elif kinds[column] is Kind.MONEY and at[column] in structure.amounts:
                # Exact, or not at all: rounding cannot take the share of one out of a sum.
                cells[column] = Cell(absent=Absent.HIDDEN) if dominated else cell
            elif (
                isinstance(cell.value, int) and policy.round_to and at[column] in structure.follows
            ):
                # Firms, say, of the people it is hidden with: exact, they would tell of those.
                cells[column] = Cell(_nearest(cell.value, to))
            elif cell.value is not None and (dominated or at[column] in structure.follows):
                cells[column] = Cell(absent=Absent.HIDDEN)
        for ratio in structure.of(table).ratios:
            if cells[ratio.value].value is None:
                continue
            is_share, base = kinds[ratio.value] is Kind.SHARE, base_of(table, name, ratio)
            people = numbers.get(base, 0)
            if people < (policy.percent_base if is_share else policy.median_base):
                cells[ratio.value] = Cell(absent=Absent.TOO_FEW)
            elif ratio.amount:
                amount = row[ratio.amount].value
                cells[ratio.value] = Cell(round(amount / people)) if isinstance(amount, int) else Cell(absent=Absent.HIDDEN)  # fmt: skip
            elif is_share:
                cells[ratio.value] = _share(counts.values, numbers, at[ratio.value], row, ratio, base)  # fmt: skip
                flagged |= {label(row, name): None} if people < policy.flag_base else {}
        lines.append(tuple(cells.values()))
    notes = [policy.why_hidden, *([policy.why_flagged(list(flagged))] if flagged else [])]
    return replace(table, rows=tuple(lines), notes=(*table.notes, *notes))


def _share(
    true: Mapping[Key, int], numbers: Mapping[Key, int], at: At, row: Row, ratio: Ratio, base: At
) -> Cell:
    """The share of the rounded counts; what is no plain share (an interval's end) is not given."""
    part = At(at.table, at.row, ratio.part or ratio.value)
    value = row[ratio.value].value
    if part not in numbers or not isinstance(value, int | float):
        return Cell(absent=Absent.HIDDEN)
    if abs(value * true[base] - true[part]) > 0.01:
        return Cell(absent=Absent.HIDDEN)
    return Cell(min(1.0, numbers[part] / numbers[base]))
