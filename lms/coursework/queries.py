"""Questions about assignments, submissions and runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from lms.accounts.models import User
from lms.cohorts.models import Enrolment, Offering
from lms.cohorts.queries import cohort_ids
from lms.coursework.models import Assignment, Feedback, Question, Regrade, Run, Submission
from lms.db import db


def _assignments() -> Select[Assignment]:
    return (
        select(Assignment)
        .join(Assignment.offering)
        .join(Offering.cohort)
        .join(Offering.course)
        .options(
            contains_eager(Assignment.offering).contains_eager(Offering.cohort),
            contains_eager(Assignment.offering).contains_eager(Offering.course),
            selectinload(Assignment.questions),
        )
    )


def assignment(assignment_id: int) -> Assignment | None:
    return db.session.scalar(_assignments().where(Assignment.id == assignment_id))


def assignment_by_name(offering: Offering, name: str) -> Assignment | None:
    return db.session.scalar(
        _assignments().where(Assignment.offering_id == offering.id, Assignment.name == name)
    )


def assignments(*offerings: Offering) -> Sequence[Assignment]:
    """Every assignment of the courses, by due date; those still being prepared included."""
    return db.session.scalars(
        _assignments()
        .where(Assignment.offering_id.in_([offering.id for offering in offerings]))
        .order_by(Assignment.due_at.nulls_last(), Assignment.id)
    ).all()


def released_assignments(person: User, *, course: str | None = None) -> Sequence[Assignment]:
    """What a person may fetch: released assignments of cohorts they take part in or teach."""
    query = _assignments().where(
        Offering.cohort_id.in_(cohort_ids(person)), Assignment.released_at.is_not(None)
    )
    if course:
        query = query.where(Offering.code == course)
    return db.session.scalars(query.order_by(Assignment.due_at.nulls_last(), Assignment.id)).all()


def every_question(assignment: Assignment) -> Sequence[Question]:
    """Those not in force too: what a regrade would add, or took away."""
    return db.session.scalars(select(Question).where(Question.assignment_id == assignment.id)).all()


def submission(submission_id: int, *, of: Assignment | None = None) -> Submission | None:
    query = (
        select(Submission)
        .where(Submission.id == submission_id)
        .options(
            joinedload(Submission.enrolment).joinedload(Enrolment.user),
            joinedload(Submission.assignment)
            .joinedload(Assignment.offering)
            .joinedload(Offering.cohort),
            joinedload(Submission.assignment).selectinload(Assignment.questions),
        )
    )
    if of is not None:
        query = query.where(Submission.assignment_id == of.id)
    return db.session.scalar(query)


def submission_by_key(enrolment: Enrolment, key: UUID) -> Submission | None:
    return db.session.scalar(
        select(Submission).where(
            Submission.enrolment_id == enrolment.id, Submission.idempotency_key == key
        )
    )


def submissions(enrolment: Enrolment, assignment: Assignment) -> Sequence[Submission]:
    """One person's attempts at an assignment, the latest first."""
    return db.session.scalars(
        select(Submission)
        .where(Submission.enrolment_id == enrolment.id, Submission.assignment_id == assignment.id)
        .options(selectinload(Submission.runs))
        .order_by(Submission.id.desc())
    ).all()


def submissions_by(person: User, *, course: str | None = None) -> Sequence[Submission]:
    """Everything a person handed in, the latest first."""
    query = (
        select(Submission)
        .join(Submission.enrolment)
        .join(Submission.assignment)
        .join(Assignment.offering)
        .where(Enrolment.user_id == person.id)
        .options(contains_eager(Submission.assignment).contains_eager(Assignment.offering))
        .order_by(Submission.id.desc())
    )
    if course:
        query = query.where(Offering.code == course)
    return db.session.scalars(query).all()


def latest_submissions(
    assignment_ids: Iterable[int], *, enrolment: Enrolment | None = None
) -> Sequence[Submission]:
    """Of every person (or one) and assignment the last submission, which is the one that counts."""
    latest = aliased(Submission)
    newest: Select[Any] = (
        select(func.max(latest.id))
        .where(latest.assignment_id.in_(list(assignment_ids)))
        .group_by(latest.assignment_id, latest.enrolment_id)
    )
    if enrolment is not None:
        newest = newest.where(latest.enrolment_id == enrolment.id)
    return db.session.scalars(
        select(Submission)
        .where(Submission.id.in_(newest))
        .options(joinedload(Submission.assignment).selectinload(Assignment.questions))
    ).all()


def latest_runs(submission_ids: Iterable[int]) -> dict[int, Run]:
    """The last run of each submission that counts, by submission id."""
    newest = (
        select(func.max(Run.id))
        .where(Run.submission_id.in_(list(submission_ids)), Run.counts)
        .group_by(Run.submission_id)
    )
    return {
        run.submission_id: run for run in db.session.scalars(select(Run).where(Run.id.in_(newest)))
    }


def scoring_runs(submission_ids: Iterable[int]) -> Select[Any]:
    """The ids of the runs whose scores count: of each submission the last that finished, so that
    a result which is being graded again stays what it was until then."""
    return (
        select(func.max(Run.id))
        .where(
            Run.submission_id.in_(list(submission_ids)), Run.counts, Run.finished_at.is_not(None)
        )
        .group_by(Run.submission_id)
    )


def run(run_id: int) -> Run | None:
    return db.session.get(Run, run_id)


def feedback(submission_ids: Iterable[int]) -> dict[int, Feedback]:
    """The latest feedback on the run that counts, of each submission that has any, by its id."""
    rows = db.session.scalars(
        select(Feedback)
        .where(Feedback.run_id.in_(scoring_runs(submission_ids)))
        .order_by(Feedback.id)
    )
    return {row.submission_id: row for row in rows}


def regrade(regrade_id: int, *, of: Assignment | None = None) -> Regrade | None:
    query = select(Regrade).where(Regrade.id == regrade_id).options(joinedload(Regrade.by))
    if of is not None:
        query = query.where(Regrade.assignment_id == of.id)
    return db.session.scalar(query)


def open_regrade(assignment: Assignment) -> Regrade | None:
    """The regrade that is neither applied nor discarded, if there is one."""
    return db.session.scalar(
        select(Regrade).where(
            Regrade.assignment_id == assignment.id,
            Regrade.applied_at.is_(None),
            Regrade.discarded_at.is_(None),
        )
    )
