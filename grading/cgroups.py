"""A control group for each box, where the machine lets the grader make one (cgroups(7)).

It counts exactly what the box's own watch can only estimate: memory, files in memory included, and
processes. Version 2 where a service is delegated (systemd: Delegate=yes, DelegateSubgroup=worker),
version 1 where the grader is root. Elsewhere the other limits stand alone.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path

from grading.facts import Limits

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
CPU_PERIOD = 100_000  # microseconds
_numbers = count()

Parent = tuple[Path, str]


@cache
def parents(root: Path = ROOT, own: Path = OWN) -> tuple[Parent, ...]:
    """Where groups can be made, and of which kind: "v2", "memory" or "pids"."""
    paths: dict[str, str] = {}
    for line in own.read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        paths |= dict.fromkeys(controllers.split(","), path)
    unified = (root / paths.get("", "/").lstrip("/")).parent
    if _is_delegated(unified):
        return ((unified, "v2"),)
    found = [(root / kind / paths.get(kind, "/").lstrip("/"), kind) for kind in ("memory", "pids")]
    return tuple((path, kind) for path, kind in found if _may_make(path, kind))


def _is_delegated(folder: Path) -> bool:
    try:
        offered = set((folder / "cgroup.controllers").read_text().split())
        if not {"memory", "pids"} <= offered or not os.access(folder, os.W_OK):
            return False
        wanted = " ".join(f"+{name}" for name in ("memory", "pids", "cpu") if name in offered)
        (folder / "cgroup.subtree_control").write_text(wanted)
    except OSError:
        return False
    return True


def _may_make(folder: Path, kind: str) -> bool:
    sign = {"memory": "memory.limit_in_bytes", "pids": "cgroup.procs"}[kind]
    return (folder / sign).exists() and os.access(folder, os.W_OK)


class Group:
    """The groups of one box."""

    def __init__(self, folders: list[tuple[Path, str]]) -> None:
        self.folders = folders

    def add(self, pid: int) -> None:
        """The first process of the box; all others are born of it."""
        for folder, _ in self.folders:
            (folder / "cgroup.procs").write_text(str(pid))


@contextmanager
def group(limits: Limits) -> Iterator[Group]:
    """Gone when the block ends, if the box in it has ended by then."""
    folders = []
    for parent, kind in parents():
        folder = parent / f"box-{os.getpid()}-{next(_numbers)}"
        with suppress(OSError):
            folder.mkdir()
            folders.append((folder, kind))
            for name, value in _bounds(kind, limits).items():
                with suppress(OSError):  # not every kernel has every file
                    (folder / name).write_text(value)
    try:
        yield Group(folders)
    finally:
        for folder, kind in folders:
            if kind == "v2":
                with suppress(OSError):
                    (folder / "cgroup.kill").write_text("1")
            with suppress(OSError):
                folder.rmdir()


def _bounds(kind: str, limits: Limits) -> dict[str, str]:
    memory, processes = str(limits.memory_bytes + limits.disk_bytes), str(limits.processes + 1)
    if kind == "memory":
        return {"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory}
    if kind == "pids":
        return {"pids.max": processes}
    return {
        "memory.max": memory,
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "pids.max": processes,
        "cpu.max": f"{CPU_PERIOD} {CPU_PERIOD}",
    }
