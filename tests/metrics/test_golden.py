"""One cohort, six answers: each standard's rate of the same people, to the person."""

from collections.abc import Callable
from datetime import date

import pytest

from lms.metrics.definition_files import definitions
from lms.metrics.evaluating import figures
from lms.metrics.facts_file import read_facts
from lms.metrics.figure import Figure, WindowState

YEAR_END = date(2025, 12, 31)
DAY_180 = date(2025, 5, 25)


def by_metric(content: bytes, valid_on: date) -> dict[str, Figure]:
    return {one.metric: one for one in figures(read_facts(content), valid_on=valid_on)}


@pytest.mark.parametrize(
    ("metric", "numerator", "denominator", "percent"),
    [
        ("plain", 111, 157, "70.7"),
        ("kedi-employment", 100, 137, "73.0"),
        ("kedi-census", 100, 137, "73.0"),
        ("kdt-completion", 157, 180, "87.2"),
        ("kdt-insured-3", 98, 163, "60.1"),
        ("kdt-insured-6", 98, 163, "60.1"),
        ("kdt-uninsured-6", 13, 163, "8.0"),
        ("kdt-employment-6", 111, 163, "68.1"),
        ("cirr-in-field", 95, 147, "64.6"),
        ("cirr-full-time", 74, 147, "50.3"),
        ("wioa-q2", 122, 179, "68.2"),
        ("wioa-q4", 122, 179, "68.2"),
        ("survey-only", 111, 145, "76.6"),
        ("survey-response", 145, 157, "92.4"),
        ("bound-low", 111, 157, "70.7"),
        ("bound-high", 123, 157, "78.3"),
        ("local-retention", 85, 111, "76.6"),
        ("local-of-completers", 85, 157, "54.1"),
    ],
)
def test_each_standard_gives_its_own_rate_of_the_same_people(
    six_answers: bytes, metric: str, numerator: int, denominator: int, percent: str
) -> None:
    one = by_metric(six_answers, YEAR_END)[metric]
    assert (one.numerator, one.denominator) == (numerator, denominator)
    assert one.value == numerator / denominator
    assert f"{100 * one.value:.1f}" == percent
    assert one.window_state is WindowState.CLOSED


def test_the_plain_rate_comes_with_the_interval_of_wilson(six_answers: bytes) -> None:
    interval = by_metric(six_answers, YEAR_END)["plain"].interval
    assert interval and [f"{100 * end:.1f}" for end in interval] == ["63.2", "77.3"]


def test_the_codes_of_cirr_are_counted_and_nobody_is_lost(six_answers: bytes) -> None:
    classes = by_metric(six_answers, YEAR_END)["cirr-in-field"].classes
    assert {code: count for code, count in classes.items() if count} == {
        "excluded": 10, "1a": 74, "1d": 9, "1e": 12, "2b": 16, "3a": 14, "3b": 10, "other": 12,
    }  # fmt: skip


def test_median_pay_is_of_those_whose_pay_is_known(six_answers: bytes) -> None:
    one = by_metric(six_answers, YEAR_END)["wioa-median-pay"]
    assert (one.numerator, one.denominator, one.value) == (98, 117, 2_600_000)
    assert one.interval is None


def test_on_day_180_only_the_windows_that_have_closed_give_a_rate(six_answers: bytes) -> None:
    found = by_metric(six_answers, DAY_180)
    still_open = {name for name, one in found.items() if one.window_state is WindowState.OPEN}
    assert still_open == {
        "kdt-insured-6", "kdt-uninsured-6", "kdt-employment-6", "wioa-q2", "wioa-q4",
        "wioa-median-pay", "kedi-census", "kedi-retention-1", "kedi-retention-2",
        "kedi-retention-3", "kedi-retention-4", "time-to-employment", "time-to-employment-12",
    }  # fmt: skip
    assert found["cirr-in-field"].numerator == 95 and found["kedi-employment"].numerator == 100
    for name in still_open:
        one = found[name]
        assert (one.numerator, one.denominator, one.value, one.interval) == (None,) * 4
    next_day = by_metric(six_answers, date(2025, 5, 26))
    assert next_day["kdt-employment-6"].numerator == 111
    assert next_day["time-to-employment"].value is not None


@pytest.mark.parametrize("completed", ["2020-11-27", "2020-11-15", "2021-02-28"])
def test_time_to_employment_counts_study_as_a_competing_event(
    waiting: Callable[[str], bytes], completed: str
) -> None:
    year, month, day = (int(part) for part in completed.split("-"))
    on = date(year + (month + 6 > 12), (month + 5) % 12 + 1, day)
    one = by_metric(waiting(completed), on)["time-to-employment"]
    assert one.value == pytest.approx(0.57222, abs=5e-6)
    assert (one.numerator, one.denominator) == (5, 10)  # the naive share is 0.50
    assert one.classes == {"early-hired": 0, "employed": 5, "study": 1, "military": 0, "other": 4}
    assert [step.at_risk for step in one.curve] == [10]  # later months have fewer than ten


def test_a_day_later_the_month_is_not_another_one(waiting: Callable[[str], bytes]) -> None:
    later = by_metric(waiting("2020-11-27"), date(2022, 1, 1))
    assert later["time-to-employment"].value == pytest.approx(0.57222, abs=5e-6)


def test_every_metric_has_both_languages_and_says_numerator_and_denominator() -> None:
    for one in definitions(on=YEAR_END).values():
        assert "Numerator" in one.meaning.en and "Denominator" in one.meaning.en, one.id
        assert "분자는" in one.meaning.ko and "분모" in one.meaning.ko, one.id
        assert "Assumed" in one.source.en or "assum" in one.source.en or "Our own" in one.source.en
