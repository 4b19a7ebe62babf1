"""The warm process: `python -m grading serve`, started once, holds nbgrader and forks for each job.

Starting Python and importing nbgrader costs seconds, a fork milliseconds. One job runs at a time in
each warm process; threads that call at once get one each. It ends when this process ends.
"""

import json
import os
import selectors
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grading.workplace import HOME, base_environment, run_environment

HEADER = struct.Struct(">Q")
NEWLINE = b"\n"
MOST_BYTES = 256 * 1024 * 1024
Event = dict[str, Any]

_idle: list["Warm"] = []
_guard = threading.Lock()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a job said. It `ended` by itself or was stopped (time) or lost (its process died)."""

    events: list[Event] = field(default_factory=list)
    timed_out: bool = False
    lost: bool = False


def run_job(job: Event, *, root: Path, seconds: float, python: str | None = None) -> Answer:
    """Run a job in the workplace `root`; whatever it started has ended when this returns."""
    message = {**job, "root": str(root), "environment": run_environment(root, python=python)}
    with _borrowed() as warm:
        try:
            answer = warm.ask(message, seconds=seconds)
        except BaseException:
            warm.end(root)
            raise
        if answer.timed_out or not warm.is_usable:
            warm.end(root)
        return answer


@contextmanager
def _borrowed() -> Iterator["Warm"]:
    with _guard:
        warm = _idle.pop() if _idle else None
    if warm is None or not warm.is_usable:
        warm = Warm()
    try:
        yield warm
    finally:
        if warm.is_usable:
            with _guard:
                _idle.append(warm)


class Warm:
    """One warm process and the pipe to it."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "grading", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=base_environment(),
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )

    @property
    def is_usable(self) -> bool:
        """A process that was forked off this one must not share its pipe."""
        return self.pid == os.getpid() and self.process.poll() is None

    def ask(self, message: Event, *, seconds: float) -> Answer:
        deadline = time.monotonic() + seconds
        body = json.dumps(message).encode()
        events: list[Event] = []
        try:
            self._send(HEADER.pack(len(body)) + body, deadline)
            for line in self._lines(deadline):
                event = json.loads(line)
                if event["event"] == "end":
                    return Answer(events, lost=event["status"] != 0)
                events.append(event)
        except TimeoutError:
            return Answer(events, timed_out=True)
        except (OSError, ValueError):
            self.process.kill()
        self.process.wait()
        return Answer(events, lost=True)

    def _send(self, content: bytes, deadline: float) -> None:
        assert self.process.stdin
        pipe = self.process.stdin.fileno()
        os.set_blocking(pipe, False)
        rest = memoryview(content)
        while rest:
            self._wait(pipe, selectors.EVENT_WRITE, deadline)
            with suppress(BlockingIOError):
                rest = rest[os.write(pipe, rest[:65536]) :]

    def _lines(self, deadline: float) -> Iterator[bytes]:
        assert self.process.stdout
        pipe, waiting, total = self.process.stdout.fileno(), bytearray(), 0
        while True:
            self._wait(pipe, selectors.EVENT_READ, deadline)
            block = os.read(pipe, 1 << 20)
            total += len(block)
            if not block or total > MOST_BYTES:
                raise OSError("the warm process ended or says too much")
            waiting += block
            while (end := waiting.find(NEWLINE)) >= 0:
                yield bytes(waiting[:end])
                del waiting[: end + 1]

    def _wait(self, pipe: int, event: int, deadline: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, event)
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError

    def end(self, root: Path) -> None:
        """Kill it and everything it started, also what got away."""
        from grading import processes

        if self.process.poll() is None:
            processes.end_tree(self.process.pid)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        processes.end_strays(root / HOME)
