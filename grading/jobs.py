"""The jobs of the warm process: what a fork does with nbgrader, told event by event.

The only modules that import nbgrader, nbconvert and nbformat are those imported here.
"""

import dataclasses
from pathlib import Path
from typing import Any

from grading import generating, page
from grading.facts import CellFeedback, Question, Say
from grading.gradebook import gradebook
from grading.gradebook_files import tables


def release(job: dict[str, Any], say: Say) -> None:
    root = Path(job["root"])
    with gradebook():
        generating.generate(root, kernels=job["kernels"])
        say({"event": "questions", "questions": _plain(generating.questions(root))})


def prepare(job: dict[str, Any], say: Say) -> None:
    """What grading needs of an assignment: questions, and per notebook kernel and cells."""
    root = Path(job["root"])
    with gradebook():
        generating.generate(root, kernels=job["kernels"])
        say(
            {
                "event": "prepared",
                "questions": _plain(generating.questions(root)),
                "notebooks": generating.notebooks(root),
            }
        )


def render(job: dict[str, Any], say: Say) -> None:
    html = page.document(
        job["notebook"],
        lang=job["lang"],
        feedback=[CellFeedback(**cell) for cell in job["feedback"]],
        hidden=job["hidden"],
    )
    say({"event": "page", "html": html})


def _plain(questions: list[Question]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(question) for question in questions]


JOBS = {
    "release": release,
    "prepare": prepare,
    "render": render,
    "export_gradebook": tables.export,
}
