"""The same box around a real kernel: here the trainee's code is Bash."""

import time
from pathlib import Path
from typing import Any

import pytest

import grading
from grading import boxes
from tests.grading.hostile.conftest import in_boxes, outputs_of

pytestmark = pytest.mark.slow
SMALL = {
    "memory_bytes": 600 * 1024**2,
    "disk_bytes": 32 * 1024**2,
    "processes": 40,
    "cell_seconds": 2,
}
HONEST = "x=1"
# The process between the grader and the kernel: the first one in the box starts it.
DRIVER = "driver=$(ps -o pid= --ppid 1 | head -1)"

# name: (what the cell runs, the points its test may get, the kinds of events there may be)
ATTACKS: dict[str, tuple[str, tuple[float | None, ...], str]] = {
    "honest": (HONEST, (1,), ""),
    "a fork bomb": ("b() { b | b & }; b; sleep 1; x=1", (None, 0, 1), "time died tampering memory"),
    "a loop that does not listen": ("trap '' INT; while :; do :; done", (None,), "time"),
    "memory": ("x=$(yes | head -c 2000000000)", (None, 0), "died memory time output"),
    "disk": ("yes > /tmp/escaped; x=1", (1,), ""),
    "the end of its driver": (f"{DRIVER}; kill -9 $driver; sleep 9", (None,), "died"),
    "a driver that is stopped": (f"{DRIVER}; kill -STOP $driver; sleep 9", (None,), "time"),
    "looking into its driver": (
        f"{DRIVER}; cat /proc/$driver/environ /proc/$driver/mem && echo DONE; x=1", (1,), "",
    ),
    "the network": ("exec 3<>/dev/tcp/192.0.2.1/80 && echo DONE; x=1", (1,), ""),
    "the machine": ("cat /etc/shadow /proc/1/environ && echo DONE; x=1", (1,), ""),
    "a daemon": ("(setsid sleep 600 &) ; x=1", (1,), ""),
    "output": ("yes | head -c 3000000; x=1", (1, 0, None), "output time"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_in_bash(
    name: str, make: Any, tmp_path: Path, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "PATIENCE", 1.0)
    code, worth, kinds = ATTACKS[name]
    book = make.notebook(
        make.solution(code, "x"), make.test('test "$x" = 1', "test-x", 1), kernel="bash"
    )
    book["metadata"]["kernelspec"]["language"] = "bash"
    other = make.notebook(make.test("assert 1", "other", 1))
    folder = make.write(tmp_path / "ps", attack=book, later=other)
    began = time.monotonic()
    result = grading.autograde(folder, folder, name="ps", limits=grading.Limits(**SMALL))
    points = {score.grade_id: score.points for score in result.scores}
    assert points["test-x"] in worth, outputs_of(result, "attack")[:2000]
    assert points["other"] == 1
    assert {event.kind for event in result.events} <= set(kinds.split()), result.events
    assert "DONE" not in outputs_of(result, "attack")
    assert time.monotonic() - began < 60
    assert eventually(lambda: not in_boxes())
