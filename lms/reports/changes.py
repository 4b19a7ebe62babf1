"""What a report counts otherwise by now besides its metrics: the numbers of its tables, and documents.

Pure. People who are in another class of a metric by now are explained one by one (explaining.py), so
tables that print figures of metrics are left out here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lms.funding import words
from lms.funding.models import CostKind
from lms.metrics.definition import Text
from lms.reports.composing import compose
from lms.reports.facts import Achievement, CohortFacts, Cost, Facts, Funding, Target
from lms.reports.table import Cell, Kind, Table
from lms.reports.tables.cells import Definitions

OF_METRICS = {"T4", "T5", "T6", "T6b", "T7", "T8", "T10", "T14"}
OF_DOCUMENTS = {"T12", "T12b", "T13", "T13b"}  # and, divided by people or beside them, of metrics
WON = Text("원", "won")
Name = tuple[Cell, ...]  # of a row: its cells that are words


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """`more`: of the columns (by name) that have another number, how many more."""

    name: Name
    more: tuple[tuple[Text, int], ...]


@dataclass(frozen=True, slots=True)
class ChangedTable:
    id: str
    title: Text
    rows: tuple[ChangedRow, ...]


def changed_tables(
    before: Facts, after: Facts, definitions: Definitions
) -> tuple[ChangedTable, ...]:
    """Whose counts differ, in the report's order; a number that is not recorded counts as none."""
    then, now = (
        {
            table.id: table
            for table in compose(facts, definitions).tables
            if table.id not in OF_METRICS | OF_DOCUMENTS
        }
        for facts in (before, after)
    )
    found = (
        ChangedTable(
            id,
            table.title,
            tuple(_rows(*(_counts(tables[id]) if id in tables else {} for tables in (then, now)))),
        )
        for id, table in (then | now).items()
    )
    return tuple(one for one in found if one.rows)


Counts = dict[tuple[Name, Text], int]


def _counts(table: Table) -> Counts:
    """By row and column. Shares and the like are worked out from them."""
    found: Counts = {}
    for row in table.rows:
        cells = list(zip(table.columns, row, strict=True))
        name = tuple(cell for column, cell in cells if column.kind is Kind.TEXT)
        for column, cell in cells:
            if column.kind is Kind.COUNT:
                found[name, column.name] = cell.value if isinstance(cell.value, int) else 0
    return found


def _rows(before: Counts, after: Counts) -> Iterator[ChangedRow]:
    rows: dict[Name, list[tuple[Text, int]]] = {}
    for key in dict.fromkeys([*after, *before]):
        if more := after.get(key, 0) - before.get(key, 0):
            rows.setdefault(key[0], []).append((key[1], more))
    for name, changed in rows.items():
        yield ChangedRow(name, tuple(changed))


class How(StrEnum):
    LATER = "later"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ChangedDocument:
    """A cost, target or achievement of a cohort (its number) that is known otherwise by now.

    `what` it is of; `before` and `after`: its value, None where there was or is none.
    """

    cohort: int
    kind: Text
    what: tuple[Text, ...]
    unit: Text
    before: float | None
    after: float | None

    @property
    def how(self) -> How:
        if self.before is None:
            return How.LATER
        return How.WITHDRAWN if self.after is None else How.CORRECTED


def changed_documents(
    before: Facts, after: Facts, definitions: Definitions
) -> tuple[ChangedDocument, ...]:
    """Cohort by cohort: costs, then targets, then achievements."""
    pairs = zip(before.cohorts, after.cohorts, strict=True)
    return tuple(one for then, now in pairs for one in _documents(then, now, definitions))


def _documents(
    then: CohortFacts, now: CohortFacts, definitions: Definitions
) -> Iterator[ChangedDocument]:
    old, new = then.funding or Funding(), now.funding or Funding()
    measures = words.names(definitions)
    kinds: tuple[tuple[Text, Sequence[_Fact], Sequence[_Fact]], ...] = (
        (Text("비용", "Cost"), old.costs, new.costs),
        (Text("목표", "Target"), old.targets, new.targets),
        (Text("실적", "Reached"), old.achievements, new.achievements),
    )
    for kind, *facts in kinds:
        was, is_ = ({_identity(one): one for one in some} for some in facts)
        for key in dict.fromkeys([*is_, *was]):
            one, other = was.get(key), is_.get(key)
            if (fact := other or one) and one != other:
                what: tuple[Text, ...]
                if isinstance(fact, Cost):
                    item = Text(fact.item, fact.item)
                    what, unit = (words.KINDS[CostKind(fact.kind)], item), WON
                else:
                    what, unit = (measures[fact.measure],), words.unit_of(fact.measure)
                values = (_value(one), _value(other))
                yield ChangedDocument(now.number, kind, what, unit, *values)


_Fact = Cost | Target | Achievement


def _identity(fact: _Fact) -> tuple[str, ...]:
    """What no correction changes: of two facts with the same, one follows the other."""
    if isinstance(fact, Cost):
        return fact.kind, fact.item, fact.dated_on
    if isinstance(fact, Target):
        return fact.measure, fact.source, fact.dated_on
    return fact.measure, fact.dated_on


def _value(fact: _Fact | None) -> float | None:
    if fact is None:
        return None
    return fact.amount if isinstance(fact, Cost) else fact.value
