"""Questions about reports: which there are, the current one of a cohort, whether it can be rebuilt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased, defer, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from lms.cohorts.models import Cohort, CohortState
from lms.db import db
from lms.metrics.definition import Definition
from lms.metrics.definition_files import versions
from lms.reports.counting import count_facts
from lms.reports.facts import Facts
from lms.reports.models import Report, ReportDecision, ReportPublication, report_cohort


def reports() -> Select[Report]:
    """All of them, the newest first."""
    return select(Report).options(*_parts()).order_by(Report.id.desc())


def report(report_id: int) -> Report | None:
    return db.session.scalar(
        select(Report).where(Report.id == report_id).options(*_parts()).execution_options(populate_existing=True)
    )  # fmt: skip


def current_reports(cohort_ids: Collection[int]) -> dict[int, Report]:
    """By cohort (its id) the published report that nothing published supersedes; of several, the newest.

    One query for all cohorts; the numbers themselves are loaded when they are asked for.
    """
    later = aliased(Report)
    superseded = (
        select(later.id)
        .join(ReportPublication, ReportPublication.report_id == later.id)
        .where(later.supersedes_id == Report.id)
    )
    rows = db.session.execute(
        select(report_cohort.c.cohort_id, Report)
        .join(Report, Report.id == report_cohort.c.report_id)
        .join(ReportPublication, ReportPublication.report_id == Report.id)
        .where(report_cohort.c.cohort_id.in_(cohort_ids), ~superseded.exists())
        .ext(distinct_on(report_cohort.c.cohort_id))
        .order_by(report_cohort.c.cohort_id, ReportPublication.at.desc(), Report.id.desc())
        .options(defer(Report.facts), defer(Report.content))
    )
    return dict(rows.all())


def reportable_cohorts() -> Sequence[Cohort]:
    """Cohorts somebody may have completed: those that were opened."""
    cohorts = db.session.scalars(select(Cohort).order_by(Cohort.number))
    return [cohort for cohort in cohorts if cohort.state is not CohortState.PLANNED]


@dataclass(frozen=True)
class Verification:
    """The report counted again from the personal data, with the knowledge of then."""

    report: Report
    facts: Facts

    @property
    def is_equal(self) -> bool:
        return self.facts.sha256 == self.report.facts_sha256


def verification(report: Report) -> Verification:
    return Verification(report, counted_again(report, known_at=report.known_at))


def counted_again(report: Report, *, known_at: datetime) -> Facts:
    """What the report asked, by the definitions it was asked by, with the knowledge of a moment."""
    facts = count_facts(
        report.cohorts,
        valid_on=report.valid_on,
        known_at=known_at,
        metrics=definitions_of(report),
    )
    return facts.as_asked_in(Facts.from_json(report.facts))


@dataclass(frozen=True)
class Difference:
    """A class of a metric that has other people in it by now. `metric` is the definition's id."""

    cohort: int
    metric: str
    code: str
    before: int
    after: int

    @property
    def more(self) -> int:
        return self.after - self.before


def differences(before: Facts, after: Facts) -> list[Difference]:
    """What the same question gives with the knowledge of another moment, by metric and class."""
    return [
        Difference(then.number, metric, code, then.figures[metric].classes.get(code, 0), count)
        for then, now in zip(before.cohorts, after.cohorts, strict=True)
        for metric, figure in now.figures.items()
        if metric in then.figures
        for code, count in figure.classes.items()
        if count != then.figures[metric].classes.get(code, 0)
    ]


def _parts() -> list[ExecutableOption]:
    return [
        selectinload(Report.cohorts),
        selectinload(Report.decisions).joinedload(ReportDecision.by),
        joinedload(Report.by),
        joinedload(Report.publication),
        joinedload(Report.superseded_by).joinedload(Report.publication),
        joinedload(Report.supersedes),
    ]


def earlier_reports(cohorts: Sequence[Cohort]) -> Sequence[Report]:
    """All that was published about any of the cohorts, the oldest first."""
    ids = [cohort.id for cohort in cohorts]
    return db.session.scalars(
        select(Report)
        .join(ReportPublication, ReportPublication.report_id == Report.id)
        .where(Report.cohorts.any(Cohort.id.in_(ids)))
        .options(selectinload(Report.cohorts))
        .order_by(Report.id)
    ).all()


def definitions_of(report: Report) -> dict[str, Definition]:
    """The versions the report was counted with, by id."""
    every = versions()
    return {every[title].id: every[title] for title in report.definitions}
