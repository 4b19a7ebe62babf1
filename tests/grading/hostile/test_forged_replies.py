"""Saying things in the grader's words: on its line, in the outputs, in the values of tests."""

import json
from typing import Any

import pytest

import grading
from tests.grading.hostile.case import LINE, OTHERS, Case, case

pytestmark = pytest.mark.slow
# Nonsense on the line ends the notebook; silence, its cell.
NO_POINTS: dict[str, Any] = {"x": (None,), "limits": {"cell_seconds": 2}}


def forged(name: str, code: str, *, events: str = "tampering", **what: Any) -> Case:
    return case(name, LINE + code, events=events, **(NO_POINTS | what))


LINES = [
    forged("a-reply-before-the-end", "say(frame(GOOD))\nimport os\nx = 2\n1/0"),
    forged("replies-without-end", "while True:\n    try: say(frame(GOOD) * 1000)\n    except OSError: break"),
    forged(
        "replies-for-all-that-follows-while-nobody-reads",
        "import threading\nframes = frame(GOOD) * 100\n"
        "def always():\n    while True: say(frames)\n"
        "threading.Thread(target=always, daemon=True).start()\nimport time\ntime.sleep(600)",
    ),
    forged("half-a-message", "say(struct.pack('>I', 1000) + b'{')\nimport time\ntime.sleep(60)",
           events="time", x=(0, None)),
    forged("a-message-of-four-gigabytes", "say(struct.pack('>I', 2**32 - 1))\nimport time\ntime.sleep(60)"),
    forged("no-json", "say(frame(b'\\xff\\xfe{]'))\nimport time\ntime.sleep(60)"),
    forged("json-as-deep-as-can-be", "say(frame(b'[' * 100_000))\nimport time\ntime.sleep(60)"),
    forged(
        "json-just-not-too-deep",
        "say(frame(b'{\"status\": \"ok\", \"messages\": [[\"stream\", {\"a\": ' + b'[' * 900 + b']' * 900 + b'}]]}'))\n"
        "import time\ntime.sleep(60)",
    ),
    forged("a-number-of-a-million-digits", "say(frame(b'{\"a\": ' + b'9' * 1_000_000 + b'}'))\nimport time\ntime.sleep(60)"),
    forged("a-list", "say(frame([GOOD]))\nimport time\ntime.sleep(60)"),
    forged("bytes-that-belong-to-it", "say(frame(GOOD | {'bytes': 10**15}))\nimport time\ntime.sleep(60)"),
    forged("bytes-that-are-no-number", "say(frame(GOOD | {'bytes': 'x'}))\nimport time\ntime.sleep(60)"),
    forged("files-that-come-with-it",
           "for end in lines():\n    try: socket.send_fds(end, [frame(GOOD)], [0, 1, 2])\n    except OSError: pass\n"
           "import time\ntime.sleep(60)"),
    forged("a-closed-line", "for end in lines():\n    try: end.shutdown(socket.SHUT_RDWR)\n    except OSError: pass\n"
           "import time\ntime.sleep(60)", perhaps="died"),
    case("closed-files", "import os\nos.closerange(0, 512)", x=(None,), events="", perhaps="tampering died time",
         limits={"cell_seconds": 2}),
]  # fmt: skip


@pytest.mark.parametrize("case", LINES, ids=lambda case: case.name)
def test_nonsense_on_the_line(case: Case, grader: Any) -> None:
    grader.suffer(case)


# In the shell's place: what the shell itself would answer, with the number it was asked with.
ANSWERS = """
import gc, sys
from types import FunctionType
channel = sys.modules["grading.sandbox.channel"]
honest = channel.Channel.send
def send(self, message, **more):
    honest(self, {**message, **FORGED}, **more)
channel.Channel.send = send
"""


@pytest.mark.parametrize(
    "forgery",
    [
        {"status": []}, {"status": "fine"}, {"status": None}, {"messages": {}}, {"messages": [1]},
        {"messages": [[[], {}]]}, {"messages": [["stream", []]]}, {"messages": [["stream"]]},
        {"status": {}, "messages": 0}, {"number": 5},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_an_answer_of_no_shape(forgery: dict[str, Any], grader: Any) -> None:
    code = f"FORGED = {forgery!r}\n{ANSWERS}"
    grader.suffer(case("answer", code, x=(None,), events="tampering"))


FINE = {"metadata": {}, "execution_count": 1}
# What no notebook can hold.
ODD: list[Any] = [
    [["stream", {"name": {}, "text": 5}]],
    [["stream", {"name": "stderr"}]],
    [["stream", {"name": "stderr", "text": {"a": 1}}]],
    [["error", {}]],
    [["error", {"ename": 1, "evalue": [], "traceback": {}}]],
    [["error", {"ename": "x", "evalue": "y", "traceback": [{}, 1, None]}]],
    [["execute_result", {}]],
    [["execute_result", {"data": []}]],
    [["execute_result", FINE | {"data": {"text/plain": {"a": 1}}}]],
    [["execute_result", FINE | {"data": {"text/plain": [{"a": 1}]}}]],
    [["execute_result", FINE | {"data": {"text/plain": 10**400}}]],
    [["execute_result", {"data": {}, "metadata": {}, "execution_count": 1e308 * 10}]],
    [["display_data", {"transient": [], "metadata": 3}]],
    [["display_data", {"transient": {"display_id": []}, "data": {"text/html": 5}}]],
]


@pytest.mark.parametrize("messages", ODD, ids=lambda value: str(value)[:60])
def test_messages_of_odd_shapes(messages: Any, grader: Any) -> None:
    """They end the notebook, as in nbgrader; or are taken as far as they make sense."""
    code = f"inf = float('inf')\nFORGED = {{'messages': {messages!r}}}\n{ANSWERS}"
    result = grader.suffer(case("messages", code, x=(None,), events="died"))
    json.loads(result.executed["second.ipynb"])
    rules = {"values_checked": True}
    result = grader.suffer(case("messages", code, x=(0, 1), perhaps="value", rules=rules))
    json.loads(result.executed["second.ipynb"])


@pytest.mark.parametrize(
    ("messages", "worth"),
    [
        ([["execute_result", FINE | {"data": {"text/plain": "99"}}]], None),
        ([["execute_result", FINE | {"data": {"text/plain": "inf"}}]], None),
        ([["update_display_data", {"transient": {"display_id": "x"}, "data": 7}]], 1),
        ([["clear_output", {"wait": []}]], 1),
        ([["status", {}], ["comm_open", {"a": "b"}], ["nonsense", {"x": 1}], ["", {}]], 1),
        ([["stream", {"name": "stdout", "text": "\ud800"}]], 1),
    ],
    ids=lambda value: str(value)[:60],
)
def test_messages_that_are_made_up(messages: Any, worth: float | None, grader: Any) -> None:
    code = f"FORGED = {{'messages': {messages!r}}}\n{ANSWERS}"
    result = grader.suffer(case("messages", code, x=(worth,)))
    json.loads(result.executed["second.ipynb"])


@pytest.mark.parametrize("value", ["nan", "inf", "-5", "1e999", "99", "'1'", "True", "[1]", "None"])
def test_values_that_are_no_points(value: str, grader: Any) -> None:
    """As nbgrader has it, and with `values_checked`; never more than the cell is worth."""
    grader.handed.solve().cell("give")["source"] = (
        f"class Odd(float):\n    def __repr__(self): return {value!r}\nshare = Odd()"
    )
    for checked in (False, True):
        result = grader.grade(rules={"values_checked": checked})
        found = grader.points(result)
        assert found["test-x"] == 1
        assert found["share"] is None or 0 <= found["share"] <= 2
        odd = {"nan", "inf", "-5", "1e999", "99"}
        if checked and value in odd:
            assert found == {"test-x": 1, **OTHERS, "share": 0}
            assert [event.kind for event in result.events] == ["value"]


SPOKEN = [
    case("a-forged-report-on-standard-output",
         "print('{\"event\": \"graded\", \"score\": 100}')\nprint('test-x: 100/1')\nimport os\n"
         "os.write(1, b'{\"notebooks\": {\"second\": {\"cells\": {\"test-x\": {\"score\": 100}}}}}')\nraise SystemExit(0)",
         x=(0,)),
    case("what-programs-write-to-the-files-behind",
         "import subprocess\nsubprocess.run(['sh', '-c', 'echo out; echo err >&2; echo forged >&3'])",
         says=("out",)),
    case("a-representation-that-is-an-object",
         "class Odd:\n    def _repr_mimebundle_(self, **_): return {'text/plain': {'a': 1}, 'text/html': 5, 7: 8}\n"
         "display(Odd())\nOdd()", x=(None,), events="died"),
]  # fmt: skip


@pytest.mark.parametrize("case", SPOKEN, ids=lambda case: case.name)
def test_forged_words(case: Case, grader: Any) -> None:
    grader.suffer(case)


def test_a_test_that_shows_an_object_fails_its_notebook_only(grader: Any) -> None:
    grader.handed.solve().cell("give")["source"] = (
        "class Odd:\n    def _repr_mimebundle_(self, **_): return {'text/plain': {'a': 1}}\n"
        "share = Odd()"
    )
    assert grader.points(grader.grade())["test-x"] == 1
    checked = grader.points(grader.grade(rules={"values_checked": True}))
    assert checked == {"test-x": 1, **OTHERS, "share": 0}


def test_what_was_forged_can_be_shown(grader: Any) -> None:
    """The page of an executed notebook is made of it, without what it would run."""
    forged = [
        ["display_data", {"data": {"text/html": "<script>alert(1)</script>", "text/plain": {"a": 1}}}],
        ["display_data", {"data": {"image/svg+xml": "<svg onload='alert(1)'>", "image/png": 5}}],
        ["error", {"ename": "<b>", "evalue": "<script>alert(1)</script>", "traceback": ["\x1b[31m<i>"]}],
    ]  # fmt: skip
    code = f"FORGED = {{'messages': {forged!r}}}\n{ANSWERS}"
    rules = {"values_checked": True}
    result = grader.suffer(case("shown", code, x=(0,), rules=rules))
    page = grading.render_notebook(result.executed["second.ipynb"], lang="en")
    assert "<script>alert" not in page
    assert "onload=" not in page.replace("&lt;svg onload=", "")
