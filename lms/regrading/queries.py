"""What a regrade would change, answered from what stands now: nothing of it is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import contains_eager, defer

from lms.cohorts.models import Enrolment
from lms.coursework.models import Assignment, Question, Regrade, Run, RunState, Score, Submission
from lms.coursework.queries import every_question
from lms.curricula.models import CourseAssignment
from lms.curricula.queries import authored_assignments
from lms.db import db
from lms.gradebook.models import GradeRelease, Mark
from lms.gradebook.queries import Grade, grades_of
from lms.storage import Manifest


@dataclass(frozen=True)
class QuestionChange:
    """A question that would be added (`before` is None), taken away (`after` is None) or differ.

    `becomes` is its new kind where that changes; `marked` is how many people's points stand on it
    now, `highest` the most of them.
    """

    question: Question
    before: float | None
    after: float | None
    becomes: str | None
    marked: int
    highest: float

    @property
    def is_refused(self) -> bool:
        """Points that a person gave would be lost, or be more than the question's most."""
        return self.marked > 0 and (self.after is None or self.highest > self.after)


@dataclass(frozen=True)
class Difference:
    """One question of one submission; None: not in the assignment, or without points."""

    title: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class PreviewRow:
    """One submission: its grade as it stands, and what the regrade's run makes of it."""

    grade: Grade
    run: Run
    after: float
    after_max: float
    differences: list[Difference]
    is_latest: bool

    @property
    def submission(self) -> Submission:
        return self.grade.submission

    @property
    def before(self) -> float | None:
        """None where nothing of it is graded yet."""
        known = any(question.points is not None for question in self.grade.questions)
        return self.grade.points if known else None

    @property
    def more(self) -> float:
        """How many points more it would have; less than 0: fewer."""
        return round(self.after - self.grade.points, 6)

    @property
    def is_done(self) -> bool:
        return self.run.state is RunState.GRADED

    @property
    def has_failed(self) -> bool:
        return self.run.state is RunState.FAILED

    @property
    def is_changed(self) -> bool:
        return self.is_done and bool(self.differences)


@dataclass(frozen=True)
class Preview:
    """`waited_for`: how many submissions must be graded before the regrade can be applied."""

    regrade: Regrade
    changes: list[QuestionChange]
    rows: list[PreviewRow]
    waited_for: int

    @property
    def files(self) -> list[str]:
        return changed_files(self.regrade.assignment.source_files, self.regrade.source_files)

    @cached_property
    def changed(self) -> list[PreviewRow]:
        return [row for row in self.rows if row.is_changed]

    @cached_property
    def failed(self) -> list[PreviewRow]:
        return [row for row in self.rows if row.has_failed]

    @cached_property
    def finished(self) -> int:
        return sum(row.run.is_finished for row in self.rows)

    @property
    def refused(self) -> list[QuestionChange]:
        return [change for change in self.changes if change.is_refused]

    @property
    def can_be_applied(self) -> bool:
        return bool(self.regrade.prepared_at) and not self.refused and not self.waited_for

    @property
    def cached(self) -> int:
        """Notebooks whose result was known already, of `notebooks`."""
        return sum(row.run.cached for row in self.rows)

    @property
    def notebooks(self) -> int:
        files = self.regrade.release_files or []
        return sum(file.path.endswith(".ipynb") for file in files) * self.finished


def preview(regrade: Regrade) -> Preview:
    """The same number of queries however many submissions there are."""
    runs = _runs(regrade)
    grades = grades_of([run.submission for run in runs])
    scores: dict[int, dict[int, float | None]] = defaultdict(dict)
    for run_id, question_id, points in db.session.execute(
        select(Score.run_id, Score.question_id, Score.points)
        .join(Score.run)
        .where(Run.regrade_id == regrade.id)
    ):
        scores[run_id][question_id] = points
    marks: dict[int, dict[int, float]] = defaultdict(dict)
    for submission_id, question_id, points in _marks(regrade.assignment_id):
        marks[submission_id][question_id] = points
    wanted = _wanted(regrade)
    questions = {
        question: wanted[key]["max_points"]
        for question in every_question(regrade.assignment)
        if (key := (question.notebook, question.grade_id)) in wanted
    }
    latest = {run.submission.enrolment_id: run.submission_id for run in runs}
    return Preview(
        regrade,
        question_changes(regrade),
        [
            _row(
                run,
                grades[run.submission_id],
                questions,
                scores[run.id] | marks[run.submission_id],
                is_latest=latest[run.submission.enrolment_id] == run.submission_id,
            )
            for run in runs
        ],
        len(waited_for(regrade)),
    )


def _row(
    run: Run,
    grade: Grade,
    questions: Mapping[Question, float],
    points: Mapping[int, float | None],
    *,
    is_latest: bool,
) -> PreviewRow:
    before = {entry.question: entry.points for entry in grade.questions}
    after = {question: points.get(question.id) for question in questions}
    every = sorted(
        before.keys() | after.keys(), key=lambda question: (question.position, question.id)
    )
    return PreviewRow(
        grade,
        run,
        after=sum(points or 0 for points in after.values()),
        after_max=sum(questions.values()),
        differences=[
            Difference(question.grade_id, before.get(question), after.get(question))
            for question in every
            if before.get(question) != after.get(question)
        ],
        is_latest=is_latest,
    )


def _runs(regrade: Regrade) -> list[Run]:
    """The regrade's runs, each with its submission and whose it is, by student number."""
    return list(
        db.session.scalars(
            select(Run)
            .join(Run.submission)
            .join(Submission.enrolment)
            .join(Enrolment.user)
            .where(Run.regrade_id == regrade.id)
            .options(
                contains_eager(Run.submission)
                .contains_eager(Submission.enrolment)
                .contains_eager(Enrolment.user),
                defer(Run.executed_files),
                defer(Run.pages),
            )
            .order_by(Enrolment.student_number, Submission.id)
        )
    )


def question_changes(regrade: Regrade) -> list[QuestionChange]:
    """How the assignment's questions would differ, in their order."""
    marked: dict[int, list[float]] = defaultdict(list)
    for _submission_id, question_id, points in _marks(regrade.assignment_id):
        marked[question_id].append(points)
    wanted, changes = _wanted(regrade), []
    for question in sorted(
        every_question(regrade.assignment), key=lambda row: (row.position, row.id)
    ):
        new = wanted.get((question.notebook, question.grade_id))
        before = question.max_points if question.in_force else None
        after = new["max_points"] if new else None
        becomes = (
            new["kind"] if new and question.in_force and new["kind"] != question.kind else None
        )
        if before != after or becomes:
            given = marked[question.id]
            changes.append(
                QuestionChange(question, before, after, becomes, len(given), max(given, default=0))
            )
    return changes


def _wanted(regrade: Regrade) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["notebook"], row["grade_id"]): row for row in regrade.questions or []}


def _marks(assignment_id: int) -> Sequence[tuple[int, int, float]]:
    """(submission, question, points) of people's points that stand."""
    newest: Select[Any] = (
        select(func.max(Mark.id))
        .join(Mark.question)
        .where(Question.assignment_id == assignment_id)
        .group_by(Mark.submission_id, Mark.question_id)
    )
    rows = db.session.execute(
        select(Mark.submission_id, Mark.question_id, Mark.points).where(Mark.id.in_(newest))
    )
    return [
        (handed_in, question, points) for handed_in, question, points in rows if points is not None
    ]


def waited_for(regrade: Regrade) -> list[int]:
    """Runs that must end before the regrade is applied: all but those of work that came in since
    and whose result is not released.

    So no released result is ever without points, and a stream of new submissions does not put the
    regrade off for ever: their runs just go on, as the ones that count.
    """
    if regrade.prepared_at is None:
        return []
    released = exists().where(GradeRelease.submission_id == Submission.id)
    return list(
        db.session.scalars(
            select(Run.id)
            .join(Run.submission)
            .where(
                Run.regrade_id == regrade.id,
                Run.finished_at.is_(None),
                (Submission.received_at <= regrade.prepared_at) | released,
            )
        )
    )


def released_submissions(assignment: Assignment) -> list[Submission]:
    return list(
        db.session.scalars(
            select(Submission)
            .join(GradeRelease, GradeRelease.submission_id == Submission.id)
            .where(Submission.assignment_id == assignment.id)
        )
    )


def authored_now(assignment: Assignment) -> CourseAssignment | None:
    """The assignment as the course brings it now."""
    rows = authored_assignments(assignment.offering.course)
    return next((row for row in rows if row.slug == assignment.name), None)


def latest_regrade(assignment: Assignment) -> Regrade | None:
    return db.session.scalar(
        select(Regrade)
        .where(Regrade.assignment_id == assignment.id)
        .order_by(Regrade.id.desc())
        .limit(1)
    )


def changed_files(before: Manifest, after: Manifest) -> list[str]:
    """The paths whose content differs, is new or is gone."""
    old, new = ({file.path: file.sha256 for file in files} for files in (before, after))
    return sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
