"""Tables of metrics: everybody by class, and rates side by side with what they are counted from."""

from __future__ import annotations

from collections.abc import Sequence

from lms.metrics.definition import Text
from lms.reports.facts import Facts
from lms.reports.table import Absent, Cell, Column, Kind, Table
from lms.reports.tables.cells import (
    COHORT,
    Definitions,
    about,
    class_names,
    counted,
    kind_of,
    name_of,
    of_figure,
    said,
    share,
)

NUMERATOR = Column("numerator", Text("분자(명)", "Numerator"), Kind.COUNT)
DENOMINATOR = Column("denominator", Text("분모(명)", "Denominator"), Kind.COUNT)
LOW = Column("low", Text("95% 하한", "95 % from"), Kind.SHARE)
HIGH = Column("high", Text("95% 상한", "95 % to"), Kind.SHARE)
METRIC = Column("metric", Text("지표", "Metric"), Kind.TEXT)


def by_class(
    facts: Facts, definitions: Definitions, *, id: str, title: Text, metric: str, whole: Text
) -> Table:
    """Everybody of the metric's population by class: the classes add up to `whole`."""
    definition = definitions[metric]
    names = class_names(definition)
    shown = [
        code
        for code in names
        if code in {one.code for one in definition.classes}
        or any(cohort.figures[metric].classes.get(code) for cohort in facts.cohorts)
    ]
    return Table(
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
    )


def side_by_side(
    facts: Facts,
    definitions: Definitions,
    *,
    id: str,
    title: Text,
    about: Text,
    metrics: Sequence[str],
) -> Table:
    """Each metric for each cohort: numerator, denominator, value and its interval."""
    kind = kind_of(definitions[metrics[0]].measure)
    rows = []
    for metric in metrics:
        for cohort in facts.cohorts:
            figure = cohort.figures[metric]
            low, high = figure.interval or (None, None)
            interval = (
                () if kind is Kind.MONEY else (of_figure(figure, low), of_figure(figure, high))
            )
            rows.append((
                said(definitions[metric].name),
                name_of(cohort),
                of_figure(figure, figure.numerator),
                of_figure(figure, figure.denominator),
                of_figure(figure, figure.value),
                *interval,
            ))  # fmt: skip
    value = Text("중앙값(원)", "Median, KRW") if kind is Kind.MONEY else Text("비율", "Rate")
    return Table(
        id=id,
        title=title,
        about=about,
        columns=(
            METRIC, COHORT, NUMERATOR, DENOMINATOR, Column("value", value, kind),
            *(() if kind is Kind.MONEY else (LOW, HIGH)),
        ),
        rows=tuple(rows),
        notes=tuple(definitions[metric].meaning for metric in metrics),
    )  # fmt: skip


def retention(facts: Facts, definitions: Definitions, *, base: str, waves: Sequence[str]) -> Table:
    """The retention waves, and the product with the rate they start from: it shows what 100 % is of."""
    rows = []
    for cohort in facts.cohorts:
        first = cohort.figures[base]
        for wave in waves:
            figure = cohort.figures[wave]
            product = (
                first.value * figure.value
                if first.value is not None and figure.value is not None
                else None
            )
            rows.append((
                name_of(cohort),
                said(definitions[wave].name),
                of_figure(figure, figure.numerator),
                of_figure(figure, figure.denominator),
                of_figure(figure, figure.value),
                of_figure(figure, product) if product is None else Cell(product),
            ))  # fmt: skip
    return Table(
        id="T7",
        title=Text("유지취업률", "Retention"),
        about=about(definitions[waves[0]]),
        columns=(
            COHORT, METRIC, NUMERATOR, DENOMINATOR,
            Column("value", Text("유지취업률", "Retention"), Kind.SHARE),
            Column("product", Text("취업률 × 유지취업률", "Rate × retention"), Kind.SHARE),
        ),
        rows=tuple(rows),
    )  # fmt: skip


def local(facts: Facts, definitions: Definitions, *, metric: str) -> Table:
    """Where those employed or founded work, of them and of all who completed."""
    rows = []
    for cohort in facts.cohorts:
        classes = cohort.figures[metric].classes
        here, away = classes.get("in-gwangju", 0), classes.get("elsewhere", 0)
        nowhere = classes.get("region-unknown", 0)
        working, population = here + away + nowhere, sum(classes.values())
        rows.append((
            name_of(cohort), counted(population), counted(working), counted(here), counted(away),
            counted(nowhere), share(here, working), share(here, population),
        ))  # fmt: skip
    return Table(
        id="T8",
        title=Text("광주에 남은 사람", "Who stayed in Gwangju"),
        about=about(definitions[metric]),
        columns=(
            COHORT,
            Column("population", Text("수료", "Completed"), Kind.COUNT),
            Column("working", Text("취업·창업", "Employed or founded"), Kind.COUNT),
            Column("in-gwangju", Text("광주", "In Gwangju"), Kind.COUNT),
            Column("elsewhere", Text("그 밖 지역", "Elsewhere"), Kind.COUNT),
            Column("region-unknown", Text("지역 미상", "Region unknown"), Kind.COUNT),
            Column("of_working", Text("광주/취업·창업", "Gwangju of employed"), Kind.SHARE),
            Column("of_population", Text("광주/수료", "Gwangju of completed"), Kind.SHARE),
        ),
        rows=tuple(rows),
    )


def incidence(facts: Facts, definitions: Definitions, *, metric: str) -> Table:
    """Cumulative incidence by month since completion, with who was still at risk."""
    definition = definitions[metric]
    names = class_names(definition)
    events = [code for code in names if code in definition.numerator]
    rows = [
        (
            name_of(cohort),
            Cell(step.month),
            counted(step.at_risk),
            *(Cell(step.shares.get(code, 0.0)) for code in events),
        )
        for cohort in facts.cohorts
        for step in cohort.figures[metric].curve
    ]
    rows += [
        (name_of(cohort), *(Cell(absent=Absent.TOO_FEW) for _ in range(2 + len(events))))
        for cohort in facts.cohorts
        if not cohort.figures[metric].curve
    ]
    return Table(
        id="T6b",
        title=Text("취업까지 걸린 시간", "Time to employment"),
        about=about(definition),
        columns=(
            COHORT,
            Column("month", Text("수료 후 개월", "Months after completion"), Kind.COUNT),
            Column("at_risk", Text("관찰 중(명)", "At risk"), Kind.COUNT),
            *(Column(code, names[code], Kind.SHARE) for code in events),
        ),
        rows=tuple(rows),
    )
