"""Sealed tests (`Rules.tests_sealed`): the tests of a notebook run in a box of their own, which
calls the trainee's functions in the other (sandbox/sealed.py).

The trainee's box runs every cell but the tests, the tests' box the tests and the author's read-only
cells. What the trainee's code does to its own Python (assert, NumPy, builtins) touches no test, and
no message of its own is an output of a test. Messages between the two pass through here, one at a
time, unopened.
"""

import secrets
import time
from collections.abc import Collection

from grading import boxes, outputs, sanitising
from grading.borrowing import Borrowed
from grading.boxes import PATIENCE, Box, Died, TimeOver
from grading.facts import Limits, Question, Rules, UnusableInput
from grading.kernels import Kernel
from grading.running import Cell, Outcome, Running, tested
from grading.sandbox.channel import Closed, Message

MOST_BYTES = 40 * 1024 * 1024
NOTHING = Borrowed()


def check(kernels: Collection[str]) -> None:
    """Raises UnusableInput: sealed tests are for notebooks that warm Python runs."""
    for name in kernels:
        raise UnusableInput(
            f"{name}.ipynb: sealed tests need a Python notebook without widgets or CUDA; turn the"
            " sealed tests of this assignment off."
        )


class Sealed(Running):
    """One notebook in two boxes; `run` gets the trainee's."""

    def __init__(
        self,
        name: str,
        notebook: sanitising.Notebook,
        questions: list[Question],
        *,
        limits: Limits,
        rules: Rules,
        tests: Box,
        files: Collection[str],
        borrowed: dict[str, Borrowed],
    ) -> None:
        """`files`: the author's, which are in both boxes."""
        super().__init__(name, notebook, questions, limits=limits, rules=rules)
        self._tests, self._files, self._borrowed = tests, sorted(files), borrowed
        self._test_displays = outputs.Displays(self._displays.limiter, strict=self._displays.strict)
        self._pair: Pair | None = None

    def run(self, box: Box, kernel: Kernel | None = None) -> Outcome:
        self._pair = None
        return super().run(box)

    def _run_cell(self, box: boxes.Runs, cell: Cell) -> None:
        assert isinstance(box, Box)
        pair = self._pair = self._pair or self._paired(box)
        grade_id = tested(cell)
        marks = cell["metadata"].get("nbgrader", {})
        if grade_id is None:
            super()._run_cell(box, cell)
        if grade_id or (marks.get("locked") and cell["cell_type"] == "code"):
            pair.borrowed = self._borrowed.get(marks["grade_id"], NOTHING)
            self._run_here(pair, cell if grade_id else {**cell, "outputs": []})

    def _run_here(self, pair: "Pair", cell: Cell) -> None:
        theirs, self._displays = self._displays, self._test_displays
        try:
            super()._run_cell(pair, cell)
        finally:
            self._displays = theirs

    def _paired(self, box: Box) -> "Pair":
        self._tests.start_shell()
        for side, one in (("tests", self._tests), ("trainee", box)):
            one.line.most_bytes = MOST_BYTES
            try:
                one.line.send({"order": "seal", "side": side, "kept": self._files})
            except Closed as error:
                raise one.died() from error
        return Pair(self._tests, box)

    def _probe(self, box: Box, cell: Cell, grade_id: str) -> None:
        """Nothing to find out: no code of the trainee's runs where the tests are."""


class Pair:
    """Two shells that talk while a test cell runs. Only the tests' side starts to, or ends."""

    def __init__(self, tests: Box, trainee: Box) -> None:
        self._tests, self._trainee = tests, trainee
        self.borrowed = NOTHING
        self._turn = 0

    def run(self, source: str, *, seconds: float) -> Message:
        """Run a cell in the tests' box; as `Box.run`."""
        self._number = secrets.token_hex(8)
        self._deadline = time.monotonic() + seconds
        self._is_late = False
        self._open = 0  # questions of either side that are not answered
        order = {
            "order": "test", "number": self._number, "source": source,
            "theirs": sorted(self.borrowed.theirs), "ours": sorted(self.borrowed.ours),
            "classes": sorted(self.borrowed.classes), "imports": self.borrowed.imports,
        }  # fmt: skip
        self._say(self._tests, order)
        speaker = self._tests
        while True:
            message = self._hear(speaker)
            if speaker is self._tests and message.get("number") == self._number:
                reply = self._ended(message)
                break
            speaker = self._pass_on(speaker, message)
        if self._is_late:
            raise TimeOver(reply)
        return reply

    def _pass_on(self, speaker: Box, message: Message) -> Box:
        """Returns who speaks next."""
        kind = "ask" if "ask" in message else "answer"
        if not isinstance(message.get(kind), str):
            raise Died("tampering") if speaker is self._trainee else Died
        if speaker is self._tests:
            if self._open == 0:
                turn = message.get("turn")
                self._turn = turn if isinstance(turn, int) else 0
                if self._is_late:
                    self._say(self._tests, {"order": "over", "turn": self._turn})
                    return self._tests
            self._open += 1 if kind == "ask" else -1
        else:
            self._open += -1 if kind == "answer" else 1
        listener = self._trainee if speaker is self._tests else self._tests
        self._say(listener, {"order": kind, kind: message[kind], "turn": self._turn})
        return listener

    def _ended(self, message: Message) -> Message:
        """The test is over; where it broke off within a call, that call ends too."""
        try:
            reply = boxes.checked(message)
        except Closed as error:
            raise self._tests.died() from error
        self._deadline = time.monotonic() + PATIENCE
        if self._open:
            self._say(self._trainee, {"order": "over", "turn": self._turn})
            while self._hear(self._trainee).get("done") is not True:
                pass
        return reply

    def _hear(self, speaker: Box) -> Message:
        while True:
            try:
                return speaker.line.receive(deadline=self._deadline)
            except TimeoutError:
                if self._is_late:
                    raise TimeOver from None
                self._is_late = True
                self._deadline = time.monotonic() + PATIENCE
                speaker.interrupt()
            except Closed as error:
                raise speaker.died() from error

    def _say(self, listener: Box, message: Message) -> None:
        try:
            listener.line.send(message, deadline=self._deadline)
        except TimeoutError:
            raise TimeOver from None
        except Closed as error:
            raise listener.died() from error
