"""Background jobs on PostgreSQL: a job is enqueued in the transaction of the act that needs it.

Rooms declare their jobs in tasks.py with `@task` (or `@periodic`); a job runs in its own transaction, at least
once, so it must be repeatable. It is tried until it is done or given up, and a room says with
`@given_up` what people shall read then:

- the database does not answer or the disk is full: tried again for ever, it is not the job's fault;
- an error nobody foresaw: given up after MOST_ERRORS tries;
- the process that ran it was killed, as the one that started it saw (lms/worker.py): the job gets
  the blame when that happens every time, CALM_DEATHS times while nothing else dies. Where other
  processes are killed as well the job is hardly the cause, and a death weighs little.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import procrastinate
import psycopg
from flask import Flask
from procrastinate import JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job
from sqlalchemy import text

from lms.db import db
from lms.errors import DATABASE_GONE
from lms.storage import FULL, StorageFull

CALM_DEATHS = 3
WEIGHT_IN_CALM = 4
MOST_ERRORS = 8
HEARTBEAT_SECONDS = 5
STALLED_SECONDS = 20
LONGEST_WAIT_SECONDS = 60
SCARCE = FULL | {errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
KILLED = "the grader's process ended {} times while it worked on this"
_tasks: dict[str, Callable[..., None]] = {}
_given_up: dict[str, Callable[..., None]] = {}
_periodic: dict[str, str] = {}
_logger = logging.getLogger(__name__)


class NotNow(Exception):
    """Raised by a job: this machine cannot do it as it is. It is tried again for ever."""


class _GivenUp(Exception):
    """Ends a job that nobody wants to hear of."""


class Fallen(NamedTuple):
    """A worker that ended, the job at which it was killed, and how much that speaks against the job."""

    worker: int
    job: int | None = None
    weight: int = 0


def task(function: Callable[..., None]) -> Callable[..., None]:
    """Declare a job. Its name is `<room>.<function>`; its arguments must be JSON."""
    _tasks[task_name(function)] = function
    return function


def periodic(cron: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare a job that is enqueued by itself, by a crontab line in UTC; it takes no arguments.

    A time at which no worker ran is passed over, so that a job does whatever has become due since.
    """

    def declare(function: Callable[..., None]) -> Callable[..., None]:
        _periodic[task_name(function)] = cron
        return task(function)

    return declare


def given_up(job: Callable[..., None]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare what happens when this job is given up: called with its arguments and `reason`."""

    def declare(function: Callable[..., None]) -> Callable[..., None]:
        _given_up[task_name(job)] = function
        return function

    return declare


def task_name(function: Callable[..., None]) -> str:
    return f"{function.__module__.split('.')[-2]}.{function.__name__}"


def enqueue(name: str, *, queue: str = "grading", priority: int = 0, **arguments: Any) -> None:
    """Enqueue the job `<room>.<function>` in the current transaction."""
    db.session.flush()
    db.session.execute(
        text(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :name, :priority, NULL, NULL, "
            "CAST(:arguments AS jsonb), NULL)::procrastinate_job_to_defer_v1])"
        ),
        {"queue": queue, "name": name, "priority": priority, "arguments": json.dumps(arguments)},
    )


def run_worker(
    app: Flask,
    *,
    concurrency: int = 1,
    wait: bool = True,
    note: Callable[[int, int | None], None] = lambda worker, job: None,
) -> None:
    """Run jobs until stopped (SIGTERM lets the running ones finish); `wait=False` drains and returns.

    `note` hears this worker's number and the job it begins, and None when that has ended.
    """
    asyncio.run(_work(app, concurrency=concurrency, wait=wait, note=note))


async def _work(
    app: Flask, *, concurrency: int, wait: bool, note: Callable[[int, int | None], None]
) -> None:
    connector = PsycopgConnector(conninfo=app.config["DATABASE_URL"])
    engine = procrastinate.App(connector=connector)
    for name, function in _tasks.items():
        job = engine.task(name=name, pass_context=True, retry=_Patience())(
            _job(app, name, function)
        )
        if cron := _periodic.get(name):
            engine.periodic(cron=cron)(job)

    async def noted(run: Callable[[], Any], context: JobContext, worker: Any) -> Any:
        note(worker.worker_id, context.job.id)
        try:
            return await run()
        finally:
            note(worker.worker_id, None)

    this = asyncio.current_task()
    assert this

    def end(loop: asyncio.AbstractEventLoop, event: dict[str, Any]) -> None:
        """How a job ended could not be written: it must not stay with a worker that lives."""
        loop.default_exception_handler(event)
        this.cancel()

    asyncio.get_running_loop().set_exception_handler(end)
    async with engine.open_async():
        _logger.info("worker ready: %s", ", ".join(sorted(_tasks)))
        await engine.run_worker_async(
            concurrency=concurrency,
            wait=wait,
            delete_jobs="successful",
            fetch_job_polling_interval=1.0,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
            shutdown_graceful_timeout=15,
            worker_middleware=[noted],
        )


def _job(app: Flask, name: str, function: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(function)
    def job(
        context: JobContext, *, deaths: Sequence[int] = (), errors: int = 0,
        timestamp: int | None = None, **arguments: Any,
    ) -> None:  # fmt: skip
        """`timestamp`: when a periodic job was due; it looks itself what is due now."""
        give_up: Callable[..., None] = _given_up.get(name, _fail)
        with app.app_context():
            try:
                if sum(deaths) >= CALM_DEATHS * WEIGHT_IN_CALM:
                    give_up(**arguments, reason=KILLED.format(len(deaths)))
                else:
                    function(**arguments)
            except Exception as error:
                if _is_not_its_fault(error) or isinstance(error, _GivenUp):
                    raise
                db.session.rollback()
                if errors + 1 < MOST_ERRORS:
                    _count_error(context)
                    raise
                _logger.exception("job %s (%s) is given up", context.job.id, name)
                give_up(**arguments, reason=f"{type(error).__name__}: {error}")
            db.session.commit()

    return job


def _fail(*, reason: str, **_arguments: Any) -> None:
    """What is given up where nobody has declared what to do: the job stays, marked as failed."""
    raise _GivenUp(reason)


def _count_error(context: JobContext) -> None:
    db.session.execute(
        text(
            "UPDATE procrastinate_jobs SET args = jsonb_set(args, '{errors}', "
            "to_jsonb(coalesce(CAST(args ->> 'errors' AS int), 0) + 1)) WHERE id = :id"
        ),
        {"id": context.job.id},
    )
    db.session.commit()


def _is_not_its_fault(error: BaseException) -> bool:
    """Whether the machine lacked something for a while: the database, room, processes, memory."""
    away = (*DATABASE_GONE, psycopg.OperationalError, StorageFull, NotNow)
    return isinstance(error, away) or (isinstance(error, OSError) and error.errno in SCARCE)


class _Patience(procrastinate.BaseRetryStrategy):
    """When a job that failed is tried again: after 1, 2, 4, … seconds."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, _GivenUp):
            return None
        return RetryDecision(retry_in={"seconds": min(2**job.attempts, LONGEST_WAIT_SECONDS)})


def put_back(database_url: str, *, fallen: Iterable[Fallen], living: Iterable[int]) -> int:
    """Let the jobs of ended workers run again, also of those nobody has heard of for a while.

    `living` are workers whose silence means nothing: whoever calls sees that they live. Returns
    how many jobs run again.
    """
    fallen = list(fallen)
    with psycopg.connect(database_url, connect_timeout=4) as connection:
        for worker, job, weight in fallen:
            if job is not None:
                connection.execute(
                    "UPDATE procrastinate_jobs SET args = jsonb_set(args, '{deaths}', "
                    "coalesce(args -> 'deaths', '[]') || to_jsonb(%s::int)) "
                    "WHERE id = %s AND worker_id = %s AND status = 'doing'",
                    (weight, job, worker),
                )
        connection.execute(
            "DELETE FROM procrastinate_workers WHERE id = ANY(%s) OR (id <> ALL(%s) "
            "AND last_heartbeat < now() - make_interval(secs => %s))",
            ([one.worker for one in fallen], list(living), STALLED_SECONDS),
        )
        return connection.execute(
            "SELECT procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL) FROM (SELECT id FROM "
            "procrastinate_jobs WHERE status = 'doing' AND worker_id IS NULL FOR UPDATE SKIP LOCKED"
            ") AS left_behind"
        ).rowcount


def waiting() -> int:
    """How many jobs wait or run."""
    rows = text("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
    return int(db.session.execute(rows).scalar_one())
