"""Grades, derived from the machine's scores and people's marks: a mark stands before a score.

`gradebook_for` and `result_for` know the viewer: what is not released is hidden here, once, for
page, CSV and exchange API alike.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, joinedload

from lms.accounts.models import User
from lms.cohorts.models import Enrolment, Offering
from lms.cohorts.queries import enrolment_of, memberships
from lms.coursework.models import (
    Assignment,
    Question,
    QuestionKind,
    Run,
    RunState,
    Score,
    Submission,
    Via,
)
from lms.coursework.queries import (
    assignments,
    latest_runs,
    latest_submissions,
    scoring_runs,
)
from lms.db import db
from lms.gradebook.models import GradeRelease, Mark


class WorkState(StrEnum):
    """Where one person's work on one assignment stands."""

    NOT_STARTED = "not-started"
    WAITING = "waiting"  # handed in, the grader has not finished
    FAILED = "failed"  # the grader could not grade it
    TO_MARK = "to-mark"  # a person must mark a question
    GRADED = "graded"
    RELEASED = "released"


@dataclass(frozen=True)
class QuestionGrade:
    """One question of a submission: the machine's score, a person's mark, and what counts."""

    question: Question
    score: float | None
    mark: float | None
    comment: str

    @property
    def title(self) -> str:
        return self.question.grade_id

    @property
    def kind(self) -> QuestionKind:
        return self.question.kind

    @property
    def points(self) -> float | None:
        return self.score if self.mark is None else self.mark

    @property
    def max_points(self) -> float:
        return self.question.max_points


@dataclass(frozen=True)
class Grade:
    """The derived grade of one submission. `points` sums what is known.

    `run` is the last run; the scores are of the last that finished, `scored_by`.
    """

    submission: Submission
    run: Run | None
    scored_by: int | None
    questions: list[QuestionGrade]
    released_at: datetime | None

    @property
    def points(self) -> float:
        return sum(question.points or 0 for question in self.questions)

    @property
    def max_points(self) -> float:
        return sum(question.max_points for question in self.questions)

    @property
    def machine_points(self) -> float | None:
        """What the tests gave, marks of people left aside; None before the grader has finished."""
        scores = [question.score for question in self.questions if question.score is not None]
        return sum(scores) if scores else None

    @property
    def to_mark(self) -> list[QuestionGrade]:
        return [question for question in self.questions if question.points is None]

    @property
    def state(self) -> WorkState:
        if self.released_at:
            return WorkState.RELEASED
        if self.run is None or not self.run.is_finished:
            return WorkState.WAITING
        if self.run.state is RunState.FAILED and self.to_mark:
            return WorkState.FAILED
        return WorkState.TO_MARK if self.to_mark else WorkState.GRADED


def grades_of(submissions: Sequence[Submission]) -> dict[int, Grade]:
    """The grade of each submission, by its id: five queries however many there are."""
    ids = [submission.id for submission in submissions]
    questions: dict[int, list[Question]] = defaultdict(list)
    for question in db.session.scalars(
        select(Question)
        .where(
            Question.assignment_id.in_({row.assignment_id for row in submissions}),
            Question.in_force,
        )
        .order_by(Question.assignment_id, Question.position)
    ):
        questions[question.assignment_id].append(question)
    runs = latest_runs(ids)
    scored_by: dict[int, int] = {}
    scores: dict[tuple[int, int | None], float | None] = {}
    for submission_id, run_id, question_id, points in db.session.execute(
        select(Run.submission_id, Run.id, Score.question_id, Score.points)
        .join(Score, Score.run_id == Run.id, isouter=True)
        .where(Run.id.in_(scoring_runs(ids)))
    ):
        scored_by[submission_id] = run_id
        scores[submission_id, question_id] = points
    marks = _latest_marks(ids)
    released = _released_at(ids)
    return {
        row.id: Grade(
            row,
            runs.get(row.id),
            scored_by.get(row.id),
            [
                QuestionGrade(
                    question,
                    scores.get((row.id, question.id)),
                    *marks.get((row.id, question.id), (None, "")),
                )
                for question in questions[row.assignment_id]
            ],
            released.get(row.id),
        )
        for row in submissions
    }


def _latest_marks(submission_ids: list[int]) -> dict[tuple[int, int], tuple[float | None, str]]:
    newest = (
        select(func.max(Mark.id))
        .where(Mark.submission_id.in_(submission_ids))
        .group_by(Mark.submission_id, Mark.question_id)
    )
    rows = db.session.execute(
        select(Mark.submission_id, Mark.question_id, Mark.points, Mark.comment).where(
            Mark.id.in_(newest)
        )
    )
    return {(submission_id, question_id): (points, comment)
            for submission_id, question_id, points, comment in rows}  # fmt: skip


def _released_at(submission_ids: list[int]) -> dict[int, datetime]:
    rows = db.session.execute(
        select(GradeRelease.submission_id, GradeRelease.released_at).where(
            GradeRelease.submission_id.in_(submission_ids)
        )
    )
    return dict(rows.all())


def grade_of(submission: Submission) -> Grade:
    return grades_of([submission])[submission.id]


@dataclass(frozen=True)
class BoardRow:
    """One trainee on the submissions board of an assignment."""

    enrolment: Enrolment
    grade: Grade | None

    @property
    def submission(self) -> Submission | None:
        return self.grade.submission if self.grade else None

    @property
    def state(self) -> WorkState:
        return self.grade.state if self.grade else WorkState.NOT_STARTED

    @property
    def is_late(self) -> bool:
        return bool(self.submission and self.submission.is_late)


def board(assignment: Assignment) -> list[BoardRow]:
    """Every trainee who takes part, with the submission that counts and its grade."""
    grades = {
        grade.submission.enrolment_id: grade
        for grade in grades_of(latest_submissions([assignment.id])).values()
    }
    return [
        BoardRow(enrolment, grades.get(enrolment.id))
        for enrolment in _taking_part(assignment.offering)
    ]


def _taking_part(offering: Offering) -> Sequence[Enrolment]:
    return db.session.scalars(
        select(Enrolment)
        .where(Enrolment.cohort_id == offering.cohort_id, Enrolment.left_on.is_(None))
        .options(joinedload(Enrolment.user))
        .order_by(Enrolment.student_number)
    ).all()


@dataclass(frozen=True)
class GradebookRow:
    enrolment: Enrolment
    grades: dict[int, Grade]  # by assignment id; absent where nothing may be seen

    @property
    def points(self) -> float:
        return sum(grade.points for grade in self.grades.values())


@dataclass(frozen=True)
class Gradebook:
    offering: Offering
    assignments: list[Assignment]
    rows: list[GradebookRow]

    @property
    def max_points(self) -> float:
        return sum(assignment.max_points for assignment in self.assignments)


def sees_unreleased(viewer: User, offering: Offering) -> bool:
    """Staff see every grade; trainees see their own, once released."""
    return viewer.is_administrator or offering.cohort_id in memberships(viewer).teaches


def gradebook_for(viewer: User, offering: Offering) -> Gradebook:
    """The grades of a course that the viewer may see."""
    released = [a for a in assignments(offering) if a.released_at is not None]
    sees_all = sees_unreleased(viewer, offering)
    own = None if sees_all else enrolment_of(viewer, offering.cohort_id)
    people = _taking_part(offering) if sees_all else [own] if own else []
    ids = [assignment.id for assignment in released]
    submissions = latest_submissions(ids, enrolment=own) if people else []
    cells: dict[int, dict[int, Grade]] = defaultdict(dict)
    for grade in grades_of(submissions).values():
        if sees_all or grade.released_at is not None:
            cells[grade.submission.enrolment_id][grade.submission.assignment_id] = grade
    return Gradebook(
        offering, released, [GradebookRow(enrolment, cells[enrolment.id]) for enrolment in people]
    )


def result_for(viewer: User, submission: Submission) -> Grade | None:
    """The grade of a submission as far as the viewer may see it; None while it is not released."""
    grade = grade_of(submission)
    visible = grade.released_at is not None or sees_unreleased(
        viewer, submission.assignment.offering
    )
    return grade if visible else None


def released_since(person: User, since: datetime) -> Sequence[GradeRelease]:
    """Results released to a person after a moment, the newest first."""
    return db.session.scalars(
        select(GradeRelease)
        .join(GradeRelease.submission)
        .join(Submission.enrolment)
        .where(Enrolment.user_id == person.id, GradeRelease.released_at > since)
        .options(
            joinedload(GradeRelease.submission)
            .joinedload(Submission.assignment)
            .joinedload(Assignment.offering)
            .joinedload(Offering.course)
        )
        .order_by(GradeRelease.released_at.desc())
    ).all()


def standings(person: User, offering: Offering) -> dict[int, Grade]:
    """A trainee's latest submission for each assignment of a course, by assignment id.

    Its state is for the trainee to see; its points are theirs only once released (`result_for`).
    """
    enrolment = enrolment_of(person, offering.cohort_id)
    if enrolment is None:
        return {}
    ids = [assignment.id for assignment in assignments(offering)]
    grades = grades_of(latest_submissions(ids, enrolment=enrolment))
    return {grade.submission.assignment_id: grade for grade in grades.values()}


def counts_by_assignment(offering: Offering) -> dict[int, Counter[WorkState]]:
    """How many trainees stand where, for each assignment of a course, by assignment id."""
    ids = [assignment.id for assignment in assignments(offering)]
    people = {enrolment.id for enrolment in _taking_part(offering)}
    counts: dict[int, Counter[WorkState]] = {key: Counter() for key in ids}
    for grade in grades_of(latest_submissions(ids)).values():
        if grade.submission.enrolment_id in people:
            counts[grade.submission.assignment_id][grade.state] += 1
    for counter in counts.values():
        counter[WorkState.NOT_STARTED] = len(people) - counter.total()
    return counts


def state_counts(rows: Iterable[BoardRow]) -> Counter[WorkState]:
    return Counter(row.state for row in rows)


def handed_in(assignment: Assignment) -> Sequence[Submission]:
    """Everything that was handed in for an assignment with its files, by whoever takes part."""
    return db.session.scalars(
        select(Submission)
        .join(Submission.enrolment)
        .where(
            Submission.assignment_id == assignment.id,
            Submission.via != Via.IMPORT,
            Enrolment.left_on.is_(None),
        )
        .options(contains_eager(Submission.enrolment).joinedload(Enrolment.user))
        .order_by(Submission.id)
    ).all()
