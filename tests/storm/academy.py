"""A real academy for the storms: the supervisor's own processes, people, and one cheap assignment."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psutil
from flask import Flask

from tests.storm import notebook

ROOT = Path(__file__).resolve().parents[2]
SLUG = "storm"
START_SECONDS = 120


@dataclass
class Academy:
    """`view` is the state folder as the academy's processes see it."""

    state: Path
    view: Path
    port: int
    process: subprocess.Popen[bytes]
    keys: list[str] = field(default_factory=list)
    code: str = ""
    assignment: int = 0
    offering: int = 0

    @classmethod
    def start(cls, state: Path, *, wrap: tuple[str, ...] = ()) -> Academy:
        """`wrap` are words before the command, which find the folder of the store in $BLOBS."""
        port, blobs = five_free_ports(), state / "blobs"
        blobs.mkdir(parents=True, exist_ok=True)
        command = [*wrap, sys.executable, "-m", "lms.supervisor", "--no-hub", "--no-demo"]
        with (state.parent / "supervisor.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--port", str(port), "--state", str(state)],
                cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "BLOBS": str(blobs)},
            )  # fmt: skip
        view = Path(f"/proc/{process.pid}/root{state}") if wrap else state
        academy = cls(state, view, port, process)
        try:
            academy.wait(lambda: "Ctrl-C" in academy.log, START_SECONDS, "the academy is open")
        except BaseException:
            academy.stop()
            raise
        return academy

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> str:
        return (self.state.parent / "supervisor.log").read_text(errors="replace")

    def wait(self, condition: Callable[[], Any], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, f"the academy ended: {self.log}"
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}\n{self.logs()}"
            time.sleep(0.2)

    def logs(self) -> str:
        paths = [self.state.parent / "supervisor.log", *sorted(self.state.glob("log/*.log"))]
        return "".join(f"\n--- {p.name}\n{p.read_text(errors='replace')[-3000:]}" for p in paths)

    @cached_property
    def app(self) -> Flask:
        """The application in this process, on the same database and storage."""
        from lms import create_app
        from lms.config import Config

        settings = json.loads((self.state / "web.json").read_text())
        return create_app(Config.from_environ({**settings, "ACADEMY_STATE": str(self.view)}))

    @contextmanager
    def inside(self) -> Iterator[None]:
        """A transaction of the academy, committed at the end."""
        from lms.db import db

        with self.app.app_context():
            yield
            db.session.commit()

    def found(self, *, trainees: int) -> None:
        """People with notebook sessions, and the assignment, which the worker prepares."""
        from lms import storage
        from lms.accounts.models import User
        from lms.cohorts.actions import offer_course, plan_cohort
        from lms.cohorts.models import Enrolment
        from lms.compute.actions import open_session
        from lms.coursework.actions import publish_assignment
        from lms.curricula.models import Course, CourseAssignment
        from lms.db import Bilingual, db, utcnow

        def both(words: str) -> Any:
            return Bilingual(words, words)

        with self.inside():
            admin = User(username="ada", name="Ada", email="ada@a.example", is_administrator=True)
            people = [
                User(username=f"t{n:03}", name=f"Trainee {n}", email=f"t{n}@academy.example")
                for n in range(trainees)
            ]
            course = Course(slug="storms", title=both("Storms"), summary=both("S"), hours=1)
            authored = CourseAssignment(
                slug=SLUG, position=1, title=both("Storm"), summary=both("S"), minutes=5,
                files=storage.put_all([(f"{SLUG}.ipynb", notebook.source())]),
            )  # fmt: skip
            course.assignments = [authored]
            db.session.add_all([admin, course, *people])
            db.session.flush()
            ends_on = utcnow().date() + timedelta(30)
            cohort = plan_cohort(
                number=1, starts_on=date(2026, 1, 5), ends_on=ends_on, seats=400, by=admin
            )
            db.session.flush()
            cohort.open()
            offering = offer_course(
                cohort, course, starts_on=cohort.starts_on, ends_on=cohort.ends_on, by=admin
            )
            db.session.add_all(
                Enrolment(
                    cohort_id=cohort.id, user_id=person.id, student_number=person.username,
                    enrolled_on=cohort.starts_on,
                )
                for person in people
            )  # fmt: skip
            self.keys = [open_session(person, server_name="")[0] for person in people]
            assignment = publish_assignment(offering, authored, due_at=None, by=admin)
            db.session.flush()
            self.code, self.assignment, self.offering = offering.code, assignment.id, offering.id
        self.wait(self._is_released, 120, "the assignment is released")

    def _is_released(self) -> bool:
        from lms.coursework.models import Assignment
        from lms.db import db

        with self.inside():
            assignment = db.session.get_one(Assignment, self.assignment)
            assert assignment.error is None, assignment.error
            return assignment.released_at is not None

    def cookie(self, username: str) -> str:
        """What the browser of somebody who has signed in sends."""
        from flask.sessions import SecureCookieSessionInterface

        from lms.accounts.queries import user_by_name

        serializer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        assert serializer
        with self.inside():
            person = user_by_name(username)
            assert person
            session = {"_user_id": person.get_id(), "_fresh": True, "locale": "en"}
        return f"{self.app.config['SESSION_COOKIE_NAME']}={serializer.dumps(session)}"

    def page(self, path: str) -> str:
        """A page as the administrator sees it, in English."""
        answer = httpx.get(self.origin + path, headers={"Cookie": self.cookie("ada")}, timeout=30)
        assert answer.status_code == 200, answer.status_code
        return answer.text

    def unfinished(self) -> int:
        """Runs without an end, and jobs that wait or run."""
        from sqlalchemy import text

        from lms.db import db
        from lms.queue import waiting

        with self.inside():
            runs = db.session.scalar(text("SELECT count(*) FROM run WHERE finished_at IS NULL"))
            return int(runs or 0) + waiting()

    def processes(self) -> dict[str, list[psutil.Process]]:
        """The living processes by kind: postmaster, backend, web, web worker, worker, member, grader."""
        kinds: dict[str, list[psutil.Process]] = {}
        leaders = {"postgres": "postmaster", "gunicorn": "web", "worker": "worker"}
        below = {"postmaster": "backend", "web": "web worker", "worker": "member"}
        for leader in _children(psutil.Process(self.process.pid)):
            line = _words(leader)
            kind = next((kind for word, kind in leaders.items() if word in line), None)
            if kind is None:
                continue
            kinds.setdefault(kind, []).append(leader)
            for child in _children(leader):
                kinds.setdefault(below[kind], []).append(child)
                if kind == "worker":
                    kinds.setdefault("grader", []).extend(_children(child, recursive=True))
        return kinds

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def _children(process: psutil.Process, *, recursive: bool = False) -> list[psutil.Process]:
    try:
        return process.children(recursive=recursive)
    except psutil.Error:
        return []


def _words(process: psutil.Process) -> str:
    try:
        words = process.cmdline()
    except psutil.Error:
        return ""
    if words and Path(words[0]).name == "postgres":
        return "postgres"
    return next((word for word in words if word in ("gunicorn", "worker")), "")


def five_free_ports() -> int:
    # From a random place: two storms that start at once must not choose the same.
    for base in random.sample(range(31000, 59000, 10), 200):
        try:
            for port in range(base, base + 5):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base
    raise AssertionError("no five free ports in a row")
