"""The cheap assignment of the storms: two questions with one test each, worth 1 and 2 points."""

from __future__ import annotations

import json
from typing import Any

SOLVED, UNSOLVED = "def double(n):\n    return 2 * n", "def double(n):\n    return n"
TESTS = {"test-zero": (1, "assert double(0) == 0"), "test-three": (2, "assert double(3) == 6")}
MOST = 3.0


def source() -> bytes:
    answer = _cell(
        SOLVED.replace("return", "### BEGIN SOLUTION\n    return") + "\n    ### END SOLUTION"
    )
    answer["metadata"]["nbgrader"] = _marks("double", solution=True)
    return _notebook([answer, *_tests()])


def handed_in(*, solved: bool, mark: str, extra: str = "") -> bytes:
    """Bytes that nobody else hands in; worth 3 points when solved, else 1."""
    answer = _cell(f"{SOLVED if solved else UNSOLVED}\n# {mark}\n{extra}")
    answer["metadata"]["nbgrader"] = _marks("double", solution=True)
    return _notebook([answer, *_tests()])


def points(*, solved: bool) -> dict[str, float]:
    return {"test-zero": 1.0, "test-three": 2.0 if solved else 0.0}


def _tests() -> list[dict[str, Any]]:
    cells = []
    for name, (most, text) in TESTS.items():
        cell = _cell(text)
        cell["metadata"]["nbgrader"] = _marks(name, grade=True, points=most, locked=True)
        cells.append(cell)
    return cells


def _cell(text: str) -> dict[str, Any]:
    return {
        "cell_type": "code", "execution_count": None, "id": f"c{abs(hash(text)) % 10**8}",
        "metadata": {}, "outputs": [], "source": text,
    }  # fmt: skip


def _marks(name: str, **changes: Any) -> dict[str, Any]:
    plain = {"grade": False, "grade_id": name, "locked": False, "schema_version": 3}
    return {**plain, "solution": False, "task": False, **changes}


def _notebook(cells: list[dict[str, Any]]) -> bytes:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    value = {
        "cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5,
    }  # fmt: skip
    return json.dumps(value).encode()
