"""Results kept by what they depend on: they outlive a job that is undone, and two workers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

import grading
from lms import storage
from lms.coursework import tasks
from lms.coursework.actions import publish_assignment, run_again
from lms.coursework.cache import ResultCache
from lms.coursework.models import GradingResult
from lms.db import db
from lms.queue import NotNow

KEY = sha256(b"everything it depends on").hexdigest()


def test_what_was_put_is_found(app: Flask) -> None:
    cache: grading.Cache = ResultCache()
    assert cache.get(KEY) is None
    cache.put(KEY, b"\x00 points")
    assert cache.get(KEY) == ResultCache().get(KEY) == b"\x00 points"


def test_the_later_of_two_results_stands(app: Flask) -> None:
    cache = ResultCache()
    cache.put(KEY, b"first")
    cache.put(KEY, b"second")
    assert cache.get(KEY) == b"second"
    assert db.session.scalar(select(func.count()).select_from(GradingResult)) == 1


def test_it_outlives_a_job_that_is_undone(migrated_app: Flask) -> None:
    key = sha256(b"undone").hexdigest()
    with migrated_app.app_context():
        ResultCache().put(key, b"kept")
        db.session.rollback()
    with migrated_app.app_context():
        assert ResultCache().get(key) == b"kept"


def test_two_workers_store_the_same_key_at_once(migrated_app: Flask) -> None:
    key, failed = sha256(b"raced").hexdigest(), []
    with migrated_app.app_context():
        cache = ResultCache()
    start = threading.Barrier(4)

    def work() -> None:  # as a worker's thread: no application context around it
        start.wait()
        try:
            for _time in range(20):
                cache.put(key, b"the same")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed and cache.get(key) == b"the same"


def test_a_result_whose_bytes_are_gone_is_made_again(app: Flask) -> None:
    db.session.add(GradingResult(key=KEY, sha256=sha256(b"never stored").hexdigest()))
    db.session.commit()
    assert ResultCache().get(KEY) is None


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bytes | None]:
    """What the cache knew each time a notebook was graded. The grader itself is not run."""
    found: list[bytes | None] = []

    def autograde(
        *_folders: object, cache: grading.Cache, rules: grading.Rules, **_more: object
    ) -> grading.Result:
        found.append(cache.get(KEY))
        cache.put(KEY, b"result")
        return grading.Result(
            scores=(grading.Score("ps1", "q1", 1.0, 6.0),),
            executed={},
            notebooks=(grading.NotebookResult("ps1", cached=found[-1] is not None),),
        )

    monkeypatch.setattr(grading, "autograde", autograde)
    return found


def test_the_rules_of_the_assignment_reach_the_grader(
    academy: Any, monkeypatch: pytest.MonkeyPatch, hand_in: Callable[..., Any]
) -> None:
    authored = academy.course.assignments[1]
    authored.rules = ["warnings_allowed", "points_kept"]
    published = publish_assignment(academy.offerings[0], authored, due_at=None, by=academy.ines)
    assert published.rules == authored.rules
    academy.assignments[0].rules = published.rules
    given: list[grading.Rules] = []

    def autograde(*_folders: object, rules: grading.Rules, **_more: object) -> grading.Result:
        given.append(rules)
        raise grading.UnusableInput("enough")

    monkeypatch.setattr(grading, "autograde", autograde)
    tasks.grade(hand_in().runs[0].id)
    assert given == [grading.Rules(warnings_allowed=True, points_kept=True)]


def test_a_run_reads_and_stores_and_one_asked_for_again_reads_nothing(
    hand_in: Callable[..., Any], academy: Any, asked: list[bytes | None]
) -> None:
    first, second = hand_in(), hand_in(content=b"[]")
    tasks.grade(first.runs[0].id)
    tasks.grade(second.runs[0].id)
    db.session.commit()
    assert second.runs[0].cached == 1
    again = run_again(second, by=academy.ines)
    tasks.grade(again.id, fresh=True)
    tasks.grade(hand_in(content=b"1").runs[0].id)
    assert asked == [None, b"result", None, b"result"]
    assert storage.get(sha256(b"result").hexdigest()) == b"result"


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (grading.GradingFailed("the sandbox ended"), grading.GradingFailed),
        (grading.SandboxUnavailable("no user namespace"), NotNow),
    ],
)
def test_where_the_grader_itself_failed_the_queue_tries_again(
    error: Exception, raised: type[Exception], hand_in: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def autograde(*_folders: object, **_more: object) -> grading.Result:
        raise error

    monkeypatch.setattr(grading, "autograde", autograde)
    (run,) = hand_in().runs
    with pytest.raises(raised, match=str(error)):
        tasks.grade(run.id)
    assert not run.is_finished
