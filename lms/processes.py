"""Child processes: started in order, watched, restarted when they die, ended without remains.

Every child leads its own session, so a Ctrl-C in the terminal reaches only us, and carries MARKER in
its environment, as do its own children: whatever a killed run leaves behind is found by it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NoReturn

import psutil

MARKER = "ACADEMY_RUN"
TICK_SECONDS = 0.1
TRIES = 3
TRIES_WITHIN_SECONDS = 60.0
LONGEST_PAUSE = 2.0
STOP_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Failure(Exception):
    """Something keeps the academy from running; the message says what, and what to do."""


class Stopped(Exception):
    """Somebody asked us to stop."""


@dataclass
class Service:
    """A process that has to run all the time. Those of a higher stage are stopped first.

    One that never got ready ends the run; one that `has_served` is started again however often it
    dies, for the others can do their work meanwhile.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    is_ready: Callable[[], bool]
    stage: int
    ready_seconds: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    owner: tuple[int, int] | None = None
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)
    next_try_at: float = 0.0
    has_served: bool = False

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class Processes:
    """All children of one run. `say` prints a line; logs are <log_folder>/<name>.log."""

    log_folder: Path
    cwd: Path
    say: Callable[[str], None]
    services: list[Service] = field(default_factory=list)
    stop_requested: bool = False

    def start(self, service: Service) -> None:
        self.rotate_log(service.name)
        self.services.append(service)
        self._spawn(service)

    def run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> str:
        """Run a command to its end while watching the services; its standard output comes back."""
        self.rotate_log(name)
        output = self.log_folder / f"{name}.out"
        with self.log(name).open("ab") as errors, output.open("wb") as out:
            process = self._popen(command, environment, stdout=out, stderr=errors)
        try:
            while process.poll() is None:
                self.tick()
        except BaseException:
            end([psutil.Process(process.pid)] if process.poll() is None else [], wait=5)
            raise
        if process.returncode:
            raise Failure(f"The step {name} failed{self.tail(name)}")
        text = output.read_text(errors="replace")
        output.unlink()
        return text

    def wait_until_ready(self, *services: Service) -> None:
        for service in services:
            deadline = time.monotonic() + service.ready_seconds
            while not (service.is_alive() and service.is_ready()):
                if time.monotonic() > deadline:
                    raise Failure(
                        f"{service.name} was not ready after {service.ready_seconds:.0f} s"
                        f"{self.tail(service.name)}"
                    )
                self.tick()
            service.has_served = True

    def tick(self) -> None:
        """Look after every service once, then rest a moment.

        Raises:
            Stopped: somebody asked for it.
            Failure: a service does not get up.
        """
        if self.stop_requested:
            raise Stopped
        for service in self.services:
            if service.process is None:
                if time.monotonic() >= service.next_try_at:
                    self._spawn(service)
            elif service.process.poll() is not None:
                self._note_death(service, service.process.returncode)
        time.sleep(TICK_SECONDS)

    def _note_death(self, service: Service, status: int) -> None:
        now = time.monotonic()
        recent = [at for at in service.deaths if now - at < TRIES_WITHIN_SECONDS]
        service.deaths = [*recent, now]
        if len(service.deaths) >= TRIES and not service.has_served:
            raise Failure(
                f"{service.name} ended {TRIES} times (status {status}){self.tail(service.name)}"
            )
        wait = 0.25 * 4 ** len(recent) if len(recent) < TRIES - 1 else LONGEST_PAUSE
        self.say(f"{service.name} ended (status {status}); starting it again in {wait:g} s")
        service.process, service.next_try_at = None, now + wait

    def _spawn(self, service: Service) -> None:
        with self.log(service.name).open("ab") as log:
            service.process = self._popen(
                service.command,
                service.environment,
                stdout=log,
                stderr=log,
                owner=service.owner,
                death_signal=service.stop_signal,
            )

    def _popen(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdout: object,
        stderr: object,
        owner: tuple[int, int] | None = None,
        death_signal: signal.Signals = signal.SIGTERM,
    ) -> subprocess.Popen[bytes]:
        uid, gid = owner or (None, None)
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            command, env=environment, cwd=self.cwd, stdin=subprocess.DEVNULL, stdout=stdout,
            stderr=stderr, start_new_session=True, preexec_fn=partial(die_with_parent, death_signal),
            user=uid, group=gid, extra_groups=[] if owner else None,
        )  # fmt: skip

    def watch(self) -> NoReturn:
        """Look after the services until `tick` raises."""
        while True:
            self.tick()

    def request_stop(self, *_: object) -> None:
        """A signal handler: the next tick raises Stopped."""
        self.stop_requested = True

    def stop(self) -> None:
        """End all services, the last stage first; each gets time to end by itself."""
        for stage in sorted({service.stage for service in self.services}, reverse=True):
            alive = [
                service
                for service in self.services
                if service.stage == stage and service.is_alive()
            ]
            leaders = [psutil.Process(service.pid) for service in alive]
            family = [child for leader in leaders for child in leader.children(recursive=True)]
            for service, leader in zip(alive, leaders, strict=True):
                leader.send_signal(service.stop_signal)
            _wait_until_gone(leaders, seconds=STOP_SECONDS)
            end([*leaders, *family], wait=3)
            for service in alive:
                service.is_alive()  # takes the exit status, so that no zombie stays
        self.services.clear()

    def log(self, name: str) -> Path:
        return self.log_folder / f"{name}.log"

    def rotate_log(self, name: str) -> None:
        if self.log(name).exists():
            self.log(name).replace(self.log_folder / f"{name}.log.1")

    def tail(self, name: str) -> str:
        """The end of a sentence about a process: where its log is, and its last messages."""
        path = self.log(name)
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        messages = [line for line in lines if line and not line.startswith((" ", "Traceback"))]
        if not messages:
            return f"; its log {path} is empty."
        return "\n    ".join([f"; the end of {path}:", *messages[-8:]])


def die_with_parent(number: signal.Signals) -> None:
    """In a child: the kernel sends it this signal when its parent ends, however that comes (Linux)."""
    # Started in a shell's background we ignore SIGINT, and a child would by inheritance.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, number)


def left_overs(mark: str) -> list[psutil.Process]:
    """Processes of this user that carry the mark, less ourselves and those that started us."""
    ours = {os.getpid(), *(process.pid for process in psutil.Process().parents())}
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in ours and _carries(process, mark)
    ]


def _carries(process: psutil.Process, mark: str) -> bool:
    try:
        return bool(process.uids().real == os.getuid() and process.environ().get(MARKER) == mark)
    except (psutil.Error, OSError):
        return False


def end(processes: Iterable[psutil.Process], *, wait: float) -> None:
    """End exactly these processes: ask, wait at most so many seconds, then kill."""
    alive = _wait_until_gone(processes, seconds=0)
    for kill in (False, True):
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill() if kill else process.terminate()
        alive = _wait_until_gone(alive, seconds=wait)


def _wait_until_gone(
    processes: Iterable[psutil.Process], *, seconds: float
) -> list[psutil.Process]:
    """Wait at most so long; those still alive. A zombie is gone: its parent may never look."""
    deadline = time.monotonic() + seconds
    while alive := [process for process in processes if _is_alive(process)]:
        if time.monotonic() >= deadline:
            break
        time.sleep(TICK_SECONDS)
    return alive


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
