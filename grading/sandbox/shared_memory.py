"""Python's `mmap.mmap(-1, n)`, in a file of the box.

Shared memory without a file outlives its mappings and is in no process's count, so the system call
filter refuses it; what lies in the box's bounded file system is counted.
"""

import errno
import mmap
import os
import tempfile
from typing import Any

FOLDER = "/dev/shm"
KINDS = mmap.MAP_SHARED | mmap.MAP_PRIVATE


class _Mapping(mmap.mmap):
    without_file = False

    def __new__(cls, fileno: int, length: int, *words: Any, **named: Any) -> "_Mapping":
        flags = named.get("flags", words[0] if words else mmap.MAP_SHARED)
        access = named.get("access", mmap.ACCESS_DEFAULT)
        is_private = access == mmap.ACCESS_COPY or flags & KINDS != mmap.MAP_SHARED
        if fileno != -1 or length <= 0 or is_private:
            return super().__new__(cls, fileno, length, *words, **named)
        if words:
            words = (flags & ~mmap.MAP_ANONYMOUS, *words[1:])
        elif "flags" in named:
            named["flags"] = flags & ~mmap.MAP_ANONYMOUS
        with tempfile.TemporaryFile(dir=FOLDER) as file:
            _fill(file.fileno(), length)
            made = super().__new__(cls, file.fileno(), length, *words, **named)
        made.without_file = True
        return made

    def size(self) -> int:
        return os.fstat(-1).st_size if self.without_file else super().size()


def _fill(file: int, length: int) -> None:
    """Now: to find no room later ends the process."""
    try:
        os.posix_fallocate(file, 0, length)
    except OSError as error:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)) from error


_Mapping.__name__ = _Mapping.__qualname__ = "mmap"
_Mapping.__module__ = "mmap"


def install() -> None:
    mmap.mmap = _Mapping  # type: ignore[misc]
