"""The database stopped or gone, the disk full, a notebook that kills its worker: said, and survived.

The long run lets the database be away for a minute: `… tests/storm/test_outages.py -m long -s`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest

from tests.storm import ledger, notebook
from tests.storm.academy import ROOT, SLUG, Academy
from tests.storm.clients import Clients, Sent
from tests.storm.conftest import Start

SHORT, LONG = 10.0, 60.0


def post(academy: Academy, content: bytes, *, key: str | None = None) -> httpx.Response:
    """One try to submit, in English, without the exchange client's repetitions."""
    headers = {
        "Authorization": f"Bearer {academy.keys[0]}",
        "Idempotency-Key": key or str(uuid4()),
        "Accept-Language": "en",
    }
    return httpx.post(
        f"{academy.origin}/coursework/exchange/{academy.code}/{SLUG}/submissions",
        headers=headers,
        files=[("files", (f"{SLUG}.ipynb", content))],
        timeout=30,
    )


def stopped(postmaster: psutil.Process) -> Callable[[], None]:
    """Every process of PostgreSQL stands still: connections stay open and nothing is answered."""
    family = [postmaster, *postmaster.children()]
    for process in family:
        process.suspend()
    return lambda: [process.resume() for process in family] and None


def shut_down(postmaster: psutil.Process) -> Callable[[], None]:
    """PostgreSQL ends in order and cannot come back: the supervisor's tries find no data folder."""
    folder = Path(postmaster.cmdline()[postmaster.cmdline().index("-D") + 1])
    away = folder.with_name("away")
    postmaster.send_signal(signal.SIGINT)
    postmaster.wait(30) if postmaster.ppid() == os.getpid() else psutil.wait_procs([postmaster], 30)
    folder.rename(away)
    return lambda: away.rename(folder) and None


@pytest.mark.parametrize("take_away", [stopped, shut_down])
@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(SHORT, marks=pytest.mark.slow),
        pytest.param(LONG, marks=[pytest.mark.long, pytest.mark.timeout(600)]),
    ],
)
def test_without_the_database_nothing_is_promised_and_nothing_lost(
    start: Start,
    take_away: Callable[[psutil.Process], Callable[[], None]],
    seconds: float,
) -> None:
    academy = start(trainees=6)
    clients = Clients(academy, count=3, rest=(0.1, 1.0), seed=1)
    clients.start()
    time.sleep(3)
    [postmaster] = academy.processes()["postmaster"]
    [worker] = academy.processes()["worker"]
    give_back = take_away(postmaster)
    until, answers, sent = time.monotonic() + seconds, [], len(clients.sent)
    key, content = str(uuid4()), notebook.handed_in(solved=True, mark="in between")
    try:
        while time.monotonic() < until:
            began = time.monotonic()
            answer = post(academy, content, key=key)
            answers.append(time.monotonic() - began)
            assert answer.status_code == 503
            assert answer.headers["Retry-After"].isdigit()
            detail = answer.json()["detail"]
            assert "Nothing is lost" in detail and "will not count twice" in detail
            page = httpx.get(academy.origin, headers={"Accept-Language": "en"}, timeout=30)
            assert page.status_code in (302, 503)
            time.sleep(0.5)
        assert len(clients.sent) <= sent + clients.count  # answers that were on their way
    finally:
        give_back()
    clients.stop(within=120)
    assert not clients.wrong
    last = clients.submit(academy.keys[0], solved=True)
    assert last is not None
    academy.wait(lambda: academy.unfinished() == 0, 180, "all is graded")
    ledger.check(academy, clients.sent)
    assert worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE
    print(
        f"\n{take_away.__name__} for {seconds:.0f} s: {len(answers)} tries, each 503 after "
        f"{min(answers):.2f} to {max(answers):.2f} s; {len(clients.sent)} submissions, none lost"
    )


def small_disk() -> tuple[str, ...]:
    """Words before a command that give it a private `$BLOBS` of 3 MB, as root or as anybody."""
    unshare = shutil.which("unshare")
    assert unshare, "util-linux is missing: its unshare makes the small disk"
    ours = () if os.geteuid() == 0 else ("--user", "--map-current-user", "--keep-caps")
    mount = 'mount -t tmpfs -o size=3m,mode=755 none "$BLOBS" && exec "$@"'
    return (unshare, *ours, "--mount", "sh", "-c", mount, "sh")


@pytest.mark.slow
def test_a_full_disk_is_said_and_leaves_nothing_behind(start: Start) -> None:
    academy = start(trainees=2, wrap=small_disk())
    blobs = academy.view / "blobs"
    clients = Clients(academy, count=0, rest=(0, 0), seed=1)
    assert clients.submit(academy.keys[0], solved=True)
    with graders_stopped(academy):
        assert clients.submit(academy.keys[1], solved=False)  # to be graded on a full disk
        fill(blobs / "filler")
        before = sorted(blobs.rglob("*"))
        key = str(uuid4())
        content = notebook.handed_in(solved=True, mark=key, extra=f"# {'x' * 50_000}")
        answer = post(academy, content, key=key)
        assert answer.status_code == 507 and answer.headers["Retry-After"].isdigit()
        assert "Nothing was stored" in answer.json()["detail"]
        assert sorted(blobs.rglob("*")) == before
    page = httpx.get(f"{academy.origin}/", follow_redirects=True, timeout=30)
    assert page.status_code == 200
    academy.wait(lambda: "StorageFull" in academy.logs(), 30, "the grader meets the full disk")
    (blobs / "filler").unlink()
    assert post(academy, content, key=key).status_code == 201
    again = post(academy, content, key=key)
    assert again.status_code == 200
    sha256 = hashlib.sha256(content).hexdigest()
    clients.sent.append(Sent(key, sha256, content, True, again.json(), 0.0, 1))
    academy.wait(lambda: academy.unfinished() == 0, 180, "all is graded")
    ledger.check(academy, clients.sent)
    assert not list((blobs / "incoming").iterdir())


def fill(path: Path) -> None:
    with pytest.raises(OSError, match="No space"), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


@contextmanager
def graders_stopped(academy: Academy) -> Iterator[None]:
    """The academy's own worker stands still."""
    living = academy.processes()
    for process in [*living["worker"], *living["member"]]:
        process.suspend()
    yield
    for process in [*living["worker"], *living["member"]]:
        process.resume()


@pytest.mark.slow
def test_a_notebook_that_kills_its_worker_is_given_up_and_the_others_go_on(start: Start) -> None:
    academy = start(trainees=8)
    clients = Clients(academy, count=0, rest=(0, 0), seed=1)
    with graders_stopped(academy):
        poison = clients.submit(academy.keys[0], solved=True, extra="# POISON")
        assert poison
        clients.sent.remove(poison)
        for key in academy.keys[1:]:
            clients.submit(key, solved=True)
        crew = subprocess.Popen(
            [sys.executable, "-m", "tests.storm.poisoned_worker", str(academy.state)], cwd=ROOT
        )
        try:
            academy.wait(lambda: academy.unfinished() == 0, 120, "the poison is given up")
        finally:
            crew.terminate()
            crew.wait(30)
    ledger.check(academy, clients.sent, failed=[poison])
    number = poison.receipt["id"]
    for path in ("board", f"submissions/{number}"):
        page = academy.page(f"/gradebook/assignments/{academy.assignment}/{path}")
        assert "3 times" in page or (path == "board" and "Could not be graded" in page)
