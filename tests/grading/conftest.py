"""Notebooks made by code, the notebook environment's kernel, and one assignment to attack.

The assignment `ps1` has two notebooks: `sums` (a tested function worth 3, a partial-credit cell
worth 2, an answer a person reads worth 5) and `second` (one test worth 1).
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import grading

Cell = dict[str, Any]
SOLUTION = "### BEGIN SOLUTION\ndef add(a, b):\n    return a + b\n### END SOLUTION"
TEST = "assert add(1, 2) == 3\n### BEGIN HIDDEN TESTS\nassert add(-1, 1) == 0\n### END HIDDEN TESTS"
_ids = count()


def cell(source: str, *, kind: str = "code", grade_id: str | None = None, **marks: Any) -> Cell:
    made: Cell = {"cell_type": kind, "id": f"c{next(_ids)}", "metadata": {}, "source": source}
    if kind == "code":
        made |= {"outputs": [], "execution_count": None}
    if grade_id:
        flags = {"grade": False, "solution": False, "locked": False, "task": False}
        made["metadata"]["nbgrader"] = {
            "schema_version": 3, "grade_id": grade_id, **flags, **marks
        }  # fmt: skip
    return made


def solution(source: str, grade_id: str) -> Cell:
    return cell(source, grade_id=grade_id, solution=True)


def test_of(source: str, grade_id: str, points: float) -> Cell:
    return cell(source, grade_id=grade_id, grade=True, locked=True, points=points)


def answer(source: str, grade_id: str, points: float) -> Cell:
    return cell(
        source, kind="markdown", grade_id=grade_id, grade=True, solution=True, points=points
    )


def notebook(*cells: Cell, kernel: str | None = "python3") -> dict[str, Any]:
    named = {"kernelspec": {"name": kernel, "display_name": "Python 3", "language": "python"}}
    return {
        "nbformat": 4, "nbformat_minor": 5, "metadata": named if kernel else {}, "cells": [*cells]
    }  # fmt: skip


def write(folder: Path, **notebooks: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in notebooks.items():
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    return SimpleNamespace(
        cell=cell, solution=solution, test=test_of, answer=answer, notebook=notebook, write=write
    )


@pytest.fixture(scope="session")
def notebook_python() -> Path:
    named = os.environ.get("NOTEBOOK_PYTHON")
    python = Path(named) if named else Path(__file__).parents[2] / ".venv-notebook/bin/python"
    if not python.exists():
        pytest.fail("There is no notebook environment: make it, or name it in NOTEBOOK_PYTHON.")
    return python


@pytest.fixture(scope="session")
def kernels(notebook_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    prefix = tmp_path_factory.mktemp("kernels")
    install = [str(notebook_python), "-m", "ipykernel", "install", "--prefix", str(prefix)]
    subprocess.run([*install, "--name", "python3"], check=True, capture_output=True)
    return prefix


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sums = notebook(
        cell("# Sums", kind="markdown"),
        solution(SOLUTION, "add"),
        test_of(TEST, "test-add", 3),
        test_of("share", "share", 2),
        answer("Because.", "why", 5),
    )
    sums["cells"].insert(1, solution("### BEGIN SOLUTION\nshare = 2\n### END SOLUTION", "give"))
    second = notebook(solution("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "x"))
    second["cells"].append(test_of("assert x == 1", "test-x", 1))
    folder = write(tmp_path_factory.mktemp("source") / "ps1", sums=sums, second=second)
    (folder / "data.csv").write_text("a,b\n1,2\n")
    return folder


@dataclass
class Handed:
    """The release as a trainee edits it, and the grader to hand it to."""

    folder: Path
    source: Path
    kernels: Path
    books: dict[str, dict[str, Any]] = field(default_factory=dict)

    def cell(self, grade_id: str, book: str = "sums") -> Cell:
        return next(
            one
            for one in self.books[book]["cells"]
            if one["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
        )

    def solve(self) -> "Handed":
        self.cell("add")["source"] = "def add(a, b):\n    return a + b"
        self.cell("give")["source"] = "share = 2"
        self.cell("why")["source"] = "Because addition."
        self.cell("x", "second")["source"] = "x = 1"
        return self

    def write(self) -> "Handed":
        write(self.folder, **self.books)
        return self

    def grade(self, **limits: int) -> grading.Result:
        return self.write().grade_again(**limits)

    def grade_again(self, **limits: int) -> grading.Result:
        """What was written already, so that two threads may do it at once."""
        return grading.autograde(
            self.source,
            self.folder,
            name="ps1",
            kernels=self.kernels,
            limits=grading.Limits(**limits),
        )


@pytest.fixture(scope="session")
def released(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("release")
    grading.release(source, into, name="ps1")
    return into


@pytest.fixture
def handed(released: Path, source: Path, kernels: Path, tmp_path: Path) -> Handed:
    books = {file.stem: json.loads(file.read_bytes()) for file in released.glob("*.ipynb")}
    return Handed(tmp_path / "submission", source, kernels, books)


@pytest.fixture
def points() -> Callable[[grading.Result], dict[str, float | None]]:
    return lambda result: {score.grade_id: score.points for score in result.scores}


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], object]], bool]:
    """Ask until the answer is yes, at most a minute."""

    def ask(asked: Callable[[], object]) -> bool:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if asked():
                return True
            time.sleep(0.1)
        return False

    return ask


@pytest.fixture(autouse=True, scope="session")
def no_warm_process_is_left() -> Iterator[None]:
    yield
    from grading import boxes, warm

    for one in warm._idle:
        one.end(Path("/nonexistent"))
    warm._idle.clear()
    for zygote in boxes._zygotes.values():
        zygote.end()
    boxes._zygotes.clear()
