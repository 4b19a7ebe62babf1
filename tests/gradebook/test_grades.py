"""Grades are derived: a person's mark stands before the machine's score; the unreleased is hidden."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from lms.db import db
from lms.gradebook.actions import NothingToRelease, PointsOutOfRange, mark, release_grades
from lms.gradebook.queries import WorkState, board, grade_of, gradebook_for, result_for


def test_marks_stand_beside_scores_not_over_them(
    graded: Callable[..., object], academy: SimpleNamespace
) -> None:
    submission = graded(q1=4)
    first, second = submission.assignment.questions
    assert grade_of(submission).state is WorkState.TO_MARK
    mark(submission, second, points=3, comment="좋아요", by=academy.ines)
    mark(submission, first, points=5.5, comment="", by=academy.ines)
    grade = grade_of(submission)
    assert (grade.points, grade.max_points, grade.state) == (8.5, 10, WorkState.GRADED)
    assert grade.questions[0].score == 4
    mark(submission, first, points=None, comment="as the machine says", by=academy.ines)
    assert grade_of(submission).questions[0].points == 4


@pytest.mark.parametrize("points", [-1, 4.01, float("nan"), float("inf")])
def test_points_out_of_range_are_refused(
    points: float, graded: Callable[..., object], academy: SimpleNamespace
) -> None:
    submission = graded(q1=4)
    question = submission.assignment.questions[1]
    with pytest.raises(PointsOutOfRange):
        mark(submission, question, points=points, comment="", by=academy.ines)


def test_trainees_see_a_result_only_once_released(
    graded: Callable[..., object], academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    submission = graded(q1=5.75)
    question = submission.assignment.questions[1]
    mark(submission, question, points=3, comment="SECRET-COMMENT", by=academy.ines)
    address = f"/coursework/assignments/{submission.assignment_id}/submissions/{submission.id}"
    assert result_for(academy.lena, submission) is None
    assert result_for(academy.ines, submission) is not None
    client = as_(academy.lena)
    hidden = (
        client.get(address).text + client.get(f"/gradebook/courses/{academy.offerings[0].id}").text
    )
    hidden += client.get(f"/coursework/assignments/{submission.assignment_id}").text
    assert "SECRET-COMMENT" not in hidden and "5.75" not in hidden and "8.75" not in hidden
    release_grades(submission.assignment, by=academy.ines)
    db.session.commit()
    shown = client.get(address).text
    assert "SECRET-COMMENT" in shown and "5.75" in shown and "8.75" in shown


def test_release_takes_only_what_is_finished_and_once(
    graded: Callable[..., object], academy: SimpleNamespace
) -> None:
    submission = graded(q1=6)
    assignment = submission.assignment
    with pytest.raises(NothingToRelease):
        release_grades(assignment, by=academy.ines)  # a question is to mark
    mark(submission, assignment.questions[1], points=0, comment="", by=academy.ines)
    assert len(release_grades(assignment, by=academy.ines)) == 1
    with pytest.raises(NothingToRelease):
        release_grades(assignment, by=academy.ines)


def test_the_latest_submission_counts(
    graded: Callable[..., object], academy: SimpleNamespace
) -> None:
    graded(q1=6, q2=4)
    latest = graded(q1=1, q2=4)
    (row,) = board(latest.assignment)
    assert row.submission is latest and row.grade.points == 5


def test_the_board_knows_every_state(
    graded: Callable[..., object], academy: SimpleNamespace
) -> None:
    assignment = academy.assignments[0]
    assert [row.state for row in board(assignment)] == [WorkState.NOT_STARTED]
    submission = graded(q1=6)
    assert [row.state for row in board(assignment)] == [WorkState.TO_MARK]
    submission.runs[-1].error = "kernel died"
    db.session.commit()
    assert [row.state for row in board(assignment)] == [WorkState.FAILED]


def test_a_trainee_sees_only_their_own_row(
    graded: Callable[..., object], academy: SimpleNamespace
) -> None:
    graded(q1=6, q2=4)
    offering = academy.offerings[0]
    everybody = gradebook_for(academy.ines, offering)
    own = gradebook_for(academy.lena, offering)
    assert [row.points for row in everybody.rows] == [10]
    assert [row.enrolment.user for row in own.rows] == [academy.lena]
    assert own.rows[0].grades == {}
    assert gradebook_for(academy.omar, offering).rows == []


def test_the_csv_opens_in_excel_and_holds_no_formula(
    graded: Callable[..., object], academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    academy.lena.name = "=HYPERLINK(1)"
    graded(q1=6, q2=4)
    answer = as_(academy.ines).post(
        f"/gradebook/courses/{academy.offerings[0].id}/grades-file",
        data={"purpose": "teaching", "reason": "For the meeting about grades."},
    )
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[1] == ["1-01", "'=HYPERLINK(1)", "lena", "10.0", "graded", "10.0"]


def test_marking_through_the_page(
    graded: Callable[..., object], academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    submission = graded(q1=6)
    question = submission.assignment.questions[1]
    base = f"/gradebook/assignments/{submission.assignment_id}/submissions/{submission.id}"
    client, prefix = as_(academy.ines), f"q{question.id}"
    wrong = client.post(f"{base}/marks/{question.id}", data={f"{prefix}-points": "99"})
    assert wrong.status_code == 422 and "0 to 4" in wrong.text
    form = {f"{prefix}-points": "3.5", f"{prefix}-comment": "논리가 분명합니다."}
    assert client.post(f"{base}/marks/{question.id}", data=form).status_code == 302
    assert grade_of(submission).points == 9.5
    assert "논리가 분명합니다." in client.get(base).text
    foreign = academy.assignments[1].questions[0].id
    assert client.post(f"{base}/marks/{foreign}", data=form).status_code == 404
