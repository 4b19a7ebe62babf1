"""A published claim held against all that the academy can count: every share, on every day it may be of.

Whoever may not see persons gets only what published reports show: those numbers were protected
together, while single rates of any day, asked for one by one, would tell of few people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from flask_babel import gettext as _
from sqlalchemy import func, select

from lms.cohorts.models import Cohort, CohortState, Enrolment
from lms.db import db
from lms.errors import Invalid
from lms.i18n import today
from lms.metrics.definition import Among, AsOf, Definition, Share
from lms.metrics.definition_files import definitions
from lms.metrics.figure import Figure
from lms.metrics.months import add_months
from lms.outcomes.computing import figures
from lms.reports.claims import Claim, Gap, Rate, explanations, gap_of, nearest, together
from lms.reports.models import Report
from lms.reports.printed import denominator_of, printed_classes, printed_rates
from lms.reports.queries import definitions_of, earlier_reports
from lms.reports.tables.cells import class_names
from lms.surveys.models import MONTHS
from lms.surveys.queries import completed_on

BASE = "plain"  # what press releases call employed or founded, of all completers
MOST_DAYS = 16


class NoSuchCohort(Invalid):
    def __init__(self, numbers: Iterable[int]) -> None:
        names = ", ".join(map(str, numbers))
        super().__init__(_("There is no cohort %(numbers)s here: write the numbers of ours.", numbers=names))  # fmt: skip


class NobodyCompleted(Invalid):
    def __init__(self, cohorts: Iterable[Cohort]) -> None:
        names = ", ".join(str(cohort.number) for cohort in cohorts)
        super().__init__(_("Nobody has completed cohort %(numbers)s yet, so there is no rate to compare with.", numbers=names))  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """rates: all that were compared; days: those counted just now, reports: those that were read."""

    claim: Claim
    cohorts: Sequence[Cohort]
    days: Sequence[date]
    reports: Sequence[str]
    rates: Sequence[Rate]
    gap: Gap | None

    @cached_property
    def given_by(self) -> list[list[Rate]]:
        """The rates that give the claim: of one metric and the same counts, those of every day."""
        found: dict[tuple[str, int, int, int], list[Rate]] = {}
        for rate in explanations(self.claim, self.rates):
            key = rate.metric, rate.version, rate.numerator, rate.denominator
            found.setdefault(key, []).append(rate)
        return list(found.values())

    @property
    def instead(self) -> list[Gap]:
        """What each metric gives that does not give the claim, the nearest first."""
        giving = {rates[0].metric for rates in self.given_by}
        return [
            gap_of(self.claim, rate)
            for rate in nearest(self.claim, self.rates)
            if rate.metric not in giving
        ]


def check(claim: Claim, *, sees_people: bool) -> Answer:
    """Raises NoSuchCohort, NobodyCompleted."""
    cohorts = _cohorts(claim)
    completed = _completed(cohorts)
    if missing := [cohort for cohort in cohorts if cohort.id not in completed]:
        raise NobodyCompleted(missing)
    reports = [
        report
        for report in earlier_reports(cohorts)
        if set(cohorts) <= set(report.cohorts)
    ]  # fmt: skip
    days = _days(completed, {report.valid_on for report in reports}) if sees_people else []
    rates = [rate for report in reports for rate in _printed(report, cohorts)]
    counted = [figure for day in days for figure in _figures(cohorts, day)]
    rates = [*together(counted, [cohort.number for cohort in cohorts]), *rates]
    base = _base(claim, rates)
    gap = gap_of(claim, base, _others(base, counted, reports, cohorts)) if base else None
    return Answer(claim, cohorts, days, [report.number for report in reports], rates, gap)


def _cohorts(claim: Claim) -> list[Cohort]:
    """Those the claim names; without a name all that are over."""
    every = db.session.scalars(select(Cohort).order_by(Cohort.number)).all()
    if not claim.cohorts:
        found = [cohort for cohort in every if cohort.state is CohortState.CLOSED]
        if not found:
            raise NobodyCompleted(every)
        return found
    if missing := set(claim.cohorts) - {cohort.number for cohort in every}:
        raise NoSuchCohort(sorted(missing))
    return [cohort for cohort in every if cohort.number in claim.cohorts]


def _completed(cohorts: Sequence[Cohort]) -> dict[int, tuple[date, date]]:
    """By cohort: the day on which most completed, and the last one on which somebody did."""
    rows = db.session.execute(
        select(Enrolment.cohort_id, completed_on(), func.max(Enrolment.completed_on))
        .where(
            Enrolment.cohort_id.in_([cohort.id for cohort in cohorts]),
            Enrolment.completed_on <= today(),
        )
        .group_by(Enrolment.cohort_id)
    )
    return {cohort_id: (usual, last) for cohort_id, usual, last in rows if last}


def _days(completed: Mapping[int, tuple[date, date]], reported: set[date]) -> list[date]:
    """The days a claim may be of, once all cohorts had completed, the latest first: today, those of
    reports, ends of years, the completion, and each cohort's survey waves."""
    now = today()
    first = max(last for _usual, last in completed.values())
    ends = [date(year, 12, 31) for year in range(now.year, first.year - 1, -1)]
    waves = [add_months(usual, months) for usual, _last in completed.values() for months in MONTHS]
    wanted = [now, first, *sorted(reported, reverse=True), *ends, *sorted(waves, reverse=True)]
    possible = dict.fromkeys(day for day in wanted if first <= day <= now)
    return sorted([*possible][:MOST_DAYS], reverse=True)


def _figures(cohorts: Sequence[Cohort], day: date) -> list[Figure]:
    """Shares only; those of a lag of their own are the same on every later day, so today's will do."""
    used = definitions(on=day)
    metrics = {
        one.id: one
        for one in used.values()
        if isinstance(one.measure, Share) and (day == today() or _is_of_day(one, used))
    }
    return figures(cohorts, valid_on=day, recorded=None, metrics=metrics)


def _is_of_day(definition: Definition, used: Mapping[str, Definition]) -> bool:
    if isinstance(definition.population, Among):
        return _is_of_day(used[definition.population.metric], used)
    return isinstance(definition.day, AsOf)


def _printed(report: Report, cohorts: Sequence[Cohort]) -> list[Rate]:
    """What the report's tables show of all these cohorts, added up."""
    used = definitions_of(report)
    found: dict[str, list[tuple[int, int]]] = {}
    numbers = {cohort.number for cohort in cohorts}
    for cohort, metric, part, whole in printed_rates(report.tables, used):
        if cohort in numbers:
            found.setdefault(metric, []).append((part, whole))
    return [
        Rate(
            metric, used[metric].version, report.valid_on,
            sum(part for part, _whole in rows), sum(whole for _part, whole in rows), report.number,
        )
        for metric, rows in found.items()
        if len(rows) == len(numbers) and any(whole for _part, whole in rows)
    ]  # fmt: skip


def _base(claim: Claim, rates: Iterable[Rate]) -> Rate | None:
    """The plain rate that has the claim's count, else the one of the latest day."""
    plain = [rate for rate in rates if rate.metric == BASE]
    return max(
        plain,
        key=lambda rate: (
            len({*claim.counts} & {rate.numerator, rate.denominator}),
            rate.valid_on,
            0 if rate.report else 1,
        ),
        default=None,
    )


def _others(
    base: Rate, counted: Iterable[Figure], reports: Iterable[Report], cohorts: Sequence[Cohort]
) -> dict[str, int]:
    """The base's people outside of its numerator by class: of all cohorts, where each shows the class."""
    numbers = {cohort.number for cohort in cohorts}
    if base.report:
        report = next(one for one in reports if one.number == base.report)
        used = definitions_of(report)
        rows = [
            classes
            for cohort, classes in printed_classes(report.tables, BASE).items()
            if cohort in numbers
        ]
    else:
        used = definitions(on=base.valid_on)
        rows = [
            one.classes for one in counted if (one.metric, one.valid_on) == (BASE, base.valid_on)
        ]
    codes = denominator_of(used[BASE]) - used[BASE].numerator
    return {
        code: sum(row[code] for row in rows)
        for code in class_names(used[BASE])
        if code in codes and rows and all(code in row for row in rows)
    }
