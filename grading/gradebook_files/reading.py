"""The door's `read_gradebook`: a gradebook.db that somebody brought, as values."""

import json
import subprocess
import sys
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from grading.facts import UnusableInput
from grading.gradebook_files import reader
from grading.gradebook_files.facts import (
    Assignment,
    CellGrade,
    GradebookFile,
    GradedCell,
    Student,
    Submission,
)

SECONDS = 30
SENTENCES = {
    "not-sqlite": "This is no SQLite file: choose the gradebook.db of an nbgrader course.",
    "schema": "This is no gradebook of nbgrader 0.9 (see '{where}'): run `nbgrader db upgrade` first.",
    "acts": "The file holds '{where}', a view, trigger or virtual table: nbgrader makes none.",
    "damaged": "The file is damaged ({where}).",
    "large": "The file is too large: {where}.",
    "time": "Reading the file took too long.",
    "points": "The points of the cell '{where}' are no usable number.",
    "text": "The file holds something unreadable: {where}.",
}


class UnusableGradebook(UnusableInput):
    """`reason` is a key of SENTENCES, `where` the table, cell or text that it is about."""

    def __init__(self, reason: str, where: str = "") -> None:
        super().__init__(SENTENCES[reason].format(where=where))
        self.reason, self.where = reason, where


def read_gradebook(content: bytes) -> GradebookFile:
    """Raises UnusableGradebook: the file is not as nbgrader makes it. Nothing in it is ever run."""
    with TemporaryDirectory(prefix="gradebook-") as folder:
        file = Path(folder, "gradebook.db")
        file.write_bytes(content)
        command = [sys.executable, "-I", reader.__file__, str(file)]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=SECONDS, env={}, check=False
            )
            answer = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            raise UnusableGradebook("time") from None
        except ValueError:  # it was ended: out of memory or time
            raise UnusableGradebook("damaged", "no answer") from None
    if "reason" in answer:
        raise UnusableGradebook(answer["reason"], answer["where"])
    return from_plain(answer["gradebook"])


def from_plain(given: dict[str, Any]) -> GradebookFile:
    """The values of a JSON object of the same shape; times are ISO 8601 with a zone."""
    return GradebookFile(
        course=given["course"],
        assignments=tuple(
            Assignment(
                row["name"],
                _time(row["due_at"]),
                tuple(GradedCell(**cell) for cell in row["cells"]),
            )
            for row in given["assignments"]
        ),
        students=tuple(Student(**row) for row in given["students"]),
        submissions=tuple(
            Submission(
                row["assignment"],
                row["student"],
                _time(row["submitted_at"]),
                tuple(CellGrade(**grade) for grade in row["grades"]),
            )
            for row in given["submissions"]
        ),
    )


def to_plain(value: Any) -> Any:
    """The JSON of `from_plain`."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [to_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    return value


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
