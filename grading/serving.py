"""Inside the warm process: read a job, fork, let the fork do it, say how it ended.

The fork speaks through a pipe of its own that no kernel inherits; its standard output and error
lead nowhere, so nothing that runs in a notebook can speak in its name.
"""

import gc
import json
import os
import resource
import select
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from grading import processes
from grading.facts import Say, UnusableInput
from grading.warm import HEADER
from grading.workplace import remove

GLANCE = 0.02
MOST_BYTES_IN_A_FILE = 1024**3
MOST_MEMORY = 8 * 1024**3


def serve() -> None:
    """Until standard input closes."""
    os.environ.pop("PYTHONPATH", None)
    voice = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    processes.adopt_orphans()
    processes.close_memory()
    job = _read_job()
    if job is None:
        return
    _import_everything()
    while job is not None:
        status = _in_a_fork(job, voice, nowhere)
        processes.end_descendants()
        _say(voice, {"event": "end", "status": status})
        job = _read_job()


def _import_everything() -> None:
    # jsonschema compiles a grammar of addresses (2 s) that notebooks' schemas never ask for.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    try:
        from grading import jobs, page  # noqa: F401

        page.warm_up()
    except ImportError:
        return  # the job imports it again and reports what is missing
    gc.collect()
    gc.freeze()


def _read_job() -> dict[str, Any] | None:
    header = _read(HEADER.size)
    body = _read(HEADER.unpack(header)[0]) if header else b""
    return dict(json.loads(body)) if body else None


def _read(size: int) -> bytes:
    content = bytearray()
    while len(content) < size:
        block = os.read(0, min(size - len(content), 1 << 20))
        if not block:
            return b""
        content += block
    return bytes(content)


def _say(voice: int, event: dict[str, Any]) -> None:
    rest = memoryview(json.dumps(event).encode() + b"\n")
    while rest:
        rest = rest[os.write(voice, rest) :]


def _in_a_fork(job: dict[str, Any], voice: int, nowhere: int) -> int:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.dup2(nowhere, 0)
            _work(job, lambda event: _say(voice, event))
            status = 0
        finally:
            os._exit(status)
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if select.select([0], [], [], GLANCE)[0]:  # closed: nobody waits for the answer any more
            os.kill(pid, signal.SIGSTOP)
            processes.end_descendants()
            remove(Path(job["root"]))
            os._exit(1)


def _work(job: dict[str, Any], say: Say) -> None:
    processes.end_with_parent()
    processes.adopt_orphans()
    processes.close_memory()
    os.environ.update(job["environment"])
    tempfile.tempdir = None
    os.chdir(job["root"])
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, MOST_BYTES_IN_A_FILE)
    _limit(resource.RLIMIT_AS, MOST_MEMORY)
    try:
        from grading import jobs

        jobs.JOBS[job["job"]](job, say)
    except UnusableInput as error:
        say({"event": "unusable", "text": str(error)})
    except Exception as error:
        say({"event": "failed", "text": f"{type(error).__name__}: {error}"})


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(what, (most, most))
