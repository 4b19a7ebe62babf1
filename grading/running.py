"""One notebook of a submission in a box: its cells one by one, then its points."""

import json
import random
import time
from dataclasses import dataclass, field
from typing import Any

from grading import outputs, points, sanitising
from grading.boxes import Box, Died, Runs, TimeOver
from grading.facts import Event, Limits, Question, Rules
from grading.kernels import Kernel
from grading.sandbox.limiting import Limiter

Cell = dict[str, Any]
SKIPPED = "skip-execution"
DIED = "The notebook ended its own Python process (or ran out of memory)."
KERNEL_DIED = "The notebook ended its own kernel '{}' (or ran out of memory)."
NOT_STARTED = "The notebook was not run: its kernel '{}' does not start beside its files."
STUCK = "The notebook was stopped: one of its cells could not be interrupted."
OUT_OF_MEMORY = "The notebook was stopped: it took more than {} MiB of memory."
OUT_OF_TIME = "The notebook was stopped: it ran for more than {} s."
FORGED = "The notebook was stopped: it wrote to the line between it and its grader, or closed it."
NO_OUTPUT = (
    "The notebook was stopped: a cell published a message of kind '{}' that no notebook can hold."
)
BROKEN = "The notebook was stopped: its Python no longer answers ({})."


class Stopped(Exception):
    """The notebook cannot go on; its box must not be used again. The text is for people."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(slots=True)
class Outcome:
    """What became of one notebook. `points` has every question of it."""

    points: dict[str, float | None]
    executed: bytes | None = None
    error: str | None = None
    events: list[Event] = field(default_factory=list)
    box_is_lost: bool = False
    was_killed: bool = False  # by itself, by somebody outside, or because the machine had no memory


class Running:
    """Runs and scores the sanitised `notebook`, which holds the tests; only single cells leave here."""

    def __init__(
        self,
        name: str,
        notebook: sanitising.Notebook,
        questions: list[Question],
        *,
        limits: Limits,
        rules: Rules,
    ) -> None:
        self.name, self.notebook, self.questions = name, notebook, questions
        self.limits, self.rules = limits, rules
        self.outcome = Outcome(points=dict.fromkeys((q.grade_id for q in questions), None))
        self.suspect: set[str] = set()
        self.reached: set[str] = set()
        limiter = Limiter(limits.output_bytes)
        self._displays = outputs.Displays(limiter, strict=not rules.values_checked)
        self._cut = False

    def run(self, box: Box, kernel: Kernel | None = None) -> Outcome:
        """In a warm Python, or in a real `kernel`."""
        self.kernel = kernel
        self._ends = time.monotonic() + self.limits.notebook_seconds
        try:
            box.start_shell(kernel)
            for cell in self.notebook["cells"]:
                self._run_cell(box, cell)
                if grade_id := tested(cell):
                    self.reached.add(grade_id)
                    self._probe(box, cell, grade_id)
        except Died as error:
            known = {"memory", "tampering"}
            self.outcome.was_killed = error.reason == "killed"
            self._stop(error.reason if error.reason in known else "died", self._death(error))
        except Stopped as error:
            self._stop(error.kind, str(error))
        self.outcome.executed = _written(self.notebook)
        if self._cut or self._displays.limiter.cut:
            self._tell("output", "It printed too much; the rest of its output was left out.")
        self._score()
        return self.outcome

    def _run_cell(self, box: Runs, cell: Cell) -> None:
        if cell["cell_type"] != "code" or not cell["source"].strip():
            return
        tags = cell["metadata"].get("tags")
        if isinstance(tags, list) and SKIPPED in tags:
            return
        left = self._ends - time.monotonic()
        if left <= 0:
            raise Stopped("time", OUT_OF_TIME.format(round(self.limits.notebook_seconds)))
        try:
            reply = box.run(cell["source"], seconds=min(left, self.limits.cell_seconds))
        except TimeOver as error:
            if error.reply is None:
                raise Stopped("time", STUCK) from error
            self._keep(cell, error.reply)
            self._displays.add_error(cell["outputs"], outputs.TIMED_OUT)
            self._tell("time", f"A cell ran for more than {self.limits.cell_seconds} s.", cell)
            return
        self._keep(cell, reply)
        if reply["status"] == "error":
            self._displays.add_error(cell["outputs"], reply)
        elif reply["status"] != "ok":
            raise Stopped("died", BROKEN.format(reply["status"]))

    def _keep(self, cell: Cell, reply: dict[str, Any]) -> None:
        try:
            cell["outputs"] = outputs.limit_lines(self._displays.outputs_of(reply["messages"]))
        except outputs.NoOutput as error:
            raise Stopped("died", NO_OUTPUT.format(error)) from error
        self._cut |= reply.get("cut") is True
        count = reply.get("execution_count")
        cell["execution_count"] = count if isinstance(count, int) else None

    def _probe(self, box: Box, cell: Cell, grade_id: str) -> None:
        """A test that passed is believed only if, right after it, a false claim still fails."""
        if self._passes(cell) and not box.fails(_false_claim()):
            self.suspect.add(grade_id)

    def _passes(self, cell: Cell) -> bool:
        try:
            return bool(points.points_of(cell, self.rules))
        except (points.UnusableValue, points.OddValue):
            return False

    def _death(self, error: Died) -> str:
        if error.reason == "memory":
            return OUT_OF_MEMORY.format(self.limits.memory_bytes // 1024**2)
        if error.reason == "tampering":
            return FORGED
        if self.kernel:
            words = NOT_STARTED if error.reason == "start" else KERNEL_DIED
            return words.format(self.kernel.name)
        return DIED

    def _stop(self, kind: str, text: str) -> None:
        self.outcome.box_is_lost = True
        self.outcome.error = text
        self._tell(kind, text)

    def _score(self) -> None:
        if self.outcome.error and not self.rules.points_kept:
            return
        try:
            for cell in self.notebook["cells"]:
                marks = cell["metadata"].get("nbgrader", {})
                if marks.get("grade"):
                    self.outcome.points[marks["grade_id"]] = self._points(cell, marks["grade_id"])
        except points.UnusableValue as error:
            self.outcome.points = dict.fromkeys(self.outcome.points, None)
            self.outcome.error = f"nbgrader could not grade the notebook: ValueError: {error}"

    def _points(self, cell: Cell, grade_id: str) -> float | None:
        if grade_id in self.suspect:
            text = "A false claim was not refused after this test: its checks are switched off."
            self._tell("tampering", text, cell)
            return None
        if self.outcome.error and tested(cell) and grade_id not in self.reached:
            return 0.0
        try:
            return points.points_of(cell, self.rules)
        except points.OddValue as error:
            self._tell("value", f"Its value {error} is no partial credit; it scores 0.", cell)
            return 0.0

    def _tell(self, kind: Any, text: str, cell: Cell | None = None) -> None:
        marks = cell["metadata"].get("nbgrader", {}) if cell else {}
        self.outcome.events.append(Event(self.name, kind, text, marks.get("grade_id")))


def tested(cell: Cell) -> str | None:
    """The grade_id of a cell that a machine grades by running it."""
    marks = cell["metadata"].get("nbgrader", {})
    if marks.get("grade") and not marks.get("solution") and cell["cell_type"] == "code":
        return str(marks["grade_id"])
    return None


def _false_claim() -> str:
    """Another one each time, so that it is not known from the tests. Without a name, which may mean
    something else to the trainee; one that is quick to run (shortcuts.awaits_and_warns_nothing).
    """
    one, two = random.randint(10, 999), random.randint(10, 999)
    return random.choice(
        (
            f"assert {one} + {two} == {one + two + 1}",
            f"assert {min(one, two)} > {max(one, two)}",
            f"assert 'x' * {one} == '{two}', 'length'",
            f"assert {{{one}: {two}}} == {{}}",
        )
    )


def _written(notebook: sanitising.Notebook) -> bytes:
    return json.dumps(notebook, ensure_ascii=False).encode(errors="replace")
