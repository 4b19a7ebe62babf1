"""The grades of a course as nbgrader's gradebook.db: what goes into it, and when it is made."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from grading import gradebook_files
from lms import audit, queue, storage
from lms.accounts.models import User
from lms.cohorts.models import Enrolment, Offering
from lms.coursework.models import Assignment
from lms.coursework.queries import assignments, latest_submissions
from lms.db import db, utcnow
from lms.gradebook.models import GradebookExport
from lms.gradebook.queries import Grade, grades_of


def latest_export(offering: Offering) -> GradebookExport | None:
    return db.session.scalar(
        select(GradebookExport)
        .where(GradebookExport.offering_id == offering.id)
        .order_by(GradebookExport.id.desc())
        .limit(1)
    )


def request_export(offering: Offering, *, by: User) -> GradebookExport:
    """Have the file made; one that is being made is not doubled, an older one goes away."""
    latest = latest_export(offering)
    if latest is not None and latest.made_at is None and latest.error is None:
        return latest
    db.session.execute(delete(GradebookExport).where(GradebookExport.offering_id == offering.id))
    export = GradebookExport(offering_id=offering.id, by_id=by.id)
    db.session.add(export)
    audit.record("gradebook-file-made", offering, by=by, format="gradebook.db")
    queue.enqueue("gradebook.make_file", export_id=export.id)
    return export


def whose(offering: Offering) -> set[int]:
    """The ids of the people in the file."""
    found = select(Enrolment.user_id).where(Enrolment.cohort_id == offering.cohort_id)
    return set(db.session.scalars(found))


def make(offering: Offering) -> bytes:
    """The file with everybody who ever took part, also who left: an academy may leave with it.

    Raises:
        UnusableInput, GradingFailed: nbgrader does not take an assignment.
    """
    given = _given(offering)
    gradebook = gradebook_file(offering)
    sources = {assignment.name: assignment.source_files for assignment in given}
    db.session.commit()  # nbgrader takes a second for each assignment: no transaction meanwhile
    with TemporaryDirectory(prefix="gradebook-") as folder:
        for name, files in sources.items():
            storage.write_into(Path(folder, name), files)
        return gradebook_files.write_gradebook(
            gradebook, sources={name: Path(folder, name) for name in sources}
        )


def finish_export(export: GradebookExport, content: bytes) -> None:
    export.content, export.size, export.made_at = content, len(content), utcnow()


def gradebook_file(offering: Offering) -> gradebook_files.GradebookFile:
    """Every trainee's latest submission of every released assignment, as values: no file yet."""
    given = _given(offering)
    enrolments = db.session.scalars(
        select(Enrolment)
        .where(Enrolment.cohort_id == offering.cohort_id)
        .options(joinedload(Enrolment.user))
        .order_by(Enrolment.student_number)
    ).all()
    names = {enrolment.id: enrolment.user.username for enrolment in enrolments}
    grades = grades_of(latest_submissions([assignment.id for assignment in given]))
    return gradebook_files.GradebookFile(
        course=offering.code,
        assignments=tuple(_assignment(assignment) for assignment in given),
        students=tuple(_student(enrolment) for enrolment in enrolments),
        submissions=tuple(
            _submission(grade, names[grade.submission.enrolment_id]) for grade in grades.values()
        ),
    )


def _given(offering: Offering) -> list[Assignment]:
    return [row for row in assignments(offering) if row.released_at is not None]


def _assignment(assignment: Assignment) -> gradebook_files.Assignment:
    cells = (
        gradebook_files.GradedCell(question.notebook, question.grade_id, question.max_points)
        for question in assignment.questions
    )
    return gradebook_files.Assignment(assignment.name, assignment.due_at, tuple(cells))


def _student(enrolment: Enrolment) -> gradebook_files.Student:
    """A name is split where it has a space, the last word being the family's; else it stays whole."""
    first, _space, last = enrolment.user.name.rpartition(" ")
    return gradebook_files.Student(
        id=enrolment.user.username,
        first_name=first or None,
        last_name=last,
        email=enrolment.user.email,
        number=enrolment.student_number,
    )


def _submission(grade: Grade, student: str) -> gradebook_files.Submission:
    return gradebook_files.Submission(
        assignment=grade.submission.assignment.name,
        student=student,
        submitted_at=grade.submission.received_at,
        grades=tuple(
            gradebook_files.CellGrade(
                notebook=question.question.notebook,
                name=question.question.grade_id,
                auto=question.score,
                manual=question.mark,
                needs_manual=question.points is None,
                comment=question.comment,
            )
            for question in grade.questions
        ),
    )
