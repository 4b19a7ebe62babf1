"""Ending processes for certain: whole trees, also those that tried to leave them.

A process that calls `adopt_orphans` becomes the parent of every descendant whose own parent ends
(PR_SET_CHILD_SUBREAPER), so that a daemon started by a notebook stays in the tree.
"""

import ctypes
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
PATIENCE = 5.0


def adopt_orphans() -> None:
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent() -> None:
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def close_memory() -> None:
    """Other processes of the same user may not read or change this one's memory (Linux, not root)."""
    _prctl(PR_SET_DUMPABLE, 0)


def _prctl(option: int, value: int) -> None:
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def end_descendants(pid: int | None = None) -> None:
    """Kill everything below a process (this one by default), also what is born meanwhile."""
    own = pid is None or pid == os.getpid()
    root = psutil.Process(pid)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        below = [process for process in _below(root) if _is_running(process)]
        if not below:
            break
        for action in (signal.SIGSTOP, signal.SIGKILL):
            for process in below:
                with suppress(psutil.Error):
                    process.send_signal(action)
        if own:
            _reap()
        time.sleep(0.005)
    if own:
        _reap()


def end_tree(pid: int) -> None:
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        root.suspend()
        end_descendants(pid)
        root.kill()


def end_strays(home: Path) -> None:
    """Kill what still runs with this HOME: processes whose whole tree of parents was killed."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get("HOME") == str(home):
                process.kill()


def _below(root: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return root.children(recursive=True)
    return []


def _is_running(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def _reap() -> None:
    """Collect ended children, so that they do not stay as zombies."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
