"""From "submit" to the recorded result when nothing else is going on, over the real services.

`python -m pytest tests/benchmarks/test_result_time.py -m long -s` hands in 120 notebooks, one after the
other; without `-m long` a few.
"""

from __future__ import annotations

import os
import time
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.benchmarks.test_storm import row
from tests.storm import ledger, notebook
from tests.storm.academy import Academy
from tests.storm.clients import Sent
from tests.storm.conftest import Start, start  # noqa: F401 — a fixture
from tests.storm.test_outages import post

REST = 0.5
LOOK_EVERY = 0.005


@pytest.mark.slow
def test_a_few_results(start: Start) -> None:  # noqa: F811
    measure(start(trainees=1), submissions=5)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_results_of_an_idle_academy(start: Start) -> None:  # noqa: F811
    measure(start(trainees=1), submissions=120)


def measure(academy: Academy, *, submissions: int) -> None:
    """Prints seconds until the receipt and until the result can be read; all must be graded rightly."""
    receipts, results, sent = [], [], []
    for _place in range(submissions):
        time.sleep(REST)
        key = str(uuid4())
        content = notebook.handed_in(solved=True, mark=key)
        began = time.monotonic()
        answer = post(academy, content, key=key)
        receipts.append(time.monotonic() - began)
        assert answer.status_code == 201, answer.text
        told = answer.json()
        while not has_result(academy, told["id"]):
            assert time.monotonic() - began < 60, academy.logs()
            time.sleep(LOOK_EVERY)
        results.append(time.monotonic() - began)
        sha256 = told["files"][0]["sha256"]
        sent.append(Sent(key, sha256, content, True, told, receipts[-1], 0))
    academy.wait(lambda: academy.unfinished() == 0, 60, "the pages are made")
    ledger.check(academy, sent)
    print(f"\n{'one at a time':<22}{'number':>9}{'p50 s':>8}{'p95 s':>8}{'p99 s':>8}")
    print(f"{'receipt':<22}{row(receipts)}\n{'result':<22}{row(results)}")
    print(f"load at the end: {os.getloadavg()[0]:.1f}")


def has_result(academy: Academy, submission: int) -> bool:
    from lms.db import db

    query = text("SELECT finished_at IS NOT NULL FROM run WHERE submission_id = :id")
    with academy.inside():
        return bool(db.session.scalar(query, {"id": submission}))
