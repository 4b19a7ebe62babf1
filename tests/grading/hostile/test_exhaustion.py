"""Taking more of the machine than a notebook may have: processes, memory, disk."""

from typing import Any

import psutil
import pytest

from tests.grading.hostile.case import Case, case, refused

pytestmark = pytest.mark.slow
SMALL = {"memory_bytes": 400 * 1024**2, "disk_bytes": 32 * 1024**2, "processes": 40}
QUICK = SMALL | {"cell_seconds": 1}
STOPPED = "time died tampering memory"

PROCESSES = [
    case(
        "fork-bomb",
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        x=(None, 0, 1), perhaps=STOPPED, limits=QUICK,
    ),
    case(
        "fork-bomb-of-a-shell",
        "import subprocess\n"
        "subprocess.run(['sh', '-c', 'b() { b | b & }; b; sleep 1'], stderr=subprocess.DEVNULL)",
        x=(None, 0, 1), perhaps=STOPPED, limits=QUICK,
    ),
    case(
        "thread-bomb",
        "import threading, time\nstarted = 0\ntry:\n    while True:\n"
        "        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "        started += 1\nexcept RuntimeError: print('STARTED', started < 40)",
        says=("STARTED True",), limits=SMALL,
    ),
    case(
        "processes-that-keep-every-processor-busy",
        "import os\nfor _ in range(30):\n    if os.fork() == 0:\n        while True: pass\n",
        limits=SMALL,
    ),
    case(
        "daemons-of-daemons",
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        os.setsid()\n"
        "        if os.fork() == 0:\n            os.setsid()\n            time.sleep(600)\n"
        "        os._exit(0)\n",
        limits=SMALL,
    ),
]  # fmt: skip

MEMORY = [
    case(
        "one-huge-array", "x = bytearray(20 * 1024**3)", x=(0,),
        says=("MemoryError",), limits=SMALL,
    ),
    case(
        "a-list-without-end", "x = []\nwhile True: x.append(bytearray(1 << 20))",
        x=(None,), events="memory", limits=SMALL,
    ),
    case(
        "many-processes-each-below-the-bound",
        "import os, time\nfor _ in range(20):\n    if os.fork() == 0:\n"
        "        kept = b'x' * (60 << 20)\n        time.sleep(60)\ntime.sleep(10)",
        x=(None,), events="memory", limits=SMALL,
    ),
    case(
        "a-name-like-the-words-that-count-memory",
        "import ctypes\nctypes.CDLL(None).prctl(15, b'RssAnon: 0\\nVmS', 0, 0, 0)\n"
        "x = []\nwhile True: x.append(bytearray(1 << 20))",
        x=(None,), events="memory", limits=SMALL,
    ),
    refused(
        "memory-that-nobody-counts",
        ("shared", "shared(1 << 30)"),
        ("shared in small pieces", "shared(4096)"),
        ("zero", "mmap.mmap(os.open('/dev/zero', os.O_RDWR), 1 << 30)"),
        ("memfd", "os.memfd_create('x')"),
        ("secret", "call((447, 447), 0)"),
        ("sysv", "call((29, 194), 0, 1 << 30, 0o1600)"),
        ("semaphores", "call((64, 190), 0, 32000, 0o1600)"),
        ("queue", "call((68, 186), 0, 0o1600)"),
        ("pages in a pipe", "call((278, 75), os.pipe()[1], None, 0, 0)"),
        ("locked", "libc_lock()"),
        ("ring", "call((425, 425), 8, ctypes.create_string_buffer(120))"),
        ("posix queue", "call((240, 180), b'/q', os.O_CREAT | os.O_RDWR, 0o600, None)"),
        before="import mmap\ndef libc_lock():\n    if libc.mlockall(3): raise OSError('mlockall')\n"
        "def shared(size):\n    return call((9, 222), 0, size, 3, 0x21, -1, 0)",
        limits=SMALL,
    ),
    case(
        "memory-shared-with-children-and-let-go-of",
        "import mmap, os, time\nkept = []\ndef fill():\n    try:\n        while True:\n"
        "            kept.append(mmap.mmap(-1, 4 << 20))\n"
        "            kept[-1].write(b'x' * (4 << 20))\n"
        "            kept[-1].madvise(mmap.MADV_DONTNEED)\n"
        "    except OSError as error: print('FULL', len(kept) < 9, error)\n"
        "for _ in range(20):\n    if os.fork() == 0:\n        fill()\n        time.sleep(60)\n"
        "        os._exit(0)\nfill()",
        says=("FULL True",), limits=SMALL,
    ),
    case(
        "one-huge-shared-mapping",
        "import mmap\ntry: mmap.mmap(-1, 20 * 1024**3)\n"
        "except OSError as error: print('REFUSED', error)",
        says=("REFUSED [Errno 12]",), limits=SMALL,
    ),
    case(
        "sockets-full-of-what-nobody-reads",
        "import os, socket, time\nkept = []\nfor _ in range(8):\n    if os.fork() == 0:\n"
        "        try:\n            while True:\n                kept.append(socket.socketpair())\n"
        "                kept[-1][0].setblocking(False)\n"
        "                try:\n                    while True: kept[-1][0].send(b'x' * 65536)\n"
        "                except BlockingIOError: pass\n        except OSError: time.sleep(60)\n"
        "time.sleep(15)",
        x=(None,), events="memory", limits=SMALL,
    ),
    case(
        "zeros-are-still-there-to-read",
        "print(open('/dev/zero', 'rb').read(3))\nimport os, mmap\n"
        "print(os.stat('/dev/full').st_rdev)",
        says=("\\\\x00\\\\x00\\\\x00",), limits=SMALL,
    ),
]  # fmt: skip

FILL = """
import os
def fill(name):
    written = 0
    try:
        with open(name, 'wb') as file:
            while True:
                written += file.write(b'x' * (1 << 20))
                file.flush()
    except OSError as error:
        print('FULL', name, error.errno, written < 40 << 20)
"""
DISK = [
    case(
        f"full-{place.strip('/').replace('/', '-') or 'work'}",
        f"{FILL}fill({place + 'escaped'!r})", says=("FULL", "True"), limits=SMALL,
    )
    for place in ("", "/tmp/", "/dev/shm/", "/box/home/")
] + [
    case(
        "a-sparse-file", "import os\nfile = open('escaped', 'wb')\n"
        "try: os.truncate(file.fileno(), 1 << 40)\nexcept OSError as error: print('SPARSE', error)",
        says=("SPARSE",), limits=SMALL,
    ),
    case(
        "a-million-small-files",
        "import os\nos.mkdir('/tmp/many')\ntry:\n    for number in range(1_000_000):\n"
        "        os.close(os.open(f'/tmp/many/{number}', os.O_CREAT))\n"
        "except OSError as error: print('FULL', number < 20_000, error)",
        says=("FULL True",), limits=SMALL,
    ),
    case(
        "folders-in-folders-without-end",
        "import os\nwhere = os.open('.', os.O_RDONLY)\ntry:\n    for number in range(100_000):\n"
        "        os.mkdir('d', dir_fd=where)\n        inner = os.open('d', os.O_RDONLY, dir_fd=where)\n"
        "        os.close(where)\n        where = inner\n"
        "except OSError as error: print('FULL', number < 20_000, error)",
        says=("FULL True",), limits=SMALL,
    ),
    case(
        "an-archive-that-unpacks-to-terabytes",
        "import io, zipfile\nbody = io.BytesIO()\n"
        "with zipfile.ZipFile(body, 'w', zipfile.ZIP_DEFLATED) as file:\n"
        "    file.writestr('escaped', bytes(100 << 20))\n    file.writestr('../../escaped', b'x')\n"
        "try: zipfile.ZipFile(body).extractall('/tmp/a/b')\n"
        "except OSError as error: print('FULL', error)",
        says=("FULL",), limits=SMALL | {"memory_bytes": 1 << 30},
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", PROCESSES + MEMORY + DISK, ids=lambda case: case.name)
def test_taking_too_much(case: Case, grader: Any) -> None:
    grader.suffer(case)


def test_what_a_notebook_takes_is_known_to_others_by_nothing(grader: Any) -> None:
    """The worker's own memory does not grow with what notebooks take."""
    before = psutil.Process().memory_info().rss
    grader.suffer(MEMORY[1])
    assert psutil.Process().memory_info().rss - before < 50 * 1024**2


def test_memory_is_watched_while_everything_is_busy(grader: Any) -> None:
    """Forty processes that do nothing else do not keep the box's first process from its watch."""
    greedy = (
        "import os\nfor _ in range(35):\n    if os.fork() == 0: break\n"
        "kept = []\nwhile True: kept.append(bytearray(1 << 16))\n"
    )
    grader.suffer(case("greedy", greedy, x=(None,), events="memory", limits=SMALL))
