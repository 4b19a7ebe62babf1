"""Regrading an assignment: ask for it, let it begin, then apply or discard it.

Nobody's grade changes before `apply`, which is one transaction: files, questions, rules and the
runs that count change together, while nothing is handed in and no run starts. People's marks are
never touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select, update

from lms import audit, queue, storage
from lms.accounts.models import User
from lms.coursework.actions import NotReleased, keep_still, request_run
from lms.coursework.models import Assignment, Question, QuestionKind, Regrade, Run, Submission
from lms.coursework.queries import every_question, latest_submissions, open_regrade
from lms.curricula.notebooks import check_notebook
from lms.db import db, utcnow
from lms.errors import DomainError, Invalid
from lms.gradebook.actions import renew_feedback
from lms.regrading import queries
from lms.storage import Manifest

if TYPE_CHECKING:
    import grading

REPLACED = "a regrade with other files or rules took the place of this run"
DISCARDED = "the regrade was discarded"


class NothingChanges(Invalid):
    def __init__(self) -> None:
        super().__init__(
            _("Nothing would change: take the course's files, upload a file or choose other rules.")
        )


class UnknownFile(Invalid):
    def __init__(self, path: str) -> None:
        super().__init__(
            _(
                "The assignment has no file “%(path)s”. Give a fixed file the name of the one it replaces.",
                path=path[:80],
            )
        )


class UnusableNotebook(Invalid):
    """The finding is in English: it is what authors read when they publish a course."""

    def __init__(self, path: str, line: int, finding: str) -> None:
        super().__init__(f"{path}:{line}: {finding}")


class RegradeIsOpen(DomainError):
    def __init__(self) -> None:
        super().__init__(_("A regrade of this assignment is open: apply or discard it first."))


class RegradeIsOver(DomainError):
    def __init__(self) -> None:
        super().__init__(_("This regrade is not open any more."))


class StillRunning(DomainError):
    def __init__(self) -> None:
        super().__init__(_("The grader is not done with every submission yet. Wait a moment."))


class PointsOfPeople(DomainError):
    def __init__(self, questions: Sequence[str]) -> None:
        super().__init__(
            _(
                "Points that people gave would be lost: %(questions)s. Leave these questions and their full marks as they are.",
                questions=", ".join(questions),
            )
        )


def replaced(files: Manifest, uploads: Sequence[tuple[str, bytes]]) -> Manifest:
    """The files with the uploaded (path, content) pairs in the place of those of the same name.

    Raises:
        UnknownFile, UnusableNotebook
    """
    known = {file.path: file for file in files}
    for path, content in uploads:
        if path not in known:
            raise UnknownFile(path)
        for finding in check_notebook(content)[1] if path.endswith(".ipynb") else []:
            raise UnusableNotebook(path, finding.line, finding.message)
    return sorted((known | {file.path: file for file in storage.put_all(uploads)}).values())


def request_regrade(
    assignment: Assignment, *, files: Manifest, rules: list[str], by: User
) -> Regrade:
    """Open a regrade. nbgrader makes the release version in the background, then it begins.

    Raises:
        NotReleased, RegradeIsOpen, NothingChanges
    """
    keep_still(assignment)
    if assignment.released_at is None:
        raise NotReleased
    if open_regrade(assignment) is not None:
        raise RegradeIsOpen
    changed = queries.changed_files(assignment.source_files, files)
    if not changed and rules == assignment.rules:
        raise NothingChanges
    regrade = Regrade(assignment=assignment, by_id=by.id, source_files=files, rules=rules)
    db.session.add(regrade)
    audit.record("regrade-requested", regrade, by=by, files=changed, rules=rules)
    queue.enqueue("coursework.prepare_regrade", priority=10, regrade_id=regrade.id)
    return regrade


def begin(regrade: Regrade, release: grading.Release) -> None:
    """Keep what nbgrader made and let the grader run everything that counts: the latest submission
    of everybody, and whatever result is released."""
    assignment = regrade.assignment
    keep_still(assignment)
    db.session.refresh(regrade)
    if not regrade.is_open or regrade.prepared_at is not None:
        return
    regrade.release_files = storage.put_all(release.files)
    regrade.questions = [_said(question) for question in release.questions]
    _add_questions(assignment, regrade.questions)
    regrade.prepared_at = utcnow()
    counting = {*latest_submissions([assignment.id]), *queries.released_submissions(assignment)}
    for submission in sorted(counting, key=lambda row: row.id):
        if submission.files:  # else its points came from elsewhere: there is nothing to run
            request_run(submission, regrade=regrade)


def _said(question: grading.Question | Question) -> dict[str, Any]:
    names = ("notebook", "grade_id", "kind", "max_points", "position")
    return {name: getattr(question, name) for name in names}


def _add_questions(assignment: Assignment, wanted: list[dict[str, Any]]) -> None:
    """Rows for the scores of questions that the assignment does not have, not in force yet."""
    known = {(row.notebook, row.grade_id) for row in every_question(assignment)}
    db.session.add_all(
        Question(
            assignment_id=assignment.id,
            in_force=False,
            **(row | {"kind": QuestionKind(row["kind"])}),
        )
        for row in wanted
        if (row["notebook"], row["grade_id"]) not in known
    )


def fail(regrade: Regrade, reason: str) -> None:
    """nbgrader made no release version: the regrade ends here, nothing has changed."""
    db.session.refresh(regrade, with_for_update=True)
    if regrade.is_open:
        regrade.error, regrade.discarded_at = reason, utcnow()


def discard(regrade: Regrade, *, by: User) -> None:
    """Drop a regrade: nothing has changed.

    Raises:
        RegradeIsOver
    """
    keep_still(regrade.assignment)
    db.session.refresh(regrade)
    if not regrade.is_open:
        raise RegradeIsOver
    regrade.discarded_at = utcnow()
    _end(Run.regrade_id == regrade.id, reason=DISCARDED)
    audit.record("regrade-discarded", regrade, by=by)


def apply(regrade: Regrade, *, by: User) -> int:
    """Make the regrade's files, questions, rules and runs those of the assignment; returns how many
    results changed. A run that failed leaves the result as it was. What the regrade has not reached
    is graded with the new files.

    Raises:
        RegradeIsOver, StillRunning, PointsOfPeople
    """
    assignment = regrade.assignment
    keep_still(assignment)
    db.session.refresh(regrade)
    if not regrade.is_open:
        raise RegradeIsOver
    if regrade.prepared_at is None or queries.waited_for(regrade):
        raise StillRunning
    found = queries.preview(regrade)
    if found.refused:
        raise PointsOfPeople([change.question.grade_id for change in found.refused])
    changed = [row.submission.id for row in found.changed]
    assignment.source_files, assignment.release_files = regrade.source_files, regrade.release_files
    assignment.rules = regrade.rules
    regrade.replaced_questions = [_said(question) for question in assignment.questions]
    _put_questions_in_force(regrade)
    _let_runs_count(regrade)
    regrade.applied_at = utcnow()
    audit.record("regrade-applied", regrade, by=by, submissions=changed)
    db.session.flush()
    db.session.expire_all()
    renew_feedback([row.submission for row in found.rows if row.is_done])
    return len(changed)


def _put_questions_in_force(regrade: Regrade) -> None:
    wanted = {(row["notebook"], row["grade_id"]): row for row in regrade.questions or []}
    for question in every_question(regrade.assignment):
        row = wanted.get((question.notebook, question.grade_id))
        question.in_force = row is not None
        if row is not None:
            if not question.is_as(row):
                question.changed_at = utcnow()
            question.kind = QuestionKind(row["kind"])
            question.max_points, question.position = row["max_points"], row["position"]


def _let_runs_count(regrade: Regrade) -> None:
    """The regrade's runs replace all others of their submissions; one that failed replaces none.

    A run with the former files that has not ended will never count. Where no run of the regrade
    takes its place, the submission is enqueued anew.
    """
    replacing = (Run.regrade_id == regrade.id) & Run.error.is_(None)
    reached = set(db.session.scalars(select(Run.submission_id).where(replacing)))
    others = Run.regrade_id.is_distinct_from(regrade.id)
    ours = select(Submission.id).where(Submission.assignment_id == regrade.assignment_id)
    cut_off = _end(others & Run.submission_id.in_(ours), reason=REPLACED)
    _update(others & Run.submission_id.in_(reached), counts=False)
    _update(replacing, counts=True)
    for submission_id in sorted(cut_off - reached):
        request_run(db.session.get_one(Submission, submission_id))


def _end(which: ColumnElement[bool], *, reason: str) -> set[int]:
    """End runs that have not ended, so that no worker takes or finishes them; their submissions."""
    return _update(
        Run.finished_at.is_(None) & which, finished_at=utcnow(), error=reason, counts=False
    )


def _update(which: ColumnElement[bool], **values: object) -> set[int]:
    """Change runs; the submissions they are of. Rows in this session are read again."""
    changed = set(
        db.session.scalars(
            update(Run)
            .where(which)
            .values(**values)
            .returning(Run.submission_id)
            .execution_options(synchronize_session=False)
        )
    )
    db.session.expire_all()
    return changed
