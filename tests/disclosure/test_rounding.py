"""The other policy: everything to the nearest five, for page and attacker alike."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.disclosure.applying import protect
from lms.disclosure.policy import ROUNDED
from lms.disclosure.rounding import rounded_counts
from lms.reports.table import Absent, Cell
from tests.disclosure.tables import two_way
from tests.disclosure.test_applying import CLASSES, STRUCTURE, WORKED, shown, table


def test_the_worked_example_rounded() -> None:
    (found,) = protect((WORKED,), STRUCTURE, ROUNDED)
    cells = shown(found)
    assert [cells["F", kind].value for kind in ("all", *CLASSES)] == [45, 20, 15, 0, 10]
    assert [cells["all", kind].value for kind in ("all", *CLASSES)] == [155, 60, 55, 10, 30]
    assert cells["F", "share"].value == 20 / 45
    assert ROUNDED.why_hidden in found.notes
    assert protect((found,), STRUCTURE, ROUNDED) == (found,)


def test_no_share_or_median_of_few() -> None:
    cells = shown(protect((table([[7, 0, 0, 0], [40, 38, 12, 18]]),), STRUCTURE, ROUNDED)[0])
    assert cells["F", "share"] == cells["F", "pay"] == Cell(absent=Absent.TOO_FEW)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(st.integers(0, 30), min_size=4, max_size=4), min_size=1, max_size=4))
def test_totals_tell_no_more_of_a_count_than_its_own_rounding(rows: list[list[int]]) -> None:
    """The tables that would be printed the same: each count alone may be any of its five."""
    true, printed = two_way(rows), rounded_counts(two_way(rows), 5)
    for key in true.values:
        if -1 in key:
            continue
        i, j = key
        for other in range(max(0, printed[key] - 2), printed[key] + 3):
            changed = [list(row) for row in rows]
            changed[i][j] = other
            assert rounded_counts(two_way(changed), 5) == printed
