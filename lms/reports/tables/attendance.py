"""How much of the training people attended."""

from __future__ import annotations

from lms.disclosure.cells import Sum
from lms.disclosure.shape import At, Shape
from lms.metrics.definition import Text
from lms.reports.counters.attendance import BANDS, FROM_PERCENT, SUBJECT
from lms.reports.facts import CohortFacts, Facts
from lms.reports.table import Absent, Cell, Column, Kind, Table
from lms.reports.tables.cells import (
    COHORT,
    Made,
    counted,
    name_of,
    parts_of_cohorts,
    percent_band,
    row_of,
)

NOT_RECORDED = "not_recorded"
PARTS = (*BANDS, NOT_RECORDED)


def bands(facts: Facts) -> Made:
    table = Table(
        id="T3a",
        title=Text("출석률 분포", "Attendance"),
        about=Text(
            "입교한 사람을 훈련 기간 전체의 출석률(출석일수/훈련일수)로 나눈 수입니다. 기준일까지 시작한 달을 셉니다.",
            "Everybody who was enrolled, by the share of days attended of the days on which classes were held for "
            "them, over all months that had begun by the day.",
        ),
        columns=(
            COHORT,
            Column("enrolled", Text("입교", "Enrolled"), Kind.COUNT),
            *(Column(key, name, Kind.COUNT) for key, name in _names().items()),
        ),
        rows=tuple((name_of(one), *_cells(one)) for one in facts.cohorts),
        notes=(
            Text(
                "출석일수는 HRD-Net 등 출석 관리 시스템이 계산한 값입니다. 중도 퇴교한 사람은 퇴교할 때까지의 출석률입니다.",
                "Days are those that the attendance system (such as HRD-Net) counted. Of people who left early it is "
                "the attendance until they left.",
            ),
            Text(
                "국가 훈련(K-디지털 트레이닝)에서는 출석률 80% 이상이 수료와 훈련비 지급의 기준으로 쓰입니다. 이 사관학교의 "
                "수료 기준은 아닐 수 있으며, 이 표는 수료 여부를 판정하지 않습니다.",
                "In state training (K-Digital Training) 80 % attendance is the norm for completion and payment. This "
                "academy's own rule may differ, and the table does not decide who completed.",
            ),
        ),
        chart=parts_of_cohorts(PARTS, name="band", number="people"),
    )  # fmt: skip
    return Made(
        table=table,
        shape=Shape(across={"enrolled": PARTS}),
        sums=tuple(
            Sum(At("T3a", row_of(one), "enrolled"), (At("T1", row_of(one), "enrolled"),))
            for one in facts.cohorts
        ),
    )


def _cells(cohort: CohortFacts) -> tuple[Cell, ...]:
    """All, each band, and whoever is left; of a cohort of which nothing is recorded, only all."""
    people, known = cohort.admission.enrolled, cohort.counts.get(SUBJECT)
    if known is None:
        return counted(people), *([Cell(absent=Absent.NOT_RECORDED)] * len(PARTS))
    parts = [known[band] for band in BANDS]
    return counted(people), *map(counted, parts), counted(people - sum(parts))


def _names() -> dict[str, Text]:
    between = zip(BANDS[1:], FROM_PERCENT[1:], FROM_PERCENT, strict=False)
    return {
        BANDS[0]: Text("100%", "100 %"),
        **{band: percent_band(low, high) for band, low, high in between},
        BANDS[-1]: Text(f"{FROM_PERCENT[-1]}% 미만", f"under {FROM_PERCENT[-1]} %"),
        NOT_RECORDED: Text("기록 없음", "Not recorded"),
    }
