"""nbgrader's generate_assignment: from the authored notebooks to what trainees get."""
# nbformat and nbconvert are typed in part.
# mypy: disable-error-code=no-untyped-call

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions
from traitlets.config import Config

from grading import course, folder
from grading.facts import Question, UnusableInput
from grading.gradebook import URL
from grading.kernels import KERNEL, how

MENDING = "open the notebook in JupyterLab, correct it there and save it"
STUBS = {"bash": "# YOUR CODE HERE\nfalse"}
OTHER_STUB = "YOUR CODE HERE"


class _Generate(GenerateAssignment):  # type: ignore[misc]
    """Keeps the error of the notebook that failed; nbgrader itself only logs it."""

    failure: tuple[str, Exception] | None = None

    def convert_single_notebook(self, notebook_filename: str) -> None:
        try:
            super().convert_single_notebook(notebook_filename)
        except Exception as error:
            self.failure = (Path(notebook_filename).name, error)
            raise


def generate(root: Path, *, kernels: Collection[str]) -> None:
    """Make the release version; the gradebook in memory learns the cells.

    `kernels` are those that are installed where notebooks run.

    Raises:
        UnusableInput: with the notebook's name, what is wrong in it and what to do.
    """
    languages = {
        _checked_language(file, kernels={KERNEL, *kernels})
        for file in _notebooks(course.source_folder(root))
    }
    converter = _Generate(coursedir=course.course(root), config=_config(languages))
    try:
        converter.start()
    except Exception as error:
        if converter.failure is None:
            raise
        name, cause = converter.failure
        raise UnusableInput(f"{name}: {_sentence(cause)}; {MENDING}.") from error


def questions(root: Path) -> list[Question]:
    """In the order of the notebooks and of the cells in them."""
    found: list[Question] = []
    for file in _notebooks(course.release_folder(root)):
        for cell in json.loads(file.read_bytes())["cells"]:
            mark = cell["metadata"].get("nbgrader", {})
            if mark.get("grade") or mark.get("task"):
                by_machine = cell["cell_type"] == "code" and not mark.get("solution")
                question = Question(
                    notebook=file.stem,
                    grade_id=mark["grade_id"],
                    max_points=float(mark["points"]),
                    kind="autograded" if by_machine else "manual",
                    position=len(found) + 1,
                )
                found.append(question)
    return found


def notebooks(root: Path) -> dict[str, dict[str, Any]]:
    """By name: the kernel, and by grade_id each cell as nbgrader keeps it for autograding.

    `metadata` is what the release gives a cell; `source` has the hidden tests.
    """
    found = {}
    with Gradebook(URL, "course") as book:
        for file in _notebooks(course.release_folder(root)):
            kept = book.find_notebook(file.stem, course.ASSIGNMENT)
            cells = {cell.name: cell for cell in kept.source_cells}
            found[file.stem] = {
                "kernelspec": json.loads(kept.kernelspec or "null"),
                "cells": {
                    grade_id: {
                        "metadata": metadata,
                        "cell_type": cells[grade_id].cell_type,
                        "source": cells[grade_id].source,
                        "checksum": cells[grade_id].checksum,
                        "locked": bool(cells[grade_id].locked),
                    }
                    for grade_id, metadata in _metadata(file).items()
                    if grade_id in cells
                },
            }
    return found


def _metadata(file: Path) -> dict[str, dict[str, Any]]:
    return {
        cell["metadata"]["nbgrader"]["grade_id"]: cell["metadata"]
        for cell in json.loads(file.read_bytes())["cells"]
        if "grade_id" in cell["metadata"].get("nbgrader", {})
    }


def _notebooks(at: Path) -> list[Path]:
    return [at / f"{name}.ipynb" for name in folder.notebook_names(at)]


def _config(languages: Collection[str]) -> Config:
    """nbgrader refuses languages it has no stub for; in these an answer not given is an error too."""
    known = ClearSolutions().code_stub
    unknown = {language: STUBS.get(language, OTHER_STUB) for language in languages}
    config = Config()
    config.ClearSolutions.code_stub = unknown | known
    return config


def _checked_language(file: Path, *, kernels: Collection[str]) -> str:
    """What authors get wrong most, each in words that help."""
    try:
        notebook = nbformat.read(file, as_version=4)
        spec = notebook.metadata.get("kernelspec", {})
        kernel, language = spec.get("name"), str(spec.get("language", "python"))
        marks = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
        named = [
            mark["grade_id"]
            for mark in marks
            if mark.get("grade") or mark.get("solution") or mark.get("locked") or mark.get("task")
        ]
    except Exception as error:
        raise UnusableInput(f"{file.name}: this is no readable notebook; {MENDING}.") from error
    if kernel is None:
        raise UnusableInput(
            f"{file.name}: no kernel is named in it; open it in JupyterLab, choose the kernel"
            " Python 3 (ipykernel) and save it."
        )
    if kernel not in kernels:
        raise UnusableInput(
            f"{file.name}: its kernel '{kernel}' is not installed where notebooks run;"
            f" {how(kernel)}, or open the notebook in JupyterLab, choose the kernel"
            " Python 3 (ipykernel) and save it."
        )
    for grade_id in named:
        if named.count(grade_id) > 1:
            raise UnusableInput(
                f"{file.name}: two cells have the ID '{grade_id}'; give one of them another ID."
            )
    return language


def _sentence(error: BaseException) -> str:
    """nbgrader wraps what it knows in an error that says less."""
    cause = error.__cause__ or error.__context__ or error
    text = getattr(cause, "message", None) or str(cause) or type(cause).__name__
    return str(text).strip().splitlines()[0].rstrip(".")
