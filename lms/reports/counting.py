"""Counts the facts of a report: as they were on a day, as they were known at a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from lms.cohorts.models import Application, ApplicationStage, Cohort, EnrolmentRecord, Stage
from lms.cohorts.queries import reached
from lms.db import db
from lms.metrics.definition import Definition
from lms.metrics.figure import Figure
from lms.outcomes.computing import figures
from lms.recorded import known
from lms.reports.counters import (
    Counter,
    Counts,
    Together,
    applicants,
    attendance,
    employers,
    hours,
    leaving,
    results,
    ventures,
    ways,
)
from lms.reports.counters.funding import funding
from lms.reports.facts import Admission, CohortFacts, Facts

COUNTERS: tuple[Counter, ...] = (
    leaving.count,
    applicants.count,
    attendance.count,
    results.count,
    hours.count,
    employers.count,
    ventures.count,
    ways.count,
)
TOGETHER: tuple[Together, ...] = (employers.count_together, ventures.count_together)


def count_facts(
    cohorts: Sequence[Cohort],
    *,
    valid_on: date,
    known_at: datetime,
    metrics: Mapping[str, Definition],
) -> Facts:
    """The same facts for ever: whatever is recorded later does not change them."""
    ids = [cohort.id for cohort in cohorts]
    stages = _stages(ids, valid_on, known_at)
    people = _people(ids, valid_on, known_at)
    reasons = _reasons(ids, valid_on, known_at)
    by_cohort: dict[str, dict[str, Figure]] = {}
    for figure in figures(cohorts, valid_on=valid_on, recorded=known_at, metrics=metrics):
        by_cohort.setdefault(figure.cohort, {})[figure.metric] = figure
    counts: dict[int, Counts] = {}
    for counter in COUNTERS:
        for cohort_id, subjects in counter(ids, valid_on, known_at).items():
            counts.setdefault(cohort_id, {}).update(subjects)
    entered = funding(ids, valid_on, known_at)
    return Facts(
        tuple(
            CohortFacts(
                cohort.number,
                _admission(cohort.id, stages, people),
                reasons.get(cohort.id, {}),
                by_cohort.get(str(cohort.number), {}),
                counts.get(cohort.id, {}),
                entered[cohort.id],
            )
            for cohort in cohorts
        ),
        {
            subject: of
            for counter in TOGETHER
            for subject, of in counter(ids, valid_on, known_at).items()
        },
    )


def _admission(
    cohort_id: int, stages: dict[tuple[int, Stage], int], people: dict[int, dict[str, int]]
) -> Admission:
    return Admission(
        applied=stages.get((cohort_id, Stage.APPLIED)),
        shortlisted=stages.get((cohort_id, Stage.SHORTLISTED)),
        tested=stages.get((cohort_id, Stage.TESTED)),
        selected=stages.get((cohort_id, Stage.SELECTED)),
        **people.get(cohort_id, {"enrolled": 0, "left": 0, "completed": 0}),
    )


def _stages(ids: Sequence[int], valid_on: date, known_at: datetime) -> dict[tuple[int, Stage], int]:
    rows = db.session.execute(
        select(Application.cohort_id, ApplicationStage.stage, func.count())
        .join(ApplicationStage, ApplicationStage.application_id == Application.id)
        .where(
            Application.cohort_id.in_(ids),
            ApplicationStage.recorded_at <= known_at,
            reached(valid_on),
        )
        .group_by(Application.cohort_id, ApplicationStage.stage)
    )
    return {(cohort_id, stage): count for cohort_id, stage, count in rows}


def _people(ids: Sequence[int], valid_on: date, known_at: datetime) -> dict[int, dict[str, int]]:
    record = EnrolmentRecord
    rows = db.session.execute(
        select(
            record.cohort_id,
            func.count().filter(record.enrolled_on <= valid_on),
            func.count().filter(record.left_on <= valid_on),
            func.count().filter(record.completed_on <= valid_on),
        )
        .where(record.cohort_id.in_(ids), known(record, known_at))
        .group_by(record.cohort_id)
    )
    return {
        key: dict(zip(("enrolled", "left", "completed"), counts, strict=True))
        for key, *counts in rows
    }


def _reasons(ids: Sequence[int], valid_on: date, known_at: datetime) -> dict[int, dict[str, int]]:
    record: Any = EnrolmentRecord
    rows = db.session.execute(
        select(record.cohort_id, record.leaving, func.count())
        .where(record.cohort_id.in_(ids), known(record, known_at), record.left_on <= valid_on)
        .group_by(record.cohort_id, record.leaving)
    )
    found: dict[int, dict[str, int]] = {}
    for cohort_id, reason, count in rows:
        found.setdefault(cohort_id, {})[reason.value if reason else ""] = count
    return found
