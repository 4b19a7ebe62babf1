"""Handing in: the receipt, the job in the same transaction, the same key twice, hostile names."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from lms import storage
from lms.compute import actions as compute
from lms.coursework.actions import fail_run, finish_run, request_run, run_again, start_run
from lms.coursework.models import RunState, Score, Submission
from lms.coursework.tasks import give_grading_up
from lms.db import db, utcnow


def open_session(person: object, *, server_name: str) -> tuple[str, object]:
    opened = compute.open_session(person, server_name=server_name)
    db.session.commit()
    return opened


def jobs() -> int:
    return db.session.scalar(text("SELECT count(*) FROM procrastinate_jobs"))


def submissions() -> int:
    return db.session.scalar(select(func.count()).select_from(Submission))


def upload(client: object, academy: SimpleNamespace, *names: str, key: object = None) -> object:
    files = [(io.BytesIO(b'{"cells": []}'), name) for name in names]
    form = {"files": files, "key": str(key or uuid4())}
    return client.post(
        f"/coursework/assignments/{academy.assignments[0].id}/submissions", data=form
    )


def test_the_receipt_shows_time_and_hashes(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    client = as_(academy.lena)
    answer = upload(client, academy, "ps1.ipynb")
    assert answer.status_code == 302
    page = client.get(answer.location).text
    sha256 = hashlib.sha256(b'{"cells": []}').hexdigest()
    assert sha256 in page
    assert storage.get(sha256) == b'{"cells": []}'


def test_a_submission_and_its_job_stand_or_fall_together(
    academy: SimpleNamespace, hand_in: Callable[..., object]
) -> None:
    before = jobs(), submissions()
    with db.session.begin_nested() as savepoint:
        from lms.coursework.actions import submit
        from lms.coursework.models import Via

        submit(
            academy.assignments[0],
            academy.enrolments[0],
            [("ps1.ipynb", b"x")],
            via=Via.LAB,
            key=uuid4(),
            by=academy.lena,
        )
        assert (jobs(), submissions()) == (before[0] + 1, before[1] + 1)
        savepoint.rollback()
    assert (jobs(), submissions()) == before


def test_the_same_key_is_the_same_submission(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    key, client = uuid4(), as_(academy.lena)
    first = upload(client, academy, "ps1.ipynb", key=key)
    second = upload(client, academy, "ps1.ipynb", key=key)
    assert first.location == second.location
    assert submissions() == 1 and jobs() == 1


def test_a_key_cannot_be_used_for_other_files(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    key, client = uuid4(), as_(academy.lena)
    upload(client, academy, "ps1.ipynb", key=key)
    answer = upload(client, academy, "ps1.ipynb", "more.txt", key=key)
    assert answer.status_code == 409 and submissions() == 1


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "a/../ps1.ipynb",
        "a\\\\b",
        ".hidden",
        "a/.git/x",
        "a//b",
        "x" * 300,
        "\u202eps1",
        "a\x00b",
    ],
)
def test_hostile_names_are_refused(academy: SimpleNamespace, name: str, app: Flask) -> None:
    key, _session = open_session(academy.lena, server_name="")
    answer = exchange_submit(app, academy, key, ("ps1.ipynb", b"{}"), (name, b"x"))
    assert answer.status_code == 400 and submissions() == 0


def exchange_submit(
    app: Flask, academy: SimpleNamespace, key: str, *files: tuple[str, bytes], token: object = None
) -> object:
    """A multipart body by hand: test clients clean file names."""
    boundary = "frontier"
    parts = [
        b'--frontier\r\nContent-Disposition: form-data; name="files"; filename="%b"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n%b\r\n" % (name.encode(), content)
        for name, content in files
    ]
    return app.test_client().post(
        f"/coursework/exchange/{academy.offerings[0].code}/ps1/submissions",
        data=b"".join(parts) + b"--frontier--\r\n",
        content_type=f"multipart/form-data; boundary={boundary}",
        headers={"Authorization": f"Bearer {key}", "Idempotency-Key": str(token or uuid4())},
        base_url="http://localhost:8000",
    )


def test_names_that_differ_only_in_case_are_refused(academy: SimpleNamespace, app: Flask) -> None:
    key, _session = open_session(academy.lena, server_name="")
    files = [("ps1.ipynb", b"{}"), ("a.txt", b"1"), ("A.TXT", b"2")]
    assert exchange_submit(app, academy, key, *files).status_code == 400


def test_the_notebook_must_be_there(academy: SimpleNamespace, as_: Callable[..., object]) -> None:
    answer = upload(as_(academy.lena), academy, "other.ipynb")
    assert answer.status_code == 409 and "ps1.ipynb" in answer.text
    assert submissions() == 0


def test_a_closed_cohort_takes_nothing(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    academy.cohorts[0].close()
    db.session.commit()
    assert upload(as_(academy.lena), academy, "ps1.ipynb").status_code == 409


def test_late_is_said_and_not_refused(
    academy: SimpleNamespace, hand_in: Callable[..., object]
) -> None:
    academy.assignments[0].due_at = utcnow() - timedelta(hours=30)
    submission = hand_in()
    assert submission.is_late and submission.lateness > timedelta(hours=29)


class TestRuns:
    def test_a_run_is_taken_once_and_finished_once(self, hand_in: Callable[..., object]) -> None:
        run = hand_in().runs[-1]
        first = start_run(run)
        second = start_run(run)
        assert (first, second) == (1, 2)
        assert not fail_run(run, first, "late worker")
        assert fail_run(run, second, "because")
        db.session.refresh(run)
        assert run.state is RunState.FAILED and run.error == "because"
        assert start_run(run) is None

    def test_a_run_that_is_given_up_fails_with_the_reason(
        self, hand_in: Callable[..., object]
    ) -> None:
        run = hand_in().runs[-1]
        late = start_run(run)
        give_grading_up(run.id, reason="it ended 3 times")
        db.session.refresh(run)
        assert run.state is RunState.FAILED and run.error == "it ended 3 times"
        assert start_run(run) is None and not fail_run(run, late, "late worker")

    def test_a_run_that_is_finished_is_not_given_up(self, hand_in: Callable[..., object]) -> None:
        run = hand_in().runs[-1]
        assert fail_run(run, start_run(run), "because")
        give_grading_up(run.id, reason="it ended 3 times")
        db.session.refresh(run)
        assert run.error == "because"

    def test_scores_belong_to_questions(self, hand_in: Callable[..., object]) -> None:
        from grading import NotebookResult, Result
        from grading import Score as Found

        run = hand_in().runs[-1]
        scores = (Found("ps1", "q1", 4.0, 6.0), Found("ps1", "q2", None, 4.0))
        result = Result(
            scores=scores,
            executed={"ps1.ipynb": b"{}"},
            notebooks=(NotebookResult("ps1", None),),
            error=None,
        )
        assert finish_run(run, start_run(run), result)
        db.session.expire_all()
        found = db.session.scalars(select(Score).order_by(Score.id)).all()
        assert [(score.question.grade_id, score.points) for score in found] == [
            ("q1", 4),
            ("q2", None),
        ]

    def test_run_again_does_not_double_a_waiting_run(
        self, hand_in: Callable[..., object], academy: SimpleNamespace
    ) -> None:
        submission = hand_in()
        waiting = submission.runs[-1]
        assert run_again(submission, by=academy.ines) is waiting
        fail_run(waiting, start_run(waiting), "x")
        assert run_again(submission, by=academy.ines).id != waiting.id

    def test_the_page_updates_while_the_grader_works(
        self, hand_in: Callable[..., object], academy: SimpleNamespace, as_: Callable[..., object]
    ) -> None:
        submission = hand_in()
        address = f"/coursework/assignments/{submission.assignment_id}/submissions/{submission.id}"
        client, fragment = as_(academy.lena), {"HX-Request": "true"}
        assert "hx-get" in client.get(address, headers=fragment).text
        run = submission.runs[-1]
        fail_run(run, start_run(run), "the kernel died")
        db.session.commit()
        finished = client.get(address, headers=fragment).text
        assert "hx-get" not in finished and "the kernel died" not in finished


class TestExchange:
    def get(self, app: Flask, key: str, path: str) -> object:
        headers = {"Authorization": f"Bearer {key}"}
        address = f"/coursework/exchange/{path}"
        return app.test_client().get(address, headers=headers, base_url="http://localhost:8000")

    def test_the_key_names_the_person(self, app: Flask, academy: SimpleNamespace) -> None:
        key, _session = open_session(academy.lena, server_name="")
        found = self.get(app, key, "assignments").json["assignments"]
        assert [item["course_id"] for item in found] == [academy.offerings[0].code]
        receipt = exchange_submit(app, academy, key, ("ps1.ipynb", b"{}"))
        assert receipt.status_code == 201
        submission = db.session.get(Submission, receipt.json["id"])
        assert submission.enrolment.user is academy.lena
        assert receipt.json["files"][0]["sha256"] == hashlib.sha256(b"{}").hexdigest()
        assert receipt.json["url"].startswith("http://localhost:8000/")

    def test_the_same_key_again_is_answered_200(self, app: Flask, academy: SimpleNamespace) -> None:
        key, _session = open_session(academy.lena, server_name="")
        token = uuid4()
        answers = [
            exchange_submit(app, academy, key, ("ps1.ipynb", b"{}"), token=token) for _i in range(2)
        ]
        assert [answer.status_code for answer in answers] == [201, 200]
        assert answers[0].json == answers[1].json

    def test_other_cohorts_do_not_exist(self, app: Flask, academy: SimpleNamespace) -> None:
        key, _session = open_session(academy.omar, server_name="")
        for path in ("release", "release/ps1.ipynb"):
            assert self.get(app, key, f"{academy.offerings[0].code}/ps1/{path}").status_code == 404
        assert exchange_submit(app, academy, key, ("ps1.ipynb", b"{}")).status_code == 404

    def test_release_files_come_whole(self, app: Flask, academy: SimpleNamespace) -> None:
        key, _session = open_session(academy.lena, server_name="")
        base = f"{academy.offerings[0].code}/ps1/release"
        (file,) = self.get(app, key, base).json["files"]
        content = self.get(app, key, f"{base}/{file['path']}").data
        assert hashlib.sha256(content).hexdigest() == file["sha256"]

    def test_keys_end(self, app: Flask, academy: SimpleNamespace) -> None:
        key, session = open_session(academy.lena, server_name="")
        second, _session = open_session(
            academy.lena, server_name=""
        )  # the server was started again
        assert self.get(app, key, "assignments").status_code == 401
        assert self.get(app, second, "assignments").status_code == 200
        academy.lena.deactivate()
        db.session.commit()
        assert self.get(app, second, "assignments").status_code == 401
        assert session.key_hash != key

    def test_expired_keys_are_refused(
        self, app: Flask, academy: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(compute, "SESSION_LIFE", timedelta(seconds=-1))
        key, _session = open_session(academy.lena, server_name="")
        db.session.commit()
        answer = self.get(app, key, "assignments")
        assert answer.status_code == 401 and "start it again" in answer.json["detail"]

    def test_instructors_cannot_submit(self, app: Flask, academy: SimpleNamespace) -> None:
        key, _session = open_session(academy.ines, server_name="")
        assert exchange_submit(app, academy, key, ("ps1.ipynb", b"{}")).status_code == 403

    def test_feedback_waits_for_the_release(
        self, app: Flask, academy: SimpleNamespace, graded: Callable[..., object]
    ) -> None:
        from lms.coursework.actions import store_feedback
        from lms.gradebook.actions import mark, release_grades

        submission = graded(q1=6)
        key, _session = open_session(academy.lena, server_name="")
        store_feedback(submission.runs[-1], storage.put_all([("ps1.html", b"<p>well done</p>")]))
        db.session.commit()
        page = f"submissions/{submission.id}/feedback/ps1.html"
        assert self.get(app, key, page).status_code == 404
        assert self.get(app, key, "submissions").json["submissions"][0]["feedback"] is None
        mark(submission, submission.assignment.questions[1], points=3, comment="", by=academy.ines)
        release_grades(submission.assignment, by=academy.ines)
        db.session.commit()
        assert self.get(app, key, page).data == b"<p>well done</p>"
        assert self.get(app, key, "submissions").json["submissions"][0]["feedback"]["notebooks"]
        other, _session = open_session(academy.omar, server_name="")
        assert self.get(app, other, page).status_code == 404


def test_a_new_run_is_enqueued_with_its_id(hand_in: Callable[..., object]) -> None:
    run = request_run(hand_in())
    newest = "SELECT task_name, args FROM procrastinate_jobs ORDER BY id DESC LIMIT 1"
    assert tuple(db.session.execute(text(newest)).one()) == ("coursework.grade", {"run_id": run.id})
