"""The controller's side of the sandbox: warm zygotes, and a box for each submission.

It holds the tests and hands them in cell by cell. What comes back is a stranger's word: bounded in
size and time, and read as data.
"""

import errno
import hashlib
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from grading import bubblewrap, matplotlib_cache
from grading.facts import GradingFailed, Limits, SandboxUnavailable
from grading.kernels import Kernel
from grading.sandbox.channel import Channel, Closed, Message
from grading.workplace import ONE_THREAD, PASSED_ON, SYSTEM_PATH

START_SECONDS = 120
MOST_ZYGOTES = 4
# A cell that was interrupted and does not come to an end by itself is ended with its notebook.
PATIENCE = 3.0
# A letter of output as JSON has it, outside of what one pair of bytes can name.
LETTER = 12
# The machine has no room for another process or file just now.
PASSING = {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE}
ENGINE = "/engine"
SANDBOX = Path(__file__).with_name("sandbox")
# What a kernel of the box would have in its connection file (jupyter_client.connect).
CONNECTION = {
    "shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5,
    "ip": "/tmp/kernel-ipc", "key": "", "transport": "ipc",
    "signature_scheme": "hmac-sha256", "kernel_name": "python3",
}  # fmt: skip


class Died(Exception):
    """The notebook's process is gone. `reason`: "memory" where it was ended for that; "killed" where
    somebody ended it by SIGKILL; "tampering" where it lives and says what it was not asked."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class TimeOver(Exception):
    """A cell did not end in its time; with `stopped`, not even when interrupted."""

    def __init__(self, reply: Message | None = None) -> None:
        super().__init__()
        self.reply = reply


class Runs(Protocol):
    """What cells are run in."""

    def run(self, source: str, *, seconds: float) -> Message: ...


class Box:
    """One submission's part of the machine; it ends, with all that runs in it, when this closes."""

    def __init__(self, control: Channel, limits: Limits) -> None:
        self._control = control
        self._limits = limits
        self._shell: Channel | None = None

    def put(self, path: str, content: bytes, *, needed: bool) -> None:
        """A file beside the notebooks; `path` is relative. One not needed may find no room."""
        order = {"order": "put", "path": path, "needed": needed}
        try:
            self._control.send(order, content=content, deadline=time.monotonic() + START_SECONDS)
        except (Closed, TimeoutError) as error:
            raise GradingFailed("the sandbox ended while files were put into it") from error

    def start_shell(self, kernel: Kernel | None = None) -> None:
        """A fresh interpreter for the next notebook; what the last one left running has ended.

        Raises:
            Died: the box is gone; "start" where the kernel did not start.
        """
        self.end_shell()
        deadline = time.monotonic() + START_SECONDS
        try:
            self._control.send({"order": "shell", **(_order(kernel) if kernel else {})})
            while True:
                answer = self._control.receive(deadline=deadline)
                if "given" in answer:
                    break
                if answer.get("event") == "failed":
                    raise GradingFailed(f"the sandbox failed: {answer.get('reason')}")
        except (Closed, TimeoutError) as error:
            raise GradingFailed("the sandbox did not start a notebook") from error
        end = socket.socket(fileno=answer["given"][0])
        most = LETTER * self._limits.output_bytes + 2_000_000
        self._shell = Channel(end, most_bytes=most, takes=False)
        try:
            self._shell.send({"order": "begin", "output_bytes": self._limits.output_bytes})
            if kernel:
                checked(self._shell.receive(deadline=deadline))
        except (Closed, TimeoutError) as error:
            raise Died("memory" if self._reason() == "memory" else "start") from error

    def run(self, source: str, *, seconds: float) -> Message:
        """Run a cell; the reply has "messages" and a "status".

        Raises:
            TimeOver: it took too long; where an interrupt helped, `reply` is what it left.
            Died: the process is gone.
        """
        assert self._shell
        try:
            return checked(self._ask({"order": "cell", "source": source}, seconds))
        except TimeoutError:
            raise TimeOver(self._interrupt()) from None
        except Closed as error:
            raise Died(self._reason()) from error

    def fails(self, claim: str) -> bool:
        """Whether an assertion that is false is refused where the tests are run.

        Raises:
            Died: the process is gone or does not answer.
        """
        assert self._shell
        try:
            reply = self._ask({"order": "claim", "source": claim}, PATIENCE)
        except TimeoutError as error:
            raise Died from error
        except Closed as error:
            raise Died(self._reason()) from error
        return reply.get("refused") is True

    def _ask(self, order: Message, seconds: float) -> Message:
        assert self._shell
        deadline = time.monotonic() + seconds
        self._number = secrets.token_hex(8)
        self._shell.send({**order, "number": self._number}, deadline=deadline)
        return self._answer(deadline)

    def _answer(self, deadline: float) -> Message:
        """An answer written before it was asked for has not the number of the question."""
        assert self._shell
        reply = self._shell.receive(deadline=deadline)
        if reply.get("number") != self._number:
            raise Died("tampering")
        return reply

    @property
    def line(self) -> Channel:
        """To the shell itself, for sealed tests."""
        assert self._shell
        return self._shell

    def interrupt(self) -> None:
        with suppress(Closed):
            self._control.send({"order": "interrupt"})

    def died(self) -> Died:
        """Why the shell's line is closed."""
        return Died(self._reason())

    def _interrupt(self) -> Message | None:
        try:
            self.interrupt()
            return checked(self._answer(time.monotonic() + PATIENCE))
        except (TimeoutError, Closed):
            return None

    def _reason(self) -> str:
        """Why a shell's line is closed. The box's first process tells, and no notebook can end it."""
        try:
            while True:
                word = self._control.receive(deadline=time.monotonic() + 1)
                if word.get("event") == "over":
                    return str(word.get("reason", ""))
        except TimeoutError:
            return "tampering"
        except Closed as error:
            raise GradingFailed("the sandbox ended while a notebook ran") from error

    def end_shell(self) -> None:
        if self._shell:
            self._shell.close()
            self._shell = None
            with suppress(Closed):
                self._control.send({"order": "end"})

    def close(self) -> float:
        """Ends everything in it. Returns the processor seconds used, as far as they are known."""
        if self._shell:
            self._shell.close()
        try:
            self._control.send({"order": "close"})
            deadline = time.monotonic() + PATIENCE
            while "cpu_seconds" not in (word := self._control.receive(deadline=deadline)):
                pass
            return float(word["cpu_seconds"])
        except (Closed, TimeoutError):
            return 0.0
        finally:
            # Where it did not answer, its first process ends now, and with it all the others.
            self._control.close()


def _order(kernel: Kernel) -> Message:
    return {"kernel": kernel.spec | {"name": kernel.name}, "cuda": kernel.cuda}


def checked(reply: Message) -> Message:
    """The shape that later code relies on, whatever the sandbox said."""
    messages, status = reply.get("messages"), reply.get("status")
    if not (isinstance(messages, list) and isinstance(status, str) and status in _STATUSES):
        raise Closed("the reply is no reply")
    for message in messages:
        if not (isinstance(message, list) and len(message) == 2):
            raise Closed("the reply holds what is no message")
        if not (isinstance(message[0], str) and isinstance(message[1], dict)):
            raise Closed("the reply holds what is no message")
    return reply


_STATUSES = {"ok", "error", "aborted", "broken"}


class Zygote:
    """A warm process of one notebook environment with some packages imported. Thread-safe."""

    def __init__(self, python: str, imports: Sequence[str], devices: Sequence[str] = ()) -> None:
        ours, theirs = socket.socketpair()
        self._guard = threading.Lock()
        self._channel = Channel(ours)
        self.pid = os.getpid()
        self._in_tmp = [path for path in places(python) if path.startswith("/tmp/")]
        self.open_boxes = 0
        argv = [python, "-I", f"{ENGINE}/grading/sandbox/zygote.py", str(theirs.fileno())]
        plan = {
            "argv": [*argv, json.dumps(list(imports))],
            "environment": environment(python),
            "show": [
                *([path, path] for path in places(python)),
                [str(SANDBOX), f"{ENGINE}/grading/sandbox"],
            ],
            "devices": list(devices),
            "files": {
                f"{ENGINE}/grading/__init__.py": "",
                f"{ENGINE}/kernel.json": json.dumps(CONNECTION, indent=2),
                **{
                    f"{ENGINE}/fonts/{name}": content.decode()
                    for name, content in matplotlib_cache.lists(python).items()
                },
            },
            "size": 64 * 1024**2,
        }
        self._process = start_outer(plan, pass_fds=(theirs.fileno(),))
        theirs.close()
        self._await_ready()

    def _await_ready(self) -> None:
        try:
            ready = self._channel.receive(deadline=time.monotonic() + START_SECONDS)
        except (Closed, TimeoutError) as error:
            self.end()
            assert self._process.stderr
            said = self._process.stderr.read().decode(errors="replace").strip()
            raise SandboxUnavailable(said.splitlines()[-1] if said else str(error)) from error
        self.threads = int(ready["threads"])
        self.not_imported = list(ready["not_imported"])

    @property
    def is_usable(self) -> bool:
        return self.pid == os.getpid() and self._process.poll() is None

    @contextmanager
    def box(self, limits: Limits) -> Iterator[Box]:
        ours, theirs = socket.socketpair()
        control = Channel(ours, most_bytes=10_000)
        request = {
            "memory_bytes": limits.memory_bytes,
            "disk_bytes": limits.disk_bytes,
            "processes": limits.processes,
            "cpu_seconds": int(limits.notebook_seconds) + 5,
            "in_tmp": self._in_tmp,
        }
        try:
            with self._guard:
                self._channel.send(request, give=(theirs.fileno(),))
            theirs.close()
            answer = control.receive(deadline=time.monotonic() + START_SECONDS)
        except (Closed, TimeoutError) as error:
            control.close()
            raise GradingFailed(f"the sandbox did not open: {error}") from error
        if answer.get("event") != "ready":
            control.close()
            reason = str(answer.get("reason"))
            if answer.get("errno") in PASSING:
                raise GradingFailed(f"the sandbox did not open: {reason}")
            raise SandboxUnavailable(reason)
        box = Box(control, limits)
        self.open_boxes += 1
        try:
            yield box
        finally:
            self.open_boxes -= 1
            _used.append(box.close())

    def end(self) -> None:
        self._channel.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)
            return
        self._process.kill()
        self._process.wait()


def start_outer(plan: dict[str, Any], *, pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-I", "-S", str(SANDBOX / "outer.py")]
    handles: tuple[int, ...] = ()
    if bubblewrap.is_used():
        words, handles = bubblewrap.command(plan)
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={"PATH": SYSTEM_PATH, "LANG": "C.UTF-8"},
        cwd="/",
        pass_fds=(*pass_fds, *handles),
        start_new_session=True,
    )
    for handle in handles:
        os.close(handle)
    assert process.stdin
    with suppress(BrokenPipeError), process.stdin:
        process.stdin.write(json.dumps(plan).encode())
    return process


def backend() -> str:
    """What makes the outer wall, and why, in words."""
    if bubblewrap.is_used():
        return "bubblewrap: it is installed"
    if os.geteuid() == 0:
        return "namespaces set up directly: as root they let the grader become nobody"
    return "namespaces set up directly: bubblewrap is not installed"


def environment(python: str) -> dict[str, str]:
    """All a notebook's process gets to know; nothing of the academy's is in it."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {
        "LANG": "C.UTF-8",
        **passed,
        **{f"{library}_NUM_THREADS": "1" for library in ONE_THREAD},
        "PATH": os.pathsep.join((str(Path(python).parent), SYSTEM_PATH)),
        "HOME": "/box/home",
        "USER": "trainee",
        "TMPDIR": "/tmp",
        "MPLCONFIGDIR": "/box/home/.config/matplotlib",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
        "NBGRADER_EXECUTION": "autograde",
    }


@cache
def places(python: str) -> tuple[str, ...]:
    """The folders the Python needs that are not the system's: its environment and its base."""
    asked = (
        "import json, sys; print(json.dumps([sys.prefix, sys.base_prefix, sys.base_exec_prefix]))"
    )
    said = subprocess.run([python, "-I", "-c", asked], capture_output=True, check=True).stdout
    found = dict.fromkeys(json.loads(said))
    return tuple(path for path in found if path not in {"/usr", "/usr/local", "/"})


@cache
def environment_digest(python: str) -> str:
    """SHA-256 over the names and versions of all that is installed, and Python's own version."""
    asked = (
        "import sys; from importlib.metadata import distributions as all_;"
        " print(sys.version, sorted((d.name, d.version) for d in all_()))"
    )
    said = subprocess.run([python, "-I", "-c", asked], capture_output=True, check=True).stdout
    return hashlib.sha256(said).hexdigest()


# Processor seconds of the last boxes, for the benchmark.
_used: deque[float] = deque(maxlen=100_000)


def box_seconds() -> float:
    return sum(_used)


_zygotes: OrderedDict[tuple[str, tuple[str, ...], tuple[str, ...]], Zygote] = OrderedDict()
_guard = threading.Lock()


def zygote(python: str, imports: Sequence[str], devices: Sequence[str] = ()) -> Zygote:
    """The warm process for an environment, the packages an assignment imports, and its devices."""
    key = python, tuple(imports), tuple(devices)
    with _guard:
        found = _zygotes.get(key)
        if found is None or not found.is_usable:
            if found and found.pid == os.getpid():
                found.end()
            found = _zygotes[key] = Zygote(python, imports, devices)
            if found.threads > 1:
                # A fork of several threads may wait for a lock for ever: import it in the box.
                found.end()
                found = _zygotes[key] = Zygote(python, (), devices)
        _zygotes.move_to_end(key)
        for old, one in list(_zygotes.items())[:-MOST_ZYGOTES]:
            if not one.open_boxes:
                _zygotes.pop(old).end()
        return found
