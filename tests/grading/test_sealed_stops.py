"""Sealed tests whose functions do not come back, and trainees who speak the link's language."""

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import grading
from grading.sealing import check
from tests.grading.sealed_cases import Case, Grade, errors

pytestmark = pytest.mark.slow
SEALED = grading.Rules(tests_sealed=True)
KEPT = grading.Rules(tests_sealed=True, points_kept=True)
GOOD = Case("good", "def good():\n    return 1", "assert good() == 1")
LAST = Case("last", "def last():\n    return 1", "assert last() == 1")


@pytest.fixture(scope="module")
def grade(make: SimpleNamespace, kernels: Path, tmp_path_factory: pytest.TempPathFactory) -> Grade:
    return Grade(make, kernels, tmp_path_factory)


@pytest.mark.parametrize(
    ("solution", "test"),
    [
        ("def stuck():\n    while True:\n        pass", "stuck()"),
        ("import time\ndef stuck():\n    time.sleep(600)", "try:\n    stuck()\nexcept Exception:\n    pass"),
        ("def stuck():\n    try:\n        while True:\n            pass\n    except KeyboardInterrupt:\n        return 1", "assert stuck() == 1"),
        ("def stuck(f):\n    return f()", "def wait():\n    while True: pass\nstuck(wait)"),
        ("def stuck(f):\n    try:\n        return f()\n    except BaseException:\n        return 1", "def wait():\n    while True: pass\nassert stuck(wait) == 1"),
        ("def stuck():\n    yield 1\n    while True: pass", "assert sum(stuck()) == 1"),
        ("def stuck():\n    pass", "while True: pass"),
        ("import time\nclass Meta(type):\n    def __len__(cls):\n        time.sleep(600)\nclass stuck(metaclass=Meta): pass", "len(stuck)"),
    ],
)  # fmt: skip
def test_a_call_that_does_not_end_costs_its_test_only(
    solution: str, test: str, grade: Grade, points: Any
) -> None:
    began = time.monotonic()
    result = grade([[GOOD, Case("stuck", solution, test), LAST]], cell_seconds=2)
    assert points(result) == {"good": 1, "stuck": 0, "last": 1}, (errors(result), result)
    assert [(event.kind, event.grade_id) for event in result.events] == [("time", "stuck")]
    assert "CellTimeoutError" in str(errors(result)["stuck"])
    assert time.monotonic() - began < 100


@pytest.mark.parametrize(
    ("solution", "kind"),
    [
        ("import os, signal\ndef ends():\n    os.kill(os.getpid(), signal.SIGKILL)", "died"),
        ("import os\ndef ends():\n    os._exit(0)", "died"),
        ("import os\ndef ends():\n    os.killpg(0, 9)", "died"),
        ("import signal, time\ndef ends():\n    signal.signal(signal.SIGINT, signal.SIG_IGN)\n    time.sleep(600)", "time"),
        ("import time\ndef ends():\n    while True:\n        try:\n            time.sleep(1)\n        except BaseException: pass", "time"),
        ("def ends():\n    keep = []\n    while True:\n        keep.append(bytearray(10**7))", "memory"),
        ("import os\ndef ends():\n    os.closerange(3, 100)", "died"),
    ],
)  # fmt: skip
def test_a_function_that_ends_its_process_earns_nothing(
    solution: str, kind: str, grade: Grade, points: Any
) -> None:
    cases = [
        GOOD,
        Case("ends", solution, "try:\n    ends()\nexcept BaseException:\n    pass"),
        LAST,
    ]
    limits = {"cell_seconds": 4, "memory_bytes": 2**29}
    plain = grade([cases, [Case("other", "x = 1", "assert x == 1")]], rules=SEALED, **limits)
    kept = grade([cases], rules=KEPT, **limits)
    if kind == "memory" and not plain.events:  # refused by the bound of its address space
        assert points(plain) == {"good": 1, "ends": 1, "last": 1, "other": 1}
        return
    assert points(plain) == {"good": None, "ends": None, "last": None, "other": 1}
    assert points(kept) == {"good": 1, "ends": 0, "last": 0}
    assert plain.events[0].kind in {kind, "tampering"}


FORGING = """
import json, sys
def arm():
    sealed = sys.modules["grading.sandbox.sealed"]
    def forge(side, reply, *, done=False):
        {what}
    sealed.Side._send_answer = forge
    return 0
"""
SENDING = "side._channel.send({message})"
ANSWERS = [
    "not JSON", "[]", "null", '{"value": ["mine"]}', '{"value": ["mine", 1, ["class", 2, "X", [], ["__call__", 7], [], false], []]}',
    '{"value": ["yours", 5]}', '{"value": ["yours", -1]}', '{"value": ["same", 0]}', '{"value": {"a": 1}}', '{"value": ["type", "builtins.eval"]}',
    '{"value": ["library", "os", "system"]}', '{"value": ["module", "antigravity"]}', '{"value": ["module", "__main__"]}',
    '{"value": ["error", ["type", "builtins.int"], [], null]}', '{"error": 3}', '{"error": ["type", "builtins.SystemExit"]}',
    '{"changes": [[0, 1]], "value": 0}', '{"changes": 7, "value": 0}', '{"names": [["sorted", [1]]], "value": 1}',
    '{"names": [["expected", [4]]], "value": 4}', '{"names": [["check", [["mine", 9, ["class", 8, "f", [], ["__call__"], [], true], []]]]], "value": 4}',
    '{"printed": [["execute_result", {"data": {"text/plain": "1"}}]], "value": 4}', '{"printed": [["stream", {}]], "value": 4}',
    '{"printed": 3, "value": 4}', '{"files": [["/box/work/sitecustomize.py", "eA=="], ["/etc/x", "eA=="], ["../x", "eA=="], [1, 2]], "value": 4}',
    '{"files": 3, "value": 4}', '{"value": ["int", "x"]}', '{"value": ["array", "O", [1], "AAAAAAAAAAA="]}', '{"value": ["array", "<f8", [999999999999], ""]}',
    '{"value": ["array", "<f8", [-1], "AAAAAAAAAAA="]}', '{"value": ["named", "X", ["__class__", "class"], [1, 2]]}',
    '{"value": ["named", "X", ["a=print(1)"], [1]]}', '{"value": ["dtype", "O"]}', '{"value": ["list", 3]}', '{"value": ["set", [["list", []]]]}',
    "[" * 3000, '{"value": ' + "9" * 6000 + "}", '{"value": ' + '["list", [' * 200 + "]]" * 200 + "}",
    '{"value": ["mine", 77, ["class", 78, "A", [["type", "builtins.int"], ["type", "builtins.ValueError"]], ["__eq__"], [], false], []]}',
    '{"value": ["mine", 77, ["class", 78, "A", [["type", "builtins.OSError"], ["type", "builtins.SyntaxError"]], [], [], false], []]}',
]  # fmt: skip


def forged(number: int, what: str) -> Case:
    answer = FORGING.format(what=what) + f"def three{number}():\n    arm()\n    return 4"
    test = (
        f"check(three{number}(), expected)\nassert sorted([three{number}()]) == [3]\n"
        "import sitecustomize"
    )
    return Case(f"forged-{number}", f"def three{number}():\n    return 3", test, answer=answer,
                given="expected = 3\ndef check(x, y):\n    assert x == y and type(x) is int")  # fmt: skip


def test_forged_answers_are_errors_of_the_test(grade: Grade, points: Any) -> None:
    books = []
    for number, text in enumerate(ANSWERS):
        message = f"{{'answer': {text!r}, 'turn': side.turn, 'done': True}}"
        books.append([forged(number, SENDING.format(message=message))])
    result = grade(books, cell_seconds=10)
    earned = points(result)
    assert {name: earned[name] for name in earned if earned[name]} == {}
    # Each is an error of its test, not the end of the notebook.
    assert [notebook.error for notebook in result.notebooks] == [None] * len(ANSWERS)


MESSAGES = [
    "{'messages': [['execute_result', {'data': {'text/plain': '1'}}]], 'status': 'ok', 'number': 'x'}",
    "{'answer': 4, 'turn': side.turn}", "{}", "{'answer': '{\"value\": 3}', 'turn': 'x' * 50_000_000}",
    "{'ask': '{\"what\": \"names\", \"of\": [null, [\"tuple\", [[\"list\", [\"expected\"]]]], [\"tuple\", []]]}', 'turn': side.turn}",
    "{'ask': '{\"what\": \"seed\", \"of\": [null, [\"tuple\", []], [\"tuple\", []]]}', 'turn': side.turn}",
    "{'ask': '{\"what\": \"call\", \"of\": [[\"type\", \"builtins.list\"], [\"tuple\", [[\"range\", [0, 10000000000, 1]]]], [\"tuple\", []]]}', 'turn': side.turn}",
    "{'ask': '{\"what\": \"get\", \"of\": [[\"module\", \"os\"], [\"tuple\", [\"system\"]], [\"tuple\", []]]}', 'turn': side.turn}",
    "{'ask': 'x', 'turn': side.turn}",
]  # fmt: skip


def test_forged_messages_earn_nothing(grade: Grade, points: Any) -> None:
    books = [
        [forged(number, SENDING.format(message=message))] for number, message in enumerate(MESSAGES)
    ]
    result = grade(books, cell_seconds=4)
    assert not any(points(result).values()), result


def test_the_trainees_side_gets_at_nothing_through_what_it_was_lent(
    grade: Grade, points: Any
) -> None:
    """Everything reached from a callback, two steps deep, is public data or refused."""
    solution = "def use(f):\n    return []"
    answer = (
        "def use(f):\n    found = []\n"
        "    for name in ['__globals__', '__code__', '__closure__', '__defaults__', '__self__', '__class__', '__dict__',\n"
        "                 '__builtins__', '__init__', '__call__', '__reduce_ex__', '__getattribute__', '__subclasses__', '__wrapped__',\n"
        "                 'gi_frame', 'f_globals', '__kwdefaults__', '__annotations__', '__module__']:\n"
        "        side = object.__getattribute__(f, '_sealed')[0]\n"
        "        try:\n            found.append((name, repr(side.ask('get', f, name))))\n        except Exception:\n            pass\n"
        "    for what, args in [('names', (['secret'],)), ('source', ()), ('dir', ()), ('copy', (True,)), ('await', ()), ('del', ('x',)), ('seed', ('random',))]:\n"
        "        try:\n            found.append((what, repr(side.ask(what, f, *args))))\n        except Exception:\n            pass\n"
        "    try:\n        kind = type(f)\n        found.append(kind(f, {}))\n    except Exception:\n        pass\n"
        "    return found"
    )  # fmt: skip
    test = "secret = 'S'\nassert use(lambda x, y=secret: secret) == []"
    result = grade([[Case("use", solution, test, answer=answer)]])
    assert points(result) == {"use": 1}, json.dumps(errors(result))


def test_real_kernels_have_no_sealed_tests() -> None:
    check(())
    with pytest.raises(grading.UnusableInput, match=r"^stats.ipynb: sealed tests need"):
        check(("stats",))
