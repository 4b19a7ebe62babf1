"""The worker's processes: where they run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection

import pytest
from flask import Flask

from lms import worker
from lms.worker import Crew

CORES = len(os.sched_getaffinity(0))


def tell(_app: Flask, voice: Connection, _parent: int, core: int | None) -> None:
    """In place of jobs: where this process may run."""
    worker.keep_to(core)
    voice.send((os.getpid(), sorted(os.sched_getaffinity(0))))
    time.sleep(60)


@pytest.fixture
def crew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crew]:
    monkeypatch.setattr(worker, "_work", tell)
    crew = Crew(app, size=CORES)
    yield crew
    for member in crew.members:
        member.process.kill()
        member.process.join()


def cores(crew: Crew) -> list[list[int]]:
    return [member.voice.recv()[1] for member in crew.members]


def test_as_many_processes_as_cores_keep_to_one_each(crew: Crew) -> None:
    crew._start()
    assert sorted(cores(crew)) == [[core] for core in sorted(os.sched_getaffinity(0))]


def test_who_comes_after_one_that_died_keeps_to_its_core(crew: Crew) -> None:
    crew._start()
    before = cores(crew)
    victim = crew.members[0].process
    victim.kill()
    victim.join()
    crew._bury()
    crew.next_start = 0
    crew._start()
    assert len(crew.members) == CORES
    assert crew.members[-1].voice.recv()[1] == before[0]


def test_where_there_are_more_cores_the_machine_decides(crew: Crew) -> None:
    crew.size = CORES + 1
    crew._start()
    assert cores(crew) == [sorted(os.sched_getaffinity(0))] * (CORES + 1)
