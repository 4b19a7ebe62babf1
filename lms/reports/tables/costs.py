"""What a cohort cost, by each of the people that it can be divided by (T12), and of what (T12b)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from lms.disclosure.cells import Sum
from lms.disclosure.shape import At, Ratio, Shape
from lms.funding.models import CostKind
from lms.funding.words import KINDS
from lms.metrics.definition import Text
from lms.reports.facts import CohortFacts, Facts
from lms.reports.facts import Cost as CostFact
from lms.reports.table import Absent, Cell, Column, Kind, Table
from lms.reports.tables.cells import (
    COHORT,
    Definitions,
    Made,
    counted,
    name_of,
    of_figure,
    row_of,
    said,
)

PER = {
    "selected": Text("선발", "Selected"),
    "completed": Text("수료", "Completed"),
    "plain": Text("취업·창업", "Employed"),
    "plain-12m": Text("12개월 뒤 취업·창업", "Employed after 12 months"),
    "local": Text("광주 취업·창업", "Employed in Gwangju"),
}
BASIS = Column("basis", Text("구분", "Basis"), Kind.TEXT)


def _costs(cohort: CohortFacts) -> Sequence[CostFact]:
    return cohort.funding.costs if cohort.funding else ()


def are_known(facts: Facts) -> bool:
    return any(_costs(one) for one in facts.cohorts)


def per_head(facts: Facts, definitions: Definitions, *, local: str) -> Made:
    """T12. `local`: the metric whose numerator is those who work in Gwangju (T8)."""
    rows, sums = [], []
    for cohort in facts.cohorts:
        people = {
            "selected": (counted(cohort.admission.selected), At("T1", row_of(cohort), "selected")),
            "completed": (counted(cohort.admission.completed), At("T1", row_of(cohort), "completed")),
            **{
                metric: (_numerator(cohort, metric), At(table, (definitions[metric].name.ko, *row_of(cohort)), "numerator"))
                for metric, table in (("plain", "T5"), ("plain-12m", "T6"))
            },
            "local": (_numerator(cohort, local), At("T8", row_of(cohort), "in-gwangju")),
        }  # fmt: skip
        for kind, total in _totals(cohort).items():
            for per, (count, same) in people.items():
                name = KINDS[CostKind(kind)]
                row = (*row_of(cohort), name.ko, PER[per].ko)
                sums.append(Sum(At("T12", row, "people"), (same,)))
                rows.append((name_of(cohort), said(name), Cell(total), said(PER[per]), count, _divided(total, count)))  # fmt: skip
    table = Table(
        id="T12",
        title=Text("1인당 비용", "Cost per person"),
        about=Text(
            "기수의 전체 비용을 각 인원으로 나눈 값입니다. 분자와 분모를 함께 적습니다. 인원은 이 보고서의 T1, T5, T6, T8과 같습니다.",
            "The whole cost of a cohort, divided by people; both are printed. The people are those of "
            "T1, T5, T6 and T8 of this report; the employed are also founders and freelancers.",
        ),
        columns=(
            COHORT,
            BASIS,
            Column("amount", Text("비용(원)", "Cost, KRW"), Kind.MONEY),
            Column("per", Text("기준 인원", "For each"), Kind.TEXT),
            Column("people", Text("인원(명)", "People"), Kind.COUNT),
            Column("per_head", Text("1인당(원)", "Each, KRW"), Kind.MONEY),
        ),
        rows=tuple(rows),
        notes=_missing(facts),
        chart={
            "mark": {"type": "point", "filled": True, "size": 90},
            "encoding": {
                "y": {"field": "per", "type": "nominal", "sort": None},
                "x": {"field": "per_head", "type": "quantitative", "axis": {"tickCount": 4}},
                "color": {"field": "cohort", "type": "nominal", "sort": None},
                "shape": {"field": "basis", "type": "nominal", "sort": None, "legend": {"symbolFillColor": "#7a7f87"}},
            },
        },
    )  # fmt: skip
    shape = Shape(ratios=(Ratio("per_head", "people", amount="amount"),))
    return Made(table=table, shape=shape, sums=tuple(sums))


def items(facts: Facts) -> Made:
    """T12b: every item with the document that says so."""
    table = Table(
        id="T12b",
        title=Text("비용의 내역", "What the cost is made of"),
        about=Text(
            "기준일까지의 문서에 적힌 예산 항목과 집행액입니다.",
            "Items of budgets, and expenses, from documents up to the day.",
        ),
        columns=(
            COHORT,
            BASIS,
            Column("item", Text("항목", "Item"), Kind.TEXT),
            Column("amount", Text("금액(원)", "Amount, KRW"), Kind.MONEY),
            Column("dated_on", Text("문서 날짜", "Dated"), Kind.DATE),
            Column("source", Text("근거 문서", "Source"), Kind.TEXT),
        ),
        rows=tuple(
            (
                name_of(cohort), said(KINDS[CostKind(one.kind)]), Cell(one.item),
                Cell(one.amount), Cell(one.dated_on), Cell(one.source),
            )
            for cohort in facts.cohorts
            for one in _costs(cohort)
        ),
    )  # fmt: skip
    return Made(table=table)


def _totals(cohort: CohortFacts) -> dict[str, int]:
    """By kind; one that was never recorded is missing."""
    return {
        kind.value: sum(one.amount for one in _costs(cohort) if one.kind == kind)
        for kind in CostKind
        if any(one.kind == kind for one in _costs(cohort))
    }


def _missing(facts: Facts) -> tuple[Text, ...]:
    names = [name.text for one in facts.cohorts if not _costs(one) and (name := name_of(one)).text]
    if not names:
        return ()
    return (
        Text(
            f"비용이 기록되지 않은 기수: {', '.join(name.ko for name in names if name)}.",
            f"No cost is recorded of: {', '.join(name.en for name in names if name)}.",
        ),
    )


def _numerator(cohort: CohortFacts, metric: str) -> Cell:
    figure = cohort.figures[metric]
    return of_figure(figure, figure.numerator)


def _divided(amount: int, people: Cell) -> Cell:
    """Whole won, rounded half up; why there is no number of people is why there is none here."""
    if not isinstance(people.value, int):
        return people
    if not people.value:
        return Cell(absent=Absent.NOBODY)
    return Cell(int((Decimal(amount) / people.value).quantize(Decimal(1), ROUND_HALF_UP)))
