"""The outer wall by bubblewrap, where it is installed and the grader is an ordinary user.

The same root as `sandbox/outer.py` makes. For root, that one is used: it becomes nobody, where
bubblewrap would leave files of root within reach.
"""

import os
import shutil
from typing import Any

from grading.sandbox.outer import FILES, SETTINGS, SYSTEM, USER

PROGRAM = "bwrap"


def is_used() -> bool:
    return os.geteuid() != 0 and shutil.which(PROGRAM) is not None


def command(plan: dict[str, Any]) -> tuple[list[str], tuple[int, ...]]:
    """The words to start the plan of `outer.py` with, and the open files they refer to."""
    words = [PROGRAM, "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    words += ["--unshare-uts", "--hostname", "academy", "--as-pid-1", "--new-session"]
    words += ["--uid", str(USER), "--gid", str(USER), "--clearenv"]
    for name, value in plan["environment"].items():
        words += ["--setenv", name, value]
    for path in SYSTEM:
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        else:
            words += ["--ro-bind-try", path, path]
    for name in SETTINGS:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    handles = []
    texts = {f"/etc/{name}": text for name, text in FILES.items()} | plan["files"]
    for path, text in texts.items():
        handle = os.memfd_create("text")
        os.write(handle, text.encode())
        os.lseek(handle, 0, os.SEEK_SET)
        handles.append(handle)
        words += ["--ro-bind-data", str(handle), path]
    words += ["--proc", "/proc", "--dev", "/dev"]
    for path in plan["devices"]:
        words += ["--dev-bind-try", path, path]
    for path in ("/tmp", "/box"):
        words += ["--size", str(plan["size"]), "--tmpfs", path]
    for path, at in plan["show"]:
        words += ["--ro-bind", path, at]
    words += [
        "--dir",
        "/box/home",
        "--remount-ro",
        "/",
        "--remount-ro",
        "/dev",
        "--chdir",
        "/box",
        "--",
    ]
    return words + plan["argv"], tuple(handles)
