"""Prints how long the full rates table takes: of one cohort, of all, and of a tenth of them.

make test-long PYTEST="-k outcome_rates -s"
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from statistics import median
from types import ModuleType

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, select, text

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


def seconds(cohorts: list[Cohort], valid_on: object) -> tuple[float, float]:
    """Median wall-clock seconds, and of this process's CPU."""
    walls, cpus = [], []
    for _round in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        found = figures(cohorts, valid_on=valid_on, recorded=None)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
        assert sum(one.value is not None for one in found) > 20 * len(cohorts)
    return median(walls), median(cpus)


def measure(config: Config, cohorts: int, graduates: ModuleType) -> None:
    with academy_of(config, cohorts, graduates):
        every = list(db.session.scalars(select(Cohort).order_by(Cohort.number)))
        spells = db.session.scalar(text("SELECT count(*) FROM status_spell"))
        print(f"\n{len(every)} cohorts, {spells} spells; load {os.getloadavg()[0]:.1f}")
        for name, some in (("one cohort", every[:1]), ("all cohorts", every)):
            wall, cpu = seconds(some, graduates.VALID_ON)
            print(f"  {name:<12} {wall:8.3f} s, of it {cpu:6.3f} s CPU in Python")


def test_benchmark_of_a_few_cohorts(config: Config, graduates: ModuleType) -> None:
    measure(config, 30, graduates)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("cohorts", [303, 3030])
def test_benchmark_of_outcome_rates(config: Config, graduates: ModuleType, cohorts: int) -> None:
    measure(config, cohorts, graduates)
