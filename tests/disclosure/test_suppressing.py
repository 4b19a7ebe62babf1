"""Small counts: the worked example of the disclosure method, by hand and by the program."""

from __future__ import annotations

from lms.disclosure.cells import Counts
from lms.disclosure.policy import PUBLIC
from lms.disclosure.suppressing import audit, suppress
from tests.disclosure.tables import two_way

WORKED = two_way([[21, 17, 2, 9], [40, 38, 12, 18]])


def known(counts: Counts, hidden: set[tuple[int, int]]) -> dict[object, tuple[int, int | None]]:
    found = audit(counts, hidden, PUBLIC).intervals
    return {key: (interval.low, interval.high) for key, interval in found.items()}


def test_a_small_count_alone_is_worked_out_from_the_totals() -> None:
    assert known(WORKED, {(0, 2)}) == {(0, 2): (2, 2)}


def test_so_are_two_in_one_column() -> None:
    assert known(WORKED, {(0, 2), (1, 2)}) == {(0, 2): (2, 2), (1, 2): (12, 12)}


def test_a_block_of_four_is_not() -> None:
    found = known(WORKED, {(0, 2), (1, 2), (0, 3), (1, 3)})
    assert found[(0, 2)] == (0, 11)
    assert found[(1, 2)] == (3, 14)


def test_the_block_is_what_the_program_hides() -> None:
    hidden, found = suppress(WORKED, PUBLIC)
    assert hidden == {(0, 2), (1, 2), (0, 3), (1, 3)}
    assert found.passed
