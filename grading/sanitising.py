"""A submitted notebook as it is run: the trainee's answers in the author's frame.

What nbgrader does before it runs a notebook (ClearOutput, DeduplicateIds, OverwriteKernelspec,
OverwriteCells), and one thing it does not: nbgrader trusts the flags in the submitted file, so that
a test marked as no test is not graded and one tagged `skip-execution` gets full points unrun. Here
every cell of the assignment gets the metadata it was released with, and no other cell has any.
"""

# nbformat is typed in part.
# mypy: disable-error-code=no-untyped-call

import json
from typing import Any

from grading import preparing
from grading.sandbox.channel import is_shallow

Notebook = dict[str, Any]
Cell = dict[str, Any]
CELL_TYPES = {"code", "markdown", "raw"}
# What ClearOutputPreprocessor removes with the outputs (nbconvert).
OUTPUT_NOTES = ("collapsed", "scrolled")


class Unreadable(Exception):
    """The file is no notebook."""


def read(content: bytes) -> Notebook:
    """A notebook of format 4. Older ones are converted.

    Raises:
        Unreadable: it is no notebook.
    """
    try:
        notebook = json.loads(content.decode("utf-8"))
        if not isinstance(notebook, dict):
            raise Unreadable
        if notebook.get("nbformat") != 4:
            notebook = _converted(notebook)
        if not is_shallow(notebook):
            raise Unreadable
        return _checked(notebook)
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(str(error)) from error


def _converted(notebook: Notebook) -> Notebook:
    import nbformat

    converted = nbformat.reads(json.dumps(notebook), as_version=4)
    return dict(json.loads(nbformat.writes(converted)))


def _checked(notebook: Notebook) -> Notebook:
    """The shape the rest relies on; text in lines becomes text."""
    metadata = notebook.setdefault("metadata", {})
    if not isinstance(metadata, dict) or not isinstance(notebook["cells"], list):
        raise Unreadable
    for cell in notebook["cells"]:
        if not isinstance(cell, dict) or cell.get("cell_type") not in CELL_TYPES:
            raise Unreadable
        source = cell.get("source")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = cell["source"] = "".join(source)
        if not isinstance(source, str) or not isinstance(cell.setdefault("metadata", {}), dict):
            raise Unreadable
        source.encode()  # a lone half of a surrogate pair is no text
    return notebook


def sanitise(notebook: Notebook, released: preparing.Notebook) -> list[str]:
    """Change the notebook in place; returns what had been tampered with, by grade_id."""
    if released.kernelspec:
        notebook["metadata"]["kernelspec"] = released.kernelspec
    left = dict(released.cells)
    changed: list[str] = []
    # From the end: of a cell that was copied, marks and all, the last one counts.
    for cell in reversed(notebook["cells"]):
        marks = cell["metadata"].pop("nbgrader", None)
        grade_id = marks.get("grade_id") if isinstance(marks, dict) else None
        if isinstance(grade_id, str) and grade_id in left:
            original = left.pop(grade_id)
            if _is_changed(cell, marks, original):
                changed.append(grade_id)
            _restore(cell, original)
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
            for note in OUTPUT_NOTES:
                cell["metadata"].pop(note, None)
    return changed[::-1]


def _restore(cell: Cell, original: preparing.Cell) -> None:
    marks = {**original.metadata["nbgrader"], "checksum": original.checksum}
    cell["metadata"] = {**original.metadata, "nbgrader": marks}
    if cell["cell_type"] != original.cell_type:
        cell["cell_type"] = original.cell_type
        for name in ("outputs", "execution_count", "attachments"):
            cell.pop(name, None)
    if original.locked:
        cell["source"] = original.source


def _is_changed(cell: Cell, marks: Any, original: preparing.Cell) -> bool:
    """Of a locked cell: its flags, points or kind. Its text differs anyway where tests are hidden."""
    flags = ("grade", "solution", "locked", "task", "points")
    given = original.metadata["nbgrader"]
    return cell["cell_type"] != original.cell_type or any(
        marks.get(flag, False) != given.get(flag, False) for flag in flags
    )
