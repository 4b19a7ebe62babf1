"""Nothing adds up: open files, processes and memory after many runs, and a machine that is full."""

import errno
import gc
import os
import threading
import time
from typing import Any

import psutil
import pytest

import grading
from grading import boxes
from grading.facts import GradingFailed, SandboxUnavailable
from tests.grading.hostile.case import LINE
from tests.grading.hostile.conftest import in_boxes, zygote_used_last

pytestmark = pytest.mark.slow
# Honest, dead, forged, deaf and greedy ones in turn.
TURNS = (
    "x = 1", "import os\nos._exit(0)", "1/0", f"{LINE}say(b'nonsense' * 9)\nx = 1", "import os\nos.fork()",
    "import subprocess\nsubprocess.Popen(['sleep', '99'])\nx = 1", "x = bytearray(1 << 36)",
)  # fmt: skip


def zygote_process() -> psutil.Process:
    return psutil.Process(zygote_used_last()._process.pid).children()[0]


def suffer_often(grader: Any, times: int) -> None:
    for number in range(times):
        grader.handed.solve().cell("x", "second")["source"] = TURNS[number % len(TURNS)]
        grader.grade(cell_seconds=2)


@pytest.mark.parametrize(
    "times", [21, pytest.param(504, marks=[pytest.mark.long, pytest.mark.timeout(1200)])]
)
def test_nothing_adds_up(times: int, grader: Any, eventually: Any) -> None:
    suffer_often(grader, len(TURNS))
    assert eventually(lambda: not in_boxes())
    zygote, worker = zygote_process(), psutil.Process()
    gc.collect()
    before = zygote.num_fds(), worker.num_fds(), worker.num_threads()
    size = zygote.memory_info().rss, worker.memory_info().rss
    suffer_often(grader, times)
    assert eventually(lambda: not in_boxes())
    assert zygote_process() == zygote
    gc.collect()
    assert (zygote.num_fds(), worker.num_fds(), worker.num_threads()) == before
    assert zygote.memory_info().rss - size[0] < 10 * 1024**2
    assert worker.memory_info().rss - size[1] < 50 * 1024**2
    states = [one.status() for one in worker.children(recursive=True)]
    assert psutil.STATUS_ZOMBIE not in states


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOMEM, errno.ENFILE])
def test_a_machine_without_room_for_a_box_may_be_asked_again(
    number: int, grader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"event": "failed", "reason": os.strerror(number), "errno": number}
    monkeypatch.setattr(boxes.Channel, "receive", lambda *_, **__: said)
    with pytest.raises(GradingFailed, match=os.strerror(number)):
        grader.handed.solve().grade()
    monkeypatch.undo()


def test_a_machine_that_forbids_boxes_says_so(grader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"event": "failed", "reason": "unshare: Operation not permitted", "errno": errno.EPERM}
    monkeypatch.setattr(boxes.Channel, "receive", lambda *_, **__: said)
    with pytest.raises(SandboxUnavailable, match="unshare"):
        grader.handed.solve().grade()
    monkeypatch.undo()


def test_a_box_that_is_killed_from_outside_is_no_fault_of_the_notebook(grader: Any) -> None:
    """The next try grades it; nothing is recorded of this one."""
    grader.handed.solve().cell("x", "second")["source"] = "import time\ntime.sleep(2)\nx = 1"
    kill = _Killer()
    kill.start()
    with pytest.raises(GradingFailed, match="sandbox ended"):
        grader.grade()
    kill.join()
    assert grader.points(grader.grade())["test-x"] == 1


def test_a_notebook_that_is_killed_from_outside_is_run_again(grader: Any) -> None:
    grader.handed.solve().cell("x", "second")["source"] = "import time\ntime.sleep(2)\nx = 1"
    kill = _Killer(shell=True)
    kill.start()
    result = grader.grade()
    kill.join()
    assert kill.killed
    assert grader.points(result)["test-x"] == 1 and not result.events


def test_the_zygote_that_is_killed_is_replaced(grader: Any, eventually: Any) -> None:
    zygote = zygote_used_last()
    zygote_process().kill()
    assert eventually(lambda: not zygote.is_usable)
    grader.honest()


class _Killer(threading.Thread):
    """Ends the first process of the box that comes next, or the `shell` that runs the notebook."""

    def __init__(self, *, shell: bool = False) -> None:
        super().__init__()
        self.shell, self.killed = shell, False

    def run(self) -> None:
        until = time.monotonic() + 30
        while not in_boxes() and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.7)
        first = next(one for one in in_boxes() if one.ppid() == zygote_process().pid)
        (first.children()[0] if self.shell else first).kill()
        self.killed = True


def test_zygotes_in_use_are_not_ended_for_others(
    grader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "MOST_ZYGOTES", 1)
    (python, *_), used = next(reversed(boxes._zygotes.items()))
    with used.box(grading.Limits()) as box:
        box.start_shell()
        other = boxes.zygote(python, ("json",))
        assert box.run("1", seconds=9)["status"] == "ok"
        assert used.is_usable
    last = boxes.zygote(python, ("csv",))
    assert not used.is_usable
    assert last.is_usable
    assert not other.is_usable
    last.end()
    boxes._zygotes.clear()
