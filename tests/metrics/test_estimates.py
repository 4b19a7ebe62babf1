"""Intervals and incidence against other people's libraries and against another formula."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, binomtest, ecdf

from lms.metrics.incidence import Incidence, Wait, counted, estimates
from lms.metrics.intervals import wilson

TEN = [("E", 0), ("E", 1), ("E", 2), (None, 2), ("S", 3), ("E", 4), (None, 5), ("E", 6), (None, 6), (None, 6)]  # fmt: skip


def estimate(waits: list[Wait], months: int) -> Incidence:
    people = counted(waits, months=months, endings=("E", "S"))
    return estimates(people[None], endings=("E", "S"))[0]


def estimate_of(*pairs: tuple[str | None, int], until: int) -> Incidence:
    return estimate([Wait((months, 0), ending) for ending, months in pairs], until)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_that_of_scipy_and_holds_the_share(counts: tuple[int, int]) -> None:
    numerator, denominator = counts
    low, high = wilson(numerator, denominator)
    other = binomtest(numerator, denominator).proportion_ci(0.95, method="wilson")
    assert (low, high) == pytest.approx((other.low, other.high), abs=1e-12)
    assert 0 <= low <= numerator / denominator <= high <= 1


@pytest.mark.parametrize("counts", [(1, 0), (0, 0), (3, 2), (-1, 2)])
def test_there_is_no_interval_of_no_share(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(*counts)


def test_the_ten_of_the_table_give_its_four_figures() -> None:
    at_six = estimate_of(*TEN, until=6).steps[-1]
    assert round(at_six.shares["E"], 4) == 0.5722
    assert round(at_six.shares["S"], 4) == 0.1167
    alone = [(None if ending == "S" else ending, months) for ending, months in TEN]
    kaplan_meier = estimate_of(*alone, until=6).steps[-1]
    assert round(kaplan_meier.shares["E"], 4) == 0.6267  # what 1 - KM would make of it
    assert sum(ending == "E" for ending, _ in TEN) / len(TEN) == 0.5


def test_those_at_risk_are_counted_at_the_beginning_of_each_month() -> None:
    steps = estimate_of(*TEN, until=6).steps
    assert [step.at_risk for step in steps] == [10, 9, 8, 6, 5, 4, 3]


SOME = st.lists(st.tuples(st.sampled_from(["E", "S", None]), st.integers(0, 9)), min_size=1)


@given(SOME)
def test_without_competing_events_it_is_the_estimate_of_kaplan_and_meier(
    pairs: list[tuple[str | None, int]],
) -> None:
    ended = [months for ending, months in pairs if ending]
    lost = [months for ending, months in pairs if not ending]
    survival = ecdf(CensoredData(uncensored=ended, right=lost)).sf
    alone = [(ending and "E", months) for ending, months in pairs]
    for step in estimate_of(*alone, until=9).steps:
        assert 1 - step.shares["E"] == pytest.approx(float(survival.evaluate(step.month)))


@given(SOME)
def test_it_is_the_sum_of_events_weighted_by_who_was_not_lost(
    pairs: list[tuple[str | None, int]],
) -> None:
    """The other way to write Aalen-Johansen: each event weighs 1 over the chance of being seen."""
    for step in estimate_of(*pairs, until=9).steps:
        for cause in ("E", "S"):
            expected = sum(
                (
                    1 / (len(pairs) * _kept(pairs, before=months))
                    for ending, months in pairs
                    if ending == cause and months <= step.month
                ),
                Fraction(),
            )
            assert step.shares[cause] == pytest.approx(float(expected))


def _kept(pairs: list[tuple[str | None, int]], *, before: int) -> Fraction:
    """The chance of not having been lost sight of before a month; events come first in a month."""
    kept = Fraction(1)
    for month in range(before):
        lost = sum(1 for ending, months in pairs if months == month and not ending)
        left = sum(
            1 for ending, months in pairs if months > month or (months == month and not ending)
        )
        if lost:
            kept *= 1 - Fraction(lost, left)
    return kept


@given(SOME)
def test_shares_grow_and_stay_within_everybody(pairs: list[tuple[str | None, int]]) -> None:
    steps = estimate_of(*pairs, until=9).steps
    for before, after in pairwise(steps):
        assert after.shares["E"] >= before.shares["E"] and after.at_risk <= before.at_risk
    assert -1e-9 <= steps[-1].shares["E"] + steps[-1].shares["S"] <= 1 + 1e-9


def test_days_within_a_month_belong_to_it_and_its_last_day_is_the_month() -> None:
    waits = [Wait((0, 1), "E"), Wait((1, 0), "E"), Wait((1, 1), "E"), Wait((2, 0), None)]
    steps = estimate(waits, 2).steps
    assert [step.shares["E"] for step in steps] == pytest.approx([0, 0.5, 0.75])
    assert [step.at_risk for step in steps] == [4, 4, 2]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], False),
        ([("E", 1), (None, 5)], False),
        ([("E", 1), (None, 6)], True),
        ([("E", 1), (None, 7)], True),
        ([(None, 1), ("E", 2)], True),
        ([(None, 2), ("E", 2)], False),
    ],
)
def test_an_estimate_holds_as_long_as_somebody_is_followed_or_nobody_waits(
    pairs: list[tuple[str | None, int]], expected: bool
) -> None:
    assert estimate_of(*pairs, until=6).is_followed is expected
