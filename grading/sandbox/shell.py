"""One notebook in a box: ipykernel's own kernel and shell, with a list instead of sockets.

It is made once in the zygote and runs in forks of it. Cells come in one at a time; what a kernel
would publish for each goes back as a list of messages (kind, content), in the order of publishing.
"""
# ipykernel, jupyter_client and tornado are typed in part.
# mypy: disable-error-code="no-untyped-call,misc,attr-defined,unused-ignore"

import asyncio
import inspect
import io
import json
import logging
import os
import random
import signal
import sys
import threading
import traceback
from contextlib import suppress
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]  # the kernel's debugger: 0.1 s

from ipykernel.ipkernel import IPythonKernel  # noqa: E402
from ipykernel.kernelapp import IPKernelApp  # noqa: E402
from IPython.utils.io import capture_output  # noqa: E402
from jupyter_client.session import Session  # noqa: E402
from tornado.ioloop import IOLoop  # noqa: E402
from traitlets.config import Config  # noqa: E402

from grading.sandbox import (  # noqa: E402
    conversing,
    mistakes,
    sealed,
    shared_memory,
    shortcuts,
)
from grading.sandbox.channel import Channel, Closed, Message  # noqa: E402
from grading.sandbox.limiting import SHORT, Limiter  # noqa: E402

BACKEND = "module://matplotlib_inline.backend_inline"
MOST_OF_REPLY = 100_000
# As a kernel's, without anybody at the other end.
CONNECTION_FILE = "/engine/kernel.json"
NO_CELL = -1
_cell: ContextVar[int] = ContextVar("cell")


class _Outputs:
    """What the running cell published. A task left over from an earlier cell is not heard."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, Message]] = []
        self.limiter = Limiter(1_000_000)
        self.cell = 0

    @property
    def heard(self) -> bool:
        return _cell.get(self.cell) == self.cell

    def add(self, kind: str, content: Message) -> None:
        if self.heard and self.limiter.admits(kind, content, self.messages):
            self.messages.append((kind, content))


class _Session(Session):  # type: ignore[misc]
    """The kernel's voice: everything it wants to send becomes a message in the list."""

    outputs: Any = None

    def send(
        self, stream: Any, msg_or_type: Any, content: Any = None, *_: Any, **__: Any
    ) -> dict[str, Any]:
        known = isinstance(msg_or_type, dict)
        message: dict[str, Any] = msg_or_type if known else self.msg(msg_or_type, content)
        self.outputs.add(message["header"]["msg_type"], self.plain(message["content"]))
        return message

    def plain(self, content: Any) -> Any:
        """As it would arrive at the other end of a socket; raises where it could not be sent."""
        try:
            packed = self.pack(content).decode(errors="replace")
        except UnicodeEncodeError:
            packed = json.dumps(content, default=str)
        return json.loads(packed)


class _Stream(io.TextIOBase):
    """sys.stdout or sys.stderr. What programs write to the file behind it comes in with a flush."""

    encoding = "UTF-8"

    def __init__(self, name: str, number: int, outputs: _Outputs) -> None:
        self.name, self._number, self._outputs = name, number, outputs
        self._parts: list[str] = []
        self._size = 0
        self._file: int | None = None

    def open(self) -> None:
        """In the fork: give the process a file to write to, and read what is new in it."""
        self._pid = os.getpid()
        self._nowhere = os.open(os.devnull, os.O_RDWR)
        self._file = self._nowhere
        with suppress(OSError):  # an earlier notebook has filled the box
            self._file = os.open("/tmp", os.O_RDWR | os.O_APPEND | os.O_TMPFILE, 0o600)
        self._read = 0
        os.dup2(self._file, self._number)

    def fileno(self) -> int:
        return self._nowhere

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if os.getpid() != self._pid:
            os.write(self._number, text.encode(errors="replace"))
        elif self._outputs.heard:
            self._parts.append(text)
            self._size += len(text)
            if self._size > 1_000_000:
                self.flush()
        return len(text)

    def flush(self) -> None:
        if self._file is None or os.getpid() != self._pid:
            return
        self._from_file()
        if self._parts:
            text, self._parts, self._size = "".join(self._parts), [], 0
            if text:
                self._outputs.add("stream", {"name": self.name, "text": text})

    def _from_file(self) -> None:
        assert self._file is not None
        size = os.fstat(self._file).st_size
        while self._read < size:
            block = os.pread(self._file, min(size - self._read, 1 << 20), self._read)
            self._read += len(block)
            self._parts.append(block.decode(errors="replace"))
            if not block:
                break


_module_of = inspect.getmodule


def _getmodule(object: Any, _filename: str | None = None) -> Any:
    """A cell's file belongs to no module: without asking all of them (6 ms for each error)."""
    name = str(_filename or getattr(getattr(object, "f_code", object), "co_filename", ""))
    of_cell = os.path.basename(os.path.dirname(name)).startswith("ipykernel_")
    if of_cell and not hasattr(object, "__module__"):
        return None
    return _module_of(object, _filename)


def _nowhere() -> logging.Logger:
    """What a kernel writes to its own log is in no notebook."""
    log = logging.getLogger("IPKernelApp")
    log.propagate = False
    log.addHandler(logging.NullHandler())
    return log


def _look_beside_the_notebook() -> None:
    """For modules; a kernel looks there after the standard library, before what is installed."""
    installed = ("site-packages", "dist-packages")
    places = (at for at, path in enumerate(sys.path) if os.path.basename(path) in installed)
    sys.path.insert(next(places, 0), "")


class Shell:
    def __init__(self) -> None:
        os.environ.setdefault("MPLBACKEND", BACKEND)
        os.environ["NBGRADER_EXECUTION"] = "autograde"
        inspect.getmodule = _getmodule
        self.outputs = _Outputs()
        session = _Session(key=b"")
        session.outputs = self.outputs
        config = Config()
        config.HistoryManager.hist_file = ":memory:"
        config.InteractiveShell.colors = "NoColor"
        log = _nowhere()
        # What magics and libraries ask for the kernel they run in.
        app: Any = IPKernelApp.instance(config=config, connection_file=CONNECTION_FILE, log=log)
        self.kernel: Any = IPythonKernel.instance(
            parent=app, session=session, iopub_socket=object(), log=log
        )
        subshells = SimpleNamespace(subshell_id_from_thread_id=lambda _: None, list_subshell=list)
        self.kernel.shell_channel_thread = SimpleNamespace(
            parent_thread=threading.main_thread(), manager=subshells
        )
        app.kernel = self.kernel
        app.init_shell()
        app.init_extensions()
        shared_memory.install()
        shortcuts.take(self.kernel.shell)
        self.streams = [_Stream("stdout", 1, self.outputs), _Stream("stderr", 2, self.outputs)]

    def warm_up(self) -> None:
        """What the first cell and the first error of a process cost, once for all forks."""
        shell = self.kernel.shell
        with capture_output():
            for source in (
                "1 + 1",
                "raise ValueError",
                "print(",
                "assert False",
                *mistakes.usual(),
            ):
                asyncio.run(self._first(source))
        shell.reset(new_session=True)
        shell.execution_count = 1
        self.outputs.messages.clear()

    async def _first(self, source: str) -> None:
        self.kernel.io_loop = IOLoop.current()
        await self.kernel.do_execute(source, silent=False, store_history=False)

    def run(self, channel: Channel) -> None:
        """In a fork: run cells until the channel is closed."""
        _look_beside_the_notebook()
        random.seed()
        if "numpy" in sys.modules:
            # A number seeds it for less than half of what gathering chance anew costs.
            sys.modules["numpy"].random.seed(random.getrandbits(32))
        sys.stdout, sys.stderr = self.streams  # type: ignore[assignment]
        for stream in self.streams:
            stream.open()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _cell.set(NO_CELL)  # what the event loop itself has to say belongs to none
        asyncio.run(self._serve(channel))

    async def _serve(self, channel: Channel) -> None:
        loop = asyncio.get_running_loop()
        self.kernel.io_loop = IOLoop.current()
        orders: asyncio.Queue[Message] = asyncio.Queue()

        def listen() -> None:
            loop.add_reader(channel.fileno(), lambda: orders.put_nowait(received(channel)))

        listen()
        side: sealed.Tests | sealed.Trainee | None = None
        while True:
            order = await orders.get()
            if order["order"] == "closed":
                os._exit(0)
            if order["order"] == "begin":
                self.outputs.limiter = Limiter(int(order["output_bytes"]))
                continue
            if order["order"] == "seal":
                side = sealed.side(self, channel, order)
                continue
            if order["order"] in conversing.BETWEEN:
                if isinstance(side, sealed.Trainee):
                    side.answer(order)
                continue
            if order["order"] == "test" and isinstance(side, sealed.Tests):
                loop.remove_reader(channel.fileno())  # answers are for the test to read
                status = await side.test(order)
                listen()
                answer: Message = {"messages": self.outputs.messages, **status}
            elif order["order"] == "claim":
                answer = {"refused": await self._refuses(str(order["source"]))}
            else:
                status = await self.run_cell(str(order["source"]))
                cut = self.outputs.limiter.cut
                answer = {"messages": self.outputs.messages, "cut": cut, **status}
            with suppress(Closed):
                channel.send({**answer, "number": order["number"]})

    async def _refuses(self, claim: str) -> bool:
        """Run a claim the way a cell is, all of it, without a trace of it."""
        shell = self.kernel.shell
        own = vars(shell).get("showtraceback")
        shell.showtraceback = lambda *_, **__: None
        try:
            reply = await self.kernel.do_execute(claim, silent=True, store_history=False)
        except BaseException:
            return False
        finally:
            del shell.showtraceback
            if own:
                shell.showtraceback = own
        return bool(reply.get("ename") == "AssertionError")

    def hear_only_this(self) -> None:
        """From now on, outputs are those of what runs next."""
        self.outputs.messages = []
        self.outputs.cell += 1
        _cell.set(self.outputs.cell)

    def flush(self) -> None:
        for stream in self.streams:
            stream.flush()
        for replaced in (sys.stdout, sys.stderr):
            with suppress(Exception):
                replaced.flush()

    async def run_cell(self, source: str) -> Message:
        self.hear_only_this()
        self.kernel.pre_handler_hook()
        try:
            reply = await self.kernel.do_execute(source, silent=False, store_history=True)
        except KeyboardInterrupt:
            reply = {"status": "aborted"}
        except Exception:
            # A kernel logs it and never answers.
            reply = {"status": "broken", "ename": traceback.format_exc(limit=-1)}
        finally:
            self.kernel.post_handler_hook()
        self.flush()
        names = ("status", "ename", "evalue", "traceback", "execution_count")
        kept = {name: reply[name] for name in names if name in reply}
        try:
            kept = dict(self.kernel.session.plain(kept))
        except (TypeError, ValueError, RecursionError) as error:
            kept = {"status": "broken", "ename": type(error).__name__}
        if len(repr(kept)) > MOST_OF_REPLY:  # an error of any size; its message was cut to fit
            kept |= {"evalue": str(kept.get("evalue"))[:SHORT], "traceback": []}
        return kept


def received(channel: Channel) -> Message:
    try:
        return channel.receive()
    except Closed:
        return {"order": "closed"}
