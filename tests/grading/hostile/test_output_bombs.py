"""Printing, showing and raising more than anybody can read."""

from typing import Any

import pytest

from tests.grading.hostile.case import Case, case

pytestmark = pytest.mark.slow
ROOM = 100_000
FEW = {"output_bytes": ROOM}
MUCH: dict[str, Any] = {"events": "output", "limits": FEW}

BOMBS = [
    case("megabytes-of-lines", "for _ in range(60): print('x' * 1_000_000)", **MUCH),
    case("lines-without-end", "while True: print('x')", x=(0,), events="output time", limits=FEW | {"cell_seconds": 2}),
    case("standard-error", "import sys\nfor _ in range(60): print('x' * 1_000_000, file=sys.stderr)", **MUCH),
    case("from-another-program", "import subprocess\nsubprocess.run('yes | head -c 30000000', shell=True)", **MUCH),
    case("a-program-that-writes-without-end", "import subprocess\nsubprocess.run(['yes'])", x=(1, 0), events="output",
         perhaps="time", limits=FEW | {"disk_bytes": 20 << 20, "cell_seconds": 5}),
    case("binary", "import os\nos.write(1, bytes(range(256)) * 2000)\nos.write(2, b'\\xff' * 100000)", **MUCH),
    case("a-file-of-holes-as-output", "import os\nos.ftruncate(1, 100 << 20)", **MUCH),
    case("halves-of-letters", "print('\\ud800' * 10)\nprint('\\x00\\x1b[2J\\x08' * 100)"),
    case("all-letters-outside-of-the-first-plane", "print('\\U0001f600' * 30_000)\nprint('\\uc548' * 30_000)", limits=FEW),
    case("displays", "for n in range(3_000): display(n)", **MUCH),
    case("one-huge-display", "from IPython.display import HTML\ndisplay(HTML('<b>' * 10_000_000))", **MUCH),
    case("a-display-within-displays",
         "class Inner:\n    def __repr__(self):\n        display(Inner()) if depth.append(1) or len(depth) < 500 else None\n"
         "        return 'x' * 1000\ndepth = []\ndisplay(Inner())", perhaps="output", limits=FEW),
    case("an-update-of-everything-shown",
         "from IPython.display import display, update_display\n"
         "for n in range(900): display('x', display_id='one')\nupdate_display('y' * 90_000, display_id='one')", **MUCH),
    case("a-storm-of-clearing",
         "from IPython.display import clear_output\nfor n in range(12_000):\n    clear_output()\n", perhaps="output", limits=FEW),
    case("a-storm-of-showing-and-clearing",
         "from IPython.display import clear_output\nfor n in range(3_000):\n    clear_output(wait=True)\n    print(n)\n", **MUCH),
    case("a-value-of-a-gigabyte", "class Big:\n    def __repr__(self): return 'x' * (1 << 30)\nBig()", x=(1, 0),
         events="", perhaps="output", limits=FEW | {"cell_seconds": 10}),
    case("a-huge-exception", "raise ValueError('x' * 50_000_000)", x=(0,), events="output", limits=FEW),
    case("ten-thousand-errors",
         "for _ in range(300):\n    try: 1/0\n    except Exception: get_ipython().showtraceback()\n", **MUCH),
    case("messages-that-nobody-asked-for",
         "from IPython import get_ipython\nkernel = get_ipython().kernel\n"
         "for n in range(20_000): kernel.session.send(None, 'comm_msg', {'data': 'x' * 1000})\n"
         "for n in range(20_000): kernel.session.send(None, 'nonsense', {'data': 'x' * 1000})"),
    case("deep-data-in-a-display",
         "deep = []\nfor _ in range(900): deep = [deep]\n"
         "class Deep:\n    def _repr_mimebundle_(self, **_): return {'application/json': deep}\ndisplay(Deep())",
         x=(1, 0, None), perhaps="tampering died"),
    case("a-number-of-a-million-digits",
         "import sys\nsys.set_int_max_str_digits(0)\n10 ** 1_000_000", perhaps="output", limits=FEW),
]  # fmt: skip


@pytest.mark.parametrize("case", BOMBS, ids=lambda case: case.name)
def test_output_bombs(case: Case, grader: Any) -> None:
    result = grader.suffer(case)
    assert len(result.executed["second.ipynb"]) < 12 * ROOM


def test_no_output_hides_an_error(grader: Any) -> None:
    handed = grader.handed.solve()
    handed.cell("add")["source"] = (
        "print('x' * 200_000)\nimport sys\ndef add(a, b):\n"
        "    print('y' * 200_000)\n    print('careful', file=sys.stderr)\n    return 3"
    )
    handed.cell("give")["source"] = "print('z' * 200_000)\nshare = 0.5"
    found = grader.points(grader.grade(output_bytes=ROOM))
    assert found == {"test-x": 1, "test-add": 0, "share": 0.5, "why": None}


def test_many_cells_that_fail_after_the_room_is_used_up(grader: Any) -> None:
    """What is kept of each is short."""
    cells = grader.handed.solve().books["second"]["cells"]
    fails = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    fails["source"] = (
        "print('x' * 1_000_000)\nraise type('E' * 10**6, (Exception,), {})('y' * 10**6)"
    )
    cells += [fails | {"id": f"f{number}"} for number in range(12)]
    result = grader.grade(output_bytes=ROOM)
    assert grader.points(result)["test-x"] == 1
    assert len(result.executed["second.ipynb"]) < 4 * ROOM
