"""`python -I zygote.py HANDLE IMPORTS`: a warm Python of the notebook environment that forks boxes.

Starting Python and importing the notebook packages costs seconds, a fork milliseconds (zygote is
Android's word). It has seen no test and no submission: what a fork inherits of it is harmless.
"""

import gc
import io
import json
import os
import signal
import socket
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

ENGINE = str(Path(__file__).resolve().parents[2])
sys.path.insert(0, ENGINE)

from grading.sandbox import box, linux, seccomp  # noqa: E402  (a program: its folder comes first)
from grading.sandbox.channel import Channel, Closed, Message  # noqa: E402
from grading.sandbox.shell import Shell  # noqa: E402


def main() -> None:
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    # Where the machine's memory ends after all, boxes go first.
    Path("/proc/self/oom_score_adj").write_text("1000")
    shell = Shell()
    names = json.loads(sys.argv[2])
    failed = {name for name in names if not _import(name)}
    if failed & sys.modules.keys():
        # What was said on import is for the cell that imports it, so it must not be there yet.
        quiet = [name for name in names if name not in failed]
        os.execv(sys.executable, [*sys.orig_argv[:-1], json.dumps(quiet)])
    shell.warm_up()
    seccomp.program()
    sys.path.remove(ENGINE)
    gc.collect()
    gc.freeze()
    linux.use_huge_pages()
    threads = len(os.listdir("/proc/self/task"))
    channel.send({"event": "ready", "threads": threads, "not_imported": sorted(failed)})
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel collects what has ended
    while True:
        try:
            request = channel.receive()
        except Closed:
            os._exit(0)
        (control,) = request["given"]
        _fork_box(request, control, channel, shell)
        os.close(control)


def _import(name: str) -> bool:
    """Only what imports without a word: a warning belongs to the cell that imports it."""
    heard = io.StringIO()
    with (
        warnings.catch_warnings(record=True) as caught,
        redirect_stderr(heard),
        redirect_stdout(heard),
        suppress(Exception),
    ):
        exec(f"import {name}", {"__name__": "__main__"})  # as a cell does: it warns a cell only
    return name in sys.modules and not heard.getvalue() and not caught


def _fork_box(request: Message, handle: int, channel: Channel, shell: Shell) -> None:
    uid, gid = os.getuid(), os.getgid()
    try:
        if linux.clone(box.NAMESPACES):
            return
    except OSError as error:
        _refuse(Channel(socket.socket(fileno=os.dup(handle))), error)
        return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    channel.close()
    control = Channel(socket.socket(fileno=handle))
    try:
        box.make(request, control, shell.run, uid=uid, gid=gid)
    except OSError as error:
        _refuse(control, error)
    finally:
        os._exit(1)


def _refuse(control: Channel, error: OSError) -> None:
    with suppress(Closed):
        control.send({"event": "failed", "reason": str(error), "errno": error.errno})


if __name__ == "__main__":
    main()
