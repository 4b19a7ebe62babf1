"""What goes in and out of the grading door: frozen values, no behaviour.

Notebook names are without the ending `.ipynb`; paths are relative POSIX paths.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

# How a job tells its parent what it found, event by event; an event is JSON.
Say = Callable[[dict[str, Any]], None]


class UnusableInput(Exception):
    """The files cannot be used as they are. The text is one sentence: what is wrong, what to do."""


class GradingFailed(Exception):
    """The grader itself failed; trying again may help. The text is the reason."""


class SandboxUnavailable(Exception):
    """Trainees' code cannot be isolated on this machine. One sentence: what is missing, what to do."""


@dataclass(frozen=True, slots=True)
class Question:
    """A cell that carries points. `position` counts from 1 through the whole assignment."""

    notebook: str
    grade_id: str
    max_points: float
    kind: Literal["autograded", "manual"]
    position: int


@dataclass(frozen=True, slots=True)
class Release:
    """The version trainees get: (path, content) of every file, and the questions in order."""

    files: tuple[tuple[str, bytes], ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Points of one question; None where a person must grade it: a written answer, a deleted test,
    or any cell of a notebook that could not be graded as a whole."""

    notebook: str
    grade_id: str
    points: float | None
    max_points: float


@dataclass(frozen=True, slots=True)
class NotebookResult:
    """`error` says why the notebook as a whole could not be graded (or is not there).

    `cached`: nothing its result depends on has changed since it was graded before.
    """

    name: str
    error: str | None = None
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """What people should know about a run beside its scores. The text is one English sentence."""

    notebook: str
    kind: Literal["time", "memory", "output", "tampering", "value", "died"]
    text: str
    grade_id: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One score for every question of the assignment, whatever was handed in.

    `executed` holds the notebooks as they ran, by path. `error` is set only when time ran out for
    the submission as a whole, so that its scores say nothing about some of the notebooks.
    """

    scores: tuple[Score, ...]
    executed: dict[str, bytes] = field(hash=False)
    notebooks: tuple[NotebookResult, ...]
    error: str | None = None
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """Named departures from nbgrader's scoring, chosen per assignment. All off: nbgrader's scores.

    warnings_allowed: what a test writes to standard error costs nothing.
    values_checked: a partial credit that is no number, negative or above the maximum scores 0 in
        its cell; nbgrader gives full points for the first two and fails the notebook for the last.
        An output that no notebook can hold is taken as text; nbgrader fails the notebook.
    points_kept: what was earned before the notebook died or was stopped stays.
    tests_sealed: tests run in a process of their own that calls the trainee's functions.
    """

    warnings_allowed: bool = False
    values_checked: bool = False
    points_kept: bool = False
    tests_sealed: bool = False


class Cache(Protocol):
    """Results of notebooks by what they depend on: the key is a SHA-256, the content opaque."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, content: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What a submission may use. Output is per notebook; memory, disk and processes per submission.

    `memory_bytes` also bounds the address space of each process, with 2 GiB on top for what the
    notebook packages only reserve.
    """

    cell_seconds: float = 30
    notebook_seconds: float = 300
    submission_seconds: float = 600
    output_bytes: int = 1_000_000
    memory_bytes: int = 4 * 1024**3
    disk_bytes: int = 512 * 1024**2
    processes: int = 100


@dataclass(frozen=True, slots=True)
class CellFeedback:
    """Points and a comment to show under the cell of one question."""

    grade_id: str
    points: float | None
    max_points: float
    comment: str = ""
