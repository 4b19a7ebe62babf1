"""Cells that end their Python, never end, or use up what there is; each notebook is one such deed.

Where nbgrader gives up on the notebook, the engine must give its error and leave every cell open.
"""

from tests.grading.parity.corpus.making import BOOK, Assignment, code, notebook, test_of

DEATHS = {
    "exit-function": "import os\nos._exit(0)",
    "kill": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "term": "import os, signal, time\nos.kill(os.getpid(), signal.SIGTERM); time.sleep(5)",
    "abort": "import os\nos.abort()",
    "segfault": "import ctypes\nctypes.string_at(0)",
}

ENDLESS = {
    "loop": "while True:\n    pass",
    "sleep": "import time\ntime.sleep(100)",
    "loop-printing": "import time\nwhile True:\n    print('x')\n    time.sleep(0.05)",
    "caught-once": "try:\n    while True:\n        pass\nexcept KeyboardInterrupt:\n    print('caught')",
    "thread-join": "import threading, time\nt = threading.Thread(target=time.sleep, args=(30,), daemon=True); t.start(); t.join()",
    "subprocess": "import subprocess\nsubprocess.run(['sleep', '100'])",
    "bang": "!sleep 100",
    "regex": "import time\nfor _ in range(10**9):\n    time.time()",
    "stderr": "import sys, time\nprint('x', file=sys.stderr)\nwhile True:\n    time.sleep(0.01)",
}  # fmt: skip

HARMLESS = {
    "daemon-left": "import subprocess\np = subprocess.Popen(['sleep', '20'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)",
    "thread-left": "import threading, time\nthreading.Thread(target=time.sleep, args=(3,), daemon=True).start()",
    "much-output": "for _ in range(400): print('x' * 10_000)",
    "interrupted-itself": "import signal\nsignal.raise_signal(signal.SIGINT)",
    "ignores-interrupts": "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "memory-error": "x = bytearray(2 ** 50)",
    "executable-removed": "import sys\nsys.executable = '/nonexistent'",
    "modules-removed": "import sys\nfor name in ('json', 're', 'random'): sys.modules.pop(name, None)",
}  # fmt: skip


def _around(deed: str) -> list:  # type: ignore[type-arg]
    return [
        test_of("assert True", "before", 1),
        code("kept = 0.5"),
        test_of("kept", "value-before", 1),
        test_of(deed, "deed", 2),
        test_of("assert True", "after", 1),
        test_of("kept + 0.25", "value-after", 1),
        test_of("raise ValueError", "wrong-after", 1),
    ]


def _assignment(name: str, deed: str, *, cell_seconds: int = 30, **settings: object) -> Assignment:
    return Assignment(name, {BOOK: notebook(*_around(deed))}, cell_seconds=cell_seconds, **settings)  # type: ignore[arg-type]


def _together(name: str, deeds: dict[str, str], *, cell_seconds: int = 30) -> Assignment:
    cells = []
    for grade_id, deed in deeds.items():
        cells += [test_of(deed, grade_id, 1), test_of("0.5", f"after-{grade_id}", 1)]
    return Assignment(name, {BOOK: notebook(*cells)}, cell_seconds=cell_seconds)


ASSIGNMENTS = [
    *(_assignment(f"dies-{name}", deed) for name, deed in DEATHS.items()),
    _together("endless", ENDLESS, cell_seconds=2),
    _assignment("endless-await", "import asyncio\nawait asyncio.sleep(100)", cell_seconds=2),
    _together("harmless", HARMLESS),
]
