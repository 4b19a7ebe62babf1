"""What completers had reached in their courses, and how long their notebooks ran, beside what they do now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lms.disclosure.cells import Sum
from lms.disclosure.shape import At, Ratio, Shape
from lms.metrics.definition import Definition, Text
from lms.metrics.figure import Figure
from lms.metrics.intervals import wilson
from lms.reports.counters import hours, results
from lms.reports.facts import CohortFacts, Facts
from lms.reports.table import Absent, Cell, Column, Kind, Table
from lms.reports.tables.cells import (
    COHORT,
    Made,
    counted,
    name_of,
    of_figure,
    percent_band,
    row_of,
    said,
)
from lms.reports.tables.rates import HIGH, LOW

ALL = Text("전체", "All")
PEOPLE = Column("people", Text("수료(명)", "Completed"), Kind.COUNT)
WORKING = Column("working", Text("취업·창업(명)", "Employed or founded"), Kind.COUNT)
AXIS = {"ko": "비율과 95% 구간", "en": "Rate and 95 % interval"}
RATE = Column("value", Text("비율", "Rate"), Kind.SHARE)
MEDIAN = Column("hours", Text("실행 시간(중앙값)", "Hours (median)"), Kind.NUMBER)
RESULTS = {
    results.BANDS[0]: Text(f"{results.FROM_PERCENT[0]}% 미만", f"under {results.FROM_PERCENT[0]} %"),
    **{
        band: percent_band(low, high)
        for band, low, high in zip(
            results.BANDS[1:-1], results.FROM_PERCENT, results.FROM_PERCENT[1:], strict=False
        )
    },
    results.BANDS[-1]: Text(f"{results.FROM_PERCENT[-1]}% 이상", f"{results.FROM_PERCENT[-1]} % or more"),
    results.NO_RESULT: Text("기록 없음", "No result recorded"),
}  # fmt: skip
HOURS = {
    **dict(zip(hours.THIRDS, (
        Text("짧은 3분의 1", "Shortest third"),
        Text("중간 3분의 1", "Middle third"),
        Text("긴 3분의 1", "Longest third"),
    ), strict=True)),
    hours.NO_SESSION: Text("실행 기록 없음", "No session recorded"),
}  # fmt: skip


def by_result(facts: Facts, definition: Definition, *, whole: Made) -> Made:
    table = Table(
        id="T16",
        title=Text("과제 점수와 취업·창업의 연관", "Course results beside employment"),
        about=Text(
            "수료자를 과제 점수대로 나누고, 각 점수대에서 기준일에 취업·창업한 사람의 비율을 95% 신뢰구간과 함께 보입니다. "
            "점수는 공개된 과제 점수의 합을 만점으로 나눈 것입니다.",
            "Completers by the share of points reached in the released assignments of their courses, and how many "
            "of each band are employed or have founded on the day, with the 95 % interval.",
        ),
        columns=(COHORT, Column("band", Text("과제 점수", "Course result"), Kind.TEXT), PEOPLE, WORKING, RATE, LOW, HIGH),
        rows=tuple(_rows(facts, definition, results.COMPLETED, results.WORK, RESULTS)),
        notes=(
            _together("점수대마다", "bands"),
            Text(
                "제출하지 않은 과제는 0점으로 셉니다. 공개된 점수가 하나도 없는 수료자는 ‘기록 없음’입니다.",
                "Work that was not handed in has no points. Completers of whom no result was released are “no result "
                "recorded”.",
            ),
        ),
        chart=_chart("band"),
    )  # fmt: skip
    return _made(table, facts, definition, whole, results.COMPLETED, RESULTS)


def by_hours(facts: Facts, definition: Definition, *, whole: Made) -> Made:
    rows = _rows(facts, definition, hours.COMPLETED, hours.WORK, HOURS)
    medians = [
        cohort.counts[hours.MEDIAN].get(key)
        for cohort in _cohorts(facts, hours.COMPLETED)
        for key in (hours.ALL, *HOURS)
    ]
    table = Table(
        id="T16h",
        title=Text("노트북 실행 시간과 취업·창업의 연관", "Notebook hours beside employment"),
        about=Text(
            "수료자를 기수마다 노트북 서버 실행 시간에 따라 셋으로 나누고, 각 집단에서 기준일에 취업·창업한 사람의 비율을 "
            "95% 신뢰구간과 함께 보입니다.",
            "Completers of each cohort in three groups by how long their notebook servers ran, and how many of each "
            "group are employed or have founded on the day, with the 95 % interval.",
        ),
        columns=(COHORT, Column("third", Text("실행 시간", "Notebook hours"), Kind.TEXT), MEDIAN, PEOPLE, WORKING, RATE, LOW, HIGH),
        rows=tuple(
            (*row[:2], Cell(absent=Absent.NOBODY) if middle is None else Cell(middle), *row[2:])
            for row, middle in zip(rows, medians, strict=True)
        ),
        notes=(
            _together("집단마다", "groups"),
            Text(
                "입교일부터 수료일까지 노트북 서버가 켜져 있던 시간입니다. 쓰지 않고 켜 둔 시간도 들어 있고, 끝나지 않은 실행은 "
                "세지 않습니다. 어떤 장치(GPU)를 썼는지는 기록하지 않으므로 GPU 시간이 아닙니다.",
                "The time a notebook server was on from the day of enrolment to that of completion: also while nobody "
                "worked with it; a session that has not ended is not counted. Which device a server had is not "
                "recorded, so these are not hours of a GPU.",
            ),
            Text(
                "중앙값은 실행 기록이 있는 사람의 것입니다. 시간이 같은 사람은 같은 집단에 들어가므로 세 집단의 크기가 다를 수 있습니다.",
                "Medians are of those with a session. People with the same hours are in the same group, so the three "
                "may differ in size.",
            ),
        ),
        chart=_chart("third"),
    )  # fmt: skip
    return _made(
        table, facts, definition, whole, hours.COMPLETED, HOURS, Ratio(MEDIAN.key, PEOPLE.key)
    )


def _together(each: str, groups: str) -> Text:
    return Text(
        f"두 가지가 함께 나타나는 정도만 보입니다. {each} 다른 점(경력, 전공, 나이 등)을 고려하지 않았고, "
        "구간이 겹치는 비율의 차이는 우연일 수 있습니다.",
        f"It shows what goes together and no more: other differences between the {groups} (experience, field of "
        "study, age) are not taken into account, and rates whose intervals overlap may differ by chance.",
    )


def _cohorts(facts: Facts, subject: str) -> list[CohortFacts]:
    return [one for one in facts.cohorts if subject in one.counts]


def _chart(group: str) -> dict[str, Any]:
    of_cohort = {"field": "cohort", "type": "nominal", "sort": None}
    end = {"type": "quantitative", "scale": {"domain": [0, 1]}, "title": AXIS}
    return {
        "encoding": {"y": {"field": group, "type": "nominal", "sort": None}},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {
                    "x": {"field": "low"} | end,
                    "x2": {"field": "high", "title": AXIS},
                    "yOffset": of_cohort,
                    "color": of_cohort,
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70},
                "encoding": {"x": {"field": "value"} | end, "yOffset": of_cohort, "color": of_cohort},
            },
        ],
    }  # fmt: skip


def _made(
    table: Table,
    facts: Facts,
    definition: Definition,
    whole: Made,
    subject: str,
    names: Mapping[str, Text],
    *more: Ratio,
) -> Made:
    """`whole` shows the same completers by the classes of the definition: those of its numerator work."""
    classes = tuple(c.key for c in whole.table.columns if c.key in definition.numerator)
    of, sums = _cohorts(facts, subject), []
    for cohort in of:
        row, name = (*row_of(cohort), ALL.ko), row_of(cohort)
        sums += [
            Sum(At(table.id, row, "people"), (At(whole.table.id, name, "population"),)),
            Sum(
                At(table.id, row, "working"),
                tuple(At(whole.table.id, name, key) for key in classes),
            ),
        ]
    shares = (Ratio(key, "people", "working") for key in ("value", "low", "high"))
    return Made(
        table=table,
        shape=Shape(
            down={
                (*row_of(one), ALL.ko): tuple((*row_of(one), name.ko) for name in names.values())
                for one in of
            },
            ratios=(*shares, *more),
        ),
        sums=tuple(sums),
    )


def _rows(
    facts: Facts, definition: Definition, completed: str, working: str, names: Mapping[str, Text]
) -> list[tuple[Cell, ...]]:
    """Of each cohort that was counted, all and then each group: people, how many work, rate, interval."""
    rows = []
    for cohort in _cohorts(facts, completed):
        people, work = cohort.counts[completed], cohort.counts[working]
        lines = [(ALL, sum(people.values()), sum(work.values()))]
        lines += [(name, people[key], work[key]) for key, name in names.items()]
        figure = cohort.figures[definition.id]
        rows += [
            (name_of(cohort), said(name), counted(n), counted(part), *_rate(figure, part, n))
            for name, n, part in lines
        ]
    return rows


def _rate(figure: Figure, part: int, n: int) -> tuple[Cell, ...]:
    """Rate and interval; none while the figure of all has none."""
    if figure.value is None or not n:
        return (of_figure(figure, None),) * 3
    return tuple(Cell(value) for value in (part / n, *wilson(part, n)))
