"""nbgrader's cells, as far as solving a notebook needs them.

A cell is named by its notebook and its grade_id. Answer cells are for the trainee; graded cells are
tests, or answers that a person marks.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Place = tuple[str, str]  # notebook (without its ending), grade_id
Files = Iterable[tuple[str, bytes]]

# The lines by which authors tell nbgrader what to take out of the release version.
MARKERS = re.compile(r"^.*### (?:BEGIN|END) SOLUTION.*\n?", re.MULTILINE)


def solutions(files: Files) -> dict[Place, str]:
    """The authors' answers."""
    return {
        place: MARKERS.sub("", "".join(cell["source"])).rstrip("\n")
        for cells in _notebooks(files)
        for place, cell in cells
    }


def tasks(files: Files) -> list[list[Place]]:
    """The cells of each task: answer cells and the tests after them, or one answer a person marks."""
    found: list[list[Place]] = []
    for cells in _notebooks(files):
        open_answer = False
        for place, cell in cells:
            marks = cell["metadata"]["nbgrader"]
            if (marks["solution"] and not open_answer) or not found:
                found.append([])
            open_answer = marks["solution"] and not marks["grade"]
            found[-1].append(place)
    return found


def solve(path: str, content: bytes, by_authors: Mapping[Place, str], solved: set[Place]) -> bytes:
    """The notebook with the authors' answers in the answer cells that are to be solved."""
    notebook = json.loads(content)
    for place, cell in _cells(path, notebook):
        if place in solved and cell["metadata"]["nbgrader"]["solution"]:
            cell["source"] = by_authors[place]
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()


def _notebooks(files: Files) -> Iterator[list[tuple[Place, dict[str, Any]]]]:
    for path, content in files:
        if path.endswith(".ipynb"):
            yield list(_cells(path, json.loads(content)))


def _cells(path: str, notebook: dict[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Answer and graded cells, in order."""
    for cell in notebook["cells"]:
        marks = cell["metadata"].get("nbgrader", {})
        if marks.get("solution") or marks.get("grade"):
            yield (path.removesuffix(".ipynb"), marks["grade_id"]), cell
