"""Marking by people, and showing results to trainees."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from lms import audit, queue
from lms.accounts.models import User
from lms.coursework.models import Assignment, Question, Submission
from lms.db import db
from lms.errors import DomainError, Invalid
from lms.gradebook.models import GradeRelease, Mark
from lms.gradebook.queries import Grade, WorkState, board, grade_of, grades_of


class PointsOutOfRange(Invalid):
    def __init__(self, question: Question) -> None:
        super().__init__(
            _("Give 0 to %(most)s points for %(question)s.",
              most=f"{question.max_points:g}", question=question.grade_id)
        )  # fmt: skip


class NothingToRelease(DomainError):
    def __init__(self) -> None:
        super().__init__(_("There is no finished result that is not released yet."))


def mark(
    submission: Submission, question: Question, *, points: float | None, comment: str, by: User
) -> Mark:
    """A person's points and comment for one question; earlier marks stay on record.

    Raises:
        PointsOutOfRange: points are no number from 0 to the question's most.
    """
    if points is not None and not (math.isfinite(points) and 0 <= points <= question.max_points):
        raise PointsOutOfRange(question)
    row = Mark(
        submission_id=submission.id,
        question_id=question.id,
        points=points,
        comment=comment.strip(),
        by_id=by.id,
    )
    db.session.add(row)
    audit.record(
        "marked", row, by=by, submission=submission.id, question=question.grade_id, points=points
    )
    grade = grade_of(submission)
    if grade.released_at is not None:
        _request_feedback(grade)
    return row


def release_grades(assignment: Assignment, *, by: User) -> list[GradeRelease]:
    """Show every finished result of an assignment that its trainee has not seen yet.

    Raises:
        NothingToRelease: none is finished and unreleased.
    """
    ready = [row.grade for row in board(assignment) if row.grade and row.state is WorkState.GRADED]
    if not ready:
        raise NothingToRelease
    releases = [GradeRelease(submission_id=grade.submission.id, by_id=by.id) for grade in ready]
    db.session.add_all(releases)
    for grade in ready:
        _request_feedback(grade)
    audit.record("grades-released", assignment, by=by, submissions=[g.submission.id for g in ready])
    return releases


def renew_feedback(submissions: Sequence[Submission]) -> None:
    """Make the pages of released results again, after their points changed."""
    for grade in grades_of(submissions).values():
        if grade.released_at is not None:
            _request_feedback(grade)


def _request_feedback(grade: Grade) -> None:
    if grade.scored_by is None:
        return  # nothing was run: there is no page to write on
    marks: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for question in grade.questions:
        marks[question.question.notebook].append(
            {
                "grade_id": question.question.grade_id,
                "points": question.points,
                "max_points": question.max_points,
                "comment": question.comment,
            }
        )
    queue.enqueue("coursework.make_feedback", run_id=grade.scored_by, marks=marks)
