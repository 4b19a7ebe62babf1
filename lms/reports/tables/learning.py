"""What completers had reached in their courses beside what they do now."""

from __future__ import annotations

from lms.disclosure.cells import Sum
from lms.disclosure.shape import At, Ratio, Shape
from lms.metrics.definition import Definition, Text
from lms.metrics.figure import Figure
from lms.metrics.intervals import wilson
from lms.reports.counters.results import BANDS, COMPLETED, FROM_PERCENT, NO_RESULT, WORK
from lms.reports.facts import CohortFacts, Facts
from lms.reports.table import Cell, Column, Kind, Table
from lms.reports.tables.cells import COHORT, Made, counted, name_of, of_figure, row_of, said
from lms.reports.tables.rates import HIGH, LOW

ALL = Text("전체", "All")
BAND = Column("band", Text("과제 점수", "Course result"), Kind.TEXT)
PEOPLE = Column("people", Text("수료(명)", "Completed"), Kind.COUNT)
WORKING = Column("working", Text("취업·창업(명)", "Employed or founded"), Kind.COUNT)
AXIS = {"ko": "비율과 95% 구간", "en": "Rate and 95 % interval"}
RATE = Column("value", Text("비율", "Rate"), Kind.SHARE)


def outcomes(facts: Facts, definition: Definition, *, whole: Made) -> Made:
    """Of each band how many work, with the interval; `whole` shows the same completers by the classes
    of the definition, and those of its numerator work."""
    of = [one for one in facts.cohorts if COMPLETED in one.counts]
    names = _names()
    rows = [row for cohort in of for row in _rows(cohort, cohort.figures[definition.id], names)]
    table = Table(
        id="T16",
        title=Text("과제 점수와 취업·창업의 연관", "Course results beside employment"),
        about=Text(
            "수료자를 과제 점수대로 나누고, 각 점수대에서 기준일에 취업·창업한 사람의 비율을 95% 신뢰구간과 함께 보입니다. "
            "점수는 공개된 과제 점수의 합을 만점으로 나눈 것입니다.",
            "Completers by the share of points reached in the released assignments of their courses, and how many "
            "of each band are employed or have founded on the day, with the 95 % interval.",
        ),
        columns=(COHORT, BAND, PEOPLE, WORKING, RATE, LOW, HIGH),
        rows=tuple(rows),
        notes=(
            Text(
                "두 가지가 함께 나타나는 정도만 보입니다. 점수대마다 다른 점(경력, 전공, 나이 등)을 고려하지 않았고, "
                "구간이 겹치는 비율의 차이는 우연일 수 있습니다.",
                "It shows what goes together and no more: other differences between the bands (experience, field of "
                "study, age) are not taken into account, and rates whose intervals overlap may differ by chance.",
            ),
            Text(
                "제출하지 않은 과제는 0점으로 셉니다. 공개된 점수가 하나도 없는 수료자는 ‘기록 없음’입니다.",
                "Work that was not handed in has no points. Completers of whom no result was released are “no result "
                "recorded”.",
            ),
        ),
        chart={
            "encoding": {"y": {"field": "band", "type": "nominal", "sort": None}},
            "layer": [
                {
                    "mark": {"type": "rule", "strokeWidth": 2},
                    "encoding": {
                        "x": {"field": "low", "type": "quantitative", "scale": {"domain": [0, 1]}, "title": AXIS},
                        "x2": {"field": "high", "title": AXIS},
                        "yOffset": {"field": "cohort", "type": "nominal", "sort": None},
                        "color": {"field": "cohort", "type": "nominal", "sort": None},
                    },
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 70},
                    "encoding": {
                        "x": {"field": "value", "type": "quantitative", "scale": {"domain": [0, 1]}, "title": AXIS},
                        "yOffset": {"field": "cohort", "type": "nominal", "sort": None},
                        "color": {"field": "cohort", "type": "nominal", "sort": None},
                    },
                },
            ],
        },
    )  # fmt: skip
    sums = []
    for cohort in of:
        row = (*row_of(cohort), ALL.ko)
        classes = tuple(c.key for c in whole.table.columns if c.key in definition.numerator)
        sums += [
            Sum(At("T16", row, "people"), (At(whole.table.id, row_of(cohort), "population"),)),
            Sum(
                At("T16", row, "working"),
                tuple(At(whole.table.id, row_of(cohort), key) for key in classes),
            ),
        ]
    return Made(
        table=table,
        shape=Shape(
            down={
                (*row_of(one), ALL.ko): tuple((*row_of(one), name.ko) for name in names.values())
                for one in of
            },
            ratios=tuple(Ratio(key, "people", "working") for key in ("value", "low", "high")),
        ),
        sums=tuple(sums),
    )


def _rows(cohort: CohortFacts, figure: Figure, names: dict[str, Text]) -> list[tuple[Cell, ...]]:
    people, work = cohort.counts[COMPLETED], cohort.counts[WORK]
    lines = [(ALL, sum(people.values()), sum(work.values()))]
    lines += [(name, people[band], work[band]) for band, name in names.items()]
    return [
        (name_of(cohort), said(name), counted(n), counted(part), *_rate(figure, part, n))
        for name, n, part in lines
    ]


def _rate(figure: Figure, part: int, n: int) -> tuple[Cell, ...]:
    """Rate and interval; none while the figure of all has none."""
    if figure.value is None or not n:
        return (of_figure(figure, None),) * 3
    return tuple(Cell(value) for value in (part / n, *wilson(part, n)))


def _names() -> dict[str, Text]:
    first, last = FROM_PERCENT[0], FROM_PERCENT[-1]
    between = zip(BANDS[1:-1], FROM_PERCENT, FROM_PERCENT[1:], strict=False)
    return {
        BANDS[0]: Text(f"{first}% 미만", f"under {first} %"),
        **{band: Text(f"{low}% 이상 {high}% 미만", f"{low} to under {high} %") for band, low, high in between},
        BANDS[-1]: Text(f"{last}% 이상", f"{last} % or more"),
        NO_RESULT: Text("기록 없음", "No result recorded"),
    }  # fmt: skip
