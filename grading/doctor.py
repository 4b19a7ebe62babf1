"""Is the sandbox in force? Asked when a worker starts and by `python -m grading doctor`.

It opens a box as for a submission, runs a cell in it that tries the walls, and believes only what
the cell could and could not do. There is no way to grade without the sandbox.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grading import boxes
from grading.facts import Limits, SandboxUnavailable
from grading.kernels import notebook_python
from grading.sandbox import outer

WAY_OUT = "or run the worker in a container that may (grading/README.md, “Where it is forbidden”)"
REASONS = (
    ("unshare", "this machine lets it make no user namespace; allow them (sysctl"
     " user.max_user_namespaces, kernel.unprivileged_userns_clone,"
     " kernel.apparmor_restrict_unprivileged_userns=0)"),
    ("uid_map", "a user namespace may not be given a user here; allow it"
     " (kernel.apparmor_restrict_unprivileged_userns=0)"),
    ("mount proc", "a fresh /proc may not be mounted here, as in a container whose /proc is masked;"
     " start the container with --security-opt systempaths=unconfined"),
    ("mount", "it may not mount here; give the container that it runs in this right"),
    ("no system call filter", "there is no system call filter for this kind of processor; use x86-64"
     " or 64-bit ARM"),
)  # fmt: skip
PROBE = """
import ctypes, json, os, resource, socket
def refused(action):
    try:
        action()
    except OSError:
        return True
    return False
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines())
print(json.dumps({
    "user": os.getuid(),
    "capabilities": int(status["CapEff"], 16) | int(status["CapBnd"], 16),
    "filter": status["Seccomp"],
    "no new privileges": status["NoNewPrivs"],
    "interfaces": sorted(line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]),
    "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
    "root": sorted(os.listdir("/")),
    "writes to the system refused": refused(lambda: open("/usr/probe", "w")),
    "network refused": refused(lambda: socket.create_connection(("192.0.2.1", 9), 1)),
    "namespaces refused": ctypes.CDLL(None).unshare(0x10000000) != 0,
    "memory": resource.getrlimit(resource.RLIMIT_AS)[1],
    "processes at most": resource.getrlimit(resource.RLIMIT_NPROC)[1],
}))
"""
SEEN = {"bin", "box", "dev", "engine", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin",
        "tmp", "usr"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The sandbox in force, in words, and what its probe found."""

    words: tuple[str, ...]
    found: dict[str, Any]


def check_sandbox(kernels: Path | None = None) -> Sandbox:
    """Raises SandboxUnavailable with one sentence: what is missing and the way out."""
    python = notebook_python(kernels)
    try:
        with boxes.zygote(python, ()).box(Limits()) as box:
            box.start_shell()
            messages = box.run(PROBE, seconds=30)["messages"]
            found = json.loads(messages[0][1]["text"])
    except SandboxUnavailable as error:
        raise SandboxUnavailable(_sentence(str(error))) from error
    except (boxes.Died, boxes.TimeOver, LookupError, TypeError, ValueError) as error:
        raise SandboxUnavailable(_sentence(f"the probe did not answer: {error!r}")) from error
    if open_walls := _open_walls(found, python):
        raise SandboxUnavailable(_sentence(f"these walls are open: {', '.join(open_walls)}"))
    return Sandbox(_words(found), found)


def _sentence(reason: str) -> str:
    for word, meaning in REASONS:
        if word in reason:
            return f"The grader cannot isolate notebooks: {meaning}, {WAY_OUT}. ({reason})"
    return f"The grader cannot isolate notebooks: {reason}; see grading/README.md."


def _open_walls(found: dict[str, Any], python: str) -> list[str]:
    """Whatever the machine refused silently or that a change of ours let through."""
    known = SEEN | {Path(place).parts[1] for place in boxes.places(python)}
    walls = {
        "user": found["user"] == outer.USER,
        "capabilities": found["capabilities"] == 0,
        "system call filter": found["filter"].strip() == "2",
        "no new privileges": found["no new privileges"].strip() == "1",
        "network": found["interfaces"] == ["lo"] and found["network refused"],
        "processes": len(found["processes"]) <= 3,
        "files": set(found["root"]) <= known and found["writes to the system refused"],
        "namespaces": found["namespaces refused"],
        "memory": 0 < found["memory"] < 2**40,
        "number of processes": 0 < found["processes at most"] <= Limits().processes,
    }
    return [name for name, is_closed in walls.items() if not is_closed]


def _words(found: dict[str, Any]) -> tuple[str, ...]:
    limits = Limits()
    return (
        f"sandbox: {boxes.backend()}",
        "a box has its own users, processes, files, network (only lo), IPC and host name",
        f"no capabilities, no new privileges, system call filter, user {found['user']} inside",
        f"sees / with {', '.join(found['root'])}; may write only to its own file system",
        f"limits: {limits.cell_seconds:g} s a cell, {limits.notebook_seconds:g} s a notebook,"
        f" {limits.submission_seconds:g} s a submission, {limits.memory_bytes // 2**20} MiB memory,"
        f" {limits.disk_bytes // 2**20} MiB files, {limits.processes} processes,"
        f" {limits.output_bytes} bytes output a notebook",
    )
