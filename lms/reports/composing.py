"""Which tables a report has, in which order: a function of its facts and the definitions, then protected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from lms.disclosure.applying import printed, protect
from lms.disclosure.cells import Sum
from lms.disclosure.differencing import Printed
from lms.disclosure.policy import Policy
from lms.disclosure.shape import Structure
from lms.metrics.definition import Text
from lms.reports.counters import attendance as attendance_counts
from lms.reports.counters import employers as employer_counts
from lms.reports.counters import hours, leaving, results
from lms.reports.counters import ventures as venture_counts
from lms.reports.counters import ways as way_counts
from lms.reports.facts import Facts
from lms.reports.table import Table
from lms.reports.tables import (
    admission,
    applicants,
    attendance,
    costs,
    employers,
    learning,
    rates,
    targets,
    ventures,
    ways,
)
from lms.reports.tables.cells import Definitions, Made

# These count the classes of `plain`, each in its own way.
OF_PLAIN = ("plain", "survey-only", "survey-response", "bound-low", "bound-high")
SIDE_BY_SIDE = (
    "plain", "bound-low", "bound-high", "survey-only", "survey-response", "kedi-employment",
    "kdt-completion", "kdt-insured-3", "kdt-insured-6", "kdt-uninsured-6", "kdt-employment-6",
    "cirr-in-field", "cirr-full-time", "wioa-q2", "wioa-q4",
)  # fmt: skip
SAME_LAG = ("plain-3m", "plain-6m", "plain-12m", "plain-24m")
RETENTION = ("kedi-retention-1", "kedi-retention-2", "kedi-retention-3", "kedi-retention-4")
USED = (*SIDE_BY_SIDE, *SAME_LAG, *RETENTION, "kedi-census", "local-of-completers", "local-retention", "wioa-median-pay", "evidence", "time-to-employment-12")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Composed:
    """All of the numbers, before anything is hidden, and how they hang together."""

    tables: tuple[Table, ...]
    structure: Structure

    def shown(
        self, policy: Policy, *, day: date, earlier: Iterable[Printed] = ()
    ) -> tuple[Table, ...]:
        """As they may be shown beside earlier reports. Raises lms.disclosure.applying.NotProtected."""
        return protect(self.tables, self.structure, policy, day=day, earlier=earlier)

    def printed(self, shown: tuple[Table, ...], *, day: date) -> Printed:
        return printed(self.tables, shown, self.structure, day=day)


def compose(facts: Facts, definitions: Definitions) -> Composed:
    """Sealed facts in, tables out: nothing else is asked."""
    plain = rates.by_class(
        facts, definitions,
        id="T4", metric="plain",
        title=Text("수료자의 현황", "What all completers do"),
        whole=Text("수료", "Completed"),
    )  # fmt: skip
    side_by_side = rates.side_by_side(
        facts, definitions,
        id="T5", metrics=SIDE_BY_SIDE,
        title=Text("기준별 비율", "Rates by standard"),
        about=Text(
            "같은 사실을 여러 기준으로 계산한 비율입니다. 기준마다 분모가 다르므로 분모와 함께 읽어야 합니다.",
            "The same facts by different standards. Each has its own denominator: read them together.",
        ),
    )  # fmt: skip
    same_lag = rates.side_by_side(
        facts, definitions,
        id="T6", metrics=SAME_LAG,
        title=Text("같은 시점의 기수 비교", "Cohorts at the same lag"),
        about=Text(
            "수료 후 같은 기간이 지난 날의 취업·창업 비율입니다. 아직 그날이 오지 않은 기수에는 값이 없습니다.",
            "Employed or founded, the same time after completion. A cohort whose day has not come has no value.",
        ),
    )  # fmt: skip
    local = rates.local(facts, definitions, metric="local-of-completers")
    evidence = rates.by_class(
        facts, definitions,
        id="T14", metric="evidence",
        title=Text("근거의 질", "Quality of the evidence"),
        whole=Text("수료", "Completed"),
    )  # fmt: skip
    made = (
        admission.funnel(facts),
        *applicants.all_of(facts),
        admission.leavers(facts),
        *([admission.weeks(facts)] if facts.has(leaving.SUBJECT) else []),
        *([attendance.bands(facts)] if facts.has(attendance_counts.SUBJECT) else []),
        plain,
        side_by_side,
        same_lag,
        rates.incidence(facts, definitions, metric="time-to-employment-12"),
        rates.retention(facts, definitions, base="kedi-census", waves=RETENTION),
        local,
        *([employers.employers(facts, of_plain="T4"), employers.by_class(facts)] if facts.has(employer_counts.SUBJECT) else []),
        rates.pay(facts, definitions, metric="wioa-median-pay"),
        *([ventures.ventures(facts, of_plain="T4"), ventures.camp(facts)] if facts.has(venture_counts.SUBJECT) else []),
        *([ventures.grants(facts)] if facts.has(venture_counts.GRANTED) else []),
        *([costs.per_head(facts, definitions, local="local-of-completers"), costs.items(facts)] if costs.are_known(facts) else []),
        *([targets.rates(facts, definitions, printed={"T5": SIDE_BY_SIDE, "T6": SAME_LAG, "T7": RETENTION})] if targets.are_rates(facts) else []),
        *([targets.others(facts)] if targets.are_others(facts) else []),
        evidence,
        *([employers.partners(facts)] if facts.has(employer_counts.SUBJECT) else []),
        *([ways.ways(facts, of_plain="T4")] if facts.has(way_counts.SUBJECT) else []),
        *([learning.by_result(facts, definitions["plain"], whole=plain)] if facts.has(results.COMPLETED) else []),
        *([learning.by_hours(facts, definitions["plain"], whole=plain)] if facts.has(hours.COMPLETED) else []),
    )  # fmt: skip
    return _composed(
        made,
        (
            *rates.classes_counted(facts, definitions, side_by_side, plain, metrics=OF_PLAIN),
            *rates.same_people(facts, local, plain),
            *rates.same_people(facts, evidence, plain),
        ),
    )


def _composed(made: Sequence[Made], sums: tuple[Sum, ...]) -> Composed:
    return Composed(
        tuple(one.table for one in made),
        Structure(
            shapes={one.table.id: one.shape for one in made},
            sums=(*(each for one in made for each in one.sums), *sums),
            nested=tuple(each for one in made for each in one.nested),
            follows={at: by for one in made for at, by in one.follows.items()},
            amounts={at: of for one in made for at, of in one.amounts.items()},
        ),
    )
