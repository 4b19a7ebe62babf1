"""Hands a hostile notebook in and looks at everything around it afterwards."""

import gc
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

import grading
from grading import boxes, folder
from tests.grading.hostile.case import OTHERS, Case

SOLVED = {"test-x": 1, **OTHERS}
PLACES = ("/tmp", "/dev/shm", "/var/tmp", str(Path.home()), str(Path(grading.__file__).parents[1]))


def written_outside() -> set[Path]:
    """Attacks that write files call them "escaped"."""
    return {file for place in PLACES for file in Path(place).glob("escaped*")}


def zygote_used_last() -> boxes.Zygote:
    """Those of other tests may live beside it."""
    return next(reversed(boxes._zygotes.values()))


def in_boxes() -> list[psutil.Process]:
    """Every process below the zygotes."""
    found = []
    for zygote in boxes._zygotes.values():
        with suppress(psutil.NoSuchProcess):
            outer = psutil.Process(zygote._process.pid)
            found += [one for inner in outer.children() for one in inner.children(recursive=True)]
    return found


def outputs_of(result: grading.Result, book: str = "second") -> str:
    """All that the cells of a notebook have printed, shown or raised."""
    cells = json.loads(result.executed[f"{book}.ipynb"])["cells"]
    return json.dumps([cell.get("outputs") for cell in cells], ensure_ascii=False)


@dataclass
class Grader:
    """The grader of the assignment `ps1`, and what must stay as it is around it."""

    handed: Any
    points: Callable[[grading.Result], dict[str, float | None]]
    eventually: Callable[[Callable[[], object]], bool]

    def grade(self, *, rules: dict[str, Any] | None = None, **limits: Any) -> grading.Result:
        return grading.autograde(
            self.handed.source,
            self.handed.write().folder,
            name="ps1",
            kernels=self.handed.kernels,
            limits=grading.Limits(**limits),
            rules=grading.Rules(**(rules or {})),
        )

    def suffer(self, case: Case) -> grading.Result:
        self.handed.solve().cell("x", "second")["source"] = case.code
        before = folder.digest(self.handed.write().folder)
        began = time.monotonic()
        result = self.grade(rules=case.rules, **case.limits)
        took = time.monotonic() - began
        said = outputs_of(result)
        points = self.points(result)
        kinds = {event.kind for event in result.events}
        assert points["test-x"] in case.x, said[:3000]
        assert {name: points[name] for name in OTHERS} == OTHERS
        assert case.events <= kinds <= case.events | case.perhaps, result.events
        assert "DONE" not in said, said[:3000]
        for words in case.says:
            assert words in said, said[:3000]
        assert took < case.seconds
        assert folder.digest(self.handed.folder) == before
        return result

    def honest(self) -> None:
        """Another submission, as if nothing had been."""
        other = replace(self.handed, folder=self.handed.folder.parent / "honest")
        assert self.points(other.solve().write().grade_again()) == SOLVED


@pytest.fixture
def grader(handed: Any, points: Any, eventually: Any) -> Iterator[Grader]:
    one = Grader(handed, points, eventually)
    pristine = json.dumps(handed.books)
    if not boxes._zygotes:
        one.honest()
    source = folder.digest(handed.source)
    outside = written_outside()
    handles = psutil.Process().num_fds()
    yield one
    handed.books.clear()
    handed.books.update(json.loads(pristine))
    one.honest()
    assert not in_boxes() or eventually(lambda: not in_boxes()), in_boxes()
    if psutil.Process().num_fds() > handles:
        gc.collect()  # a failure keeps what it saw
        assert psutil.Process().num_fds() <= handles
    assert folder.digest(handed.source) == source
    assert written_outside() == outside
