"""Reaching for what lies outside of the box: files, processes, the network, the kernel."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import grading
from grading import boxes
from tests.grading.hostile.case import LINE, WORDS, Case, case, refused
from tests.grading.hostile.conftest import outputs_of

pytestmark = pytest.mark.slow
HERE = str(Path(grading.__file__))
HOME = str(Path.home() / ".bashrc")
READ = "def read(name):\n    with open(name, 'rb') as file: return file.read(100)\n"
PUT = "def put(name, words): return os.write(os.open(name, os.O_WRONLY), words)\n"

FILES = [
    refused(
        "reading-what-is-the-machine's",
        *(
            (path, f"os.stat({path!r})")
            for path in (
                "/var", "/opt", "/srv", "/mnt", "/media", "/run", "/boot", "/sys",
                "/etc/shadow", "/etc/ssh", "/etc/machine-id", "/var/run/docker.sock",
                "/run/postgresql", "/var/run/postgresql", "/sys/fs/cgroup", "/dev/kmsg",
                "/dev/mem", "/dev/kvm", "/dev/fuse", "/dev/sda", "/dev/vda", "/.dockerenv", HERE, HOME,
                "/engine/grading/running.py", "/engine/grading/points.py", "/root/.ssh",
            )
        ),
    ),
    refused(
        "writing-where-it-may-not",
        *(
            (path, f"open({path + '/escaped'!r}, 'w')")
            for path in (
                "/", "/usr", "/usr/lib", "/etc", "/bin", "/dev", "/proc", "/proc/sys", "/engine",
                "/engine/grading/sandbox", "/box/work/../../..", "../../..",
            )
        ),
        ("python", "open(os.path.join(sys.prefix, 'escaped'), 'w')"),
        ("base", "open(os.path.join(sys.base_prefix, 'escaped'), 'w')"),
        ("package", "open(os.__file__, 'a')"),
        ("zero", "open('/dev/zero', 'r+b')"),
        ("points of mounts", "open('/dev/shm/../escaped', 'w')"),
        ("mode", "os.chmod(os.__file__, 0o666)"),
        ("hard link", "os.link(os.__file__, 'escaped')"),
        ("device", "os.mknod('escaped', 0o60666, os.makedev(259, 0))"),
        ("character", "os.mknod('escaped', 0o20666, os.makedev(1, 1))"),
    ),
    case(
        "links-out-of-the-box",
        f"{WORDS}os.symlink('/proc/1/root', 'root')\nos.symlink('../../../../..', 'up')\n"
        "os.symlink('/etc/shadow', 'shadow')\n"
        "attempt('init', lambda: os.listdir('root'))\n"
        "attempt('shadow', lambda: open('shadow').read())\n"
        "attempt('up', lambda: open('up/root/.bashrc').read())\n"
        "print('TOP', 'up is our own root', os.path.samefile('up', '/'), 'engine' in os.listdir('up'))",
        says=("REFUSED init ", "REFUSED shadow ", "REFUSED up ", "TOP up is our own root True True"),
    ),
    case(
        "the-only-things-there-are",
        "import os, sys\nplaces = [sys.prefix, sys.base_prefix, sys.base_exec_prefix]\n"
        "python = {place.split('/')[1] for place in places} - {'usr'}\n"
        "print('TOP', sorted(set(os.listdir('/')) - {'lib32', 'lib64', 'libx32'} - python))\n"
        "print('ENGINE', sorted(os.listdir('/engine/grading')), os.listdir('/box/work'))",
        says=(
            "TOP ['bin', 'box', 'dev', 'engine', 'etc', 'lib', 'proc', 'sbin', 'tmp', 'usr']",
            "ENGINE ['__init__.py', 'sandbox']",
        ),
    ),
]  # fmt: skip

PROCESSES = [
    refused(
        "looking-into-other-processes",
        *(
            (name, f"read('/proc/1/{name}')")
            for name in ("environ", "mem", "maps", "smaps", "stack", "syscall", "io", "auxv")
        ),
        ("cwd", "os.readlink('/proc/1/cwd')"),
        ("exe", "os.readlink('/proc/1/exe')"),
        ("fd", "os.listdir('/proc/1/fd')"),
        ("root", "os.listdir('/proc/1/root')"),
        ("ns", "os.open('/proc/1/ns/mnt', os.O_RDONLY)"),
        ("kcore", "read('/proc/kcore')"),
        ("kmsg", "read('/proc/kmsg')"),
        ("kpagecount", "read('/proc/kpagecount')"),
        ("sysrq", "put('/proc/sysrq-trigger', b'b')"),
        ("drop", "put('/proc/sys/vm/drop_caches', b'3')"),
        ("pattern", "put('/proc/sys/kernel/core_pattern', b'|/box/work/x')"),
        ("modprobe", "put('/proc/sys/kernel/modprobe', b'/box/work/x')"),
        ("uid_map", "put('/proc/self/uid_map', b'0 0 1')"),
        ("forgiving", "put('/proc/1/oom_score_adj', b'-1000')"),
        before=READ + PUT,
    ),
    case(
        "processes-of-others",
        "import os\nprint('PIDS', [int(n) < 10 for n in os.listdir('/proc') if n.isdigit()])\n"
        "print('USERS', os.getresuid(), os.getresgid(), os.getgroups())\n"
        "status = open('/proc/self/status').read()\n"
        "print(*[line for line in status.splitlines() if line.startswith(('Cap', 'NoNew', 'Seccomp:'))])",
        says=("PIDS [True, True]", "CapEff:\\t0000000000000000",
              "CapPrm:\\t0000000000000000", "CapBnd:\\t0000000000000000",
              "NoNewPrivs:\\t1", "Seccomp:\\t2"),
    ),
]  # fmt: skip

CONNECT = """
def connect(family, where, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as end:
        end.settimeout(2)
        end.connect(where)
        end.send(b'x')
        return where
"""
NETWORK = [
    refused(
        "the-network",
        ("v4", "connect(socket.AF_INET, ('192.0.2.1', 80))"),
        ("v6", "connect(socket.AF_INET6, ('2001:db8::1', 80))"),
        ("datagram", "connect(socket.AF_INET, ('192.0.2.1', 53), socket.SOCK_DGRAM)"),
        ("cloud", "connect(socket.AF_INET, ('169.254.169.254', 80))"),
        ("database", "connect(socket.AF_INET, ('127.0.0.1', 5432))"),
        ("names", "socket.getaddrinfo('example.org', 80)"),
        ("raw", "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)"),
        ("packet", "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"),
        ("netlink", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)"),
        ("vsock", "socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)"),
        ("alg", "socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)"),
        ("tipc", "socket.socketpair(30, socket.SOCK_STREAM)"),
        ("bluetooth", "socket.socket(31, socket.SOCK_RAW)"),
        before=CONNECT,
    ),
    case(
        "the-only-interface",
        "import socket\nprint('SEES', [line.split(':')[0].strip() for line in open('/proc/net/dev')][2:])\n"
        "import threading\nserver = socket.create_server(('127.0.0.1', 0))\n"
        "threading.Thread(target=lambda: server.accept()[0].send(b'own'), daemon=True).start()\n"
        "print('OWN', socket.create_connection(server.getsockname()).recv(3))",
        says=("SEES ['lo']", "OWN b'own'"),
    ),
]

SUID = "import glob, subprocess\ndef run(*words): return subprocess.run(words, check=True, timeout=9)\n"
KERNEL = [
    refused(
        "calls-of-the-kernel",
        ("unshare", "call((272, 97), 0x10000000)"),
        ("clone a user", "call((56, 220), 0x10000011, 0, 0, 0, 0)"),
        ("clone3", "call((435, 435), None, 0)"),
        ("mount", "call((165, 40), b'x', b'/tmp', b'tmpfs', 0, None)"),
        ("umount", "call((166, 39), b'/proc', 2)"),
        ("pivot", "call((155, 41), b'.', b'.')"),
        ("chroot", "os.chroot('/tmp')"),
        ("setns", "call((308, 268), 0, 0)"),
        ("open_tree", "call((428, 428), -100, b'/', 1)"),
        ("fsopen", "call((430, 430), b'tmpfs', 0)"),
        ("by handle", "call((304, 265), -100, None, 0)"),
        ("ptrace", "call((101, 117), 0, 0, 0, 0)"),
        ("vm read", "call((310, 270), 1, None, 0, None, 0, 0)"),
        ("take a file", "call((438, 438), 0, 0, 0)"),
        ("bpf", "call((321, 280), 0, None, 0)"),
        ("perf", "call((298, 241), None, 0, -1, -1, 0)"),
        ("userfaultfd", "call((323, 282), 0)"),
        ("io_uring", "call((425, 425), 1, None)"),
        ("aio", "call((206, 0), 64, ctypes.byref(ctypes.c_long()))"),
        ("keyctl", "call((250, 219), 0, -3, 1)"),
        ("add_key", "call((248, 217), b'user', b'x', b'x', 1, -3)"),
        ("module", "call((175, 105), None, 0, b'')"),
        ("kexec", "call((246, 104), 0, 0, None, 0)"),
        ("reboot", "call((169, 142), 0xfee1dead, 672274793, 0x1234567, None)"),
        ("clock", "time.clock_settime(time.CLOCK_REALTIME, 0)"),
        ("host name", "socket.sethostname('x')"),
        ("root", "os.setuid(0)"),
        ("another", "os.setresuid(65534, 65534, 65534)"),
        ("group", "os.setgroups([0])"),
        ("priority", "os.nice(-10)"),
        ("more processes", "resource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6))"),
        ("more memory", "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))"),
        ("a dump", "resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))"),
        ("terminal", "fcntl.ioctl(os.open('/dev/ptmx', os.O_RDWR | os.O_NOCTTY), 0x5412, b'x')"),
        before="import fcntl, resource",
    ),
    case(
        "calls-of-another-kind-of-processor",
        # Program code for i386's interface: mov eax, 20 (getpid); int 0x80; ret
        "import ctypes, mmap, os\nif os.uname().machine == 'x86_64':\n"
        "    code = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)\n"
        "    code.write(b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3')\n"
        "    at = ctypes.addressof(ctypes.c_char.from_buffer(code))\n"
        "    ctypes.CFUNCTYPE(ctypes.c_int)(at)()\n    print('DONE')\nelse: os._exit(1)",
        x=(None,), events="died",
    ),
    case(
        "programs-that-run-as-root",
        f"{WORDS}{SUID}for name in ('su', 'mount', 'newgrp', 'passwd', 'chsh', 'sudo', 'pkexec'):\n"
        "    attempt(name, lambda: run(name, '-c', 'true') if name == 'su' else run(name, '/tmp'))\n"
        "print('ROOT', any(os.stat(f).st_uid == os.getuid() and os.stat(f).st_mode & 0o4000"
        " for f in glob.glob('/usr/bin/*')))",
        says=("REFUSED su ", "REFUSED mount ", "ROOT False"),
    ),
    case(
        "a-program-of-one's-own-that-runs-as-root",
        f"{WORDS}{SUID}import shutil\nshutil.copy('/usr/bin/id', 'mine')\nos.chmod('mine', 0o6755)\n"
        "print('I AM', subprocess.run(['./mine', '-u'], capture_output=True).stdout)",
        says=("I AM b'1000",),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", FILES + PROCESSES + NETWORK + KERNEL, ids=lambda case: case.name)
def test_reaching_out(case: Case, grader: Any) -> None:
    grader.suffer(case)


def test_no_secret_and_no_name_of_the_academy_is_in_the_box(
    grader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in the environment nor in a process's words, memory or mounts."""
    for name in ("DATABASE_URL", "LMS_SECRET_KEY", "HUB_API_TOKEN", "AWS_SECRET", "PYTHONPATH"):
        monkeypatch.setenv(name, "very-" + "secret")
    for zygote in boxes._zygotes.values():
        zygote.end()
    boxes._zygotes.clear()
    told = (
        "import os\nprint('ENV', dict(os.environ))\n"
        "for name in ('environ', 'cmdline', 'mountinfo', 'cgroup'):\n"
        "    print(name, open(f'/proc/self/{name}', 'rb').read())\n"
        "    try: print(open(f'/proc/1/{name}', 'rb').read())\n    except OSError: pass\n"
    )
    said = outputs_of(grader.suffer(case("secrets", told, says=("ENV {",))))
    # A new zygote has other open files than the one before.
    assert "very-" + "secret" not in said
    assert "DATABASE_URL" not in said
    assert ".academy" not in said


TELLS = """
import os, socket, time
open('/tmp/told', 'w').write('mine')
open('/dev/shm/told', 'w').write('mine')
end = socket.socket(socket.AF_UNIX)
end.bind('\\0told')
end.listen()
open('told', 'w').write('mine')
server = socket.create_server(('127.0.0.1', 7777))
time.sleep(4)
"""
LOOKS = f"""
{WORDS}{CONNECT}
time.sleep(1)
for name in ('/tmp/told', '/dev/shm/told', '/box/work/told', 'told', '/proc/7/environ'):
    attempt(name, lambda: open(name).read())
attempt('abstract', lambda: connect(socket.AF_UNIX, '\\0told'))
attempt('port', lambda: connect(socket.AF_INET, ('127.0.0.1', 7777)))
print('PIDS', len([n for n in os.listdir('/proc') if n.isdigit()]))
"""


def test_two_boxes_at_once_do_not_see_each_other(grader: Any, points: Any) -> None:
    seen: list[grading.Result] = []
    both = []
    for name, code in (("one", TELLS), ("two", LOOKS)):
        one = replace(grader.handed.solve(), folder=grader.handed.folder.parent / name)
        one.cell("x", "second")["source"] = code + "x = 1"
        one.write()
        both.append(threading.Thread(target=lambda one=one: seen.append(one.grade_again())))
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert [points(result)["test-x"] for result in seen] == [1, 1]
    said = next(text for text in map(outputs_of, seen) if "PIDS" in text)
    assert "DONE" not in said
    assert said.count("REFUSED") == 7
    assert "PIDS 2" in said


# What is looked for is written so that it is not the same as what is found.
SEARCH = """
import ctypes, gc, os, re
# a control-word to show that the search finds what is there
wanted, control = re.compile(rb'add\\(-1, [1]\\) =='), re.compile(rb'a contro[l]-word to show')
found = {wanted: 0, control: 0}
with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:
    for line in maps:
        start, end = (int(part, 16) for part in line.split()[0].split('-'))
        if 'r' in line.split()[1] and '[v' not in line:
            try:
                memory.seek(start)
                while start < end:
                    block = memory.read(min(end - start, 1 << 24))
                    start += len(block)
                    for pattern in found: found[pattern] += bool(pattern.search(block))
            except OSError: pass
texts = [one for one in gc.get_objects() if isinstance(one, (str, bytes, dict, list))]
found[wanted] += sum(bool(wanted.search(repr(one).encode(errors='replace'))) for one in texts if len(repr(one)) < 10**5)
files = [os.path.join(where, name) for where, _, names in os.walk('/box') for name in names]
found[wanted] += sum(bool(wanted.search(open(file, 'rb').read())) for file in files)
print('SEARCHED', found[control] > 0, found[wanted])
share = 2
"""


def test_hidden_tests_of_later_cells_are_not_in_the_box(grader: Any, points: Any) -> None:
    """Neither in memory, nor as an object, nor in a file."""
    grader.handed.solve().cell("give")["source"] = SEARCH
    result = grader.grade()
    said = outputs_of(result, "sums")
    assert "SEARCHED True 0" in said, said
    assert points(result)["share"] == 2


def test_earlier_hidden_tests_can_be_read_by_later_cells(grader: Any) -> None:
    """Not preventable where tests run in the trainee's process; sealed tests are the answer."""
    cells = grader.handed.solve().books["sums"]["cells"]
    late = {"cell_type": "code", "id": "late", "metadata": {}, "outputs": [],
            "execution_count": None, "source": "print('READ', 'add(-1, 1) ==' in repr(In[:-1]))"}  # fmt: skip
    cells.append(late)
    assert "READ True" in outputs_of(grader.grade(), "sums")


def test_a_box_has_no_open_file_of_another(grader: Any) -> None:
    """Three sockets: the line to the grader, and the two ends the event loop wakes itself with."""
    grader.suffer(case("files", f"{LINE}print('LINES', len(list(lines())))", says=("LINES 3",)))
