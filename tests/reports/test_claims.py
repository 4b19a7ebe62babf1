"""A claim is read as people write it, and met only by a rate that rounds to it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.metrics.figure import Figure, WindowState
from lms.reports.claims import Claim, Rate, UnreadableClaim, explanations, read_claim, together

DAY = date(2025, 12, 31)


@pytest.mark.parametrize(
    ("text", "cohorts", "percent", "count"),
    [
        ("1–5기 71.2 %", (1, 2, 3, 4, 5), "71.2", None),
        ("1~5기 취업률 71.2%(724명)", (1, 2, 3, 4, 5), "71.2", 724),
        ("제3기 65.3 퍼센트", (3,), "65.3", None),
        ("Cohorts 1 to 2: 76.9 %", (1, 2), "76.9", None),
        ("1기와 2기 50%", (1, 2), "50", None),
        ("취업률 68%", (), "68", None),
        ("1,221명 중 59.3%", (), "59.3", 1221),
    ],
)
def test_how_people_write_claims(
    text: str, cohorts: tuple[int, ...], percent: str, count: int | None
) -> None:
    claim = read_claim(text)
    assert (claim.cohorts, claim.count) == (cohorts, count)
    assert claim.low <= Fraction(percent) / 100 < claim.high


@pytest.mark.parametrize("text", ["", "1-5기", "많이 취업", "71.2"])
def test_without_a_percentage_there_is_no_claim(text: str) -> None:
    with pytest.raises(UnreadableClaim):
        read_claim(text)


def test_the_published_71_2_needs_a_denominator_that_nobody_published() -> None:
    claim = read_claim("1–5기 71.2 %")
    assert not claim.is_met_by(724, 1221)
    assert claim.denominators(724) == range(1017, 1018)
    assert read_claim("59.3%").is_met_by(724, 1221)


@given(st.integers(1, 400), st.integers(1, 400))
def test_denominators_are_exactly_those_that_meet_it(part: int, tenths: int) -> None:
    claim = read_claim(f"{tenths / 10:.1f}%")
    met = [whole for whole in range(1, 5000) if claim.is_met_by(part, whole)]
    wanted = [whole for whole in claim.denominators(part) if whole < 5000]
    assert met == wanted


def figure(cohort: int, numerator: int, denominator: int | None, day: date = DAY) -> Figure:
    return Figure(
        metric="plain", version=1, cohort=str(cohort), valid_on=day, numerator=numerator,
        window_state=WindowState.CLOSED, classes={}, denominator=denominator,
    )  # fmt: skip


def test_cohorts_are_added_up_only_where_each_has_a_figure() -> None:
    rows = [figure(1, 55, 155), figure(2, 49, 157), figure(3, 203, None)]
    assert together(rows, [1, 2]) == [Rate("plain", 1, DAY, 104, 312)]
    assert together(rows, [1, 2, 3]) == []


def test_a_count_must_be_the_rate_s_own() -> None:
    rates = [Rate("plain", 1, DAY, 104, 312), Rate("other", 1, DAY, 52, 156)]
    third = Claim(Fraction(333, 1000), Fraction(334, 1000))
    assert explanations(third, rates) == [rates[1], rates[0]]
    assert explanations(Claim(third.low, third.high, (), 104), rates) == [rates[0]]
    assert explanations(Claim(third.low, third.high, (), 1), rates) == []
