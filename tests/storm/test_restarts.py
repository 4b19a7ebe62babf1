"""What has run once is started again however often it dies; what never ran ends the academy."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from lms import processes as module
from lms.processes import MARKER, Processes, Service


@pytest.fixture
def children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.05)
    children = Processes(tmp_path, cwd=tmp_path, say=lambda line: None)
    yield children
    children.stop()


def test_a_service_that_has_served_comes_back_after_more_deaths_than_a_start_may_have(
    children: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRIES", 2)
    code = "import time; time.sleep(60)"
    environment = {"PATH": os.environ["PATH"], MARKER: "test"}
    service = Service("fake", [sys.executable, "-c", code], environment, lambda: True, stage=1)
    children.start(service)
    children.wait_until_ready(service)
    for _death in range(4):
        psutil.Process(service.pid).kill()
        deadline = time.monotonic() + 10
        while service.is_alive() or not service.pid:
            children.tick()
        while not service.is_alive():
            assert time.monotonic() < deadline
            children.tick()
    assert len(service.deaths) == 4
