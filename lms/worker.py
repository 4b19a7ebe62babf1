"""`flask worker`: runs the background jobs of every room, each in a process of its own.

This process only starts those and sees how they end. It knows which job a killed one was at: that
job runs again at once, and the death is held against it, the more the less else dies. If it is killed
itself, the others end with it and the next worker finds their jobs by their silence.
"""

from __future__ import annotations

import gc
import importlib
import logging
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from typing import Any

import click
import psycopg
from flask import Flask, current_app

from lms import queue
from lms.coursework.tasks import CannotWork, check_grader
from lms.processes import die_with_parent
from lms.queue import Fallen

ROOMS_WITH_JOBS = (
    "lms.coursework.tasks",
    "lms.gradebook.tasks",
    "lms.mail",
    "lms.outcomes.tasks",
    "lms.surveys.tasks",
)
LOOK_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 5.0
STEADY_SECONDS = 10.0
STOP_SECONDS = 15.0
CALM_SECONDS = 60.0
NICENESS = 10  # whoever waits for a page or a receipt goes before the graders
_logger = logging.getLogger(__name__)


@click.command()
@click.option("--concurrency", default=2, show_default=True, help="Jobs at the same time.")
@click.option("--drain", is_flag=True, help="Run what waits, then stop.")
def worker(concurrency: int, drain: bool) -> None:
    """Run background jobs until stopped; a running job is finished first."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for module in ROOMS_WITH_JOBS:
        importlib.import_module(module)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        check_grader()
    except CannotWork as error:
        raise click.ClickException(str(error)) from error
    if drain:
        queue.run_worker(app, concurrency=concurrency, wait=False)
    else:
        Crew(app, size=concurrency).run()


@dataclass
class Member:
    """A process that runs one job at a time, and what it said last."""

    process: Any  # multiprocessing has no common name for its kinds of processes
    voice: Connection
    core: int | None = None
    began: float = field(default_factory=time.monotonic)
    worker: int | None = None
    job: int | None = None

    def listen(self) -> None:
        try:
            while self.voice.poll():
                self.worker, self.job = self.voice.recv()
        except (EOFError, OSError):
            return


@dataclass
class Crew:
    """`size` processes, started again whenever one ends."""

    app: Flask
    size: int
    members: list[Member] = field(default_factory=list)
    fallen: list[Fallen] = field(default_factory=list)
    stopping: bool = False
    uneasy_until: float = field(default_factory=lambda: time.monotonic() + CALM_SECONDS)
    last_death: tuple[float, int | None] = (float("-inf"), None)
    pause: float = 0.0
    next_start: float = 0.0
    next_look: float = 0.0

    def run(self) -> None:
        os.nice(NICENESS)
        gc.freeze()  # what the processes share stays shared
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self.stopping:
            self._bury()
            self._start()
            self._put_back()
            voices = [thing for m in self.members for thing in (m.voice, m.process.sentinel)]
            wait_for(voices, timeout=0.5)
            for member in self.members:
                member.listen()
        self._end()

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _start(self) -> None:
        while len(self.members) < self.size and time.monotonic() >= self.next_start:
            context = multiprocessing.get_context("fork")
            ours, theirs = context.Pipe(duplex=False)
            core = self._free_core()
            process = context.Process(target=_work, args=(self.app, theirs, os.getpid(), core))
            process.start()
            theirs.close()
            self.members.append(Member(process, ours, core))

    def _free_core(self) -> int | None:
        """Where there are as many processes as cores, each keeps to one with all that it starts: a
        grader and its sandbox take turns, and a kernel that moves them about leaves a core idle
        meanwhile (a tenth of the work of two on two cores was lost to that).
        """
        cores = os.sched_getaffinity(0) if sys.platform == "linux" else set()
        if len(cores) != self.size:
            return None
        return min(cores - {member.core for member in self.members}, default=None)

    def _bury(self) -> None:
        for member in [member for member in self.members if not member.process.is_alive()]:
            member.listen()
            self.members.remove(member)
            status, job = member.process.exitcode, member.job
            _logger.warning("process %s ended (%s) at job %s", member.process.pid, status, job)
            weight = self._weight(job if status < 0 else None)
            if member.worker is not None:
                self.fallen.append(Fallen(member.worker, job if weight else None, weight))
            self.next_look = 0.0
            steady = time.monotonic() - member.began > STEADY_SECONDS
            self.pause = 0.1 if steady else min(2 * self.pause + 0.1, LONGEST_PAUSE_SECONDS)
            self.next_start = time.monotonic() + self.pause

    def _weight(self, job: int | None) -> int:
        """How much the death of a process speaks against the job at which it was killed; None when
        there was none, or the process ended by itself, as without a database.

        It is little while others die too, or when this process has just been started, perhaps
        because it was killed.
        """
        now, (then, victim) = time.monotonic(), self.last_death
        self.last_death = (now, job)
        if job is None or (victim != job and now - then < CALM_SECONDS):
            self.uneasy_until = now + CALM_SECONDS
        if job is None:
            return 0
        return 1 if now < self.uneasy_until else queue.WEIGHT_IN_CALM

    def _put_back(self) -> None:
        if time.monotonic() < self.next_look:
            return
        living = [member.worker for member in self.members if member.worker is not None]
        try:
            url = self.app.config["DATABASE_URL"]
            if count := queue.put_back(url, fallen=self.fallen, living=living):
                _logger.warning("%s jobs of ended workers run again", count)
            self.fallen.clear()
            self.next_look = time.monotonic() + LOOK_SECONDS
        except psycopg.Error as error:
            _logger.warning("the database does not answer: %s", error)
            self.next_look = time.monotonic() + 1

    def _end(self) -> None:
        for member in self.members:
            member.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for member in self.members:
            member.process.join(max(0.0, deadline - time.monotonic()))
            member.process.kill()


def keep_to(core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})


def _work(app: Flask, voice: Connection, parent: int, core: int | None) -> None:
    """In the new process."""
    keep_to(core)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        return
    queue.run_worker(app, note=lambda worker, job: voice.send((worker, job)))
