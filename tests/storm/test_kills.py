"""kill -9 at random moments, of everything that can be killed: what has a receipt is graded once.

The long run kills 300 times: `python -m pytest tests/storm/test_kills.py -m long -s`.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Set
from contextlib import suppress
from random import Random

import psutil
import pytest

from tests.storm import ledger
from tests.storm.academy import Academy
from tests.storm.clients import Clients
from tests.storm.conftest import Start

# How often each is hit. A backend's death makes PostgreSQL end all the others and recover.
WEIGHTS = {
    "web": 7, "web worker": 18, "worker": 8, "member": 17, "grader": 30, "postmaster": 6,
    "backend": 14,
}  # fmt: skip


@pytest.mark.slow
def test_twelve_kills(start: Start) -> None:
    storm(start(trainees=12), kills=12, every=(0.1, 1.5), seed=20261121)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_three_hundred_kills(start: Start) -> None:
    seed = int(os.environ.get("STORM_SEED", "20261121"))
    storm(start(trainees=60), kills=300, every=(0.1, 1.5), seed=seed)


def storm(academy: Academy, *, kills: int, every: tuple[float, float], seed: int) -> None:
    random, hits, began = Random(seed), Counter[str](), time.monotonic()
    clients = Clients(academy, count=6, rest=(0.2, 3.0), seed=seed)
    clients.start()
    try:
        while hits.total() < kills:
            before, latest = len(clients.sent), time.monotonic() + 10
            time.sleep(random.uniform(*every))
            # So that kills hit an academy at work, not one that is still getting up.
            while len(clients.sent) == before and time.monotonic() < latest:
                time.sleep(0.05)
            hits.update(kill_one(academy, random, unhurt=WEIGHTS.keys() - hits.keys()))
        stormed = time.monotonic() - began
    finally:
        clients.stop(within=180)
    academy.wait(lambda: quiet(academy), 900, "all is graded")
    took = time.monotonic() - began
    tries = ledger.check(academy, clients.sent)
    slowest = max(one.seconds for one in clients.sent)
    print(
        f"\nseed {seed}: {hits.total()} kills in {stormed:.0f} s ("
        + ", ".join(f"{kind} {hits[kind]}" for kind in WEIGHTS)
        + f")\n{len(clients.sent)} submissions, all with receipt, bytes and one grade; "
        f"{clients.refusals} refusals were tried again, slowest receipt {slowest:.1f} s"
        f"\ntries of a run: {dict(sorted(tries.items()))}; all graded after {took:.0f} s; "
        f"load {os.getloadavg()[0]:.1f}"
    )
    assert not clients.wrong
    assert len(clients.sent) >= kills
    assert hits.keys() == WEIGHTS.keys()


def quiet(academy: Academy) -> bool:
    from sqlalchemy.exc import DBAPIError

    with suppress(DBAPIError):
        return academy.unfinished() == 0
    return False


def kill_one(academy: Academy, random: Random, *, unhurt: Set[str]) -> list[str]:
    """Kill one process, first of the kinds still unhurt; its kind, or nothing where it was gone."""
    living = academy.processes()
    kinds = [kind for kind in WEIGHTS if living.get(kind)]
    kinds = [kind for kind in kinds if kind in unhurt] or kinds
    if not kinds:
        return []
    [kind] = random.choices(kinds, [WEIGHTS[kind] for kind in kinds])
    try:
        random.choice(living[kind]).kill()
    except psutil.NoSuchProcess:
        return []
    return [kind]
