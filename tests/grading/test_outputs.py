"""Which messages are outputs of a notebook, and which end it as they end nbgrader's run."""

from typing import Any

import pytest

from grading.outputs import Displays, NoOutput
from grading.sandbox.limiting import Limiter

PLAIN = {"text/plain": "1"}


def outputs_of(*messages: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return Displays(Limiter(1_000_000)).outputs_of(messages)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("stream", {"name": "stdout"}),
        ("stream", {"name": "stdout", "text": ["a"]}),
        ("stream", {"name": None, "text": "a"}),
        ("error", {"ename": "E", "evalue": 1, "traceback": []}),
        ("error", {"ename": "E", "evalue": "", "traceback": None}),
        ("error", {"ename": "E", "evalue": "", "traceback": [1]}),
        ("display_data", {"data": PLAIN}),
        ("display_data", {"metadata": {}}),
        ("display_data", {"data": {"text/plain": 0.5}, "metadata": {}}),
        ("display_data", {"data": {"text/html": {}}, "metadata": {}}),
        ("execute_result", {"data": PLAIN, "metadata": {}}),
        *(
            ("execute_result", {"data": PLAIN, "metadata": {}, "execution_count": count})
            for count in (-1, 0.5, True, "1", float("inf"), float("nan"))
        ),
    ],
)
def test_what_no_notebook_can_hold(kind: str, content: dict[str, Any]) -> None:
    with pytest.raises(NoOutput):
        outputs_of((kind, content))


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("stream", {"name": "stderr", "text": ""}),
        ("error", {"ename": "E", "evalue": "", "traceback": []}),
        ("display_data", {"data": None, "metadata": {}}),
        ("display_data", {"data": {"text/html": ["a", "b"]}, "metadata": {}}),
        ("display_data", {"data": {"application/x+json": None}, "metadata": {}}),
        ("execute_result", {"data": PLAIN, "metadata": {}, "execution_count": None}),
        ("execute_result", {"data": PLAIN, "metadata": {}, "execution_count": 1.0}),
    ],
)
def test_what_a_notebook_holds(kind: str, content: dict[str, Any]) -> None:
    assert [one["output_type"] for one in outputs_of((kind, content))] == [kind]


def test_an_update_of_nothing_shown_may_be_anything() -> None:
    odd = {"data": 5, "transient": {"display_id": "a"}}
    assert outputs_of(("update_display_data", odd)) == []
    shown = {"data": PLAIN, "metadata": {}, "transient": {"display_id": "a"}}
    with pytest.raises(NoOutput):
        outputs_of(("display_data", shown), ("update_display_data", odd))
