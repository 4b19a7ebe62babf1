"""The engine's scores against real nbgrader 0.9.6, cell by cell: no difference.

How to run parts of it and how to read a difference: `python -m tests.grading.parity --help`.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.grading.parity.__main__ import report
from tests.grading.parity.comparing import Cell, compared, graded_by_us, written
from tests.grading.parity.corpus import FAMILIES
from tests.grading.parity.corpus.making import Assignment
from tests.grading.parity.deliberate import ASSIGNMENT, DELIBERATE, HONEST, Points
from tests.grading.parity.racy import RACY
from tests.grading.parity.reference import graded_by_nbgrader

ALL = [assignment for many in FAMILIES.values() for assignment in many]


def quick(assignment: Assignment) -> Assignment:
    submissions = {name: assignment.submissions[name] for name in assignment.quick}
    return dataclasses.replace(assignment, submissions=submissions)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_part_of_the_corpus(tmp_path: Path) -> None:
    cells = compared([quick(one) for one in ALL if one.quick], tmp_path)
    assert report(cells) == 0
    assert len(cells) >= 200


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_corpus(tmp_path: Path) -> None:
    cells = compared(ALL, tmp_path)
    assert report(cells) == 0
    assert len({(cell.assignment, cell.grade_id) for cell in cells} & RACY.keys()) == len(RACY)
    assert len(cells) - len(RACY) >= 1000
    lost = [cell for cell in cells if cell.outcome == "gave up"]
    assert len(lost) < len(cells) / 10, "a corpus that nbgrader does not grade proves nothing"


@pytest.mark.long
@pytest.mark.timeout(600)
def test_departures_are_as_documented(tmp_path: Path) -> None:
    folders = written([ASSIGNMENT], tmp_path)
    theirs: dict[str, Points] = {
        trainee: {
            grade_id: None if graded.failure else cell.points
            for (_, grade_id), cell in graded.cells.items()
        }
        for (_, trainee), graded in graded_by_nbgrader(folders).items()
    }
    assert theirs == {"honest": HONEST} | {
        name: one.their_points for name, one in DELIBERATE.items()
    }
    ours = {
        trainee: {score.grade_id: score.points for score in result.scores}
        for (_, trainee), result in graded_by_us(folders).items()
    }
    assert ours == {"honest": HONEST} | {name: one.our_points for name, one in DELIBERATE.items()}


def test_no_case_is_named_racy_that_is_not_there() -> None:
    known = {
        (assignment.name, cell["metadata"]["nbgrader"]["grade_id"])
        for assignment in ALL
        for book in assignment.source.values()
        for cell in book["cells"]
        if "nbgrader" in cell["metadata"]
    }
    assert RACY.keys() <= known


def test_the_comparison_sees_what_differs() -> None:
    """Four cells of a made-up engine that forgets stderr, values, hands and failures."""
    cells = [
        Cell("a", "t", "b", "c", "", theirs, "1.0 of 1", [], [])
        for theirs in ("0.0 of 1", "0.5 of 1", "by hand of 1", "by hand of 1, gave up")
    ]
    assert [cell.same for cell in cells] == [False] * 4
    assert [cell.outcome for cell in cells] == ["zero", "part", "by hand", "gave up"]
