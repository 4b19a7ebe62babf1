"""The door's `release`: nbgrader's own release version of an assignment."""

import dataclasses
from pathlib import Path
from typing import Any

from grading import folder, kernels, warm
from grading.facts import GradingFailed, Question, Release, UnusableInput
from grading.workplace import COURSE, workplace

RELEASE_SECONDS = 300


def release(source: Path, into: Path, *, name: str) -> Release:
    """Write the version for trainees into the folder `into` and say which questions it holds.

    Solutions and hidden tests are gone, tests are locked, checksums are set.

    Raises:
        UnusableInput: a notebook's name, what is wrong in it and what to do.
        GradingFailed: nbgrader itself failed.
    """
    folder.check_source(source)
    with workplace() as root:
        folder.copy(source, root / COURSE / "source/assignment")
        job = {"job": "release", "kernels": list(kernels.installed())}
        answer = warm.run_job(job, root=root, seconds=RELEASE_SECONDS)
        event = expect(answer, "questions", name=name)
        made = root / COURSE / "release/assignment"
        folder.copy(made, into)
        files = tuple((path, file.read_bytes()) for path, file in folder.regular_files(made))
    return Release(files=files, questions=questions_of(event))


def questions_of(event: dict[str, Any]) -> tuple[Question, ...]:
    return tuple(Question(**question) for question in event["questions"])


def expect(answer: warm.Answer, kind: str, *, name: str) -> dict[str, Any]:
    """The event a job must have told; its own refusal or failure becomes the door's exception."""
    check(answer, name=name)
    for event in answer.events:
        if event["event"] == kind:
            return event
    reason = "it took too long" if answer.timed_out else "its process ended without an answer"
    raise GradingFailed(f"nbgrader did not finish '{name}': {reason}")


def check(answer: warm.Answer, *, name: str) -> None:
    for event in answer.events:
        if event["event"] == "unusable":
            raise UnusableInput(event["text"])
        if event["event"] == "failed":
            raise GradingFailed(f"nbgrader failed on '{name}': {event['text']}")


def plain(value: Any) -> dict[str, Any]:
    return dataclasses.asdict(value)
