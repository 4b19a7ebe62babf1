"""A claim is read as people write it, and met only by a rate that rounds to it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.metrics.figure import Figure, WindowState
from lms.reports.claims import (
    Claim,
    Rate,
    UnreadableClaim,
    explanations,
    gap_of,
    nearest,
    read_claim,
    together,
)

DAY = date(2025, 12, 31)


@pytest.mark.parametrize(
    ("text", "cohorts", "percent", "counts"),
    [
        ("1–5기 71.2 %", (1, 2, 3, 4, 5), "71.2", ()),
        ("1-5기 취업률 59.3%", (1, 2, 3, 4, 5), "59.3", ()),
        ("1~5기 취업률 71.2%(724명)", (1, 2, 3, 4, 5), "71.2", (724,)),
        ("1기부터 5기까지 71,2%", (1, 2, 3, 4, 5), "71.2", ()),
        ("제1~제5기 71.2%", (1, 2, 3, 4, 5), "71.2", ()),
        ("제3기 65.3 퍼센트", (3,), "65.3", ()),
        ("Cohorts 1 to 2: 76.9 %", (1, 2), "76.9", ()),
        ("cohorts 1, 2 and 4 71%", (1, 2, 4), "71", ()),
        ("1기와 2기 50%", (1, 2), "50", ()),
        ("1·2기 50%", (1, 2), "50", ()),
        ("취업률 68%", (), "68", ()),
        ("1,221명 중 59.3%", (), "59.3", (1221,)),
        ("1,221명 중 취업자 724명(59.3%)", (), "59.3", (724, 1221)),
        ("2025-12-31 기준 3기 65%", (3,), "65", ()),
        ("2023년 3기 65.3%", (3,), "65.3", ()),
    ],
)
def test_how_people_write_claims(
    text: str, cohorts: tuple[int, ...], percent: str, counts: tuple[int, ...]
) -> None:
    claim = read_claim(text)
    assert (claim.cohorts, claim.counts, claim.percent) == (cohorts, counts, percent)
    assert claim.low <= Fraction(percent) / 100 < claim.high


@pytest.mark.parametrize(
    ("text", "cohorts"),
    [
        ("Cohorts 1 to 5: 724 of 1,221", (1, 2, 3, 4, 5)),
        ("1–5기 수료생 1,221명 중 724명", (1, 2, 3, 4, 5)),
        ("724 out of 1221", ()),
        ("724 / 1,221", ()),
    ],
)
def test_counts_alone_are_a_claim_that_only_they_meet(text: str, cohorts: tuple[int, ...]) -> None:
    claim = read_claim(text)
    assert (claim.cohorts, claim.counts, claim.percent) == (cohorts, (724, 1221), "")
    assert claim.is_met_by(724, 1221)
    assert not claim.is_met_by(725, 1222) and not claim.is_met_by(723, 1221)
    assert claim.denominators(724) == range(1221, 1222)


@pytest.mark.parametrize(
    "text", ["", "1-5기", "많이 취업", "71.2", "1712%", "30 of 0", "1,221 of 724", "724명"]
)
def test_without_a_percentage_or_a_count_of_a_count_there_is_no_claim(text: str) -> None:
    with pytest.raises(UnreadableClaim):
        read_claim(text)


def test_the_published_71_2_needs_a_denominator_that_nobody_published() -> None:
    claim = read_claim("1–5기 71.2 %")
    assert not claim.is_met_by(724, 1221)
    assert claim.denominators(724) == range(1017, 1018)
    assert read_claim("59.3%").is_met_by(724, 1221)


def test_who_would_have_to_be_left_out() -> None:
    rate = Rate("plain", 1, DAY, 724, 1221)
    classes = {"study": 86, "military": 118, "seeking": 120, "unknown": 173}
    gap = gap_of(read_claim("1–5기 71.2 %"), rate, classes)
    assert gap.denominators == range(1017, 1018) and gap.left_out == range(204, 205)
    assert gap.who == (("study", "military"),)
    wider = gap_of(read_claim("71%"), rate, classes)
    assert wider.left_out == range(1221 - 1026, 1221 - 1013 + 1)
    assert wider.who == (("study", "military"), ("study", "seeking"))
    unknown = gap_of(read_claim("71.2%"), rate, {"unknown": 497})
    assert unknown.who == () and unknown.nearest == ("unknown",)
    assert unknown.without(["unknown"]).denominator == 724


def test_a_claim_below_the_rate_leaves_nobody_out() -> None:
    rate = Rate("plain", 1, DAY, 724, 1221)
    assert gap_of(read_claim("50%"), rate, {"study": 3}).left_out == range(0)
    assert gap_of(read_claim("0%"), rate).denominators == range(0)
    assert gap_of(read_claim("130%"), rate).denominators == range(0)


def test_of_each_metric_the_nearest_rate_is_told() -> None:
    rates = [
        Rate("plain", 1, DAY, 10, 20), Rate("plain", 1, date(2024, 1, 1), 12, 20),
        Rate("other", 1, DAY, 11, 20), Rate("nobody", 1, DAY, 0, 0),
    ]  # fmt: skip
    assert nearest(read_claim("61%"), rates) == [rates[1], rates[2]]


@given(st.integers(1, 400), st.integers(1, 400))
def test_denominators_are_exactly_those_that_meet_it(part: int, tenths: int) -> None:
    claim = read_claim(f"{tenths / 10:.1f}%")
    met = [whole for whole in range(1, 5000) if claim.is_met_by(part, whole)]
    met = [whole for whole in met if whole >= part]  # nobody counts more than all
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
    assert explanations(Claim(third.low, third.high, (), (104,)), rates) == [rates[0]]
    assert explanations(Claim(third.low, third.high, (), (104, 312)), rates) == [rates[0]]
    assert explanations(Claim(third.low, third.high, (), (1,)), rates) == []
