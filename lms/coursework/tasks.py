"""The background jobs of coursework: the worker's edge, where files go to `grading` and come back.

Long work runs outside any transaction; a job that is run twice leaves the same rows. Where the
grader itself failed the queue tries again, and gives up after a while.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from flask import current_app
from sqlalchemy import update

import grading
from lms import storage
from lms.coursework import actions, queries
from lms.coursework.cache import ResultCache
from lms.coursework.models import Assignment, Regrade, Run
from lms.db import db
from lms.gradebook import actions as gradebook
from lms.queue import NotNow, given_up, task
from lms.regrading import actions as regrading
from lms.storage import Manifest


class CannotWork(Exception):
    """A worker on this machine must not start. The text is one sentence that says what to do."""


def check_grader() -> None:
    """Raises CannotWork where trainees' notebooks cannot be isolated."""
    try:
        grading.check_sandbox(current_app.config["GRADING_KERNELS"])
    except (grading.SandboxUnavailable, grading.UnusableInput) as error:
        raise CannotWork(str(error)) from error


@task
def prepare_release(assignment_id: int) -> None:
    """Let nbgrader make the release version of an assignment."""
    assignment = db.session.get_one(Assignment, assignment_id)
    if assignment.released_at is not None:
        return
    source_files, name = assignment.source_files, assignment.name
    db.session.commit()
    try:
        release = _release(source_files, name=name)
    except grading.UnusableInput as error:
        assignment.error = str(error)
        return
    actions.store_release(assignment, release)


@given_up(prepare_release)
def give_release_up(assignment_id: int, *, reason: str) -> None:
    """The instructor reads the reason and may publish again."""
    assignment = db.session.get_one(Assignment, assignment_id)
    if assignment.released_at is None:
        assignment.error = reason


@task
def prepare_regrade(regrade_id: int) -> None:
    """Let nbgrader make the release version of a regrade, and enqueue its runs."""
    regrade = db.session.get_one(Regrade, regrade_id)
    source_files, name = regrade.source_files, regrade.assignment.name
    db.session.commit()
    try:
        release = _release(source_files, name=name)
    except grading.UnusableInput as error:
        regrading.fail(regrade, str(error))
        return
    regrading.begin(regrade, release)


@given_up(prepare_regrade)
def give_regrade_up(regrade_id: int, *, reason: str) -> None:
    regrading.fail(db.session.get_one(Regrade, regrade_id), reason)


def _release(source_files: Manifest, *, name: str) -> grading.Release:
    with TemporaryDirectory(prefix="release-") as folder:
        source, into = Path(folder, "source"), Path(folder, "release")
        storage.write_into(source, source_files)
        return grading.release(source, into, name=name)


@task
def grade(run_id: int, fresh: bool = False) -> None:
    """Run the grader on a submission and store its scores; `fresh`: whatever was found before."""
    run = queries.run(run_id)
    if run is None:
        return
    attempt = actions.start_run(run)
    submission = run.submission
    name = submission.assignment.name
    version = run.regrade or submission.assignment
    manifests = version.source_files, submission.files
    rules = grading.Rules(**dict.fromkeys(version.rules, True))
    cache = ResultCache(reads=not fresh)
    db.session.commit()
    if attempt is None:
        return
    with TemporaryDirectory(prefix="grade-") as folder:
        source, handed_in = Path(folder, "source"), Path(folder, "submission")
        storage.write_into(source, manifests[0])
        storage.write_into(handed_in, manifests[1])
        try:
            result = grading.autograde(
                source,
                handed_in,
                name=name,
                rules=rules,
                kernels=current_app.config["GRADING_KERNELS"],
                cache=cache,
            )
        except grading.UnusableInput as error:
            actions.fail_run(run, attempt, str(error))
            return
        except grading.SandboxUnavailable as error:
            raise NotNow(str(error)) from error
    if actions.finish_run(run, attempt, result):
        gradebook.renew_feedback([submission])


@given_up(grade)
def give_grading_up(run_id: int, *, reason: str, fresh: bool = False) -> None:
    """The run fails, so that the instructor sees why; what a try still under way finds is too late."""
    run = queries.run(run_id)
    if run is not None:
        actions.fail_run(run, run.attempts, reason)


@task
def make_pages(run_id: int) -> None:
    """Render the notebooks as they ran, for the instructor's eyes: hidden tests stay in.

    A job of its own, because points need not wait for it: rendering takes longer than grading.
    """
    run = db.session.get_one(Run, run_id)
    files, owner = run.executed_files or [], run.id
    db.session.commit()
    pages = _pages({file.path: storage.get(file.sha256) for file in files}, hidden="show")
    db.session.execute(update(Run).where(Run.id == owner).values(pages=pages))


@task
def make_feedback(run_id: int, marks: dict[str, list[dict[str, Any]]]) -> None:
    """Render the pages a trainee gets back; `marks` are the cells' points and comments by notebook."""
    run = db.session.get_one(Run, run_id)
    submission = run.submission
    files = run.executed_files or submission.files
    notebooks = {f.path: storage.get(f.sha256) for f in files if f.path.endswith(".ipynb")}
    actions.store_feedback(
        run,
        _pages(notebooks, feedback=marks, lang=submission.enrolment.user.locale, hidden="hide"),
    )


def _pages(
    notebooks: dict[str, bytes],
    *,
    hidden: Literal["show", "hide"],
    feedback: dict[str, list[dict[str, Any]]] | None = None,
    lang: str = "ko",
) -> Manifest:
    """Each notebook as safe HTML, under the notebook's path with the ending .html."""
    pages = []
    for path, content in notebooks.items():
        name = path.removesuffix(".ipynb")
        if name != path:
            cells = [grading.CellFeedback(**cell) for cell in (feedback or {}).get(name, [])]
            page = grading.render_notebook(
                content, feedback=cells, lang="en" if lang == "en" else "ko", hidden=hidden
            )
            pages.append((f"{name}.html", page.encode()))
    return storage.put_all(pages)
