"""Source notebooks of assignments: what nbgrader would refuse, said before nbgrader is asked.

The rules are those of nbgrader's metadata schema 3 and of its release step; nbgrader itself is
not imported, because the web process does without it.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from lms.curricula.outline import Finding

MARKERS = {
    "SOLUTION": ("solution", "an answer cell (nbgrader: solution)"),
    "HIDDEN TESTS": ("grade", "an autograder test cell (nbgrader: grade)"),
}
FLAGS = ("grade", "solution", "locked", "task")
AGAIN = "save the notebook again with a current JupyterLab."
Cell = dict[str, Any]


def check_notebook(content: bytes) -> tuple[int, list[Finding]]:
    """How many graded cells the notebook has, and all that is wrong with it."""
    try:
        text = content.decode("utf-8")
        notebook = json.loads(text)
        cells, lines = list(notebook["cells"]), _cell_lines(text)
        kernel = notebook["metadata"].get("kernelspec", {}).get("name")
        is_current = notebook["nbformat"] == 4 and notebook["nbformat_minor"] >= 5
    except json.JSONDecodeError as error:
        return 0, [Finding(error.lineno, f"the notebook is not JSON ({error.msg}): {AGAIN}")]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return 0, [Finding(1, f"the file is no notebook: {AGAIN}")]
    findings = []
    if not is_current:
        findings.append(Finding(1, f"the notebook is older than nbformat 4.5: {AGAIN}"))
    if not kernel or not isinstance(kernel, str):
        findings.append(Finding(1, "no kernel is named: choose one in JupyterLab and save it."))
    seen: dict[tuple[str, str], int] = {}
    for number, (line, cell) in enumerate(zip(lines, cells, strict=False), start=1):
        findings += [
            Finding(line, f"{_name(cell, number)} {message}")
            for message in _cell_problems(cell, number, seen)
        ]
    return sum(bool(_labels(cell).get("grade")) for cell in cells), findings


def _cell_lines(text: str) -> list[int]:
    """The line on which each cell begins in a text known to be JSON with a list of cells."""
    decode, separator, lines = json.JSONDecoder().raw_decode, re.compile(r"[\s,:]*"), []

    def skip(position: int) -> int:
        match = separator.match(text, position)
        return match.end() if match else position

    position = text.index("{") + 1
    while True:
        key, position = decode(text, skip(position))
        position = skip(position)
        if key == "cells":
            break
        _, position = decode(text, position)
    position = skip(position + 1)
    while text[position] != "]":
        lines.append(text.count("\n", 0, position) + 1)
        _, position = decode(text, position)
        position = skip(position)
    return lines


def _name(cell: Cell, number: int) -> str:
    grade_id = _labels(cell).get("grade_id")
    return f'cell {number} ("{grade_id}")' if grade_id else f"cell {number}"


def _labels(cell: Any) -> dict[str, Any]:
    """The nbgrader metadata of a cell, empty where there is none."""
    metadata = cell.get("metadata") if isinstance(cell, dict) else None
    labels = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return labels if isinstance(labels, dict) else {}


def _cell_problems(cell: Any, number: int, seen: dict[tuple[str, str], int]) -> Iterator[str]:
    if not isinstance(cell, dict) or cell.get("cell_type") not in {"code", "markdown", "raw"}:
        yield f"is no notebook cell: {AGAIN}"
        return
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        yield f"has no source: {AGAIN}"
        return
    labels = _labels(cell)
    yield from _unique(seen, "id", cell.get("id"), number)
    if labels:
        yield from _label_problems(labels, cell["cell_type"])
        yield from _unique(seen, "grade_id", labels.get("grade_id"), number)
    yield from _marker_problems(source, labels)


def _unique(seen: dict[tuple[str, str], int], kind: str, value: Any, number: int) -> Iterator[str]:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
        yield f"has no {kind}: give it one of letters, digits, hyphens and underscores."
    elif (first := seen.setdefault((kind, value), number)) != number:
        yield f'has the {kind} "{value}" of cell {first}: give it another.'


def _label_problems(labels: dict[str, Any], cell_type: str) -> Iterator[str]:
    if labels.get("schema_version") != 3:
        yield "has nbgrader metadata that is not of schema version 3: run nbgrader update."
        return
    for flag in FLAGS:
        if not isinstance(labels.get(flag, False), bool):
            yield f'has a value of "{flag}" that is neither true nor false: correct it.'
    grade, solution = labels.get("grade"), labels.get("solution")
    if (grade or labels.get("task")) and not _is_points(labels.get("points")):
        yield "has no points: give it a number from 0 up."
    if labels.get("task"):
        if cell_type != "markdown":
            yield "is a task in a code cell: make it a Markdown cell."
    elif grade and not solution:
        if cell_type != "code":
            yield "is an autograder test in a text cell: make it a code cell."
        if labels.get("locked") is not True:
            yield "is an autograder test that trainees can change: lock it."
    elif solution and not grade and cell_type == "markdown":
        yield "is an answer in text without points: make it manually graded."


def _is_points(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0


def _marker_problems(source: str, labels: dict[str, Any]) -> Iterator[str]:
    for marker, (flag, home) in MARKERS.items():
        inside = used = False
        for line in source.split("\n"):
            begins, ends = f"BEGIN {marker}" in line, f"END {marker}" in line
            used = used or begins or ends
            if begins and inside:
                yield f"has BEGIN {marker} twice in a row: put END {marker} between them."
            if ends and not begins and not inside:
                yield f"has END {marker} without BEGIN {marker}: add it above."
            inside = begins or (inside and not ends)
        if inside:
            yield f"has BEGIN {marker} without END {marker}: add it below."
        if used and not labels.get(flag):
            yield f"has {marker} markers outside {home}: move them or label the cell."
