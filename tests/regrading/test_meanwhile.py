"""With real transactions: while a regrade is applied nothing is handed in and no run starts, and
what is under way is waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

import grading
from lms import storage
from lms.accounts.actions import add_person
from lms.cohorts.actions import enrol, offer_course, plan_cohort
from lms.cohorts.models import Enrolment
from lms.coursework.actions import finish_run, request_run, start_run, submit
from lms.coursework.models import Assignment, Question, QuestionKind, Regrade, Run, Submission, Via
from lms.coursework.queries import latest_runs
from lms.curricula.models import Course
from lms.db import Bilingual, db, utcnow
from lms.gradebook.queries import grade_of
from lms.regrading import actions

TITLE = Bilingual("과제", "Assignment")
SOON, LONG = 0.3, 20.0
QUESTION = grading.Question("ps1", "q1", 6.0, "autograded", 1)


@pytest.fixture
def course(own_app: Flask) -> Iterator[SimpleNamespace]:
    """One trainee, whose submission is graded and of whose assignment a regrade is ready."""
    with own_app.app_context():
        boss = add_person(
            username="boss", name="Boss", email="boss@academy.example", locale="en", by=None
        )
        db.session.flush()
        today = utcnow().date()
        cohort = plan_cohort(
            number=1, starts_on=date(2026, 1, 5), ends_on=today + timedelta(90), seats=9, by=boss
        )
        course = Course(slug="c", title=TITLE, summary=TITLE, hours=1)
        db.session.add(course)
        db.session.flush()
        cohort.open()
        offering = offer_course(
            cohort, course, starts_on=cohort.starts_on, ends_on=cohort.ends_on, by=boss
        )
        enrolment = enrol(cohort, boss, student_number="1", by=boss)
        files = storage.put_all([("ps1.ipynb", b"old")])
        assignment = Assignment(
            offering=offering, name="ps1", title=TITLE, summary=TITLE,
            source_files=files, release_files=files, released_at=utcnow(),
        )  # fmt: skip
        assignment.questions = [
            Question(notebook="ps1", grade_id="q1", kind=QuestionKind.AUTOGRADED, max_points=6, position=1)
        ]  # fmt: skip
        db.session.add(assignment)
        db.session.flush()
        first = _submit(assignment, enrolment)
        _finish(first.runs[0], 1)
        new = storage.put_all([("ps1.ipynb", b"new")])
        regrade = actions.request_regrade(assignment, files=new, rules=[], by=boss)
        actions.begin(regrade, grading.Release((("ps1.ipynb", b"new"),), (QUESTION,)))
        db.session.flush()
        _finish(db.session.query(Run).filter_by(regrade_id=regrade.id).one(), 5)
        db.session.commit()
        ids = SimpleNamespace(
            assignment=assignment.id, enrolment=enrolment.id, first=first.id, regrade=regrade.id
        )
    yield ids


def _submit(assignment: Assignment, enrolment: Enrolment) -> Submission:
    files = [("ps1.ipynb", uuid4().bytes)]
    submission, _new = submit(
        assignment, enrolment, files, via=Via.LAB, key=uuid4(), by=enrolment.user
    )
    db.session.flush()
    return submission


def _finish(run: Run, points: float, attempt: int | None = None) -> bool:
    attempt = attempt or start_run(run)
    assert attempt
    result = grading.Result(
        scores=(grading.Score("ps1", "q1", points, 6.0),),
        executed={},
        notebooks=(grading.NotebookResult("ps1"),),
    )
    return finish_run(run, attempt, result)


@pytest.fixture
def apply(own_app: Flask, course: SimpleNamespace) -> Callable[[], threading.Thread]:
    """apply(): begins to apply the regrade in a thread of its own."""

    def work() -> None:
        with own_app.app_context():
            regrade = db.session.get_one(Regrade, course.regrade)
            actions.apply(regrade, by=regrade.by)
            db.session.commit()

    def _apply() -> threading.Thread:
        thread = threading.Thread(target=work)
        thread.start()
        return thread

    return _apply


def test_a_submission_under_way_is_waited_for(
    own_app: Flask, course: SimpleNamespace, apply: Callable[[], threading.Thread]
) -> None:
    with own_app.app_context():
        assignment = db.session.get_one(Assignment, course.assignment)
        arrived = _submit(assignment, db.session.get_one(Enrolment, course.enrolment))
        thread = apply()
        thread.join(SOON)
        assert thread.is_alive()
        db.session.commit()
        thread.join(LONG)
        assert not thread.is_alive()
        db.session.expire_all()
        run = latest_runs([arrived.id])[arrived.id]
        assert (run.regrade_id, run.is_finished) == (course.regrade, False)
        assert grade_of(db.session.get_one(Submission, course.first)).points == 5


def test_a_run_that_starts_meanwhile_has_the_files_it_counts_for(
    own_app: Flask, course: SimpleNamespace, apply: Callable[[], threading.Thread]
) -> None:
    with own_app.app_context():
        first = db.session.get_one(Submission, course.first)
        former = request_run(first)
        db.session.commit()
        attempt = start_run(former)  # and reads the assignment's files in this transaction
        assert storage.get(first.assignment.source_files[0].sha256) == b"old"
        thread = apply()
        thread.join(SOON)
        assert thread.is_alive()
        db.session.commit()  # the grader runs, outside of a transaction
        thread.join(LONG)
        assert not thread.is_alive()
        assert not _finish(db.session.get_one(Run, former.id), 0, attempt)
        assert grade_of(first).points == 5


def test_a_run_waits_while_a_regrade_is_applied(own_app: Flask, course: SimpleNamespace) -> None:
    seen: list[Any] = []
    with own_app.app_context():
        assignment = db.session.get_one(Assignment, course.assignment)
        earlier = _submit(assignment, db.session.get_one(Enrolment, course.enrolment))
        run_id = earlier.runs[0].id
        db.session.commit()

        def worker() -> None:
            with own_app.app_context():
                run = db.session.get_one(Run, run_id)
                attempt = start_run(run)
                seen.append(
                    (attempt, storage.get(run.submission.assignment.source_files[0].sha256))
                )
                db.session.commit()

        regrade = db.session.get_one(Regrade, course.regrade)
        actions.apply(regrade, by=regrade.by)
        thread = threading.Thread(target=worker)
        thread.start()
        thread.join(SOON)
        assert thread.is_alive() and not seen
        db.session.commit()
        thread.join(LONG)
        # Its place was taken by the regrade's run, and whatever starts now reads the new files.
        assert seen == [(None, b"new")]
