"""Prints how long the full rates table takes: of one cohort, of all, and of a tenth of them.

make test-long PYTEST="-k outcome_rates -s"
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import psutil
import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, event, select, text

from lms import create_app
from lms.cohorts.models import Cohort
from lms.config import Config
from lms.db import db
from lms.outcomes.computing import figures

ROUNDS = 5


@pytest.fixture(scope="module")
def graduates() -> ModuleType:
    place = spec_from_file_location("graduates", Path(__file__).with_name("graduates.py"))
    assert place and place.loader
    module = module_from_spec(place)
    place.loader.exec_module(module)
    return module


@contextmanager
def academy_of(config: Config, cohorts: int, graduates: ModuleType) -> Iterator[Flask]:
    """An academy in a database of its own, as autovacuum would leave it."""
    name = f"graduates_{cohorts}"
    server = create_engine(config.database_url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")  # fmt: skip
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        app = create_app(
            replace(config, database_url=config.database_url.replace("/lms?", f"/{name}?"))
        )
        app.test_cli_runner().invoke(args=["db", "upgrade"], catch_exceptions=False)
        with app.app_context():
            fill(db.engine, cohorts, graduates)
            yield app
            db.session.close()
            db.engine.dispose()
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def fill(engine: Engine, cohorts: int, graduates: ModuleType) -> None:
    with engine.begin() as connection:
        # Checking that live spells do not overlap takes minutes; no figure reads that index.
        connection.execute(
            text("ALTER TABLE status_spell DROP CONSTRAINT ex_status_spell_live_overlap")
        )
        graduates.generate(connection, cohorts=cohorts)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


class Taken(NamedTuple):
    """Wall-clock seconds in all and in statements; CPU seconds of the machine, of everybody on it."""

    wall: float
    statements: float
    machine: float


@contextmanager
def in_statements(engine: Engine) -> Iterator[list[float]]:
    """When statements began and ended, in turns."""
    moments: list[float] = []

    def note(*_of: object) -> None:
        moments.append(time.perf_counter())

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "after_cursor_execute", note)
    yield moments
    event.remove(engine, "before_cursor_execute", note)
    event.remove(engine, "after_cursor_execute", note)


def taken(cohorts: list[Cohort], valid_on: date) -> Taken:
    """The median round."""
    rounds = []
    for _round in range(ROUNDS):
        with in_statements(db.engine) as moments:
            busy, begin = psutil.cpu_times(), time.perf_counter()
            found = figures(cohorts, valid_on=valid_on, recorded=None)
            wall = time.perf_counter() - begin
            later = psutil.cpu_times()
        used = later.user + later.system - busy.user - busy.system
        rounds.append(Taken(wall, sum(moments[1::2]) - sum(moments[::2]), used))
        assert sum(one.value is not None for one in found) > 20 * len(cohorts)
    return sorted(rounds)[ROUNDS // 2]


def measure(config: Config, cohorts: int, graduates: ModuleType) -> None:
    with academy_of(config, cohorts, graduates):
        every = list(db.session.scalars(select(Cohort).order_by(Cohort.number)))
        spells = db.session.scalar(text("SELECT count(*) FROM status_spell"))
        print(f"\n{len(every)} cohorts, {spells} spells; load {os.getloadavg()[0]:.1f}")
        for name, some in (("one cohort", every[:1]), ("all cohorts", every)):
            found = taken(some, graduates.VALID_ON)
            print(
                f"  {name:<12} {found.wall:8.3f} s: statements {found.statements:6.3f} s, "
                f"Python {found.wall - found.statements:6.3f} s; "
                f"CPU of the machine meanwhile {found.machine:6.2f} s"
            )


def test_benchmark_of_a_few_cohorts(config: Config, graduates: ModuleType) -> None:
    measure(config, 30, graduates)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("cohorts", [303, 3030])
def test_benchmark_of_outcome_rates(config: Config, graduates: ModuleType, cohorts: int) -> None:
    measure(config, cohorts, graduates)
