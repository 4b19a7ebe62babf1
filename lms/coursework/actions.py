"""Publishing assignments, handing in, and running the grader.

`submit` stores the bytes first (durably), then the row and its grading job in one transaction:
when the receipt goes out, nothing of the submission can be lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from lms import audit, queue, storage
from lms.accounts.models import User
from lms.cohorts.models import CohortState, Enrolment, Offering
from lms.coursework import queries
from lms.coursework.forms import checked_paths
from lms.coursework.models import (
    Assignment,
    Feedback,
    Question,
    QuestionKind,
    Regrade,
    Run,
    Score,
    Submission,
    Via,
)
from lms.curricula.models import CourseAssignment
from lms.db import db, utcnow
from lms.errors import DomainError, NotFound
from lms.storage import Manifest

if TYPE_CHECKING:
    import grading

LATER = -10  # the priority of a regrade's runs: what is handed in goes before them


class AlreadyPublished(DomainError):
    def __init__(self) -> None:
        super().__init__(_("This assignment is published already."))


class NotReleased(NotFound):
    def __init__(self) -> None:
        super().__init__(_("This assignment is not released yet."))


class CohortClosed(DomainError):
    def __init__(self) -> None:
        super().__init__(_("This cohort is closed: nothing can be submitted any more."))


class MissingNotebook(DomainError):
    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            _(
                "The submission lacks %(names)s. Submit the assignment's notebook under its own name.",
                names=", ".join(f"{name}.ipynb" for name in names),
            )
        )


class KeyReused(DomainError):
    def __init__(self) -> None:
        super().__init__(
            _("This form was used for another submission. Reload the page and try again.")
        )


class NoFiles(DomainError):
    def __init__(self) -> None:
        super().__init__(
            _("Its points were imported without its files: there is nothing to grade.")
        )


def publish_assignment(
    offering: Offering, authored: CourseAssignment, *, due_at: datetime | None, by: User | None
) -> Assignment:
    """Give a course's assignment to a cohort. nbgrader makes the release version in the background.

    Raises:
        AlreadyPublished: the cohort has it.
    """
    existing = queries.assignment_by_name(offering, authored.slug)
    if existing is not None and existing.error is None:
        raise AlreadyPublished
    assignment = existing or Assignment(offering=offering, name=authored.slug)
    assignment.title, assignment.summary = authored.title, authored.summary
    assignment.source_files, assignment.rules = authored.files, authored.rules
    assignment.due_at, assignment.error = due_at, None
    db.session.add(assignment)
    audit.record("assignment-published", assignment, by=by, name=authored.slug)
    queue.enqueue("coursework.prepare_release", priority=10, assignment_id=assignment.id)
    return assignment


def change_due_date(assignment: Assignment, *, due_at: datetime | None, by: User) -> None:
    audit.record(
        "due-date-changed",
        assignment,
        by=by,
        before=assignment.due_at.isoformat() if assignment.due_at else None,
        after=due_at.isoformat() if due_at else None,
    )
    assignment.due_at = due_at


def store_release(assignment: Assignment, release: grading.Release) -> None:
    """Keep what nbgrader made; from now on trainees see the assignment."""
    assignment.release_files = storage.put_all(release.files)
    assignment.questions = [
        Question(
            notebook=question.notebook,
            grade_id=question.grade_id,
            kind=QuestionKind(question.kind),
            max_points=question.max_points,
            position=question.position,
        )
        for question in release.questions
    ]
    assignment.released_at = utcnow()


def submit(
    assignment: Assignment,
    enrolment: Enrolment,
    files: Sequence[tuple[str, bytes]],
    *,
    via: Via,
    key: UUID,
    by: User,
) -> tuple[Submission, bool]:
    """Hand in (path, content) pairs. Returns the submission and whether it is new.

    Raises:
        NotReleased, CohortClosed, MissingNotebook, KeyReused; Invalid: a file name is unusable.
    """
    if assignment.released_at is None:
        raise NotReleased
    if assignment.offering.cohort.state is CohortState.CLOSED:
        raise CohortClosed
    paths = checked_paths(path for path, _content in files)
    if missing := [name for name in assignment.notebooks if f"{name}.ipynb" not in paths]:
        raise MissingNotebook(missing)
    manifest = storage.put_all(files)
    row = {
        "assignment_id": assignment.id,
        "enrolment_id": enrolment.id,
        "via": via,
        "idempotency_key": key,
        "files": manifest,
        "digest": storage.digest(manifest),
    }
    # Two requests with one key race here: the unique constraint lets one of them make the row.
    made = db.session.scalar(
        insert(Submission).values(row).on_conflict_do_nothing().returning(Submission.id)
    )
    if made is None:
        existing = queries.submission_by_key(enrolment, key)
        if (
            existing is None
            or existing.digest != row["digest"]
            or existing.assignment_id != assignment.id
        ):
            raise KeyReused
        return existing, False
    submission = db.session.get_one(Submission, made)
    audit.record("submitted", submission, by=by, digest=submission.digest, via=via.value)
    request_run(submission)
    regrade = queries.open_regrade(assignment)
    if regrade is not None and regrade.prepared_at is not None:
        request_run(submission, regrade=regrade)
    return submission, True


def keep_still(assignment: Assignment) -> None:
    """Until this transaction ends nothing is handed in and no run starts; what is under way in
    other transactions is waited for. Reads the assignment again."""
    db.session.refresh(assignment, with_for_update=True)


def request_run(
    submission: Submission, *, regrade: Regrade | None = None, fresh: bool = False
) -> Run:
    """A new run of the grader, enqueued in this transaction. A regrade's does not count yet; a
    fresh one takes nothing from the cache."""
    run = Run(submission=submission, regrade=regrade, counts=regrade is None)
    db.session.add(run)
    db.session.flush()
    options: dict[str, Any] = {"fresh": True} if fresh else {}
    queue.enqueue("coursework.grade", priority=priority_of(run), run_id=run.id, **options)
    return run


def priority_of(run: Run) -> int:
    return LATER if run.regrade_id else 0


def run_again(submission: Submission, *, by: User) -> Run:
    """Grade a submission once more; a run that has not finished is not doubled.

    Raises:
        NoFiles: its grades came in without the work.
    """
    if not submission.files:
        raise NoFiles
    latest = queries.latest_runs([submission.id]).get(submission.id)
    if latest is not None and not latest.is_finished:
        return latest
    run = request_run(submission, fresh=True)
    audit.record("run-requested", run, by=by, submission=submission.id)
    return run


def start_run(run: Run) -> int | None:
    """Take a run: the number of this try, or None when there is nothing left to do.

    The assignment that is read after this in the same transaction is the one the run counts for:
    a regrade that is being applied is waited for, and one applied later finds the run started.
    """
    db.session.execute(
        select(Assignment.id)
        .join(Submission, Submission.assignment_id == Assignment.id)
        .where(Submission.id == run.submission_id)
        .with_for_update(read=True, key_share=True, of=Assignment)
    )
    db.session.refresh(run, with_for_update=True)
    if run.is_finished:
        return None
    run.attempts += 1
    run.started_at = utcnow()
    db.session.flush()
    return run.attempts


def finish_run(run: Run, attempt: int, result: grading.Result) -> bool:
    """Store what the grader found, unless a later try has taken over."""
    finished = _finish(
        run,
        attempt,
        error=result.error,
        notices="\n".join(f"{book.name}: {book.error}" for book in result.notebooks if book.error)
        or None,
        events=_events(run, result),
        cached=sum(book.cached for book in result.notebooks),
        executed_files=storage.put_all(result.executed.items()),
    )
    if finished and result.executed:
        queue.enqueue("coursework.make_pages", priority=priority_of(run) - 1, run_id=run.id)
    if finished and result.error is None:
        questions = {
            (question.notebook, question.grade_id): question.id
            for question in queries.every_question(run.submission.assignment)
        }
        db.session.add_all(
            Score(
                run_id=run.id,
                question_id=questions[score.notebook, score.grade_id],
                points=score.points,
            )
            for score in result.scores
        )
    return finished


def _events(run: Run, result: grading.Result) -> list[dict[str, Any]]:
    """What people should know. Nobody is suspected for the marks of a cell that a regrade changed:
    their notebook was given out with the former ones."""
    wanted = {(row["notebook"], row["grade_id"]): row for row in _questions_tried(run)}
    changed = {
        key
        for question in queries.every_question(run.submission.assignment)
        if (key := (question.notebook, question.grade_id))
        and (question.changed_at or (key in wanted and not question.is_as(wanted[key])))
    }
    return [
        asdict(event)
        for event in result.events
        if event.kind != "tampering" or (event.notebook, event.grade_id) not in changed
    ]


def _questions_tried(run: Run) -> list[dict[str, Any]]:
    return (run.regrade.questions or []) if run.regrade else []


def fail_run(run: Run, attempt: int, reason: str) -> bool:
    return _finish(run, attempt, error=reason)


def _finish(run: Run, attempt: int, **values: object) -> bool:
    taken = db.session.execute(
        update(Run)
        .where(Run.id == run.id, Run.attempts == attempt, Run.finished_at.is_(None))
        .values(finished_at=utcnow(), **values)
        .returning(Run.id)
    )
    return taken.first() is not None


def store_feedback(run: Run, pages: Manifest) -> Feedback:
    feedback = Feedback(submission_id=run.submission_id, run_id=run.id, pages=pages)
    db.session.add(feedback)
    return feedback
