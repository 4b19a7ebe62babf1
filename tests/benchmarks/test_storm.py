"""The deadline: a thousand submissions within a minute over HTTP, while others look at pages.

`python -m pytest tests/benchmarks/test_storm.py -m long -s` prints the LMS beside nbgrader's own
filesystem exchange and ngshare; without `-m long` a small one runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.benchmarks import others
from tests.storm import notebook
from tests.storm.academy import ROOT, Academy
from tests.storm.clients import Sent
from tests.storm.conftest import Start, start  # noqa: F401 — a fixture
from tests.storm.ledger import check

BODY = notebook.handed_in(solved=True, mark="MARK").decode()


@pytest.mark.slow
def test_sixty_submissions_in_six_seconds(start: Start, tmp_path: Path) -> None:  # noqa: F811
    print(f"\n{HEAD}\n{lms(start(trainees=30), tmp_path, submissions=60, seconds=6, readers=3)}")


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_thousand_submissions_in_a_minute(start: Start, tmp_path: Path) -> None:  # noqa: F811
    print(f"\n{HEAD}")
    print(lms(start(trainees=312), tmp_path, submissions=1000, seconds=60, readers=10))
    print(through_ngshare(tmp_path, submissions=1000, seconds=60))
    folder = tmp_path / "filesystem"
    folder.mkdir()
    began = time.monotonic()
    each = others.filesystem(folder, trainees=312, submissions=1000, content=BODY.encode())
    took = time.monotonic() - began
    print(f"{'nbgrader, filesystem':<22}{row(each)}{0:>8}{took:>9.0f}")
    print(f"load at the end: {os.getloadavg()[0]:.1f}")
    (tmp_path / "killed").mkdir()
    print("nbgrader after kill -9 in the middle:", others.killed_in_the_middle(tmp_path / "killed"))


HEAD = (
    f"{'1 try = 1 submit':<22}{'receipts':>9}{'p50 s':>8}{'p95 s':>8}{'p99 s':>8}{'errors':>8}"
    f"{'took s':>9}"
)


def row(seconds: list[float]) -> str:
    if not seconds:
        return f"{0:>9}{'none':>8}{'none':>8}{'none':>8}"
    ordered = sorted(seconds)
    marks = "".join(
        f"{ordered[int(share * (len(ordered) - 1))]:>8.3f}" for share in (0.5, 0.95, 0.99)
    )
    return f"{len(ordered):>9}{marks}"


def lms(academy: Academy, folder: Path, *, submissions: int, seconds: int, readers: int) -> str:
    """A row of the table; fails when anything is lost."""
    pages = ["/", f"/coursework/courses/{academy.offering}"]
    pages.append(f"/coursework/assignments/{academy.assignment}")
    began = time.monotonic()
    found = locust(
        folder / "lms",
        {
            "kind": "lms", "origin": academy.origin, "code": academy.code,
            "trainees": academy.keys, "pages": pages,
            "readers": [academy.cookie(f"t{number:03}") for number in range(readers)],
            **schedule(len(academy.keys), submissions, seconds),
        },
    )  # fmt: skip
    took = time.monotonic() - began
    academy.wait(lambda: academy.unfinished() == 0, 3600, "all is graded")
    graded = time.monotonic() - began
    check(academy, [sent(academy, one) for one in found["receipts"]])
    assert len(found["receipts"]) == submissions
    assert found["pages"] and all(page["status"] == 200 for page in found["pages"])
    looked = row([page["seconds"] for page in found["pages"]])
    each = row([one["seconds"] for one in found["receipts"]])
    return (
        f"{'AI Academy LMS':<22}{each}{len(found['failures']):>8}{took:>9.0f}\n"
        f"{'  pages meanwhile':<22}{looked}{0:>8}\n"
        f"  all {submissions} graded {graded:.0f} s after the first was handed in; "
        f"load {os.getloadavg()[0]:.1f}"
    )


def sent(academy: Academy, receipt: dict[str, Any]) -> Sent:
    """What the sender knows: the content follows from the key, the digest from the page."""
    import hashlib

    from lms import storage
    from lms.storage import StoredFile

    content = BODY.replace("MARK", receipt["key"]).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    digest = storage.digest([StoredFile("storm.ipynb", sha256, len(content))])
    told = {"id": receipt["id"], "digest": digest}
    return Sent(receipt["key"], sha256, content, True, told, receipt["seconds"], 0)


def through_ngshare(folder: Path, *, submissions: int, seconds: int) -> str:
    place = folder / "ngshare"
    place.mkdir()
    names = [f"t{number:03}" for number in range(312)]
    with others.ngshare(place, trainees=names) as origin:
        began = time.monotonic()
        plan = {"kind": "ngshare", "origin": origin, "trainees": names, "readers": [], "pages": []}
        found = locust(place, {**plan, **schedule(312, submissions, seconds)})
        took = time.monotonic() - began
    each = [one["seconds"] for one in found["receipts"]]
    held = others.ngshare_holds(place)
    name = "ngshare 0.6.0"
    return (
        f"{name:<22}{row(each)}{len(found['failures']):>8}{took:>9.0f}\n"
        f"  it holds {held} files for {len(each)} receipts"
    )


def schedule(trainees: int, submissions: int, seconds: int) -> dict[str, Any]:
    """Each trainee's moments; the nearer the deadline, the more."""
    random = Random(20261121)
    moments: list[list[float]] = [[] for _ in range(trainees)]
    for number in range(submissions):
        moments[number % trainees].append(random.triangular(0, seconds, seconds))
    return {
        "submissions": [sorted(own) for own in moments], "seconds": seconds, "body": BODY,
        "patience": 10 * seconds,
    }  # fmt: skip


def locust(folder: Path, plan: dict[str, Any]) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    paths = {name: folder / f"{name}.json" for name in ("plan", "out")}
    paths["plan"].write_text(json.dumps({**plan, "out": str(paths["out"])}))
    users = str(len(plan["trainees"]) + len(plan["readers"]))
    script = Path(__file__).with_name("deadline.py")
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(script), "--headless", "--only-summary",
         "--users", users, "--spawn-rate", users, "--loglevel", "ERROR", "--stop-timeout", "1"],
        env={**os.environ, "STORM_PLAN": str(paths["plan"])}, cwd=ROOT, capture_output=True,
        text=True, timeout=1800, check=False,
    )  # fmt: skip
    assert paths["out"].exists(), done.stdout[-2000:] + done.stderr[-2000:]
    return dict(json.loads(paths["out"].read_text()))
