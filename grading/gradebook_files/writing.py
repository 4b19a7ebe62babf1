"""The door's `write_gradebook`: an academy's grades as the gradebook.db of nbgrader 0.9.6."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from grading import folder, kernels, warm
from grading.gradebook_files.facts import GradebookFile
from grading.releasing import expect
from grading.workplace import COURSE, workplace

SECONDS = 300
SOURCES, FILE = "sources", "gradebook.db"


def write_gradebook(gradebook: GradebookFile, *, sources: Mapping[str, Path]) -> bytes:
    """An SQLite file that nbgrader's own programs take without a migration.

    nbgrader itself says which cells an assignment has (locked sources, hidden tests and checksums
    included), so `sources` names the folder of each assignment's authored files.

    Raises:
        UnusableInput: nbgrader does not take an assignment's files.
        GradingFailed: nbgrader itself failed.
    """
    with workplace() as root:
        for number, assignment in enumerate(gradebook.assignments):
            folder.copy(sources[assignment.name], root / COURSE / SOURCES / str(number))
        job = {
            "job": "export_gradebook",
            "gradebook": _plain(gradebook),
            "kernels": list(kernels.installed()),
        }
        answer = warm.run_job(job, root=root, seconds=SECONDS)
        expect(answer, "written", name=gradebook.course)
        return (root / COURSE / FILE).read_bytes()


def _plain(gradebook: GradebookFile) -> dict[str, Any]:
    """JSON: times become naive UTC, as nbgrader keeps them."""
    return dataclasses.asdict(gradebook, dict_factory=_row)


def _row(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {key: utc(value) if isinstance(value, datetime) else value for key, value in items}


def utc(moment: datetime) -> str:
    if (offset := moment.utcoffset()) is None:
        raise ValueError(f"naive datetime {moment!r}: give it a time zone")
    return (moment.replace(tzinfo=None) - offset).isoformat()
