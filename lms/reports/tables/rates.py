"""Tables of metrics: everybody by class, and rates side by side with what they are counted from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lms.disclosure.cells import Sum
from lms.disclosure.shape import At, Ratio, Shape
from lms.metrics.definition import Definition, Text
from lms.metrics.figure import Figure
from lms.reports.facts import CohortFacts, Facts
from lms.reports.table import Absent, Cell, Column, Kind, Table
from lms.reports.tables.cells import (
    COHORT,
    Definitions,
    Made,
    about,
    class_names,
    counted,
    kind_of,
    name_of,
    of_figure,
    parts_of_cohorts,
    row_of,
    said,
    share,
)

NUMERATOR = Column("numerator", Text("분자(명)", "Numerator"), Kind.COUNT)
DENOMINATOR = Column("denominator", Text("분모(명)", "Denominator"), Kind.COUNT)
RATE = Column("value", Text("비율", "Rate"), Kind.SHARE)
LOW = Column("low", Text("95% 하한", "95 % from"), Kind.SHARE)
HIGH = Column("high", Text("95% 상한", "95 % to"), Kind.SHARE)
METRIC = Column("metric", Text("지표", "Metric"), Kind.TEXT)
OF_ITS_PEOPLE = tuple(
    Ratio(column, "denominator", "numerator") for column in ("value", "low", "high")
)


def by_class(
    facts: Facts, definitions: Definitions, *, id: str, title: Text, metric: str, whole: Text
) -> Made:
    """Everybody of the metric's population by class: the classes add up to `whole`."""
    definition = definitions[metric]
    names = class_names(definition)
    of_definition = {one.code for one in definition.classes}
    shown = [
        code
        for code in names
        if code in of_definition
        or any(cohort.figures[metric].classes.get(code) for cohort in facts.cohorts)
    ]
    table = Table(
        id=id,
        title=title,
        about=about(definition),
        columns=(
            COHORT,
            Column("population", whole, Kind.COUNT),
            *(Column(code, names[code], Kind.COUNT) for code in shown),
        ),
        rows=tuple(
            (
                name_of(cohort),
                counted(cohort.figures[metric].population),
                *(counted(cohort.figures[metric].classes.get(code, 0)) for code in shown),
            )
            for cohort in facts.cohorts
        ),
        chart=parts_of_cohorts(shown, name="class", number="people"),
    )  # fmt: skip
    return Made(table=table, shape=Shape(across={"population": tuple(shown)}))


def same_people(
    facts: Facts, made: Made, other: Made, *, column: str = "population", as_: str = "population"
) -> tuple[Sum, ...]:
    """Both tables count the same people of each cohort in these columns."""
    return tuple(
        Sum(At(made.table.id, row_of(one), column), (At(other.table.id, row_of(one), as_),))
        for one in facts.cohorts
    )


def side_by_side(
    facts: Facts,
    definitions: Definitions,
    *,
    id: str,
    title: Text,
    about: Text,
    metrics: Sequence[str],
) -> Made:
    """Each metric for each cohort: numerator, denominator, value and its interval."""
    rows = []
    for metric in metrics:
        for cohort in facts.cohorts:
            figure = cohort.figures[metric]
            low, high = figure.interval or (None, None)
            rows.append((
                said(definitions[metric].name),
                name_of(cohort),
                *_counts_and_value(figure),
                of_figure(figure, low),
                of_figure(figure, high),
            ))  # fmt: skip
    table = Table(
        id=id,
        title=title,
        about=about,
        columns=(METRIC, COHORT, NUMERATOR, DENOMINATOR, RATE, LOW, HIGH),
        rows=tuple(rows),
        notes=_meanings(definitions[metric] for metric in metrics),
        chart={
            "mark": {"type": "point", "filled": True, "size": 90},
            "encoding": {
                "y": {"field": "metric", "type": "nominal", "sort": None},
                "x": {"field": "value", "type": "quantitative", "scale": {"domain": [0, 1]}},
                "color": {"field": "cohort", "type": "nominal", "sort": None},
            },
        },
    )  # fmt: skip
    return Made(table=table, shape=Shape(ratios=OF_ITS_PEOPLE))


def classes_counted(
    facts: Facts, definitions: Definitions, rates: Made, whole: Made, *, metrics: Iterable[str]
) -> tuple[Sum, ...]:
    """These metrics' numerators and denominators are sums of the classes that `whole` shows."""
    columns = {column.key for column in whole.table.columns}
    found = []
    for metric in metrics:
        definition = definitions[metric]
        for cohort in facts.cohorts:
            if cohort.figures[metric].denominator is None:
                continue
            row = (definition.name.ko, *row_of(cohort))
            within = [code for code in class_names(definition) if code in columns]
            for column, codes in (
                ("numerator", [code for code in within if code in definition.numerator]),
                ("denominator", [code for code in within if code not in definition.left_out]),
            ):
                parts = tuple(At(whole.table.id, row_of(cohort), code) for code in codes)
                found.append(Sum(At(rates.table.id, row, column), parts))
    return tuple(found)


def pay(facts: Facts, definitions: Definitions, *, metric: str) -> Made:
    """Medians: `numerator` people's pay is known, of `denominator` whose pay is asked for."""
    definition = definitions[metric]
    table = Table(
        id="T10",
        title=Text("급여", "Pay"),
        about=about(definition),
        columns=(
            COHORT,
            Column("numerator", Text("급여를 아는 사람(명)", "Pay known"), Kind.COUNT),
            Column("denominator", Text("취업자(명)", "Employed"), Kind.COUNT),
            Column("value", Text("중앙값(원/월)", "Median, KRW a month"), kind_of(definition.measure)),
        ),
        rows=tuple(
            (name_of(cohort), *_counts_and_value(cohort.figures[metric]))
            for cohort in facts.cohorts
        ),
    )  # fmt: skip
    shape = Shape(nested=(("numerator", "denominator"),), ratios=(Ratio("value", "numerator"),))
    return Made(table=table, shape=shape)


def retention(facts: Facts, definitions: Definitions, *, base: str, waves: Sequence[str]) -> Made:
    """The retention waves, and the product with the rate they start from: it shows what 100 % is of."""
    rows, follows = [], {}
    for cohort in facts.cohorts:
        first = cohort.figures[base]
        for wave in waves:
            figure = cohort.figures[wave]
            cells = _counts_and_value(figure)
            product = cells[-1]
            if first.value is None:
                product = of_figure(first, None)
            elif figure.value is not None:
                product = Cell(first.value * figure.value)
            rows.append((name_of(cohort), said(definitions[wave].name), *cells, product))
            name = (*row_of(cohort), definitions[wave].name.ko)
            follows[At("T7", name, "product")] = (At("T7", name, "value"),)
    table = Table(
        id="T7",
        title=Text("유지취업률", "Retention"),
        about=about(definitions[waves[0]]),
        columns=(
            COHORT, METRIC, NUMERATOR, DENOMINATOR,
            Column("value", Text("유지취업률", "Retention"), Kind.SHARE),
            Column("product", Text("취업률 × 유지취업률", "Rate × retention"), Kind.SHARE),
        ),
        rows=tuple(rows),
        notes=_meanings([definitions[base]]),
        chart=_lines("metric", "value"),
    )  # fmt: skip
    shape = Shape(ratios=(Ratio("value", "denominator", "numerator"),))
    return Made(table=table, shape=shape, follows=follows)


def local(facts: Facts, definitions: Definitions, *, metric: str) -> Made:
    """Where those employed or founded work, of them and of all who completed."""
    places = ("in-gwangju", "elsewhere", "region-unknown")
    names = class_names(definitions[metric])
    rows = []
    for cohort in facts.cohorts:
        figure = cohort.figures[metric]
        here, *others = (figure.classes.get(place, 0) for place in places)
        working = here + sum(others)
        rows.append((
            name_of(cohort), counted(figure.population), counted(working), counted(here),
            *map(counted, others), share(here, working), share(here, figure.population),
        ))  # fmt: skip
    table = Table(
        id="T8",
        title=Text("광주에 남은 사람", "Who stayed in Gwangju"),
        about=about(definitions[metric]),
        columns=(
            COHORT,
            Column("population", Text("수료", "Completed"), Kind.COUNT),
            Column("working", Text("취업·창업", "Employed or founded"), Kind.COUNT),
            *(Column(place, names[place], Kind.COUNT) for place in places),
            Column("of_working", Text("광주/취업·창업", "Gwangju of employed"), Kind.SHARE),
            Column("of_population", Text("광주/수료", "Gwangju of completed"), Kind.SHARE),
        ),
        rows=tuple(rows),
        chart={
            "mark": "bar",
            "transform": [{"fold": list(places), "as": ["place", "people"]}],
            "encoding": {
                "y": {"field": "cohort", "type": "nominal", "sort": None},
                "x": {"field": "people", "type": "quantitative", "stack": "zero"},
                "color": {"field": "place", "type": "nominal", "sort": None},
            },
        },
    )  # fmt: skip
    shape = Shape(
        across={"working": places},
        nested=(("working", "population"),),
        ratios=(
            Ratio("of_working", "working", "in-gwangju"),
            Ratio("of_population", "population", "in-gwangju"),
        ),
    )
    return Made(table=table, shape=shape)


# A step of a month would show single people's steps.
MONTHS = 3


def incidence(facts: Facts, definitions: Definitions, *, metric: str) -> Made:
    """Cumulative incidence since completion, a quarter of a year apart, with who was still at risk."""
    definition = definitions[metric]
    names = class_names(definition)
    rows = [row for cohort in facts.cohorts for row in _curve(cohort, definition)]
    codes = [one.code for one in definition.classes]
    table = Table(
        id="T6b",
        title=Text("취업까지 걸린 시간", "Time to employment"),
        about=about(definition),
        columns=(
            COHORT,
            Column("month", Text("수료 후 개월", "Months after completion"), Kind.NUMBER),
            Column("at_risk", Text("관찰 중(명)", "At risk"), Kind.COUNT),
            Column("employed", Text("취업·창업", "Employed or founded"), Kind.SHARE),
            *(Column(code, names[code], Kind.SHARE) for code in codes if code not in definition.numerator),
        ),
        rows=tuple(rows),
        chart=_lines("month", "employed"),
    )  # fmt: skip
    shape = Shape(named_by=("cohort", "month"), things=frozenset({"at_risk"}))
    return Made(table=table, shape=shape)


def _curve(cohort: CohortFacts, definition: Definition) -> list[tuple[Cell, ...]]:
    others = [one.code for one in definition.classes if one.code not in definition.numerator]
    figure = cohort.figures[definition.id]
    steps = [step for step in figure.curve if step.month % MONTHS == 0]
    if not steps:
        nothing = of_figure(figure, None) if figure.value is None else Cell(absent=Absent.TOO_FEW)
        return [(name_of(cohort), Cell(0.0), *([nothing] * (2 + len(others))))]
    return [
        (
            name_of(cohort),
            Cell(float(step.month)),
            counted(step.at_risk),
            Cell(sum(step.shares[code] for code in sorted(definition.numerator))),
            *(Cell(step.shares[code]) for code in others),
        )
        for step in steps
    ]


def _counts_and_value(figure: Figure) -> tuple[Cell, Cell, Cell]:
    return (
        of_figure(figure, figure.numerator),
        of_figure(figure, figure.denominator),
        of_figure(figure, figure.value),
    )


def _meanings(definitions: Iterable[Definition]) -> tuple[Text, ...]:
    return tuple(
        Text(f"{one.name.ko}: {one.meaning.ko}", f"{one.name.en}: {one.meaning.en}")
        for one in definitions
    )


def _lines(along: str, value: str) -> dict[str, Any]:
    """A line for each cohort."""
    kind = "quantitative" if along == "month" else "nominal"
    return {
        "mark": "line",
        "encoding": {
            "x": {"field": along, "type": kind, "sort": None},
            "y": {"field": value, "type": "quantitative", "scale": {"domain": [0, 1]}},
            "color": {"field": "cohort", "type": "nominal", "sort": None},
        },
    }
