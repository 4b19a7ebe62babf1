"""What people had reached in their courses by a moment: points of released work over the full marks.

Whatever is marked, released or regraded later leaves the answer for that moment as it was: marks and
releases are never changed, runs keep when they ended, and a regrade keeps the questions it replaced.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from lms.cohorts.models import Offering
from lms.coursework.models import Assignment, Question, Regrade, Run, Score, Submission
from lms.db import db
from lms.gradebook.models import GradeRelease, Mark


def course_results(cohort_ids: Sequence[int], *, at: datetime) -> dict[int, float]:
    """By enrolment, the share (0 to 1) of all points that could be reached in the cohort's courses.

    Counted are assignments of which any result was released; work not handed in, or not released, has
    no points. Somebody of whom nothing was released has no result, and is missing.
    """
    cohort_of, questions = _questions(cohort_ids, at)
    rows = db.session.execute(_points(questions, at)).all()
    full: dict[int, float] = defaultdict(float)
    for assignment_id in {assignment_id for _enrolment, assignment_id, _points in rows}:
        full[cohort_of[assignment_id]] += sum(questions[assignment_id].values())
    points: dict[int, float] = defaultdict(float)
    cohorts: dict[int, int] = {}
    for enrolment_id, assignment_id, reached in rows:
        points[enrolment_id] += reached
        cohorts[enrolment_id] = cohort_of[assignment_id]
    return {
        key: reached / full[cohorts[key]] for key, reached in points.items() if full[cohorts[key]]
    }


def _questions(
    cohort_ids: Sequence[int], at: datetime
) -> tuple[dict[int, int], dict[int, dict[int, float]]]:
    """The cohort of each assignment, and the full marks of each question it had at the moment."""
    cohort_of: dict[int, int] = {}
    now: dict[int, dict[int, float]] = defaultdict(dict)
    ids: dict[tuple[int, str, str], int] = {}
    for cohort_id, question in db.session.execute(
        select(Offering.cohort_id, Question)
        .join(Assignment, Assignment.offering_id == Offering.id)
        .join(Question, Question.assignment_id == Assignment.id)
        .where(Offering.cohort_id.in_(cohort_ids))
    ):
        cohort_of[question.assignment_id] = cohort_id
        ids[question.assignment_id, question.notebook, question.grade_id] = question.id
        if question.in_force:
            now[question.assignment_id][question.id] = question.max_points
    since = select(Regrade).where(
        Regrade.assignment_id.in_(cohort_of), Regrade.applied_at > at, Regrade.replaced_questions.is_not(None)
    )  # fmt: skip
    for regrade in db.session.scalars(since.order_by(Regrade.applied_at.desc())):
        now[regrade.assignment_id] = {
            ids[regrade.assignment_id, row["notebook"], row["grade_id"]]: row["max_points"]
            for row in regrade.replaced_questions or ()
        }
    return cohort_of, now


def _points(questions: dict[int, dict[int, float]], at: datetime) -> Select[Any]:
    """Enrolment, assignment and points of what was released by the moment; a mark stands before a score."""
    in_force = [key for of in questions.values() for key in of]
    released = (
        select(Submission.id, Submission.enrolment_id, Submission.assignment_id)
        .join(GradeRelease, GradeRelease.submission_id == Submission.id)
        .where(Submission.assignment_id.in_(questions), GradeRelease.released_at <= at)
        .ext(distinct_on(Submission.enrolment_id, Submission.assignment_id))
        .order_by(Submission.enrolment_id, Submission.assignment_id, Submission.id.desc())
        .cte("released")
    )
    run = _runs_that_counted(select(released.c.id), at).cte("run")
    mark = (
        select(Mark.submission_id, Mark.question_id, Mark.points)
        .where(Mark.submission_id.in_(select(released.c.id)), Mark.at <= at)
        .ext(distinct_on(Mark.submission_id, Mark.question_id))
        .order_by(Mark.submission_id, Mark.question_id, Mark.id.desc())
        .cte("latest_mark")
    )
    return (
        select(
            released.c.enrolment_id,
            released.c.assignment_id,
            func.coalesce(func.sum(func.coalesce(mark.c.points, Score.points)), 0.0),
        )
        .join(
            Question,
            and_(Question.assignment_id == released.c.assignment_id, Question.id.in_(in_force)),
        )
        .outerjoin(run, run.c.submission_id == released.c.id)
        .outerjoin(Score, and_(Score.run_id == run.c.id, Score.question_id == Question.id))
        .outerjoin(
            mark, and_(mark.c.submission_id == released.c.id, mark.c.question_id == Question.id)
        )
        .group_by(released.c.enrolment_id, released.c.assignment_id)
    )


def _runs_that_counted(submission_ids: Select[int], at: datetime) -> Select[int, int]:
    """Of each submission the last run that had graded it, and that no regrade had replaced."""
    replacing, regrade, own = aliased(Run), aliased(Regrade), aliased(Regrade)
    replaced = exists(
        select(replacing.id)
        .join(regrade, regrade.id == replacing.regrade_id)
        .where(
            replacing.submission_id == Run.submission_id,
            replacing.id != Run.id,
            replacing.error.is_(None),
            regrade.applied_at <= at,
            regrade.applied_at >= Run.queued_at,
        )
    )
    return (
        select(Run.id, Run.submission_id)
        .outerjoin(own, own.id == Run.regrade_id)
        .where(
            Run.submission_id.in_(submission_ids),
            Run.error.is_(None),
            Run.finished_at <= at,
            or_(Run.regrade_id.is_(None), own.applied_at <= at),
            ~replaced,
        )
        .ext(distinct_on(Run.submission_id))
        .order_by(Run.submission_id, Run.id.desc())
    )
