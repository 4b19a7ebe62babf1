"""What the cells of a report's tables count: which people, by the classes of which metric.

Pure. From a cell one comes to the people it counts (counted_people.py), and from its cells to the
rates that a report prints (claim_checking.py); what a report hides gives no rate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lms.metrics.definition import OTHER, Definition, Share
from lms.reports.table import Cell, Table

Definitions = Mapping[str, Definition]
Row = Mapping[str, Cell]

# Tables with a column for each class of a metric, and one ("population") for all its people.
BY_CLASS = {"T4": "plain", "T8": "local-of-completers", "T14": "evidence"}
# T8 says of whom the share in Gwangju is: metric, numerator and denominator by column.
OF_PLACES = (
    ("local-of-completers", "in-gwangju", "population"),
    ("local-retention", "in-gwangju", "working"),
)


@dataclass(frozen=True, slots=True)
class Counted:
    """The people of a cohort (its number) whom a metric puts into one of these classes."""

    cohort: int
    metric: str
    classes: frozenset[str]


def all_classes(definition: Definition) -> frozenset[str]:
    return frozenset(one.code for one in definition.classes) | {OTHER}


def denominator_of(definition: Definition) -> frozenset[str]:
    return all_classes(definition) - definition.left_out


def counted_cells(table: Table, definitions: Definitions) -> dict[tuple[int, str], Counted]:
    """By a cell's row (from 0) and its column's key, where the cell counts people of one cohort."""
    found: dict[tuple[int, str], Counted] = {}
    for number, cohort, row in _rows(table):
        definition = _metric_of(row, definitions)
        if definition and {"numerator", "denominator"} <= row.keys():
            of = {"numerator": definition.numerator, "denominator": denominator_of(definition)}
        else:
            definition = definitions.get(BY_CLASS.get(table.id, ""))
            of = _by_class(definition, row) if definition else {}
        for key, classes in of.items():
            assert definition is not None
            found[number, key] = Counted(cohort, definition.id, classes)
    return found


def _by_class(definition: Definition, row: Row) -> dict[str, frozenset[str]]:
    every = all_classes(definition)
    found = {key: frozenset({key}) for key in row if key in every}
    if "population" in row:
        found["population"] = every
    if "working" in row:  # of T8: all whose place of work is asked for
        found["working"] = frozenset({"in-gwangju", "elsewhere", "region-unknown"})
    return found


def printed_rates(
    tables: Iterable[Table], definitions: Definitions
) -> Iterator[tuple[int, str, int, int]]:
    """Cohort (its number), metric, numerator and denominator of what the tables show."""
    for table in tables:
        for _number, cohort, row in _rows(table):
            pairs = [*OF_PLACES] if table.id == "T8" else []
            if definition := _metric_of(row, definitions):
                pairs = [(definition.id, "numerator", "denominator")]
            for metric, *keys in pairs:
                part, whole = (row[key].value if key in row else None for key in keys)
                if isinstance(part, int) and isinstance(whole, int):
                    yield cohort, metric, part, whole


def printed_classes(tables: Iterable[Table], metric: str) -> dict[int, dict[str, int]]:
    """By cohort, how many people each class of a metric is shown to have."""
    return {
        cohort: {key: cell.value for key, cell in row.items() if isinstance(cell.value, int)}
        for table in tables
        if BY_CLASS.get(table.id) == metric
        for _number, cohort, row in _rows(table)
    }


def _rows(table: Table) -> Iterator[tuple[int, int, Row]]:
    """Number, cohort and cells by column, of the rows that are of one cohort."""
    for number, cells in enumerate(table.rows):
        row = {column.key: cell for column, cell in zip(table.columns, cells, strict=True)}
        name = row["cohort"].value if "cohort" in row else None
        if isinstance(name, str) and (found := re.fullmatch(r"(\d+)기", name)):
            yield number, int(found[1]), row


def _metric_of(row: Row, definitions: Definitions) -> Definition | None:
    """The share that a row of rates side by side tells of, by its name."""
    name = row["metric"].value if "metric" in row else None
    found = (one for one in definitions.values() if one.name.ko == name)
    return next((one for one in found if isinstance(one.measure, Share)), None)
