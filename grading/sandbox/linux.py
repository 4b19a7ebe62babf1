"""The system calls Python has no function for (Linux, namespaces(7), capabilities(7), prctl(2))."""

import ctypes
import fcntl
import os
import signal
import socket
import struct
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_NOATIME, MS_NODIRATIME, MS_BIND = 32, 1024, 2048, 4096
MS_REC, MS_PRIVATE, MS_RELATIME = 16384, 1 << 18, 1 << 21
MNT_DETACH = 2

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
MADV_COLLAPSE, HUGE_PAGE = 25, 2 * 1024**2
CAPABILITY_VERSION_3 = 0x20080522
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1

_libc = ctypes.CDLL(None, use_errno=True)
_libc_held = ctypes.PyDLL(None, use_errno=True)  # without giving up the interpreter's lock


def _done(status: int, what: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    _done(_libc.unshare(flags), "unshare")


def clone(flags: int) -> int:
    """As `os.fork`, into new namespaces (clone(2)); the child is the first process of a new process
    namespace. After unshare, that would take a second fork.

    The caller has one thread only, so nothing that Python and its libraries do around a fork is
    needed (a millisecond for both); what the child forks itself by `os.fork` gets it all.
    """
    number = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
    pid = int(
        _libc_held.syscall(number, ctypes.c_ulong(flags | signal.SIGCHLD), None, None, None, None)
    )
    error = ctypes.get_errno()
    if pid < 0:
        raise OSError(error, f"clone: {os.strerror(error)}")
    return pid


def mount(
    source: str | None, target: str, kind: str | None = None, flags: int = 0, data: str = ""
) -> None:
    words = [word.encode() if word is not None else None for word in (source, target, kind)]
    _done(
        _libc.mount(*words, ctypes.c_ulong(flags), data.encode() or None),
        f"mount {kind or source} on {target}",
    )


def remount_read_only(target: str) -> None:
    """A bind mount; what its file system forbids stays forbidden, as the kernel demands."""
    kept = os.statvfs(target).f_flag & (MS_NOEXEC | MS_NOATIME | MS_NODIRATIME)
    flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_BIND | MS_REMOUNT
    mount(None, target, flags=flags | kept)


def pivot_root(into: str) -> None:
    """Make the mounted folder `into` the root; the old one is out of reach afterwards."""
    os.chdir(into)
    number = {"x86_64": 155, "aarch64": 41}[os.uname().machine]
    _done(_libc.syscall(number, b".", b"."), "pivot_root")
    _done(_libc.umount2(b".", MNT_DETACH), "umount of the old root")
    os.chdir("/")


def prctl(option: int, value: int = 0, extra: object = 0) -> None:
    _done(_libc.prctl(option, ctypes.c_ulong(value), extra, 0, 0), f"prctl {option}")


def map_user(inside: int, *, uid: int, gid: int) -> None:
    """In a new user namespace: the one user and group it has (user_namespaces(7))."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{inside} {uid} 1"),
        ("gid_map", f"{inside} {gid} 1"),
    ):
        file = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(file, text.encode())
        os.close(file)


def drop_capabilities() -> None:
    """For good: also programs started later get none."""
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    header = struct.pack("II", CAPABILITY_VERSION_3, 0)
    _done(_libc.capset(header, bytes(24)), "capset")


def loopback_up() -> None:
    """In a new network namespace: 127.0.0.1 and nothing else (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | IFF_UP))


def use_huge_pages() -> None:
    """For what this process has written so far, as far as the machine likes (madvise(2), Linux 6.1): a
    fork then copies one entry where it would copy 512."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        area, rights, _, _, _, *name = line.split()
        if rights == "rw-p" and name in ([], ["[heap]"]):
            start, end = (int(at, 16) for at in area.split("-"))
            for at in range(-(-start // HUGE_PAGE) * HUGE_PAGE, end - HUGE_PAGE + 1, HUGE_PAGE):
                _libc.madvise(ctypes.c_void_p(at), ctypes.c_size_t(HUGE_PAGE), MADV_COLLAPSE)
