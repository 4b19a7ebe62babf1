"""What was promised and what was reached: rates, which are counted (T13), and the rest, which somebody counts.

Targets that contradict each other stand side by side, each with its document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lms.disclosure.cells import Sum
from lms.disclosure.shape import At, Ratio, Shape
from lms.funding.models import Measure
from lms.funding.words import MEASURES, unit_of
from lms.metrics.definition import Text
from lms.reports.facts import Achievement, CohortFacts, Facts, Target
from lms.reports.printed import OF_PLACES
from lms.reports.table import Absent, Cell, Column, Kind, Table
from lms.reports.tables.cells import COHORT, Definitions, Made, name_of, of_figure, row_of, said

DEFINITION = Column("definition", Text("목표의 정의", "The target's definition"), Kind.TEXT)
SOURCE = Column("source", Text("목표 근거", "Source of the target"), Kind.TEXT)
DATED = Column("dated_on", Text("목표 설정일", "Set on"), Kind.DATE)
NOT_RECORDED = Cell(absent=Absent.NOT_RECORDED)
COUNTED_BY_HAND = {str(measure) for measure in Measure}
PARTS = ("numerator", "denominator")
Places = Mapping[str, Sequence[str]]  # a table's id: the metrics whose figures it prints


def _rates(cohort: CohortFacts) -> list[Target]:
    targets = cohort.funding.targets if cohort.funding else ()
    return [one for one in targets if one.measure in cohort.figures]


def are_rates(facts: Facts) -> bool:
    return any(_rates(one) for one in facts.cohorts)


def rates(facts: Facts, definitions: Definitions, *, printed: Places) -> Made:
    """T13. `printed`: where else the same figures stand, so that they are hidden together."""
    rows: dict[tuple[str, ...], tuple[Cell, ...]] = {}
    sums = []
    for cohort in facts.cohorts:
        for target in _rates(cohort):
            figure, definition = cohort.figures[target.measure], definitions[target.measure]
            name = (*row_of(cohort), definition.name.ko, target.source, target.dated_on)
            rows[name] = (
                name_of(cohort), said(definition.name), said(target.definition), Cell(target.value / 100),
                of_figure(figure, figure.value), of_figure(figure, figure.numerator), of_figure(figure, figure.denominator),
                Cell(target.source), Cell(target.dated_on),
            )  # fmt: skip
            same = _printed(cohort, target.measure, definitions, printed)
            sums += [Sum(At("T13", name, column), (at,)) for column, at in same.items()]
    table = Table(
        id="T13",
        title=Text("목표와 실적", "Targets and what was reached"),
        about=Text(
            "문서가 정한 목표와 기준일의 실적입니다. 실적은 지표의 정의에 따라 계산한 값이며, 목표의 정의가 지표와 다를 수 있으므로 함께 적습니다.",
            "What documents promise, and what was reached by the day. The latter is counted by the metric's "
            "definition; the target's own words stand beside it, as they may mean something else.",
        ),
        columns=(
            COHORT,
            Column("metric", Text("지표", "Metric"), Kind.TEXT),
            DEFINITION,
            Column("target", Text("목표", "Target"), Kind.SHARE),
            Column("value", Text("실적", "Reached"), Kind.SHARE),
            Column("numerator", Text("분자(명)", "Numerator"), Kind.COUNT),
            Column("denominator", Text("분모(명)", "Denominator"), Kind.COUNT),
            SOURCE,
            DATED,
        ),
        rows=tuple(rows.values()),
    )  # fmt: skip
    return Made(
        table=table,
        shape=Shape(
            named_by=("cohort", "metric", "source", "dated_on"),
            ratios=(Ratio("value", "denominator", "numerator"),),
        ),
        sums=tuple(sums),
    )


def _printed(
    cohort: CohortFacts, metric: str, definitions: Definitions, printed: Places
) -> dict[str, At]:
    """The cells that hold the numerator and the denominator of the figure elsewhere in the report."""
    for of_places, *columns in OF_PLACES:
        if metric == of_places:
            here = zip(PARTS, columns, strict=True)
            return {key: At("T8", row_of(cohort), column) for key, column in here}
    name = definitions[metric].name.ko
    for table, metrics in printed.items():
        if metric in metrics:
            row = (*row_of(cohort), name) if table == "T7" else (name, *row_of(cohort))
            return {key: At(table, row, key) for key in PARTS}
    return {}


def _others(cohort: CohortFacts) -> list[tuple[str, Target | None, Achievement | None]]:
    """Each target with the latest achievement; of measures without a target, the achievement alone."""
    if cohort.funding is None:
        return []
    reached = {one.measure: one for one in cohort.funding.achievements}  # the latest comes last
    targets = [one for one in cohort.funding.targets if one.measure in COUNTED_BY_HAND]
    promised = {one.measure for one in targets}
    return [(one.measure, one, reached.get(one.measure)) for one in targets] + [
        (measure, None, one) for measure, one in reached.items() if measure not in promised
    ]


def are_others(facts: Facts) -> bool:
    return any(_others(one) for one in facts.cohorts)


def others(facts: Facts) -> Made:
    """T13b."""
    table = Table(
        id="T13b",
        title=Text("그 밖의 목표와 실적", "Other targets and what was reached"),
        about=Text(
            "이 시스템의 기록으로 셀 수 없어 담당자가 근거와 함께 입력한 실적입니다. 기준일까지의 마지막 값입니다.",
            "What no record here counts: entered by hand, with the source; the last value up to the day.",
        ),
        columns=(
            COHORT,
            Column("measure", Text("항목", "Measure"), Kind.TEXT),
            DEFINITION,
            Column("target", Text("목표", "Target"), Kind.NUMBER),
            Column("value", Text("실적", "Reached"), Kind.NUMBER),
            Column("unit", Text("단위", "Unit"), Kind.TEXT),
            SOURCE,
            DATED,
            Column("value_source", Text("실적 근거", "Source of what was reached"), Kind.TEXT),
            Column("value_dated_on", Text("실적 기준일", "Reached by"), Kind.DATE),
        ),
        rows=tuple(
            (
                name_of(cohort),
                said(MEASURES[Measure(measure)]),
                said(target.definition) if target else NOT_RECORDED,
                Cell(target.value) if target else NOT_RECORDED,
                Cell(reached.value) if reached else NOT_RECORDED,
                said(unit_of(measure)),
                Cell(target.source) if target else NOT_RECORDED,
                Cell(target.dated_on) if target else NOT_RECORDED,
                Cell(reached.source) if reached else NOT_RECORDED,
                Cell(reached.dated_on) if reached else NOT_RECORDED,
            )
            for cohort in facts.cohorts
            for measure, target, reached in _others(cohort)
        ),
    )
    return Made(table=table, shape=Shape(named_by=("cohort", "measure", "source", "dated_on")))
