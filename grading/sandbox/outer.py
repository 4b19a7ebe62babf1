"""`python -I -S outer.py`: start a program in a root of its own, without network.

The program sees the system's programs and libraries and the notebook environment, read-only; an
empty /tmp; no other file, process or network interface of the machine. It is an ordinary user
without capabilities: the caller, or nobody where the caller is root. It ends with its starter.

The plan comes as JSON on standard input: argv, environment, show ([path, where it is seen], read-
only), devices (paths in /dev), files (text by path), size (bytes that may be written). The system
call filter is not installed here, because the program makes boxes: each box installs it.
"""

import json
import os
import signal
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from grading.sandbox import linux

NOBODY = 65534
USER = 1000
NEW_ROOT = "/tmp"
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SETTINGS = ("alternatives", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime",
            "mime.types", "R", "ssl/openssl.cnf", "timezone")  # fmt: skip
DEVICES = ("null", "zero", "full", "random", "urandom")
PASSWD = f"root:x:0:0::/:/sbin/nologin\ntrainee:x:{USER}:{USER}:trainee:/box/home:/bin/sh\n"
FILES = {
    "passwd": PASSWD + "nobody:x:65534:65534::/:/sbin/nologin\n",
    "group": f"root:x:0:\ntrainee:x:{USER}:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


def main() -> int:
    plan = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    # As in zygote.py; what root has set, others cannot take back.
    Path("/proc/self/oom_score_adj").write_text("1000")
    as_root = os.geteuid() == 0
    uid, gid = os.geteuid(), os.getegid()
    flags = (
        linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWNET | linux.CLONE_NEWIPC
    ) | linux.CLONE_NEWUTS
    linux.unshare(flags if as_root else flags | linux.CLONE_NEWUSER)
    if not as_root:
        linux.map_user(USER, uid=uid, gid=gid)
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return _wait(pid)
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() not in (0, parent):
        return 1
    _make_root(plan)
    _become_nobody(as_root)
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of user had cleared it
    os.chdir("/box")
    os.execve(plan["argv"][0], plan["argv"], plan["environment"])


def _wait(pid: int) -> int:
    """Its only child is the first process of the new process namespace: they end together."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _become_nobody(as_root: bool) -> None:
    if as_root:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    linux.drop_capabilities()


def _make_root(plan: dict[str, Any]) -> None:
    linux.mount(None, "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    # The new root is built on top of /tmp; what must be seen of the old /tmp is held open first.
    held = {path: os.open(path, os.O_PATH) for path, _ in plan["show"]}
    linux.mount("root", NEW_ROOT, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=16m,mode=755")
    for path in SYSTEM:
        if os.path.islink(path):
            os.symlink(os.readlink(path), NEW_ROOT + path)
        elif os.path.isdir(path):
            _show(path, path)
    _make_settings()
    _make_devices(plan.get("devices", ()))
    os.mkdir(f"{NEW_ROOT}/proc")
    linux.mount("proc", f"{NEW_ROOT}/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV)
    _make_writable(plan["size"])
    for path, text in plan["files"].items():
        Path(NEW_ROOT + path).parent.mkdir(parents=True, exist_ok=True)
        Path(NEW_ROOT + path).write_text(text)
    for path, at in plan["show"]:
        _show(f"/proc/self/fd/{held[path]}", at)
    for handle in held.values():
        os.close(handle)
    linux.pivot_root(NEW_ROOT)
    linux.mount(
        None, "/", flags=linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID
        | linux.MS_NODEV,
    )  # fmt: skip


def _make_settings() -> None:
    os.makedirs(f"{NEW_ROOT}/etc/ssl")
    for name, text in FILES.items():
        Path(f"{NEW_ROOT}/etc/{name}").write_text(text)
    for name in SETTINGS:
        if os.path.exists(f"/etc/{name}"):
            _show(f"/etc/{name}", f"/etc/{name}")


def _make_devices(extra: Iterable[str]) -> None:
    os.mkdir(f"{NEW_ROOT}/dev")
    for path in (*(f"/dev/{name}" for name in DEVICES), *extra):
        _bind(path, path)
    for name, target in (
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ):  # fmt: skip
        os.symlink(target, f"{NEW_ROOT}/dev/{name}")
    os.mkdir(f"{NEW_ROOT}/dev/pts")


def _make_writable(size: int) -> None:
    """One file system with one size for all that may be written."""
    options = f"size={size},nr_inodes=20000,mode=1777"
    flags = linux.MS_NOSUID | linux.MS_NODEV
    os.mkdir(f"{NEW_ROOT}/box")
    linux.mount("box", f"{NEW_ROOT}/box", "tmpfs", flags, options)
    for name, at in (("tmp", "/tmp"), ("shm", "/dev/shm")):
        os.mkdir(f"{NEW_ROOT}/box/{name}")
        os.chmod(f"{NEW_ROOT}/box/{name}", 0o1777)
        _bind(f"{NEW_ROOT}/box/{name}", at)
    os.mkdir(f"{NEW_ROOT}/box/home")
    os.chmod(f"{NEW_ROOT}/box/home", 0o1777)


def _show(path: str, at: str) -> None:
    """Read-only, and nothing in it is a device or runs as somebody else."""
    _bind(path, at)
    linux.remount_read_only(NEW_ROOT + at)


def _bind(path: str, at: str) -> None:
    target = Path(NEW_ROOT + at)
    if stat.S_ISDIR(os.stat(path).st_mode):
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    linux.mount(path, str(target), flags=linux.MS_BIND | linux.MS_REC)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(70)
