"""Real nbgrader, as an instructor runs it: what the engine's scores and speed are measured against.

A course folder with a gradebook.db on disk, nbgrader's own generate_assignment, then its own
Autograde over all trainees, one after the other, in one process of its own
(`python -m grading.nbgrader_reference FOLDER`). None of the engine's limits, restorations or
sandbox: use it on notebooks of one's own only.
"""

import dataclasses
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from grading import folder, matplotlib_cache, processes
from grading.facts import GradingFailed
from grading.kernels import installed, notebook_kernel
from grading.workplace import (
    COURSE,
    HOME,
    MATPLOTLIB,
    base_environment,
    register_kernel,
    run_environment,
    workplace,
)

COURSE_ID = "course"
GRADEBOOK = "gradebook.db"
JOB, ANSWER, LOG = "job.json", "answer.json", "log.txt"


@dataclass(frozen=True, slots=True)
class Assignment:
    """Names become folders of nbgrader's course: plain letters, digits and hyphens."""

    name: str
    source: Path
    submissions: Mapping[str, Path]
    cell_seconds: int = 30


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of nbgrader's table `grade`."""

    auto_score: float | None
    needs_manual_grade: bool
    max_score: float

    @property
    def points(self) -> float | None:
        """In the engine's words: None where a person must mark."""
        return None if self.needs_manual_grade else self.auto_score


@dataclass(frozen=True, slots=True)
class Graded:
    """One submission: cells by (notebook, grade_id), executed notebooks by path.

    `failure` is set where nbgrader gave up and threw the whole submission away.
    Seconds count what nbgrader did for this submission alone, processor time with its kernels.
    """

    assignment: str
    trainee: str
    failure: str | None
    cells: Mapping[tuple[str, str], Cell]
    executed: Mapping[str, bytes]
    wall_seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Reference:
    """`start_*`: the seconds before the first submission (imports, gradebook, releases)."""

    graded: tuple[Graded, ...]
    start_wall_seconds: float
    start_cpu_seconds: float


def autograde_all(
    assignments: Sequence[Assignment],
    *,
    kernels: Path | None = None,
    one_thread: bool = True,
    seconds: float = 3600,
) -> Reference:
    """Grade every submission, one after the other, in one process.

    `one_thread`: numerical libraries get one thread, as in the engine; False is "as shipped".

    Raises:
        GradingFailed: nbgrader's process itself failed; the text holds the end of its log.
    """
    spec = notebook_kernel(kernels)
    python = str(spec["argv"][0])
    with workplace() as root:
        for assignment in assignments:
            folder.copy(assignment.source, root / COURSE / "source" / assignment.name)
            for trainee, submission in assignment.submissions.items():
                into = root / COURSE / "submitted" / trainee / assignment.name
                into.mkdir(parents=True)
                folder.copy(submission, into)
        for name, one in installed(kernels).items():
            register_kernel(root, name=name, spec=one)
        for name, content in matplotlib_cache.lists(python).items():
            (root / MATPLOTLIB / name).write_bytes(content)
        job = {
            "environment": run_environment(root, python=python),
            "assignments": {one.name: one.cell_seconds for one in assignments},
        }
        (root / JOB).write_text(json.dumps(job))
        environment = base_environment() | {"HOME": str(root / HOME)}
        if not one_thread:
            environment = {
                name: value
                for name, value in environment.items()
                if not name.endswith("_NUM_THREADS")
            }
        _run(root, environment, seconds)
        answer = json.loads((root / ANSWER).read_bytes())
        graded = tuple(_graded(root, one) for one in answer.pop("graded"))
    return Reference(graded, **answer)


def _run(root: Path, environment: dict[str, str], seconds: float) -> None:
    with (root / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "grading.nbgrader_reference", str(root)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            if process.poll() is None:
                processes.end_tree(process.pid)
                process.wait()
            processes.end_strays(root / HOME)
    if status != 0 or not (root / ANSWER).is_file():
        end = (root / LOG).read_text(errors="replace")[-2000:]
        raise GradingFailed(f"nbgrader's process ended with {status}: {end}")


def _graded(root: Path, one: dict[str, Any]) -> Graded:
    autograded = root / COURSE / "autograded" / one["trainee"] / one["assignment"]
    cells = {
        (cell.pop("notebook"), cell.pop("grade_id")): Cell(**cell) for cell in one.pop("cells")
    }
    executed = {file.name: file.read_bytes() for file in sorted(autograded.glob("*.ipynb"))}
    return Graded(cells=cells, executed=executed, **one)


# What follows runs in nbgrader's process.


def main() -> int:
    os.environ.pop("PYTHONPATH", None)
    processes.adopt_orphans()
    root = Path(sys.argv[1])
    job = json.loads((root / JOB).read_bytes())
    _make_gradebook(root)
    os.environ.update(job["environment"])
    for name in job["assignments"]:
        _release(root, name)
    started = time.time() - psutil.Process().create_time(), _cpu_seconds()
    graded: list[dict[str, Any]] = []
    for name, cell_seconds in job["assignments"].items():
        graded += _autograde(root, name, cell_seconds)
    processes.end_descendants()
    answer = {"graded": graded, "start_wall_seconds": started[0], "start_cpu_seconds": started[1]}
    (root / ANSWER).write_text(json.dumps(answer))
    return 0


def _make_gradebook(root: Path) -> None:
    """Apart, because a new gradebook makes nbgrader call the program `alembic` of this Python."""
    from nbgrader.api import Gradebook

    Gradebook(_course(root).db_url, COURSE_ID).close()


def _course(root: Path, *, assignment: str = "", trainee: str = "*") -> Any:
    from nbgrader.coursedir import CourseDirectory

    return CourseDirectory(
        root=str(root / COURSE),
        course_id=COURSE_ID,
        assignment_id=assignment,
        student_id=trainee,
        db_url=f"sqlite:///{root / COURSE / GRADEBOOK}",
    )


def _release(root: Path, assignment: str) -> None:
    from nbgrader.converters import GenerateAssignment
    from traitlets.config import Config

    GenerateAssignment(coursedir=_course(root, assignment=assignment), config=Config()).start()


def _autograde(root: Path, assignment: str, cell_seconds: int) -> list[dict[str, Any]]:
    """nbgrader goes on after most failures; after the others it is started anew for the rest."""
    from nbgrader.converters.base import NbGraderException
    from traitlets.config import Config

    config = Config()
    config.Execute.timeout = cell_seconds
    # Sockets in the private folder: no port that another kernel could take first.
    config.ConnectionFileMixin.transport = "ipc"
    config.ConnectionFileMixin.connection_file = str(root / "run/kernel.json")
    trainees = sorted(
        place.parent.name for place in (root / COURSE / "submitted").glob(f"*/{assignment}")
    )
    listened: dict[str, dict[str, Any]] = {}
    while left := [trainee for trainee in trainees if trainee not in listened]:
        course = _course(root, assignment=assignment)
        course.student_id_exclude = ",".join(listened)
        converter = _listening(coursedir=course, config=config)
        before = len(listened)
        with suppress(NbGraderException, SystemExit):  # said of each submission below
            converter.start()
        listened |= converter.listened
        if len(listened) == before:
            raise RuntimeError(f"nbgrader does not begin with {assignment}: {left}")
    return [
        {
            "assignment": assignment,
            "trainee": trainee,
            **listened[trainee],
            "cells": _cells(root, assignment, trainee),
        }
        for trainee in trainees
    ]


def _listening(**settings: Any) -> Any:
    """nbgrader's Autograde; it also keeps the time and the errors that it only logs."""
    from nbgrader.converters import Autograde

    class Listening(Autograde):  # type: ignore[misc]
        def start(self) -> None:
            self.listened: dict[str, dict[str, Any]] = {}
            self._one: dict[str, Any] = {}
            try:
                super().start()
            finally:
                self._stop_watch()

        def init_destination(self, assignment_id: str, student_id: str) -> Any:
            self._stop_watch()
            begins: bool = super().init_destination(assignment_id, student_id)
            if begins:
                began = {"wall_seconds": time.monotonic(), "cpu_seconds": _cpu_seconds()}
                self._one = self.listened[student_id] = {**began, "failure": None}
            return begins

        def init_assignment(self, assignment_id: str, student_id: str) -> None:
            with self._noted():
                super().init_assignment(assignment_id, student_id)

        def convert_single_notebook(self, notebook_filename: str) -> None:
            with self._noted():
                super().convert_single_notebook(notebook_filename)

        @contextmanager
        def _noted(self) -> Any:
            try:
                yield
            except BaseException as error:
                self._one["failure"] = f"{type(error).__name__}: {error}"[:500]
                raise

        def _stop_watch(self) -> None:
            if self._one:
                self._one["wall_seconds"] = time.monotonic() - self._one["wall_seconds"]
                self._one["cpu_seconds"] = _cpu_seconds() - self._one["cpu_seconds"]
                self._one = {}

    return Listening(**settings)


def _cells(root: Path, assignment: str, trainee: str) -> list[dict[str, Any]]:
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(_course(root).db_url, COURSE_ID) as book:
        try:
            submission = book.find_submission(assignment, trainee)
        except MissingEntry:
            return []
        return [
            {
                "notebook": notebook.name,
                "grade_id": grade.name,
                **dataclasses.asdict(
                    Cell(grade.auto_score, grade.needs_manual_grade, grade.cell.max_score)
                ),
            }
            for notebook in submission.notebooks
            for grade in notebook.grades
        ]


def _cpu_seconds() -> float:
    own, children = (
        resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    sys.exit(main())
