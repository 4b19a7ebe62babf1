"""A regrade changes nothing until it is applied, then everything at once; people's marks stay."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, text

import grading
from lms import storage
from lms.coursework.actions import request_run, run_again, start_run, store_feedback
from lms.coursework.models import RegradeState, Run, RunState
from lms.coursework.queries import feedback, latest_runs
from lms.db import db
from lms.gradebook.actions import mark, release_grades
from lms.gradebook.models import Mark
from lms.gradebook.queries import WorkState, grade_of
from lms.regrading import actions, queries

Q1, Q2 = (
    grading.Question("ps1", "q1", 6.0, "autograded", 1),
    grading.Question("ps1", "q2", 4.0, "manual", 2),
)


def jobs(name: str) -> list[tuple[int, dict[str, Any]]]:
    rows = db.session.execute(
        text("SELECT priority, args FROM procrastinate_jobs WHERE task_name = :name ORDER BY id"),
        {"name": name},
    )
    return [(priority, args) for priority, args in rows]


class TestAsking:
    def test_something_must_change(self, academy: SimpleNamespace) -> None:
        assignment = academy.assignments[0]
        with pytest.raises(actions.NothingChanges):
            actions.request_regrade(
                assignment, files=assignment.source_files, rules=[], by=academy.ines
            )

    def test_one_regrade_is_open_at_a_time(
        self, academy: SimpleNamespace, opened: Callable[..., Any]
    ) -> None:
        first = opened()
        with pytest.raises(actions.RegradeIsOpen):
            opened()
        actions.discard(first, by=academy.ines)
        assert opened().id != first.id

    def test_an_uploaded_file_takes_the_place_of_its_namesake(
        self, academy: SimpleNamespace
    ) -> None:
        files = storage.put_all([("data.csv", b"old"), ("ps1.ipynb", b"{}")])
        found = actions.replaced(files, [("data.csv", b"new")])
        assert [storage.get(file.sha256) for file in found] == [b"new", b"{}"]
        with pytest.raises(actions.UnknownFile, match=r"other\.csv"):
            actions.replaced(files, [("other.csv", b"new")])
        with pytest.raises(
            actions.UnusableNotebook, match=r"ps1\.ipynb:1: the notebook is not JSON"
        ):
            actions.replaced(files, [("ps1.ipynb", b"no notebook")])

    def test_what_nbgrader_refuses_ends_the_regrade(self, academy: SimpleNamespace) -> None:
        assignment = academy.assignments[0]
        regrade = actions.request_regrade(
            assignment, files=assignment.source_files, rules=["points_kept"], by=academy.ines
        )
        actions.fail(regrade, "no graded cell")
        assert regrade.state is RegradeState.FAILED and not regrade.is_open


class TestTrying:
    def test_what_counts_is_run_after_what_is_handed_in(
        self, graded: Callable[..., Any], academy: SimpleNamespace, opened: Callable[..., Any],
        runs_of: Callable[..., list[Run]],
    ) -> None:  # fmt: skip
        released = graded(q1=1, q2=1)
        release_grades(released.assignment, by=academy.ines)
        graded(q1=2)  # neither released nor the latest
        latest = graded(q1=3)
        regrade = opened()
        assert [run.submission_id for run in runs_of(regrade)] == [released.id, latest.id]
        assert not any(run.counts for run in runs_of(regrade))
        mine = {run.id for run in runs_of(regrade)}
        assert {p for p, args in jobs("coursework.grade") if args["run_id"] in mine} == {-10}
        assert latest_runs([latest.id])[latest.id] is latest.runs[0]

    def test_it_begins_once(
        self, graded: Callable[..., Any], opened: Callable[..., Any],
        runs_of: Callable[..., list[Run]],
    ) -> None:  # fmt: skip
        graded(q1=3)
        regrade = opened()
        actions.begin(regrade, grading.Release((), (Q1, Q2)))
        assert len(runs_of(regrade)) == 1

    def test_the_preview_says_what_would_differ(
        self, graded: Callable[..., Any], academy: SimpleNamespace, opened: Callable[..., Any],
        ends: Callable[..., bool], runs_of: Callable[..., list[Run]],
    ) -> None:  # fmt: skip
        submission = graded(q1=2)
        mark(submission, submission.assignment.questions[1], points=3, comment="", by=academy.ines)
        regrade = opened()
        (run,) = runs_of(regrade)
        found = queries.preview(regrade)
        assert (found.finished, found.waited_for, found.can_be_applied) == (0, 1, False)
        assert ends(run, q1=5.5, q2=None, cached=True)
        (row,) = (found := queries.preview(regrade)).changed
        assert (row.before, row.after, row.more) == (5, 8.5, 3.5)
        assert [(d.title, d.before, d.after) for d in row.differences] == [("q1", 2, 5.5)]
        assert (found.cached, found.notebooks, found.can_be_applied) == (1, 1, True)

    def test_questions_come_go_and_change(
        self, graded: Callable[..., Any], opened: Callable[..., Any],
        ends: Callable[..., bool], runs_of: Callable[..., list[Run]],
    ) -> None:  # fmt: skip
        submission = graded(q1=2, q2=1)
        third = grading.Question("ps1", "q3", 5.0, "autograded", 2)
        regrade = opened((grading.Question("ps1", "q1", 3.0, "manual", 1), third))
        assert [question.grade_id for question in submission.assignment.questions] == ["q1", "q2"]
        changes = {row.question.grade_id: row for row in queries.question_changes(regrade)}
        assert {name: (row.before, row.after) for name, row in changes.items()} == {
            "q1": (6, 3), "q2": (4, None), "q3": (None, 5),
        }  # fmt: skip
        assert changes["q1"].becomes == "manual"
        assert ends(runs_of(regrade)[0], q1=2, q3=4)
        (row,) = queries.preview(regrade).rows
        assert (row.before, row.grade.max_points, row.after, row.after_max) == (3, 10, 6, 8)
        assert [d.title for d in row.differences] == ["q2", "q3"]

    @pytest.mark.parametrize(
        "questions", [(Q1,), (Q1, grading.Question("ps1", "q2", 2.0, "manual", 2))]
    )
    def test_points_of_people_are_not_lost(
        self, questions: tuple[grading.Question, ...], graded: Callable[..., Any],
        academy: SimpleNamespace, opened: Callable[..., Any], ends: Callable[..., bool],
        runs_of: Callable[..., list[Run]],
    ) -> None:  # fmt: skip
        submission = graded(q1=2)
        second = submission.assignment.questions[1]
        mark(submission, second, points=3, comment="", by=academy.ines)
        regrade = opened(questions)
        ends(runs_of(regrade)[0], **{question.grade_id: None for question in questions})
        assert [row.marked for row in queries.preview(regrade).refused] == [1]
        with pytest.raises(actions.PointsOfPeople, match="q2"):
            actions.apply(regrade, by=academy.ines)
        mark(submission, second, points=None, comment="taken back", by=academy.ines)
        actions.apply(regrade, by=academy.ines)

    def test_trainees_see_nothing_of_it(
        self, graded: Callable[..., Any], academy: SimpleNamespace, as_: Callable[..., Any],
        opened: Callable[..., Any], ends: Callable[..., bool], runs_of: Callable[..., list[Run]],
    ) -> None:  # fmt: skip
        submission = graded(q1=5.25, q2=1)
        release_grades(submission.assignment, by=academy.ines)
        db.session.commit()
        base = f"/coursework/assignments/{submission.assignment_id}"
        pages = [
            f"{base}/submissions/{submission.id}", f"{base}/attempts",
            f"/gradebook/courses/{academy.offerings[0].id}",
            f"/coursework/courses/{academy.offerings[0].id}",
        ]  # fmt: skip
        client = as_(academy.lena)

        def shown(page: str) -> str:
            return re.sub(r'(csrf_token" value=|X-CSRFToken": )"[^"]+"', "", client.get(page).text)

        before = [shown(page) for page in pages]
        assert "6.25" in before[0]
        regrade = opened((Q1, Q2, grading.Question("ps1", "q3", 5.0, "autograded", 3)))
        assert [shown(page) for page in pages] == before
        ends(runs_of(regrade)[0], q1=1, q2=1, q3=1)
        assert [shown(page) for page in pages] == before


class TestApplying:
    def test_everything_changes_at_once_and_marks_stay(
        self, graded: Callable[..., Any], academy: SimpleNamespace, opened: Callable[..., Any],
        ends: Callable[..., bool], runs_of: Callable[..., list[Run]],
    ) -> None:  # fmt: skip
        submission = graded(q1=2)
        assignment = submission.assignment
        mark(submission, assignment.questions[1], points=3, comment="", by=academy.ines)
        release_grades(assignment, by=academy.ines)
        store_feedback(submission.runs[0], storage.put_all([("ps1.html", b"2 points")]))
        marks = db.session.execute(select(Mark.__table__)).all()
        third = grading.Question("ps1", "q3", 5.0, "autograded", 3)
        regrade = opened((Q1, Q2, third))
        ends(runs_of(regrade)[0], q1=6, q2=None, q3=5)
        assert actions.apply(regrade, by=academy.ines) == 1
        db.session.commit()
        assert db.session.execute(select(Mark.__table__)).all() == marks
        assert assignment.rules == ["points_kept"]
        assert storage.get(assignment.release_files[0].sha256) == b'{"cells": [], "fixed": true}'
        assert [question.grade_id for question in assignment.questions] == ["q1", "q2", "q3"]
        grade = grade_of(submission)
        assert (grade.points, grade.max_points, grade.state) == (14, 15, WorkState.RELEASED)
        assert grade.run is runs_of(regrade)[0] and regrade.state is RegradeState.APPLIED
        # The page with the former points is not shown; one with the new points is being made.
        assert feedback([submission.id]) == {}
        _priority, wanted = jobs("coursework.make_feedback")[-1]
        assert wanted["run_id"] == grade.run.id
        assert [cell["points"] for cell in wanted["marks"]["ps1"]] == [6, 3, 5]
        with pytest.raises(actions.RegradeIsOver):
            actions.apply(regrade, by=academy.ines)

    def test_it_waits_for_what_was_handed_in_before(
        self, graded: Callable[..., Any], academy: SimpleNamespace, opened: Callable[..., Any]
    ) -> None:
        graded(q1=2)
        with pytest.raises(actions.StillRunning):
            actions.apply(opened(), by=academy.ines)

    def test_a_failed_run_leaves_the_result_as_it_was(
        self, graded: Callable[..., Any], academy: SimpleNamespace, opened: Callable[..., Any],
        ends: Callable[..., bool], runs_of: Callable[..., list[Run]],
    ) -> None:  # fmt: skip
        submission = graded(q1=2, q2=2)
        regrade = opened()
        ends(runs_of(regrade)[0], error="the time was over")
        assert [row.run.error for row in queries.preview(regrade).failed] == ["the time was over"]
        assert actions.apply(regrade, by=academy.ines) == 0
        assert grade_of(submission).points == 4

    def test_a_run_with_the_former_files_that_ends_later_does_not_count(
        self, graded: Callable[..., Any], academy: SimpleNamespace, opened: Callable[..., Any],
        ends: Callable[..., bool], runs_of: Callable[..., list[Run]],
    ) -> None:  # fmt: skip
        submission = graded(q1=2, q2=2)
        regrade = opened()
        former = request_run(submission)  # somebody asked for it again meanwhile
        attempt = start_run(former)
        db.session.commit()
        ends(runs_of(regrade)[0], q1=6, q2=2)
        actions.apply(regrade, by=academy.ines)
        db.session.commit()
        assert not ends(former, attempt=attempt, q1=0, q2=0)
        assert grade_of(submission).points == 8

    def test_an_earlier_attempt_under_way_is_run_again(
        self, hand_in: Callable[..., Any], academy: SimpleNamespace, opened: Callable[..., Any],
        ends: Callable[..., bool], runs_of: Callable[..., list[Run]],
    ) -> None:  # fmt: skip
        earlier, latest = hand_in(), hand_in(content=b"[]")
        attempt = start_run(earlier.runs[0])
        regrade = opened()
        assert [run.submission_id for run in runs_of(regrade)] == [latest.id]
        ends(runs_of(regrade)[0], q1=6, q2=None)
        actions.apply(regrade, by=academy.ines)
        db.session.commit()
        assert not ends(earlier.runs[0], attempt=attempt, q1=0, q2=0)
        again = latest_runs([earlier.id])[earlier.id]
        assert again.state is RunState.QUEUED and again.regrade_id is None
        assert jobs("coursework.grade")[-1] == (0, {"run_id": again.id})
        assert not ends(latest.runs[0], q1=0, q2=0)  # was never started: nothing is left to do
        assert grade_of(latest).points == 6

    def test_what_comes_in_before_it_is_applied_is_graded_with_the_new_files(
        self, graded: Callable[..., Any], hand_in: Callable[..., Any], academy: SimpleNamespace,
        opened: Callable[..., Any], ends: Callable[..., bool], runs_of: Callable[..., list[Run]],
    ) -> None:  # fmt: skip
        graded(q1=2, q2=2)
        regrade = opened()
        ends(runs_of(regrade)[0], q1=3, q2=2)
        regrade.prepared_at -= timedelta(hours=1)  # a test is one transaction: its clock stands
        arrived = hand_in(content=b"[]")
        ends(arrived.runs[0], q1=1, q2=1)
        assert grade_of(arrived).points == 2
        actions.apply(regrade, by=academy.ines)
        db.session.commit()
        run = latest_runs([arrived.id])[arrived.id]
        assert run.regrade_id == regrade.id and grade_of(arrived).state is WorkState.WAITING
        assert ends(run, q1=6, q2=4)
        assert grade_of(arrived).points == 10

    def test_a_released_result_is_never_without_points(
        self, graded: Callable[..., Any], hand_in: Callable[..., Any], academy: SimpleNamespace, opened: Callable[..., Any],
        ends: Callable[..., bool], runs_of: Callable[..., list[Run]],
    ) -> None:  # fmt: skip
        graded(q1=2, q2=2)
        regrade = opened()
        ends(runs_of(regrade)[0], q1=3, q2=2)
        regrade.prepared_at -= timedelta(hours=1)
        arrived = hand_in(content=b"[]")
        ends(arrived.runs[0], q1=1, q2=1)
        release_grades(arrived.assignment, by=academy.ines)
        db.session.commit()
        with pytest.raises(actions.StillRunning):
            actions.apply(regrade, by=academy.ines)
        ends(runs_of(regrade)[1], q1=4, q2=4)
        actions.apply(regrade, by=academy.ines)
        assert grade_of(arrived).points == 8
        run_again(arrived, by=academy.ines)
        assert grade_of(arrived).points == 8  # while the grader runs it again

    def test_discarded_is_as_if_it_had_never_been(
        self, graded: Callable[..., Any], academy: SimpleNamespace, opened: Callable[..., Any],
        ends: Callable[..., bool], runs_of: Callable[..., list[Run]],
    ) -> None:  # fmt: skip
        submission = graded(q1=2, q2=2)
        regrade = opened((Q1,))
        (run,) = runs_of(regrade)
        attempt = start_run(run)
        actions.discard(regrade, by=academy.ines)
        db.session.commit()
        assert not ends(run, attempt=attempt, q1=6)
        assert (grade_of(submission).points, grade_of(submission).max_points) == (4, 10)
        assert submission.assignment.rules == []
        with pytest.raises(actions.RegradeIsOver):
            actions.apply(regrade, by=academy.ines)
        assert len(graded(q1=1).runs) == 1
