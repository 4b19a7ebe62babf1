"""Grades that come with a gradebook.db: what they would change, and taking them over.

What the file says becomes our own facts, each kind where it belongs. That somebody handed in at a
time is a `Submission` through `Via.IMPORT`, without files: they never were here, and so it cannot
be graded again. nbgrader's test points are the `Score`s of a finished run, for a machine gave them;
points, extra credit and comments of a person are `Mark`s, by whoever imports. So totals, states,
release and CSV need no second way to a grade. Where the LMS has the work itself (its time of
receipt is the file's), only people's marks come in: our own test points stand.

Nothing is changed or deleted, and the same file again finds everything there already.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from flask_babel import gettext as _
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import joinedload

from grading import gradebook_files
from lms import audit, storage
from lms.accounts.models import User
from lms.cohorts.models import Enrolment, Offering
from lms.coursework.models import Assignment, Question, Run, Score, Submission, Via
from lms.coursework.queries import assignments, latest_submissions
from lms.db import db, utcnow
from lms.errors import DomainError
from lms.gradebook.actions import renew_feedback
from lms.gradebook.models import GradebookImport, ImportedSubmission, Mark
from lms.gradebook.queries import Grade, grades_of

KEYS = UUID("6f1c7a3e-58c4-4f0b-9d5e-2f4f2a8e3b61")  # the space of our idempotency keys


class WorkChange(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Note:
    """What somebody should know before importing: about whom or what, and a sentence."""

    about: str
    message: str


@dataclass(frozen=True)
class WorkPlan:
    """One trainee's work on one assignment: what the import would write, by question."""

    enrolment: Enrolment
    assignment: Assignment
    submitted_at: datetime | None
    change: WorkChange
    existing: Submission | None = None
    scores: Mapping[int, float | None] = field(default_factory=dict)
    marks: Mapping[int, tuple[float | None, str]] = field(default_factory=dict)


@dataclass
class ImportPlan:
    works: list[WorkPlan] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def counts(self) -> Counter[WorkChange]:
        return Counter(work.change for work in self.works)

    @property
    def writes(self) -> int:
        return self.counts[WorkChange.NEW] + self.counts[WorkChange.CHANGED]

    def by_assignment(self) -> list[tuple[Assignment, Counter[WorkChange]]]:
        found: dict[int, tuple[Assignment, Counter[WorkChange]]] = {}
        for work in self.works:
            key = work.assignment
            found.setdefault(key.id, (key, Counter()))[1][work.change] += 1
        return list(found.values())


class AlreadyImported(DomainError):
    def __init__(self) -> None:
        super().__init__(_("These grades are imported already."))


def keep_upload(offering: Offering, content: bytes, *, name: str, by: User) -> GradebookImport:
    """Read the file and keep what it says, to be looked at and imported. One waits for each person.

    Raises:
        gradebook_files.UnusableGradebook: the file is not as nbgrader makes it.
    """
    gradebook = gradebook_files.read_gradebook(content)
    db.session.execute(
        delete(GradebookImport).where(
            GradebookImport.offering_id == offering.id,
            GradebookImport.by_id == by.id,
            GradebookImport.applied_at.is_(None),
        )
    )
    row = GradebookImport(
        offering=offering,
        by_id=by.id,
        name=name[:200],
        digest=hashlib.sha256(content).hexdigest(),
        grades=gradebook_files.to_plain(gradebook),
    )
    db.session.add(row)
    db.session.flush()
    return row


def upload(number: int, *, of: Offering) -> GradebookImport | None:
    return db.session.scalar(
        select(GradebookImport).where(
            GradebookImport.id == number, GradebookImport.offering_id == of.id
        )
    )


def plan_import(row: GradebookImport) -> ImportPlan:
    """What importing would change now. Importing the same again changes nothing."""
    gradebook = gradebook_files.from_plain(row.grades)
    plan = ImportPlan()
    people = _people(row.offering, gradebook, plan)
    given = {one.name: one for one in assignments(row.offering) if one.released_at is not None}
    matched = {}
    for wanted in gradebook.assignments:
        if wanted.name in given:
            matched[wanted.name] = given[wanted.name], _cells(given[wanted.name], wanted, plan)
        else:
            plan.notes.append(
                Note(wanted.name, _("This course has no released assignment of this name."))
            )
    latest = {
        (one.submission.assignment_id, one.submission.enrolment_id): one
        for one in grades_of(
            latest_submissions([assignment.id for assignment, _cells in matched.values()])
        ).values()
    }
    for work in gradebook.submissions:
        if work.student in people and work.assignment in matched:
            assignment, cells = matched[work.assignment]
            enrolment = people[work.student]
            here = latest.get((assignment.id, enrolment.id))
            plan.works.append(_planned(work, enrolment, assignment, cells, here, plan))
    return plan


def import_grades(row: GradebookImport, *, by: User) -> ImportPlan:
    """Carry the plan out, whole, as the grades stand now.

    Raises:
        AlreadyImported: somebody did so before.
    """
    # One import of a course at a time; the second finds what the first wrote.
    db.session.refresh(row.offering, with_for_update=True)
    db.session.refresh(row)
    if row.applied_at:
        raise AlreadyImported
    plan = plan_import(row)
    works = [work for work in plan.works if work.change in (WorkChange.NEW, WorkChange.CHANGED)]
    submissions = [work.existing or _handed_in(work) for work in works]
    db.session.add_all(submissions)
    db.session.flush()
    _write([(work, one.id) for work, one in zip(works, submissions, strict=True)], row, by=by)
    renew_feedback(submissions)
    row.applied_at = utcnow()
    counts: dict[str, Any] = {change.value: plan.counts[change] for change in WorkChange}
    audit.record("gradebook-imported", row.offering, by=by, name=row.name, **counts)
    return plan


def _people(
    offering: Offering, gradebook: gradebook_files.GradebookFile, plan: ImportPlan
) -> dict[str, Enrolment]:
    """The trainees of the file by its student ids: found by e-mail, else by user name."""
    enrolments = db.session.scalars(
        select(Enrolment)
        .where(Enrolment.cohort_id == offering.cohort_id)
        .options(joinedload(Enrolment.user))
    ).all()
    by_email = {one.user.email.lower(): one for one in enrolments}
    by_name = {one.user.username: one for one in enrolments}
    found: dict[str, Enrolment] = {}
    taken: dict[int, str] = {}
    for student in gradebook.students:
        label = student.email or student.id
        mailed = by_email.get((student.email or "").lower()) or by_email.get(student.id.lower())
        named = by_name.get(student.id.lower())
        enrolment = mailed or named
        if enrolment is None:
            message = _("Nobody of this cohort has this e-mail or user name.")
        elif mailed and named and mailed is not named:
            message = _("The e-mail and the user name belong to two people of this cohort.")
        elif enrolment.id in taken:
            message = _("The same trainee as %(id)s of the file.", id=taken[enrolment.id])
        else:
            found[student.id], taken[enrolment.id] = enrolment, student.id
            continue
        plan.notes.append(Note(label, message))
    return found


def _cells(
    assignment: Assignment, wanted: gradebook_files.Assignment, plan: ImportPlan
) -> dict[tuple[str, str], Question]:
    """The questions that the file has, too, with the same points."""
    questions = {(one.notebook, one.grade_id): one for one in assignment.questions}
    cells = {(cell.notebook, cell.name): cell.max_points for cell in wanted.cells}
    same = {}
    for place in questions | cells:
        about = f"{wanted.name} · {' · '.join(place)}"
        if place not in questions:
            plan.notes.append(Note(about, _("This assignment has no such question.")))
        elif place not in cells:
            plan.notes.append(Note(about, _("The file has no such cell: the question stays open.")))
        elif cells[place] != questions[place].max_points:
            message = _(
                "It is worth %(theirs)s points in the file, %(ours)s here: not imported.",
                theirs=f"{cells[place]:g}",
                ours=f"{questions[place].max_points:g}",
            )
            plan.notes.append(Note(about, message))
        else:
            same[place] = questions[place]
    return same


def _planned(
    work: gradebook_files.Submission,
    enrolment: Enrolment,
    assignment: Assignment,
    cells: Mapping[tuple[str, str], Question],
    here: Grade | None,
    plan: ImportPlan,
) -> WorkPlan:
    grades = {
        cells[grade.notebook, grade.name].id: grade
        for grade in work.grades
        if (grade.notebook, grade.name) in cells
    }
    scores = {key: grade.auto for key, grade in grades.items()}
    marks = {key: mark for key, grade in grades.items() if (mark := _mark(grade)) != (None, "")}
    about = f"{enrolment.user.name} · {assignment.name}"
    for question in cells.values():
        if question.id in grades and (grades[question.id].points or 0) > question.max_points:
            message = _("More than the most for %(question)s.", question=question.grade_id)
            plan.notes.append(Note(about, message))

    def planned(change: WorkChange, existing: Submission | None = None) -> WorkPlan:
        return WorkPlan(enrolment, assignment, work.submitted_at, change, existing, scores, marks)

    if not scores:
        return planned(WorkChange.SKIPPED)  # no cell of it is ours: said above, once
    if here is None:
        return planned(WorkChange.NEW)
    submission = here.submission
    imported = submission.via is Via.IMPORT
    if submission.received_at == work.submitted_at or (
        imported and submission.idempotency_key == _key(assignment, work.submitted_at)
    ):
        ours = {one.question.id: one.score for one in here.questions if one.question.id in scores}
        if imported:
            scores = {} if ours == scores else scores
        else:
            if ours != scores:
                message = _("The test points in the file differ: those of the LMS stand.")
                plan.notes.append(Note(about, message))
            scores = {}
        marks = dict(_newer(marks, here))
        change = WorkChange.CHANGED if scores or marks else WorkChange.UNCHANGED
        return planned(change, submission)
    if imported and work.submitted_at and work.submitted_at > submission.received_at:
        return planned(WorkChange.NEW)
    message = _("Another submission is in the LMS already: it stands.")
    plan.notes.append(Note(about, message))
    return planned(WorkChange.SKIPPED, submission)


def _mark(grade: gradebook_files.CellGrade) -> tuple[float | None, str]:
    """A person's points, extra credit with them, and comment; no points: the tests' stand."""
    by_person = grade.manual is not None or bool(grade.extra)
    return grade.points if by_person else None, grade.comment.strip()


def _newer(
    marks: Mapping[int, tuple[float | None, str]], here: Grade
) -> Iterator[tuple[int, tuple[float | None, str]]]:
    """What says more than the marks that stand; nothing that a person gave here is taken away."""
    standing = {one.question.id: (one.mark, one.comment) for one in here.questions}
    for key, (points, comment) in marks.items():
        before = standing.get(key, (None, ""))
        after = (before[0] if points is None else points, comment or before[1])
        if after != before:
            yield key, after


def _handed_in(work: WorkPlan) -> Submission:
    return Submission(
        assignment=work.assignment,
        enrolment=work.enrolment,
        received_at=work.submitted_at or utcnow(),
        via=Via.IMPORT,
        idempotency_key=_key(work.assignment, work.submitted_at),
        files=[],
        digest=storage.digest([]),
    )


def _write(works: list[tuple[WorkPlan, int]], row: GradebookImport, *, by: User) -> None:
    """Rows of thousands of cells, a table at a time; each work with its submission's id."""
    now = utcnow()
    finished = {"started_at": now, "finished_at": now, "executed_files": [], "pages": []}
    runs = [{"submission_id": number, **finished} for work, number in works if work.scores]
    made = _insert(Run, runs)
    run_of = {run["submission_id"]: key for run, key in zip(runs, made, strict=True)}
    _insert(
        Score,
        [
            {"run_id": run_of[number], "question_id": question, "points": points}
            for work, number in works
            for question, points in work.scores.items()
        ],
    )
    _insert(
        Mark,
        [
            {
                "submission_id": number,
                "question_id": question,
                "points": points,
                "comment": comment,
                "by_id": by.id,
            }
            for work, number in works
            for question, (points, comment) in work.marks.items()
        ],
    )
    db.session.add_all(
        ImportedSubmission(submission_id=number, import_id=row.id)
        for work, number in works
        if work.existing is None
    )
    db.session.flush()


def _insert(table: type[Run | Score | Mark], rows: list[dict[str, Any]]) -> list[int]:
    """The new ids, in the order of the rows."""
    if not rows:
        return []
    made = insert(table).returning(table.id, sort_by_parameter_order=True)
    # Without rendered nulls each change between a number and none begins another statement.
    return list(db.session.scalars(made, rows, execution_options={"render_nulls": True}))


def _key(assignment: Assignment, submitted_at: datetime | None) -> UUID:
    return uuid5(KEYS, f"{assignment.id} {submitted_at.isoformat() if submitted_at else '-'}")
