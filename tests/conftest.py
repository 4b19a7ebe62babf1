"""A real PostgreSQL per test process, migrated once; each test runs in a transaction that is undone."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, g
from flask.testing import FlaskClient
from psycopg import sql

from lms import create_app
from lms.config import Config
from lms.postgres import embedded

LMS = "http://localhost:8000"
CONTENT = "http://127.0.0.1:8001"


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = embedded(tmp_path_factory.mktemp("pg") / "data")
    server.initialise()
    uid, gid = server.owner or (None, None)
    process = subprocess.Popen(
        [*server.command, "-c", "fsync=off"],
        user=uid, group=gid, extra_groups=[] if server.owner else None,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not server.is_ready():
        assert time.monotonic() < deadline and process.poll() is None, "PostgreSQL did not start"
        time.sleep(0.05)
    server.create_databases("lms")
    yield server.url("lms")
    process.send_signal(signal.SIGINT)
    process.wait(20)


@pytest.fixture(scope="session")
def signing_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(
        serialization.Encoding.PEM, form, serialization.NoEncryption()
    ).decode()


@pytest.fixture(scope="session")
def config(database_url: str, signing_key: str, tmp_path_factory: pytest.TempPathFactory) -> Config:
    return Config(
        state=Path(tmp_path_factory.mktemp("state")),
        database_url=database_url,
        secret_key="test-secret",
        signing_key=signing_key,
        lms_origin=LMS,
        content_origin=CONTENT,
        hub_origin="http://127.0.0.1:9",  # nobody answers there
        hub_client_secret="hub-secret",
        hub_api_token="hub-token",
        testing=True,
    )


class Visitor(FlaskClient):
    """Visits the LMS unless an address names another host. Each request finds an empty `g`, as it
    does outside of tests, where no context surrounds it."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], str) and args[0].startswith("/"):
            kwargs.setdefault("base_url", LMS)
        for name in [name for name in g if name != "_sqlalchemy_sessions"]:
            g.pop(name)
        return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def migrated_app(config: Config) -> Flask:
    from argon2 import PasswordHasher

    from lms.accounts import actions

    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    actions.hasher = lambda: cheap  # the real parameters cost 0.15 s each
    app = create_app(config)
    app.test_client_class = Visitor
    app.config["WTF_CSRF_ENABLED"] = False  # tests/test_security.py turns it on
    app.test_cli_runner().invoke(args=["db", "upgrade"], catch_exceptions=False)
    return app


@contextmanager
def undone(app: Flask) -> Iterator[None]:
    """One transaction around everything inside; `commit` ends a savepoint, the end undoes all."""
    from lms.db import db

    with app.app_context():
        engine, maker = db.engine, db.sessionmaker
    with engine.connect() as connection, connection.begin() as transaction:
        maker.configure(bind=connection, join_transaction_mode="create_savepoint")
        try:
            with app.app_context():
                yield
        finally:
            maker.configure(bind=engine, join_transaction_mode="conditional_savepoint")
            transaction.rollback()


@pytest.fixture
def app(migrated_app: Flask) -> Iterator[Flask]:
    """The application inside a transaction that the test's end undoes."""
    with undone(migrated_app):
        yield migrated_app


@pytest.fixture
def own_app(config: Config, migrated_app: Flask) -> Iterator[Flask]:
    """An application with a database of its own, where commits are commits."""
    from lms.db import db

    name = f"lms_{uuid4().hex[:8]}"
    with migrated_app.app_context():
        db.engine.dispose()  # a template may have no connections
    with psycopg.connect(config.database_url.replace("/lms?", "/postgres?"), autocommit=True) as c:
        c.execute(sql.SQL("CREATE DATABASE {} TEMPLATE lms").format(sql.Identifier(name)))
    app = create_app(
        replace(config, database_url=config.database_url.replace("/lms?", f"/{name}?"))
    )
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def academy(app: Flask) -> SimpleNamespace:
    """Two cohorts with one course each, and the people every test knows by name.

    ada administrates, ines teaches cohort 1, lena takes part in it, omar in cohort 2, stan has only
    an account.
    """
    from datetime import date, timedelta

    from lms import storage
    from lms.accounts.actions import add_person
    from lms.cohorts.actions import appoint_instructor, enrol, offer_course, plan_cohort
    from lms.coursework.models import Assignment, Question, QuestionKind
    from lms.curricula.models import Course, CourseAssignment, Lesson
    from lms.db import Bilingual, db, utcnow

    def person(name: str, **settings: bool) -> object:
        return add_person(
            username=name,
            name=name.title(),
            email=f"{name}@academy.example",
            locale="en",
            by=None,
            **settings,
        )

    ada = person("ada", is_administrator=True)
    ines, lena, omar, stan = (person(name) for name in ("ines", "lena", "omar", "stan"))
    course = Course(
        slug="python",
        title=Bilingual("파이썬", "Python"),
        summary=Bilingual("요약", "Summary"),
        hours=8,
    )
    text = Bilingual("본문", "Text")
    course.lessons = [
        Lesson(slug="first", position=1, title=Bilingual("첫째", "First"), minutes=50, body=text)
    ]
    source = storage.put_all([("ps1.ipynb", b'{"cells": [], "nbformat": 4}')])
    course.assignments = [
        CourseAssignment(
            slug=slug,
            position=number,
            title=Bilingual(f"과제 {number}", f"Assignment {number}"),
            summary=text,
            minutes=60,
            files=source,
        )
        for number, slug in enumerate(("ps1", "ps2"), start=1)
    ]
    db.session.add(course)
    cohorts, offerings, assignments, enrolments = [], [], [], []
    today = utcnow().date()
    for number, trainee in ((1, lena), (2, omar)):
        cohort = plan_cohort(
            number=number,
            starts_on=date(2026, 1, 5),
            ends_on=today + timedelta(90),
            seats=30,
            by=ada,
        )
        db.session.flush()
        cohort.open()
        offering = offer_course(
            cohort, course, starts_on=cohort.starts_on, ends_on=cohort.ends_on, by=ada
        )
        enrolments.append(enrol(cohort, trainee, student_number=f"{number}-01", by=ada))
        assignment = Assignment(
            offering=offering,
            name="ps1",
            title=Bilingual("과제 1", "Assignment 1"),
            summary=text,
            due_at=utcnow() + timedelta(days=2),
            source_files=source,
            release_files=source,
            released_at=utcnow(),
        )
        assignment.questions = [
            Question(
                notebook="ps1",
                grade_id=grade_id,
                kind=kind,
                max_points=most,
                position=position,
            )
            for position, (grade_id, kind, most) in enumerate(
                [("q1", QuestionKind.AUTOGRADED, 6), ("q2", QuestionKind.MANUAL, 4)], start=1
            )
        ]
        db.session.add(assignment)
        cohorts.append(cohort)
        offerings.append(offering)
        assignments.append(assignment)
    db.session.flush()
    appoint_instructor(cohorts[0], ines, by=ada)
    db.session.commit()
    return SimpleNamespace(
        ada=ada, ines=ines, lena=lena, omar=omar, stan=stan, course=course, cohorts=cohorts,
        offerings=offerings, assignments=assignments, enrolments=enrolments,
    )  # fmt: skip


@pytest.fixture
def hand_in(academy: SimpleNamespace) -> Callable[..., object]:
    """hand_in(): lena submits ps1; hand_in(1): omar submits his cohort's."""
    from lms.coursework.actions import submit
    from lms.coursework.models import Via
    from lms.db import db

    def _hand_in(which: int = 0, content: bytes = b"{}", key: object = None) -> object:
        enrolment = academy.enrolments[which]
        submission, _new = submit(
            academy.assignments[which],
            enrolment,
            [("ps1.ipynb", content)],
            via=Via.PAGE,
            key=key or uuid4(),
            by=enrolment.user,
        )
        db.session.commit()
        return submission

    return _hand_in


@pytest.fixture
def graded(hand_in: Callable[..., object]) -> Callable[..., object]:
    """graded(q1=6, q2=None): lena's submission with a finished run and these scores."""
    from lms.coursework.models import Score
    from lms.db import db, utcnow

    def _graded(which: int = 0, **points: float | None) -> object:
        submission = hand_in(which)
        run = submission.runs[-1]
        run.attempts, run.started_at, run.finished_at = 1, utcnow(), utcnow()
        for question in submission.assignment.questions:
            db.session.add(
                Score(run_id=run.id, question_id=question.id, points=points.get(question.grade_id))
            )
        db.session.commit()
        return submission

    return _graded


@pytest.fixture
def as_(app: Flask) -> Callable[[object | None], FlaskClient]:
    """as_(academy.lena): a client signed in as that person; as_(None): nobody."""

    def client(person: object | None) -> FlaskClient:
        made = app.test_client()
        if person is not None:
            with made.session_transaction(base_url=LMS) as session:
                session["_user_id"] = person.get_id()
                session["_fresh"] = True
        return made

    return client


@contextmanager
def statements_run(engine: Any) -> Iterator[list[str]]:
    """The SQL that runs inside, savepoints left out."""
    from sqlalchemy import event

    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def counted(app: Flask) -> Callable[[], AbstractContextManager[list[str]]]:
    """with counted() as statements: …"""
    from lms.db import db

    return lambda: statements_run(db.engine)


@pytest.fixture
def grow(academy: SimpleNamespace) -> Callable[[int], None]:
    """grow(270): that many more trainees in lena's cohort, each with a graded submission."""
    from lms.accounts.models import User
    from lms.cohorts.models import Enrolment
    from lms.coursework.models import Run, Score, Submission, Via
    from lms.db import db, utcnow

    assignment, grown = academy.assignments[0], 0

    def _grow(people: int) -> None:
        nonlocal grown
        names = [f"extra-{number}" for number in range(grown, grown + people)]
        grown += people
        users = [User(username=n, name=n, email=f"{n}@academy.example") for n in names]
        db.session.add_all(users)
        db.session.flush()
        enrolments = [
            Enrolment(
                cohort_id=academy.cohorts[0].id,
                user_id=user.id,
                student_number=user.username,
                enrolled_on=academy.cohorts[0].starts_on,
            )
            for user in users
        ]
        db.session.add_all(enrolments)
        db.session.flush()
        submissions = [
            Submission(
                assignment_id=assignment.id,
                enrolment_id=enrolment.id,
                via=Via.PAGE,
                idempotency_key=uuid4(),
                files=assignment.release_files,
                digest="0" * 64,
            )
            for enrolment in enrolments
        ]
        db.session.add_all(submissions)
        db.session.flush()
        runs = [
            Run(submission_id=row.id, attempts=1, started_at=utcnow(), finished_at=utcnow())
            for row in submissions
        ]
        db.session.add_all(runs)
        db.session.flush()
        db.session.add_all(
            Score(run_id=run.id, question_id=question.id, points=3)
            for run in runs
            for question in assignment.questions
        )
        db.session.commit()

    return _grow
