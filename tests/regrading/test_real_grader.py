"""With the real grader: a wrong test is corrected, and exactly what it cost comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from lms import storage
from lms.cohorts.actions import enrol
from lms.coursework import tasks
from lms.coursework.actions import publish_assignment, submit
from lms.coursework.models import Assignment, Run, Submission, Via
from lms.coursework.queries import feedback
from lms.db import db
from lms.gradebook.actions import mark, release_grades
from lms.gradebook.models import Mark
from lms.gradebook.queries import grade_of
from lms.regrading import actions, queries
from lms.storage import Manifest

pytestmark = pytest.mark.slow


def notebook(add: str, test: str, share: str, answer: str) -> bytes:
    """One function with a test worth 3, a name with a test worth 2, an answer in words worth 5."""
    flags = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}

    def cell(grade_id: str, source: str, kind: str = "code", **marks: Any) -> dict[str, Any]:
        outputs = {"outputs": [], "execution_count": None} if kind == "code" else {}
        labels = {"nbgrader": flags | {"grade_id": grade_id} | marks}
        return {"cell_type": kind, "id": grade_id, "metadata": labels, "source": source} | outputs

    test_of = {"grade": True, "locked": True}
    cells = [
        cell("add", add, solution=True),
        cell("test-add", test, points=3, **test_of),
        cell("share", share, solution=True),
        cell("test-share", "assert share == 2", points=2, **test_of),
        cell("why", answer, "markdown", grade=True, solution=True, points=5),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel}
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    ).encode()


def source(test: str) -> bytes:
    marked = "### BEGIN SOLUTION\n{}\n### END SOLUTION".format
    return notebook(marked("def add(a, b): return a + b"), test, marked("share = 2"), "Because.")


WRONG, RIGHT = "assert add(1, 2) == 4", "assert add(1, 2) == 3"
SUM, DIFFERENCE = "def add(a, b): return a + b", "def add(a, b): return a - b"


@pytest.fixture
def handed_in(academy: SimpleNamespace) -> Callable[..., Submission]:
    def _handed_in(assignment: Assignment, name: str, add: str) -> Submission:
        person = getattr(academy, name)
        enrolment = next((row for row in academy.enrolments if row.user is person), None)
        if enrolment is None or enrolment.cohort_id != assignment.offering.cohort_id:
            enrolment = enrol(
                assignment.offering.cohort, person, student_number=name, by=academy.ada
            )
            db.session.flush()
        files = [("ps2.ipynb", notebook(add, WRONG, "share = 2", "It adds."))]
        submission, _new = submit(
            assignment, enrolment, files, via=Via.PAGE, key=uuid4(), by=person
        )
        db.session.commit()
        return submission

    return _handed_in


def run_all(submission: Submission) -> None:
    for run in db.session.scalars(select(Run).filter_by(submission_id=submission.id)):
        tasks.grade(run.id)
        db.session.commit()


def test_a_corrected_test_gives_back_what_it_cost(
    academy: SimpleNamespace, handed_in: Callable[..., Submission], as_: Callable[..., Any]
) -> None:
    authored = academy.course.assignments[1]
    authored.files = stored(WRONG)
    assignment = publish_assignment(academy.offerings[0], authored, due_at=None, by=academy.ines)
    tasks.prepare_release(assignment.id)
    db.session.commit()
    right, wrong = handed_in(assignment, "lena", SUM), handed_in(assignment, "stan", DIFFERENCE)
    marked = handed_in(assignment, "omar", SUM)
    for submission in (right, wrong, marked):
        run_all(submission)
    questions = {question.grade_id: question for question in assignment.questions}
    for submission in (right, wrong, marked):
        mark(submission, questions["why"], points=4, comment="clear", by=academy.ines)
    mark(marked, questions["test-add"], points=2.5, comment="the test is wrong", by=academy.ines)
    release_grades(assignment, by=academy.ines)
    db.session.commit()
    assert [grade_of(row).points for row in (right, wrong, marked)] == [6, 6, 8.5]
    marks = db.session.execute(select(Mark.__table__)).all()

    authored.files = stored(RIGHT)
    regrade = actions.request_regrade(assignment, files=authored.files, rules=[], by=academy.ines)
    tasks.prepare_regrade(regrade.id)
    db.session.commit()
    for submission in (right, wrong, marked):
        run_all(submission)
    found = queries.preview(regrade)
    assert not found.changes and not found.failed and found.can_be_applied
    assert [(row.submission, row.before, row.after) for row in found.changed] == [(right, 6, 9)]
    assert [(d.title, d.before, d.after) for d in found.changed[0].differences] == [
        ("test-add", 0, 3)
    ]
    assert [grade_of(row).points for row in (right, wrong, marked)] == [6, 6, 8.5]

    assert actions.apply(regrade, by=academy.ines) == 1
    db.session.commit()
    assert [grade_of(row).points for row in (right, wrong, marked)] == [9, 6, 8.5]
    assert db.session.execute(select(Mark.__table__)).all() == marks
    offering = academy.offerings[0].id
    assert "9" in as_(academy.lena).get(f"/gradebook/courses/{offering}").text
    tasks.make_feedback(grade_of(right).scored_by, {"ps2": []})
    db.session.commit()
    assert feedback([right.id])[right.id].run_id == grade_of(right).scored_by

    late = handed_in(assignment, "lena", SUM + "  # once more")
    run_all(late)
    assert [entry.score for entry in grade_of(late).questions] == [3, 2, None]


def stored(test: str) -> Manifest:
    return storage.put_all([("ps2.ipynb", source(test))])
