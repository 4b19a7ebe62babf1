"""The files of two boxes, kept alike while sealed tests run: a test writes a file that the trainee's
function reads, or the other way round.

What comes from the trainee is data: it does not replace the author's files, is no module that an
import could find, and goes through no link.
"""

import base64
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.machinery import all_suffixes
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any

from grading.sandbox.values import MOST_BYTES, SealedError

ROOTS = ("/box/work", "/tmp")
MOST_FILES = 2000
# The clock of files ticks this slowly: what was written so shortly before may have been again.
TICK = 50_000_000
FOLDER = "folder"
Change = list[Any]


class Mirror:
    def __init__(self, *, kept: set[str], guarded: bool) -> None:
        """`kept`: the author's files, the same on both sides, relative to the working folder."""
        self._kept = {f"{ROOTS[0]}/{path}" for path in kept}
        self._guarded = guarded
        self._known: dict[str, tuple[int, int, bytes]] = {}
        for path in self._kept:
            if os.path.isfile(path):
                self._look(path, os.lstat(path), time.time_ns())

    def changes(self) -> list[Change]:
        """[path, content in base64, or None where it is gone, or FOLDER], since the last time."""
        found: list[Change] = []
        seen = set()
        now, room = time.time_ns(), MOST_BYTES // 2
        for path, status in _everything():
            seen.add(path)
            if S_ISDIR(status.st_mode):
                if path not in self._known:
                    self._known[path] = 0, 0, b""
                    found.append([path, FOLDER])
            elif status.st_size <= room:
                content = self._look(path, status, now)
                if content is not None:
                    room -= len(content)
                    found.append([path, base64.b64encode(content).decode()])
            elif self._guarded and path not in self._known:
                raise SealedError(f"sealed tests cannot pass on a file as large as {path}")
        for path in [path for path in self._known if path not in seen]:
            del self._known[path]
            found.append([path, None])
        return found

    def _look(self, path: str, status: os.stat_result, now: int) -> bytes | None:
        """The content, if it is not what it was."""
        old = self._known.get(path)
        settled = status.st_mtime_ns < now - TICK
        if old and old[:2] == (status.st_mtime_ns, status.st_size) and settled:
            return None
        try:
            content = Path(path).read_bytes()
        except OSError:
            return None
        digest = hashlib.blake2b(content).digest()
        # Only what had settled when it was read is known by its time from now on.
        self._known[path] = (status.st_mtime_ns if settled else 0, status.st_size, digest)
        return None if old and old[2] == digest else content

    def apply(self, changes: Any) -> None:
        for path, content in changes:
            if not self._may(path):
                continue
            if content == FOLDER:
                os.makedirs(path, exist_ok=True)
                self._known[path] = 0, 0, b""
            elif content is None:
                self._remove(path)
            else:
                self._write(path, base64.b64decode(content))

    def _write(self, path: str, content: bytes) -> None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with open(os.open(path, flags, 0o644), "wb") as file:
            file.write(content)
        self._known[path] = 0, len(content), hashlib.blake2b(content).digest()

    def _remove(self, path: str) -> None:
        self._known.pop(path, None)
        with suppress(OSError):
            (os.rmdir if os.path.isdir(path) else os.unlink)(path)

    def _may(self, path: Any) -> bool:
        if not isinstance(path, str) or os.path.normpath(path) != path:
            return False
        if not path.startswith(tuple(f"{root}/" for root in ROOTS)):
            return False
        if not self._guarded:
            return True
        parent = os.path.dirname(path)
        return not (
            path in self._kept
            or any(kept.startswith(f"{path}/") for kept in self._kept)
            or path.endswith(tuple(all_suffixes()))
            or os.path.realpath(parent) != parent
        )


def _everything() -> Iterator[tuple[str, os.stat_result]]:
    """All in the box's own file system: an environment that is seen below /tmp is none of it."""
    count = 0
    waiting = list(ROOTS)
    own = os.stat(ROOTS[0]).st_dev
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop(0)))
        except OSError:
            continue
        for entry in entries:
            count += 1
            if count > MOST_FILES:
                return
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if status.st_dev != own:
                continue
            if S_ISDIR(status.st_mode):
                waiting.append(entry.path)
                yield entry.path, status
            elif S_ISREG(status.st_mode):
                yield entry.path, status
