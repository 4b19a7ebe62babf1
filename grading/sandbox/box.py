"""A box: what one submission gets of the machine, set up in a fork of the zygote (box is isolate's word).

Namespaces of its own for users, processes, files, network and names; one bounded file system; no
capability; the system call filter. The first process in it (this code) never runs trainees' code:
it forks a shell per notebook, watches memory, and when it ends everything in the box ends.
"""

import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from grading.sandbox import linux, outer, seccomp
from grading.sandbox.channel import Channel, Closed, Message

WORK = "/box/work"
MATPLOTLIB = "/box/home/.config/matplotlib"
FONT_LISTS = "/engine/fonts"
GLANCE = 0.05
# The most that the kernel keeps for a socket that nobody reads, both directions of most kinds.
SOCKET_BYTES = 512 * 1024
# What a notebook's process may hold open or queue; the bounds of `Limits` come with the request.
MOST_OPEN = 512
MOST_SIGNALS = 1000
INFINITE = 2**62

Run = Callable[[Channel], None]


NAMESPACES = (
    linux.CLONE_NEWUSER | linux.CLONE_NEWPID | linux.CLONE_NEWNS | linux.CLONE_NEWNET
    | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS
)  # fmt: skip


def make(request: Message, control: Channel, run: Run, *, uid: int, gid: int) -> None:
    """In a clone of the zygote, the first process of its NAMESPACES: become a new box and serve its
    controller.

    `uid`, `gid`: the zygote's. Returns only where setting up failed.
    """
    linux.map_user(outer.USER, uid=uid, gid=gid)
    _own_files(int(request["disk_bytes"]), request["in_tmp"])
    linux.loopback_up()
    socket.sethostname("academy")
    linux.drop_capabilities()
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    seccomp.install()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the first process is deaf to what has no handler
    control.send({"event": "ready"})
    _Box(request, control, run).serve()


def _own_files(size: int, in_tmp: list[str]) -> None:
    """`in_tmp`: folders of the notebook environment that the box's own /tmp would hide."""
    linux.mount(None, "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    held = {path: os.open(path, os.O_PATH) for path in in_tmp}
    flags = linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("box", "/box", "tmpfs", flags, f"size={size},nr_inodes=20000,mode=755")
    for name in ("work", "home", "tmp", "shm"):
        os.mkdir(f"/box/{name}")
    linux.mount(WORK, WORK, flags=linux.MS_BIND)  # so that it cannot be moved away
    linux.mount("/box/tmp", "/tmp", flags=linux.MS_BIND)
    for path, handle in held.items():
        os.makedirs(path)
        linux.mount(f"/proc/self/fd/{handle}", path, flags=linux.MS_BIND | linux.MS_REC)
        linux.remount_read_only(path)
        os.close(handle)
    linux.mount("/box/shm", "/dev/shm", flags=linux.MS_BIND)
    linux.mount("pts", "/dev/pts", "devpts", linux.MS_NOSUID, "newinstance,ptmxmode=0666,mode=620")
    linux.mount("proc", "/proc", "proc", flags)
    _no_device_of_zeros()
    if os.path.isdir(FONT_LISTS):
        os.makedirs(MATPLOTLIB)
        for name in os.listdir(FONT_LISTS):
            os.symlink(f"{FONT_LISTS}/{name}", f"{MATPLOTLIB}/{name}")


def _no_device_of_zeros() -> None:
    """A file of holes in its place: the device also makes shared memory, which nobody counts."""
    with open("/box/zero", "wb") as file:
        file.truncate(2**40)
    linux.mount("/box/zero", "/dev/zero", flags=linux.MS_BIND)
    flags = linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV
    linux.mount(None, "/dev/zero", flags=flags)
    os.unlink("/box/zero")


class _Box:
    """The controller's orders: put a file, run a notebook in a shell, interrupt it, end it."""

    def __init__(self, request: Message, control: Channel, run: Run) -> None:
        self.request, self.control, self.run = request, control, run
        self.shell: int | None = None
        self.ended: int | None = None  # a handle that can be read when the shell has ended
        self.resting = _memory() if sys.platform == "linux" else 0

    def serve(self) -> None:
        while True:
            heard: list[Channel | int] = [self.control]
            if self.ended is not None:
                heard.append(self.ended)
            if self.control in select.select(heard, [], [], GLANCE if self.shell else None)[0]:
                try:
                    self._obey(self.control.receive())
                except Closed:
                    os._exit(0)
            elif self.shell:
                self._watch()

    def _obey(self, order: Message) -> None:
        match order["order"]:
            case "put":
                try:
                    _put(str(order["path"]), order.get("content", b""))
                except OSError:
                    if order["needed"]:
                        raise
            case "shell":
                self._start_shell(order.get("kernel"), bounded=not order.get("cuda"))
            case "interrupt" if self.shell:
                with suppress(ProcessLookupError):
                    os.killpg(self.shell, signal.SIGINT)
            case "end":
                self._end_all()
            case "close":
                self._end_all()
                self.control.send({"event": "closed", "cpu_seconds": _cpu_seconds()})
                os._exit(0)

    def _start_shell(self, spec: Message | None, *, bounded: bool) -> None:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            try:
                ours.close()
                self.control.close()
                self._limit(bounded=bounded)
                os.setsid()
                os.chdir(WORK)
                if spec:
                    from grading.sandbox import kernel

                    kernel.run(Channel(theirs), spec)
                linux.prctl(linux.PR_SET_DUMPABLE, 1)  # so that its memory can be counted
                self.run(Channel(theirs))
            finally:
                os._exit(1)
        theirs.close()
        self.shell, self.ended = pid, os.pidfd_open(pid)
        self.control.send({"event": "shell"}, give=(ours.fileno(),))
        ours.close()

    def _limit(self, *, bounded: bool) -> None:
        """`bounded` address space: not with CUDA, which reserves more than any machine has."""
        for what, most in (
            (resource.RLIMIT_AS, self.request["memory_bytes"] + 2**31 if bounded else INFINITE),
            (resource.RLIMIT_FSIZE, self.request["disk_bytes"]),
            (resource.RLIMIT_NPROC, self.request["processes"]),
            (resource.RLIMIT_CPU, self.request["cpu_seconds"]),
            (resource.RLIMIT_NOFILE, MOST_OPEN),
            (resource.RLIMIT_SIGPENDING, MOST_SIGNALS),
            (resource.RLIMIT_MSGQUEUE, 0),
            (resource.RLIMIT_MEMLOCK, 0),
            (resource.RLIMIT_CORE, 1),  # with 0, a program of the machine's is still started
        ):
            hard = resource.getrlimit(what)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (most, most))

    def _watch(self) -> None:
        """Collect what has ended; end everything where the box takes too much memory."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                if pid == self.shell:
                    self._end_all()
                    killed = os.waitstatus_to_exitcode(status) == -signal.SIGKILL
                    self.control.send({"event": "over", "reason": "killed" if killed else ""})
        if self.shell and self._takes_too_much():
            self._end_all()
            self.control.send({"event": "over", "reason": "memory"})

    def _takes_too_much(self) -> bool:
        most = int(self.request["memory_bytes"]) + self.resting
        return _memory() > most and _memory(exactly=True) > most

    def _end_all(self) -> None:
        """Every process in the box but this one (kill(2): -1), also those born meanwhile."""
        self.shell = None
        if self.ended is not None:
            os.close(self.ended)
            self.ended = None
        until = time.monotonic() + 5
        while time.monotonic() < until:
            try:
                os.kill(-1, signal.SIGKILL)
            except ProcessLookupError:
                break
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            time.sleep(0.0005)
        else:
            os._exit(1)  # with it the rest ends, when the kernel can


def _memory(*, exactly: bool = False) -> int:
    """Bytes of memory of every process in the box that no file backs, and what its sockets may hold.

    Memory that processes share on purpose lies in files (the system call filter sees to that), and
    those in the one bounded file system. What a fork has not written to yet counts once more for
    each fork; not so where `exactly`, which takes a hundred times the time.
    """
    sockets = int(_read("/proc/net/sockstat").split()[2])
    processes = (name for name in os.listdir("/proc") if name.isdigit())
    return sockets * SOCKET_BYTES + sum(_memory_of(one, exactly=exactly) for one in processes)


def _memory_of(process: str, *, exactly: bool) -> int:
    if exactly:
        with suppress(OSError):  # one that does not let itself be looked into
            return _sum_of(f"/proc/{process}/smaps_rollup", b"Pss_Anon:", b"SwapPss:")
    with suppress(OSError):
        return _sum_of(f"/proc/{process}/status", b"RssAnon:", b"VmSwap:")
    return 0


def _sum_of(file: str, *names: bytes) -> int:
    lines = _read(file).split(b"\n")
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(names))


def _read(file: str) -> bytes:
    """A file of the kernel's, in one piece and without Python's layers, which a fork pays for."""
    handle = os.open(file, os.O_RDONLY)
    try:
        return os.read(handle, 1 << 16)
    finally:
        os.close(handle)


def _cpu_seconds() -> float:
    """What the box has used, all its ended processes included."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def _put(path: str, content: bytes) -> None:
    """A file for the notebook. The controller has checked the path; links cannot lie about yet."""
    target = Path(WORK, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
