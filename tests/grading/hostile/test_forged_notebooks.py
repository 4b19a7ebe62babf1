"""Notebooks whose file says what is not so: marks, kinds, kernels, names, and files that are no notebook."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.grading.hostile.conftest import SOLVED

pytestmark = pytest.mark.slow
WRONG = "def add(a, b):\n    return 3"


def copy(handed: Any, grade_id: str, **other: Any) -> dict[str, Any]:
    return json.loads(json.dumps(handed.cell(grade_id))) | other


def set_marks(grade_id: str = "test-add", **values: Any) -> Callable[[Any], None]:
    return lambda handed: handed.cell(grade_id)["metadata"]["nbgrader"].update(values)


def set_cell(**values: Any) -> Callable[[Any], None]:
    return lambda handed: handed.cell("test-add").update(values)


def set_metadata(**values: Any) -> Callable[[Any], None]:
    return lambda handed: handed.books["sums"]["metadata"].update(values)


def as_markdown(handed: Any) -> None:
    handed.cell("test-add")["cell_type"] = "markdown"
    del handed.cell("test-add")["outputs"], handed.cell("test-add")["execution_count"]


def copied_below(handed: Any) -> None:
    handed.books["sums"]["cells"].append(copy(handed, "test-add", source="pass", id="copy"))


def copied_above(handed: Any) -> None:
    handed.books["sums"]["cells"].insert(0, copy(handed, "test-add", source="pass", id="copy"))


def hundreds_of_copies(handed: Any) -> None:
    copies = [copy(handed, "test-add", source="pass", id=f"c{n}") for n in range(300)]
    handed.books["sums"]["cells"] += copies


def extra_points(handed: Any) -> None:
    extra = copy(handed, "test-add", source="pass", id="extra")
    extra["metadata"]["nbgrader"] |= {"grade_id": "bonus", "points": 1000}
    handed.books["sums"]["cells"].append(extra)


def of_another_notebook(handed: Any) -> None:
    handed.books["sums"]["cells"].append(handed.cell("test-x", "second") | {"source": "pass"})


def in_another_order(handed: Any) -> None:
    """The test before what it tests."""
    test = handed.cell("test-add")
    handed.books["sums"]["cells"].remove(test)
    handed.books["sums"]["cells"].insert(0, test)


# What the trainee's file says does not matter: the test fails, everything else is graded.
FORGERIES: dict[str, Callable[[Any], None]] = {
    "points": set_marks(points=100),
    "negative points": set_marks(points=-100),
    "points that are no number": set_marks(points="many"),
    "infinite points": set_marks(points=float("inf")),
    "not graded": set_marks(grade=False, locked=False),
    "not locked": set_marks(locked=False),
    "a solution": set_marks(solution=True, checksum="0"),
    "a task": set_marks(task=True, grade=False),
    "a checksum": set_marks(checksum="0" * 32),
    "a schema of the future": set_marks(schema_version=99),
    "flags that are no flags": set_marks(grade=[], locked={"a": 1}, solution="yes"),
    "deep flags": set_marks(points=json.loads("[" * 90 + "]" * 90)),
    "the text of the test": set_cell(source="pass"),
    "no text": set_cell(source=""),
    "raw": set_cell(cell_type="raw"),
    "markdown": as_markdown,
    "outputs of its own": set_cell(
        outputs=[
            {
                "output_type": "execute_result",
                "data": {"text/plain": "3"},
                "metadata": {},
                "execution_count": 1,
            }
        ]
    ),
    "a tag to skip it": lambda handed: handed.cell("test-add")["metadata"].update(
        tags=["skip-execution"]
    ),
    "tags that are no list": lambda handed: [
        cell["metadata"].update(tags=tags)
        for cell, tags in zip(handed.books["sums"]["cells"], (5, "x", {}, None, [[]]), strict=False)
    ],
    "copied below": copied_below,
    "copied above": copied_above,
    "hundreds of copies": hundreds_of_copies,
    "a cell with points of its own": extra_points,
    "a test of another notebook": of_another_notebook,
    "another order": in_another_order,
    "another kernel": set_metadata(
        kernelspec={"name": "bash", "display_name": "x", "language": "bash"}
    ),
    "a program as kernel": set_metadata(
        kernelspec={"name": "/bin/sh", "argv": ["/bin/sh", "-c", "touch /tmp/escaped"]}
    ),
    "a kernel outside": set_metadata(kernelspec={"name": "../../../../tmp/escaped"}),
    "a kernel that is no object": set_metadata(kernelspec=5, language_info=[]),
    "another trainee and assignment": set_metadata(
        nbgrader={"student": "somebody", "assignment": "ps2", "course": "x"},
        student_id="somebody",
        celltoolbar="Create Assignment",
        authors=[{"name": "somebody"}],
    ),
    "widgets": set_metadata(widgets={"application/vnd.jupyter.widget-state+json": {"state": 5}}),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_notes_are_restored(name: str, grader: Any) -> None:
    grader.handed.solve().cell("add")["source"] = WRONG
    FORGERIES[name](grader.handed)
    result = grader.grade()
    assert grader.points(result) == SOLVED | {"test-add": 0}
    assert sum(score.max_points for score in result.scores) == 11
    assert len(result.scores) == 4
    json.loads(result.executed["sums.ipynb"])


def test_flags_that_were_forged_are_told(grader: Any) -> None:
    grader.handed.solve()
    set_marks(points=100)(grader.handed)
    told = [(event.kind, event.grade_id) for event in grader.grade().events]
    assert told == [("tampering", "test-add")]


@pytest.mark.parametrize("way", ["deleted", "renamed", "unmarked", "of another"])
def test_a_test_that_is_not_there_is_left_to_a_person(way: str, grader: Any) -> None:
    handed = grader.handed.solve()
    match way:
        case "deleted":
            handed.books["sums"]["cells"].remove(handed.cell("test-add"))
        case "renamed":
            handed.cell("test-add")["metadata"]["nbgrader"]["grade_id"] = "test-other"
        case "unmarked":
            del handed.cell("test-add")["metadata"]["nbgrader"]
        case "of another":
            handed.cell("test-add")["metadata"]["nbgrader"]["grade_id"] = "share"
    assert grader.points(grader.grade())["test-add"] is None


@pytest.mark.parametrize(
    "odd", ["text", 5, [], {}, {"grade_id": 7}, {"grade_id": "unknown"}], ids=str
)
def test_odd_notes_on_other_cells(odd: Any, grader: Any) -> None:
    grader.handed.solve().books["sums"]["cells"][0]["metadata"]["nbgrader"] = odd
    assert grader.points(grader.grade()) == SOLVED


HEAD = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": '
NO_NOTEBOOKS = {
    "empty": "",
    "half": "{",
    "a list": "[]",
    "null": "null",
    "text": '"x"',
    "an object": "{}",
    "deep": "[" * 50_000,
    "deep and closed": HEAD + "[" * 900 + "]" * 900 + "}",
    "deep metadata": HEAD.replace("{}", '{"a": ' + "[" * 900 + "]" * 900 + "}") + "[]}",
    "of the future": '{"nbformat": 99, "cells": []}',
    "a number too long": '{"nbformat": ' + "9" * 5000 + "}",
    "of a format that is text": '{"nbformat": "4", "cells": []}',
    "cells that are no cells": HEAD + "[1]}",
    "metadata that is a list": '{"nbformat": 4, "nbformat_minor": 5, "metadata": [], "cells": []}',
    "a cell without text": HEAD + '[{"cell_type": "code"}]}',
    "a cell of no kind": HEAD + '[{"cell_type": "evil", "source": ""}]}',
    "half a letter": HEAD + '[{"cell_type": "code", "source": "\\ud800"}]}',
    "not UTF-8": b'{"nbformat": 4, "cells": "\xff\xfe"}',
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(1000),
    "zeros": bytes(1_000_000),
}


@pytest.mark.parametrize("name", NO_NOTEBOOKS)
def test_what_is_no_notebook(name: str, grader: Any) -> None:
    del grader.handed.solve().books["sums"]
    content = NO_NOTEBOOKS[name]
    grader.handed.write()
    file = grader.handed.folder / "sums.ipynb"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = grader.grade()
    assert grader.points(result) == {"test-x": 1, "test-add": None, "share": None, "why": None}
    assert "readable" in result.notebooks[1].error


def test_names_twice_in_an_object_and_numbers_that_json_has_not(grader: Any) -> None:
    text = json.dumps(grader.handed.solve().books["second"])
    text = text.replace('"metadata":', '"metadata": {"x": NaN, "y": -Infinity}, "metadata":', 1)
    grader.handed.books["second"] = text.replace('"nbformat": 4,', '"nbformat": 3, "nbformat": 4,')
    assert grader.points(grader.grade()) == SOLVED


@pytest.mark.parametrize("number", [10_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_thousands_of_cells(number: int, grader: Any) -> None:
    cells = grader.handed.solve().books["second"]["cells"]
    many = [
        {
            "cell_type": "code",
            "id": "i",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": "",
        }
        for _ in range(number)
    ]
    grader.handed.books["second"]["cells"] = many + cells
    assert grader.points(grader.grade()) == SOLVED


def test_cells_without_end_that_run(grader: Any) -> None:
    cells = grader.handed.solve().books["second"]["cells"]
    many = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": "1"}
    ]
    grader.handed.books["second"]["cells"] = many * 20_000 + cells
    result = grader.grade(notebook_seconds=2)
    assert grader.points(result) == SOLVED | {"test-x": None}
    assert "time" in {event.kind for event in result.events}


def test_one_cell_of_megabytes(grader: Any) -> None:
    grader.handed.solve().cell("x", "second")["source"] = "x = 1\n" + "#" * 2_000_000
    assert grader.points(grader.grade()) == SOLVED


@pytest.mark.parametrize("version", [1, 2, 3])
def test_notebooks_of_old_formats_that_are_nonsense(version: int, grader: Any) -> None:
    sheet = {
        "cells": [{"cell_type": "code", "input": "x", "language": "python", "outputs": []}] * 5_000
    }
    old = {
        "nbformat": version,
        "nbformat_minor": 0,
        "metadata": {"name": "x"},
        "worksheets": [sheet, 5],
        "cells": {"a": 1},
    }
    grader.handed.solve().books["second"] = old
    found = grader.points(grader.grade())
    assert found["test-x"] is None
    assert found["test-add"] == 3
