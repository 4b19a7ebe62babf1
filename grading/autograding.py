"""The door's `autograde`: one submission, notebook by notebook, in a box of its own."""

import dataclasses
import hashlib
import json
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from grading import boxes, folder, preparing, running, sanitising, sealing
from grading.facts import Cache, Event, Limits, NotebookResult, Question, Result, Rules, Score
from grading.kernels import Kernel, chosen, installed, notebook_python, nvidia_devices
from grading.running import Outcome

# Part of every cache key: a change of the engine that may change results gets another number.
ENGINE = 2
MISSING = "The notebook is missing from the submission."
UNREADABLE = "The file is not a readable notebook."
NOT_REACHED = "The notebook was not run: the time for the submission was over."
OUT_OF_TIME = "The notebook was stopped: the time for the submission was over."


def autograde(
    source: Path,
    submission: Path,
    *,
    name: str,
    limits: Limits | None = None,
    rules: Rules | None = None,
    kernels: Path | None = None,
    cache: Cache | None = None,
) -> Result:
    """Score every question of the assignment, whatever the submission holds.

    Raises:
        UnusableInput: the source or the kernels cannot be used.
        GradingFailed: the grader itself failed, through no fault of the submission.
        SandboxUnavailable: trainees' code cannot be isolated on this machine.
    """
    python, specs = notebook_python(kernels), installed(kernels)
    run = _Run(
        preparing.assignment(source, name=name, kernels=specs),
        submission,
        limits=limits or Limits(),
        rules=rules or Rules(),
        python=python,
        specs=specs,
    )
    if cache is None:
        return run.result()
    key = run.key()
    if (content := cache.get(key)) is not None:
        return _from_cache(content)
    result = run.result()
    if run.is_repeatable:
        cache.put(key, _for_cache(result))
    return result


class _Run:
    def __init__(
        self,
        assignment: preparing.Assignment,
        submission: Path,
        *,
        limits: Limits,
        rules: Rules,
        python: str,
        specs: dict[str, dict[str, Any]],
    ) -> None:
        self.assignment, self.limits, self.rules, self.python = assignment, limits, rules, python
        self.kernels = {
            name: Kernel(need.kernel, chosen(specs, need.kernel), need.cuda)
            for name, notebook in assignment.notebooks.items()
            if (need := notebook.need)
        }
        self.files = folder.beside(submission, theirs=assignment.files)
        self.box: boxes.Box | None = None
        self.tests_box: boxes.Box | None = None
        self.outcomes: dict[str, Outcome] = {}
        self.error: str | None = None

    def key(self) -> str:
        """Everything the result depends on, as a SHA-256."""
        handed_in = {path: hashlib.sha256(body).hexdigest() for path, body in self.files.items()}
        parts = [ENGINE, self.assignment.digest, handed_in, _plain(self.limits), _plain(self.rules)]
        parts.append(boxes.environment_digest(self.python))
        parts.append({name: _plain(kernel) for name, kernel in self.kernels.items()})
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    @property
    def is_repeatable(self) -> bool:
        """Not so where time or memory ran out: another day it may go well."""
        return self.error is None and all(
            event.kind not in {"time", "memory", "died"}
            for outcome in self.outcomes.values()
            for event in outcome.events
        )

    def result(self) -> Result:
        self.ends = time.monotonic() + self.limits.submission_seconds
        with ExitStack() as self.open_boxes:
            for name in self.assignment.notebooks:
                self._try(name)
                if self.outcomes[name].was_killed and time.monotonic() < self.ends:
                    # Perhaps from outside: what it does by itself it does again.
                    self._try(name)
        return self._result()

    def _try(self, name: str) -> None:
        """The outcome of one notebook."""
        left = self.ends - time.monotonic()
        if left <= 0:
            self.error = f"grading stopped after {self.limits.submission_seconds} s"
            self.outcomes[name] = self._open(name, NOT_REACHED)
            return
        notebook = self._notebook(name)
        if notebook is None:
            return
        if self.box is None:
            self.box = self._box(self.open_boxes)
            self.tests_box = self._tests_box(self.open_boxes)
        limits = dataclasses.replace(
            self.limits, notebook_seconds=min(left, self.limits.notebook_seconds)
        )
        self._run(name, notebook, self.box, limits)
        if self.outcomes[name].error and time.monotonic() >= self.ends:
            self.error = f"grading stopped after {self.limits.submission_seconds} s"
            self.outcomes[name].error = OUT_OF_TIME
        if self.outcomes[name].box_is_lost:
            self.open_boxes.close()  # what cannot be interrupted ends now
            self.box = None

    def _notebook(self, name: str) -> sanitising.Notebook | None:
        """The notebook to run, or None where there is none and the outcome is clear already."""
        content = self.files.get(f"{name}.ipynb")
        if content is None:
            self.outcomes[name] = self._open(name, MISSING, points=0.0)
            return None
        try:
            return sanitising.read(content)
        except sanitising.Unreadable:
            self.outcomes[name] = self._open(name, UNREADABLE)
            return None

    def _run(
        self, name: str, notebook: sanitising.Notebook, box: boxes.Box, limits: Limits
    ) -> None:
        changed = sanitising.sanitise(notebook, self.assignment.notebooks[name])
        questions = self.assignment.questions_in(name)
        run = self._running(name, notebook, questions, limits)
        outcome = self.outcomes[name] = run.run(box, self.kernels.get(name))
        outcome.events += [
            Event(name, "tampering", "The marks of this cell had been changed; they were restored.", one)
            for one in changed
        ]  # fmt: skip

    def _running(
        self, name: str, notebook: sanitising.Notebook, questions: list[Question], limits: Limits
    ) -> running.Running:
        if self.tests_box is None:
            return running.Running(name, notebook, questions, limits=limits, rules=self.rules)
        return sealing.Sealed(
            name, notebook, questions, limits=limits, rules=self.rules, tests=self.tests_box,
            files=self.assignment.files, borrowed=self.assignment.notebooks[name].borrowed,
        )  # fmt: skip

    def _tests_box(self, open_boxes: ExitStack) -> boxes.Box | None:
        """Where tests are sealed: a second box, without a file of the submission."""
        if not self.rules.tests_sealed:
            return None
        sealing.check(self.kernels)
        zygote = boxes.zygote(self.python, self.assignment.imports)
        box = open_boxes.enter_context(zygote.box(self.limits))
        for path, content in self.assignment.files.items():
            box.put(path, content, needed=True)
        return box

    def _box(self, open_boxes: ExitStack) -> boxes.Box:
        cuda = any(kernel.cuda for kernel in self.kernels.values())
        devices = nvidia_devices() if cuda else ()
        zygote = boxes.zygote(self.python, self.assignment.imports, devices)
        box = open_boxes.enter_context(zygote.box(self.limits))
        for path, content in self.assignment.files.items():
            box.put(path, content, needed=True)
        for path, content in self.files.items():
            box.put(path, content, needed=False)
        return box

    def _open(self, name: str, error: str, *, points: float | None = None) -> Outcome:
        questions = self.assignment.questions_in(name)
        return Outcome(points={one.grade_id: points for one in questions}, error=error)

    def _result(self) -> Result:
        return Result(
            scores=tuple(
                Score(
                    question.notebook,
                    question.grade_id,
                    self.outcomes[question.notebook].points[question.grade_id],
                    question.max_points,
                )
                for question in self.assignment.questions
            ),
            executed={
                f"{name}.ipynb": outcome.executed
                for name, outcome in self.outcomes.items()
                if outcome.executed
            },
            notebooks=tuple(NotebookResult(name, one.error) for name, one in self.outcomes.items()),
            error=self.error,
            events=tuple(event for one in self.outcomes.values() for event in one.events),
        )


def _plain(value: Any) -> dict[str, Any]:
    return dataclasses.asdict(value)


def _for_cache(result: Result) -> bytes:
    executed = {path: content.decode() for path, content in result.executed.items()}
    return json.dumps(
        {
            "scores": [_plain(score) for score in result.scores],
            "executed": executed,
            "notebooks": [_plain(notebook) for notebook in result.notebooks],
            "events": [_plain(event) for event in result.events],
        }
    ).encode()


def _from_cache(content: bytes) -> Result:
    kept = json.loads(content)
    return Result(
        scores=tuple(Score(**score) for score in kept["scores"]),
        executed={path: text.encode() for path, text in kept["executed"].items()},
        notebooks=tuple(NotebookResult(**one | {"cached": True}) for one in kept["notebooks"]),
        events=tuple(Event(**event) for event in kept["events"]),
    )
