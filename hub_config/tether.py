"""Ties a child process to its parent: when the parent dies, however, the child gets SIGTERM.

The child also hears SIGINT, even when the academy was started in a shell's background, where that
signal is ignored by inheritance: a kernel could not be interrupted and the culler not stopped.

Run as a program it ties itself and becomes the given command. It needs nothing but Python.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Called in the child, between fork and exec. On systems without it, the child is not tied."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def tethered(*command: str) -> list[str]:
    return [sys.executable, __file__, *command]


if __name__ == "__main__":
    parent = os.getppid()
    die_with_parent()
    if os.getppid() == parent:
        os.execv(sys.argv[1], sys.argv[1:])
