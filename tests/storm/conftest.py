"""Whole academies that are treated badly: started as `make up` starts them, without hub and demo."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.storm.academy import Academy

Start = Callable[..., Academy]


@pytest.fixture
def start() -> Iterator[Start]:
    """start(trainees=12): a running academy with one released assignment. It is ended afterwards."""
    running: list[Academy] = []

    def _start(*, trainees: int, **settings: object) -> Academy:
        # Not under pytest's folder: every session that starts closes that to PostgreSQL's user.
        state = Path(tempfile.mkdtemp(prefix="academy-storm-")) / "state"
        academy = Academy.start(state, **settings)
        running.append(academy)
        academy.found(trainees=trainees)
        return academy

    yield _start
    for academy in running:
        academy.stop()
        shutil.rmtree(academy.state.parent, ignore_errors=True)
