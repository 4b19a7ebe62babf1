"""Which tables a report has, in which order: a function of its facts, the definitions and the policy."""

from __future__ import annotations

from lms.metrics.definition import Text
from lms.reports.facts import Facts
from lms.reports.table import Table
from lms.reports.tables import admission, rates
from lms.reports.tables.cells import Definitions

SIDE_BY_SIDE = (
    "plain", "kedi-employment", "kdt-completion", "kdt-insured-3", "kdt-employment-6",
    "cirr-in-field", "cirr-full-time", "wioa-q2", "wioa-q4", "survey-only", "bound-low", "bound-high",
)  # fmt: skip
SAME_LAG = ("plain-3m", "plain-6m", "plain-12m", "plain-24m")
RETENTION = ("kedi-retention-1", "kedi-retention-2", "kedi-retention-3", "kedi-retention-4")


def compose(facts: Facts, definitions: Definitions, *, policy: str) -> tuple[Table, ...]:
    """The tables as they may be shown under the disclosure policy."""
    return (
        admission.funnel(facts),
        admission.leavers(facts),
        rates.by_class(
            facts, definitions,
            id="T4", metric="plain",
            title=Text("수료자의 현황", "What all completers do"),
            whole=Text("수료", "Completed"),
        ),
        rates.side_by_side(
            facts, definitions,
            id="T5", metrics=SIDE_BY_SIDE,
            title=Text("기준별 비율", "Rates by standard"),
            about=Text(
                "같은 사실을 여러 기준으로 계산한 비율입니다. 기준마다 분모가 다르므로 분모와 함께 읽어야 합니다.",
                "The same facts by different standards. Each has its own denominator: read them together.",
            ),
        ),
        rates.side_by_side(
            facts, definitions,
            id="T6", metrics=SAME_LAG,
            title=Text("같은 시점의 기수 비교", "Cohorts at the same lag"),
            about=Text(
                "수료 후 같은 기간이 지난 날의 취업·창업 비율입니다. 아직 그날이 오지 않은 기수에는 값이 없습니다.",
                "Employed or founded, the same time after completion. A cohort whose day has not come has no value.",
            ),
        ),
        rates.incidence(facts, definitions, metric="time-to-employment"),
        rates.retention(facts, definitions, base="kedi-employment", waves=RETENTION),
        rates.local(facts, definitions, metric="local-of-completers"),
        rates.side_by_side(
            facts, definitions,
            id="T10", metrics=("wioa-median-pay",),
            title=Text("급여", "Pay"),
            about=definitions["wioa-median-pay"].meaning,
        ),
        rates.by_class(
            facts, definitions,
            id="T14", metric="evidence",
            title=Text("근거의 질", "Quality of the evidence"),
            whole=Text("수료", "Completed"),
        ),
    )  # fmt: skip
