"""The system calls that notebooks have no use for and exploits have, refused (seccomp(2)).

A list of what is refused, not of what is allowed: notebooks run anything that data science runs.
What is refused gets EPERM, which programs report, or ENOSYS where the C library then does without.
"""

import ctypes
import errno
import os
import struct
from functools import cache

from grading.sandbox import linux

# <linux/bpf_common.h>, <linux/seccomp.h>, <linux/audit.h>
LOAD, EQUAL, AT_LEAST, ANY_BIT, MASK, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, FOURTH_ARGUMENT = 0, 4, 16, 40
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x40000000
NAMESPACES = 0x7E020000  # every CLONE_NEW* flag that clone(2) takes
FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6: vsock and others have no namespace
# Shared memory that no file backs can be hidden from those who count it; /dev/shm is counted, and
# there lies what Python's mmap asks for (shared_memory.py).
SHARED_NOWHERE = 0x21  # MAP_SHARED | MAP_ANONYMOUS

# name: (x86_64, aarch64)
REFUSED = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "unshare": (272, 97), "setns": (308, 268),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60),
    "quotactl_fd": (443, 443), "syslog": (103, 116), "vhangup": (153, 58),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171),
    "clock_adjtime": (305, 266), "sethostname": (170, 161), "setdomainname": (171, 162),
    "personality": (135, 92), "lookup_dcookie": (212, 18), "nfsservctl": (180, 42),
    "fanotify_init": (300, 262), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186), "vmsplice": (278, 75),
    "memfd_secret": (447, 447), "iopl": (172, None), "ioperm": (173, None),
    "modify_ldt": (154, None), "uselib": (134, None), "ustat": (136, None), "sysfs": (139, None),
}  # fmt: skip
# Without these, libraries fall back to what is counted and filtered.
MISSING = {
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "clone3": (435, 435), "memfd_create": (319, 279), "io_setup": (206, 0),
}  # fmt: skip
CLONE, MMAP = (56, 220), (9, 222)
SOCKETS = (41, 198), (53, 199)  # socket, socketpair


class UnknownMachine(OSError):
    """There is no filter for this kind of processor."""


@cache
def program(machine: str | None = None) -> bytes:
    """The filter as an array of `struct sock_filter`."""
    machine = machine or os.uname().machine
    if machine not in MACHINES:
        raise UnknownMachine(f"no system call filter for {machine}")
    column = list(MACHINES).index(machine)
    lines: list[tuple[int, int, int, int]] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, MACHINES[machine]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
    ]
    if machine == "x86_64":
        lines += [(AT_LEAST, 0, 1, X32), (RETURN, 0, 0, ERRNO | errno.ENOSYS)]
    for table, answer in ((REFUSED, errno.EPERM), (MISSING, errno.ENOSYS)):
        for numbers in table.values():
            number = numbers[column]
            if number is not None:
                lines += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | answer)]
    lines += [
        (EQUAL, 0, 4, CLONE[column]),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (ANY_BIT, 0, 1, NAMESPACES),
        (RETURN, 0, 0, ERRNO | errno.EPERM),
        (RETURN, 0, 0, ALLOW),
        (EQUAL, 0, 5, MMAP[column]),
        (LOAD, 0, 0, FOURTH_ARGUMENT),
        (MASK, 0, 0, SHARED_NOWHERE),
        (EQUAL, 0, 1, SHARED_NOWHERE),
        (RETURN, 0, 0, ERRNO | errno.EPERM),
        (RETURN, 0, 0, ALLOW),
        (EQUAL, 1, 0, SOCKETS[0][column]),
        (EQUAL, 0, len(FAMILIES) + 2, SOCKETS[1][column]),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        *((EQUAL, len(FAMILIES) - place, 0, family) for place, family in enumerate(FAMILIES)),
        # ZeroMQ goes on without a list of interfaces after this number only.
        (RETURN, 0, 0, ERRNO | errno.EINVAL),
        (RETURN, 0, 0, ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)


def install() -> None:
    """From now on, for this process and all it starts. Needs PR_SET_NO_NEW_PRIVS."""
    content = program()
    code = ctypes.create_string_buffer(content, len(content))
    head = struct.pack("HxxxxxxP", len(content) // 8, ctypes.addressof(code))
    linux.prctl(
        linux.PR_SET_SECCOMP, linux.SECCOMP_MODE_FILTER, ctypes.create_string_buffer(head, 16)
    )
