"""Cells, columns and notes that several tables write alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lms.disclosure.cells import Share, Sum
from lms.disclosure.shape import At, Name, Shape
from lms.metrics.definition import OTHER, Definition, Measure, Median, Text
from lms.metrics.figure import Figure, WindowState
from lms.reports.facts import CohortFacts, Facts
from lms.reports.table import Absent, Cell, Column, Kind, Table

Definitions = Mapping[str, Definition]

COHORT = Column("cohort", Text("기수", "Cohort"), Kind.TEXT)
ABSENT = {
    WindowState.TO_OPEN: Absent.OPEN,
    WindowState.RUNNING: Absent.OPEN,
    WindowState.OPEN: Absent.OPEN,
    WindowState.NOBODY: Absent.NOBODY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A table with what it knows about its own numbers, for the disclosure policy (lms/disclosure).

    follows: numbers that are worked out from other cells and are hidden with them.
    amounts: what a total of money is made of.
    """

    table: Table
    shape: Shape = field(default_factory=Shape)
    sums: tuple[Sum, ...] = ()
    nested: tuple[Share, ...] = ()
    follows: Mapping[At, tuple[At, ...]] = field(default_factory=dict)
    amounts: Mapping[At, tuple[float, ...]] = field(default_factory=dict)


def row_of(cohort: CohortFacts) -> tuple[str, ...]:
    """The name of a table's row that is one cohort."""
    return (str(name_of(cohort).value),)


def word(ko: str, en: str) -> Cell:
    return Cell(value=ko, text=Text(ko, en))


def said(text: Text) -> Cell:
    return word(text.ko, text.en)


def name_of(cohort: CohortFacts) -> Cell:
    return word(f"{cohort.number}기", f"Cohort {cohort.number}")


# A row of what is of all the report's cohorts together.
EVERY_COHORT = word("모든 기수", "All cohorts")
EVERY_ROW: Name = (str(EVERY_COHORT.value),)


def is_several(facts: Facts) -> bool:
    """Whether that is another row than a cohort's."""
    return len(facts.cohorts) > 1


def bars_of_cohorts(columns: Iterable[str], *, name: str, number: str) -> dict[str, Any]:
    """A chart with a bar for each column of each cohort; `name` and `number` are what it calls them."""
    beside = {"yOffset": {"field": name, "type": "nominal", "sort": None}}
    return _bars(columns, name, number, {}, beside)


def parts_of_cohorts(columns: Iterable[str], *, name: str, number: str) -> dict[str, Any]:
    """A chart with a bar for each cohort, of the columns that make it up, as shares of it."""
    return _bars(columns, name, number, {"stack": "normalize", "axis": {"format": "%"}}, {})


def _bars(
    columns: Iterable[str],
    name: str,
    number: str,
    length: Mapping[str, Any],
    place: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "mark": "bar",
        "transform": [{"fold": list(columns), "as": [name, number]}],
        "encoding": {
            "y": {"field": "cohort", "type": "nominal", "sort": None},
            "x": {"field": number, "type": "quantitative", **length},
            **place,
            "color": {"field": name, "type": "nominal", "sort": None},
        },
    }


def percent_band(low: int, under: int) -> Text:
    return Text(f"{low}% 이상 {under}% 미만", f"{low} to under {under} %")


def counted(number: int | None) -> Cell:
    """A count; None was never counted."""
    return Cell(number) if number is not None else Cell(absent=Absent.NOT_RECORDED)


def share(part: int | None, of: int | None) -> Cell:
    if part is None or of is None:
        return Cell(absent=Absent.NOT_RECORDED)
    return Cell(part / of) if of else Cell(absent=Absent.NOBODY)


def of_figure(figure: Figure, value: float | None) -> Cell:
    """One of the figure's numbers, or why the figure has none."""
    if value is None:
        return Cell(absent=ABSENT.get(figure.window_state, Absent.NOBODY))
    return Cell(value)


def kind_of(measure: Measure) -> Kind:
    return Kind.MONEY if isinstance(measure, Median) else Kind.SHARE


def class_names(definition: Definition) -> dict[str, Text]:
    """In the definition's order; last, whoever fits into none of its classes."""
    return {one.code: one.name for one in definition.classes} | {
        OTHER: Text("그 밖", "None of these")
    }


def about(definition: Definition) -> Text:
    return Text(
        f"{definition.meaning.ko} [{definition.title}]",
        f"{definition.meaning.en} [{definition.title}]",
    )
