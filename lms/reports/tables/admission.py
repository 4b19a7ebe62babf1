"""From application to completion, and why people left before it."""

from __future__ import annotations

from lms.disclosure.cells import Sum
from lms.disclosure.shape import At, Ratio, Shape
from lms.metrics.definition import Text
from lms.metrics.facts import Leaving
from lms.reports.counters.leaving import BANDS, LAST_WEEKS, SUBJECT
from lms.reports.facts import Admission, Facts
from lms.reports.table import Column, Kind, Table
from lms.reports.tables.cells import COHORT, Made, counted, name_of, row_of, share

STEPS = {
    "applied": Text("지원", "Applied"),
    "shortlisted": Text("서류·사전과정 통과", "Short-listed"),
    "tested": Text("시험 응시", "Tested"),
    "selected": Text("선발", "Selected"),
    "enrolled": Text("입교", "Enrolled"),
    "left": Text("중도 퇴교", "Left early"),
    "completed": Text("수료", "Completed"),
}
REASONS = {
    Leaving.EARLY_JOB: Text("조기 취업", "A job"),
    Leaving.CHANGE_OF_JOB: Text("이직", "Change of job"),
    Leaving.OTHER_TRAINING: Text("다른 교육", "Other training"),
    Leaving.STUDY: Text("학업", "Study"),
    Leaving.PERSONAL: Text("개인 사정", "Personal"),
    Leaving.DIED: Text("사망", "Died"),
    Leaving.IMPRISONED: Text("수감", "Imprisoned"),
    Leaving.CALLED_UP: Text("입대", "Called up"),
    Leaving.OTHER: Text("기타", "Other"),
}


def funnel(facts: Facts) -> Made:
    rows = []
    for cohort in facts.cohorts:
        steps = [getattr(cohort.admission, step) for step in STEPS]
        admission = cohort.admission
        rows.append((
            name_of(cohort),
            *map(counted, steps),
            share(admission.selected, admission.applied),
            share(admission.completed, admission.enrolled),
        ))  # fmt: skip
    table = Table(
        id="T1",
        title=Text("지원에서 수료까지", "From application to completion"),
        about=Text(
            "단계마다 도달한 사람 수입니다. 집계하지 않은 단계는 0이 아니라 ‘기록 없음’입니다.",
            "How many reached each step. A step that was never counted is “not recorded”, not zero.",
        ),
        columns=(
            COHORT,
            *(Column(key, name, Kind.COUNT) for key, name in STEPS.items()),
            Column("selected_of_applied", Text("선발/지원", "Selected of applied"), Kind.SHARE),
            Column("completed_of_enrolled", Text("수료/입교", "Completed of enrolled"), Kind.SHARE),
        ),
        rows=tuple(rows),
        chart={
            "mark": "bar",
            "transform": [{"fold": list(STEPS), "as": ["step", "people"]}],
            "encoding": {
                "y": {"field": "step", "type": "nominal", "sort": None},
                "x": {"field": "people", "type": "quantitative"},
                "yOffset": {"field": "cohort", "type": "nominal", "sort": None},
                "color": {"field": "cohort", "type": "nominal", "sort": None},
            },
        },
    )
    ended = [one for one in facts.cohorts if _has_ended(one.admission)]
    return Made(
        table=table,
        shape=Shape(
            nested=(("shortlisted", "applied"), ("tested", "applied"), ("left", "enrolled")),
            ratios=(
                Ratio("selected_of_applied", "applied", "selected"),
                Ratio("completed_of_enrolled", "enrolled", "completed"),
            ),
        ),
        sums=tuple(
            Sum(At("T1", row_of(one), "enrolled"), tuple(At("T1", row_of(one), part) for part in ("left", "completed")))
            for one in ended
        ),
    )  # fmt: skip


def _has_ended(admission: Admission) -> bool:
    """Nobody takes part any more: who was enrolled left or completed."""
    return admission.enrolled == admission.left + admission.completed


def leavers(facts: Facts) -> Made:
    table = Table(
        id="T3",
        title=Text("중도 퇴교 사유", "Why people left early"),
        about=Text(
            "입교했으나 수료하지 않은 사람을 기록된 사유로 나눈 수입니다.",
            "People who were enrolled and did not complete, by the reason that was recorded.",
        ),
        columns=(
            COHORT,
            Column("left", Text("중도 퇴교", "Left early"), Kind.COUNT),
            *(Column(reason.value, name, Kind.COUNT) for reason, name in REASONS.items()),
            Column("no_reason", Text("사유 기록 없음", "No reason recorded"), Kind.COUNT),
        ),
        rows=tuple(
            (
                name_of(cohort),
                counted(sum(cohort.leaving.values())),
                *(counted(cohort.left_for(reason)) for reason in REASONS),
                counted(cohort.leavers_without_reason),
            )
            for cohort in facts.cohorts
        ),
    )
    parts = (*(reason.value for reason in REASONS), "no_reason")
    return Made(
        table=table,
        shape=Shape(across={"left": parts}),
        sums=tuple(
            Sum(At("T3", row_of(one), "left"), (At("T1", row_of(one), "left"),))
            for one in facts.cohorts
        ),
    )


def weeks(facts: Facts) -> Made:
    begins = (1, *(last + 1 for last in LAST_WEEKS))
    names = [
        *(
            Text(f"{first}–{last}주", f"Week {first}–{last}")
            for first, last in zip(begins, LAST_WEEKS, strict=False)
        ),
        Text(f"{begins[-1]}주 이후", f"Week {begins[-1]} or later"),
    ]
    table = Table(
        id="T3w",
        title=Text("중도 퇴교 시기", "When people left early"),
        about=Text(
            "입교일부터 센 주차입니다. 첫 7일이 1주입니다.",
            "Weeks of training, counted from the day of enrolment: the first seven days are week 1.",
        ),
        columns=(
            COHORT,
            Column("left", Text("중도 퇴교", "Left early"), Kind.COUNT),
            *(Column(key, name, Kind.COUNT) for key, name in zip(BANDS, names, strict=True)),
        ),
        rows=tuple(
            (
                name_of(cohort),
                counted(cohort.admission.left),
                *(counted(cohort.counts[SUBJECT][key]) for key in BANDS),
            )
            for cohort in facts.cohorts
        ),
        chart={
            "mark": "bar",
            "transform": [{"fold": list(BANDS), "as": ["week", "people"]}],
            "encoding": {
                "x": {"field": "week", "type": "nominal", "sort": None},
                "y": {"field": "people", "type": "quantitative"},
                "xOffset": {"field": "cohort", "type": "nominal", "sort": None},
                "color": {"field": "cohort", "type": "nominal", "sort": None},
            },
        },
    )  # fmt: skip
    return Made(
        table=table,
        shape=Shape(across={"left": BANDS}),
        sums=tuple(
            Sum(At("T3w", row_of(one), "left"), (At("T1", row_of(one), "left"),))
            for one in facts.cohorts
        ),
    )
