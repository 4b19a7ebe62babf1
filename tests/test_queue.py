"""Background jobs: what is tried again, what is given up, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask

from lms import queue
from lms.db import db
from lms.queue import Fallen, NotNow

NAME = "test.work"


class Job:
    """A job whose tries are counted, and what was told when it was given up."""

    def __init__(self) -> None:
        self.tries = 0
        self.told: list[tuple[int, str]] = []
        self.work: Callable[[int], None] = lambda number: None

    def run(self, number: int) -> None:
        self.tries += 1
        self.work(number)

    def give_up(self, number: int, *, reason: str) -> None:
        self.told.append((number, reason))


@pytest.fixture
def job(migrated_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    job = Job()
    monkeypatch.setattr(queue, "_tasks", {NAME: job.run})
    monkeypatch.setattr(queue, "_given_up", {NAME: job.give_up})
    monkeypatch.setattr(queue, "LONGEST_WAIT_SECONDS", 0)
    with migrated_app.app_context():
        queue.enqueue(NAME, number=7)
        db.session.commit()
    yield job
    with connected(migrated_app) as connection:
        connection.execute("DELETE FROM procrastinate_jobs WHERE task_name = %s", [NAME])


def connected(app: Flask) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(app.config["DATABASE_URL"])


def drain(app: Flask) -> None:
    queue.run_worker(app, wait=False)


def left(app: Flask) -> list[str]:
    with connected(app) as connection:
        rows = connection.execute(
            "SELECT status::text FROM procrastinate_jobs WHERE task_name = %s", [NAME]
        )
        return [str(status) for (status,) in rows]


def killed_at_work(app: Flask, *, weight: int) -> None:
    """A worker takes the job and is killed at it."""
    with connected(app) as connection:
        rows = connection.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        ((worker,),) = rows.fetchall()
        rows = connection.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s "
            "WHERE task_name = %s RETURNING id",
            [worker, NAME],
        )
        ((number,),) = rows.fetchall()
    fallen = Fallen(int(str(worker)), int(str(number)), weight)
    assert queue.put_back(app.config["DATABASE_URL"], fallen=[fallen], living=[]) == 1


def test_what_succeeds_leaves_nothing(migrated_app: Flask, job: Job) -> None:
    drain(migrated_app)
    assert (job.tries, job.told, left(migrated_app)) == (1, [], [])


def test_an_error_nobody_foresaw_is_tried_again_and_then_given_up(
    migrated_app: Flask, job: Job
) -> None:
    def work(number: int) -> None:
        raise ZeroDivisionError("nothing")

    job.work = work
    drain(migrated_app)
    assert job.tries == queue.MOST_ERRORS
    assert job.told == [(7, "ZeroDivisionError: nothing")]
    assert left(migrated_app) == []


@pytest.mark.parametrize(
    "lack", [NotNow("no sandbox"), OSError(28, "full"), OSError(12, "no memory")]
)
def test_what_the_machine_lacks_is_waited_for(
    migrated_app: Flask, job: Job, lack: Exception
) -> None:

    def work(number: int) -> None:
        if job.tries <= 2 * queue.MOST_ERRORS:
            raise lack

    job.work = work
    drain(migrated_app)
    assert (job.tries, job.told, left(migrated_app)) == (2 * queue.MOST_ERRORS + 1, [], [])


def test_a_job_that_kills_its_process_in_calm_times_is_given_up(
    migrated_app: Flask, job: Job
) -> None:
    for _death in range(queue.CALM_DEATHS):
        killed_at_work(migrated_app, weight=queue.WEIGHT_IN_CALM)
    drain(migrated_app)
    assert (job.tries, job.told) == (0, [(7, queue.KILLED.format(3))])
    assert left(migrated_app) == []


def test_deaths_while_others_die_too_weigh_little(migrated_app: Flask, job: Job) -> None:
    for _death in range(queue.CALM_DEATHS * queue.WEIGHT_IN_CALM - 1):
        killed_at_work(migrated_app, weight=1)
    drain(migrated_app)
    assert (job.tries, job.told) == (1, [])


def test_nobody_declared_what_to_do_so_the_job_stays_failed(
    migrated_app: Flask, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_given_up", {})
    for _death in range(queue.CALM_DEATHS):
        killed_at_work(migrated_app, weight=queue.WEIGHT_IN_CALM)
    drain(migrated_app)
    assert (job.tries, left(migrated_app)) == (0, ["failed"])


def test_every_job_that_people_wait_for_says_when_it_is_given_up() -> None:
    from lms.coursework import tasks

    for waited_for in (tasks.prepare_release, tasks.prepare_regrade, tasks.grade):
        assert queue.task_name(waited_for) in queue._given_up
