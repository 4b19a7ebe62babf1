"""Ending badly, or not at all: signals, time, crashes, things left over."""

from typing import Any

import pytest

from grading import boxes
from tests.grading.hostile.case import WORDS, Case, case

pytestmark = pytest.mark.slow
SHORT = {"cell_seconds": 1}
STUCK: dict[str, Any] = {"x": (None,), "events": "time", "limits": SHORT}
DEAD: dict[str, Any] = {"x": (None,), "events": "died"}
PILE = "import os, signal, subprocess, sys, threading, time\n"

TIME = [
    case("a-loop-without-end", "while True: pass", x=(0,), events="time", limits=SHORT),
    case("sleep", "import time\ntime.sleep(600)", x=(0,), events="time", limits=SHORT),
    case("an-interrupt-that-is-caught",
         "while True:\n    try:\n        while True: pass\n    except BaseException: pass", x=(0, None), events="time",
         limits=SHORT),
    case("an-interrupt-that-is-ignored", PILE + "signal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)", **STUCK),
    case("an-interrupt-that-is-blocked",
         PILE + "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\ntime.sleep(600)", **STUCK),
    case("c-code-that-does-not-listen", "import re\nre.match('(a*)*b', 'a' * 40)", x=(0, None), events="time", limits=SHORT),
    case("a-power-of-powers", "9 ** 9 ** 9", x=(0, None), events="time", limits=SHORT),
    case("a-sum-without-end", "sum(iter(int, 1))", x=(0, None), events="time", limits=SHORT),
    case("a-lock-held-for-ever", PILE + "lock = threading.Lock()\nlock.acquire()\nlock.acquire()", x=(0,), events="time", limits=SHORT),
    case("a-thread-that-keeps-the-interpreter",
         PILE + "def busy():\n    import re\n    re.match('(a*)*b', 'a' * 60)\n"
         "threading.Thread(target=busy, daemon=True).start()\ntime.sleep(0.1)", x=(None,), events="", perhaps="time died tampering",
         limits=SHORT),
    case("an-event-loop-that-is-kept-busy",
         "import asyncio, time\nasync def busy():\n    time.sleep(600)\n"
         "asyncio.get_event_loop().create_task(busy())", x=(0, None, 1), perhaps="time", limits=SHORT),
    case("awaiting-what-never-comes", "import asyncio\nawait asyncio.Event().wait()", x=(None,), events="time", limits=SHORT),
    case("input-that-nobody-gives", "import sys\nsys.stdin.read()\ninput('? ')", x=(0,), perhaps="time", limits=SHORT),
    case("alarms", PILE + "signal.setitimer(signal.ITIMER_REAL, 0.05)\ntime.sleep(600)", x=(None,), events="died", limits=SHORT),
    case("a-test-of-many-short-sleeps", "import time\nclass Slow:\n    def __eq__(self, other): time.sleep(600)\nx = Slow()\n"
         "import builtins\nbuiltins.__build_class__ = None\nraise SystemExit", x=(0,), events="time", limits=SHORT),
]  # fmt: skip

CRASHES = [
    case("exit", "import os\nos._exit(0)", **DEAD),
    case("kill-9-of-itself", PILE + "os.kill(os.getpid(), signal.SIGKILL)", **DEAD),
    case("abort", "import os\nos.abort()", **DEAD),
    case("a-null-pointer", "import ctypes\nctypes.string_at(0)", **DEAD),
    case("a-stack-without-end",
         "import sys, threading\nsys.setrecursionlimit(10**9)\ndef deep(): return deep.__call__()\ndeep()",
         x=(None, 0), perhaps="died memory"),
    case("recursion", "def deep(): return deep()\ndeep()", x=(0,)),
    case("an-illegal-instruction", PILE + "os.kill(os.getpid(), signal.SIGILL)", **DEAD),
    case("system-exit", "raise SystemExit", x=(0,)),
    case("quit", "quit()", x=(1, 0, None), perhaps="died"),
    case("a-program-in-its-place", PILE + "os.execv('/bin/sleep', ['sleep', '600'])", x=(None,), events="", perhaps="died time tampering",
         limits=SHORT),
    case("an-exception-that-cannot-be-shown",
         "class Odd(Exception):\n    def __str__(self): raise Odd\n    __repr__ = __str__\nraise Odd",
         x=(0, None), perhaps="died"),
    case("an-exception-whose-name-is-no-name",
         "raise type('A' * 10**6 + '\\ud800', (Exception,), {})('\\ud800')", x=(0,), perhaps="output"),
    case("a-group-of-exceptions-in-each-other",
         "error = ValueError()\nfor _ in range(2_000): error = ExceptionGroup('x', [error])\nraise error",
         x=(0, None), perhaps="output died memory"),
    case("causes-without-end", "a, b = ValueError(), ValueError()\na.__cause__, b.__cause__ = b, a\nraise a", x=(0,)),
]  # fmt: skip

SIGNALS = [
    case("signals-to-the-first-process",
         WORDS + "for number in range(1, 65):\n    try: os.kill(1, number)\n    except OSError: pass\ntime.sleep(0.2)"),
    case("stopping-the-first-process-and-oneself",
         PILE + "os.kill(1, signal.SIGSTOP)\nos.kill(os.getpid(), signal.SIGSTOP)", **STUCK),
    case("a-signal-to-all", PILE + "os.kill(-1, signal.SIGKILL)", x=(0, 1, None), perhaps="died"),
    case("a-signal-to-the-group", PILE + "os.killpg(0, signal.SIGKILL)", **DEAD),
    case("a-shell-that-is-stopped-by-its-child",
         PILE + "subprocess.Popen(['sh', '-c', f'sleep 0.2; kill -STOP {os.getpid()}'])\ntime.sleep(5)", **STUCK),
    case("a-flood-of-signals",
         PILE + "signal.signal(signal.SIGUSR1, lambda *_: None)\n"
         "for _ in range(20_000): os.kill(1, signal.SIGUSR1)\n"
         "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGRTMIN})\n"
         "try:\n    for _ in range(20_000): os.kill(os.getpid(), signal.SIGRTMIN)\nexcept OSError: pass"),
]  # fmt: skip

LEFT = [
    case("a-daemon", PILE + "if os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n    time.sleep(600)\n"),
    case("something-at-exit",
         PILE + "import atexit\natexit.register(lambda: time.sleep(600))\n"
         "class Last:\n    def __del__(self):\n        while True: pass\nlast = Last()"),
    case("something-at-collection",
         "class Last:\n    def __del__(self):\n        import time\n        time.sleep(600)\nLast()\n",
         x=(0, 1, None), events="time", limits=SHORT),
    case("children-that-ignore-signals",
         PILE + "for _ in range(5):\n    if os.fork() == 0:\n"
         "        for number in range(1, 32):\n            try: signal.signal(number, signal.SIG_IGN)\n"
         "            except OSError: pass\n        time.sleep(600)\n"),
    case("a-hundred-zombies", PILE + "for _ in range(60):\n    if os.fork() == 0: os._exit(0)\n"),
    case("a-server-left-behind", PILE + "subprocess.Popen([sys.executable, '-m', 'http.server', '8000'], start_new_session=True,"
         " stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)"),
    case("the-folder-of-the-notebook-is-gone",
         "import os, shutil\nos.rename('/box/work', '/box/gone')\n", x=(0,)),
]  # fmt: skip


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "PATIENCE", 1.0)


@pytest.mark.parametrize("case", TIME + CRASHES + SIGNALS, ids=lambda case: case.name)
def test_ending_badly(case: Case, grader: Any) -> None:
    grader.suffer(case)


@pytest.mark.parametrize("case", LEFT, ids=lambda case: case.name)
def test_what_is_left_over(case: Case, grader: Any) -> None:
    grader.suffer(case)


def test_time_for_the_submission_runs_out(grader: Any) -> None:
    grader.handed.solve().cell("give")["source"] = "import time\ntime.sleep(600)"
    result = grader.grade(submission_seconds=3)
    assert "3 s" in result.error
    assert "time for the submission" in result.notebooks[1].error
    assert len(result.scores) == 4
    assert grader.points(result)["test-x"] == 1


def test_many_cells_within_the_time_of_each(grader: Any) -> None:
    """The notebook's own time bounds what the bound of a cell does not."""
    book = grader.handed.solve().books["second"]
    nap = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    book["cells"] = [
        nap | {"id": f"n{i}", "source": "import time; time.sleep(0.5)"} for i in range(99)
    ] + book["cells"]
    result = grader.grade(cell_seconds=1, notebook_seconds=3)
    assert grader.points(result) == {"test-x": None, "test-add": 3, "share": 2, "why": None}
    assert "more than 3 s" in result.notebooks[0].error
