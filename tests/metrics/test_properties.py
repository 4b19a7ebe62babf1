"""What holds of every figure, whoever the people are and whichever day is asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from lms.metrics.definition import Median
from lms.metrics.definition_files import definitions
from lms.metrics.evaluating import evaluate, figures
from lms.metrics.facts import EXCLUSIVE_GROUPS, Contract, Intent, Leaving, Person, Spell
from lms.metrics.facts_file import read_facts, write_facts
from lms.metrics.figure import Figure, WindowState

BEGIN = date(2024, 1, 29)
DAYS = st.integers(0, 900).map(lambda days: BEGIN + timedelta(days=days))
MAYBE = st.sampled_from([None, True, False])
METRICS = definitions(on=BEGIN)
FEW = settings(max_examples=25, deadline=None)


@st.composite
def spells(draw: st.DrawFn) -> tuple[Spell, ...]:
    found = []
    for kinds in EXCLUSIVE_GROUPS:
        edges = sorted(draw(st.lists(DAYS, max_size=3, unique=True)))
        for begins, ends in pairwise([*edges, None]):
            found.append(
                Spell(
                    kind=draw(st.sampled_from(kinds)), valid_from=begins or BEGIN, valid_to=ends,
                    evidence_level=draw(st.integers(0, 5)), in_field=draw(MAYBE),
                    hours=draw(st.sampled_from([None, 12.5, 40.0])),
                    contract=draw(st.none() | st.sampled_from(Contract)),
                    contract_months=draw(st.sampled_from([None, 2, 12])), insured=draw(MAYBE),
                    subsidised=draw(MAYBE), hired_by_academy=draw(MAYBE),
                    region=draw(st.sampled_from([None, "29", "11", "99"])), registered=draw(MAYBE),
                    sales=draw(st.sampled_from([None, 0, 20_000_000])),
                    income=draw(st.sampled_from([None, 0, 20_000_000])),
                    base_pay=draw(st.sampled_from([None, 1_000_000, 3_000_000])),
                )
            )  # fmt: skip
    return tuple(found)


@st.composite
def cohort(draw: st.DrawFn, name: str = "5", *, ended: bool = False) -> list[Person]:
    people = []
    for number in range(draw(st.integers(1, 5))):
        completed = draw(st.booleans())
        left = not completed and (ended or draw(st.booleans()))
        day = draw(st.integers(1, 300)) if ended else draw(st.integers(0, 900))
        end = BEGIN + timedelta(days=day)
        people.append(
            Person(
                key=f"{name}-{number}", cohort=name, enrolled_on=BEGIN,
                completed_on=end if completed else None, left_on=end if left else None,
                leaving=draw(st.none() | st.sampled_from(Leaving)) if left else None,
                intent=draw(st.none() | st.sampled_from(Intent)), spells=draw(spells()),
            )
        )  # fmt: skip
    return people


def all_of(people: list[Person], valid_on: date) -> dict[str, Figure]:
    found = (evaluate(one, people, valid_on=valid_on, others=METRICS) for one in METRICS.values())
    return {one.metric: one for one in found}


@FEW
@given(cohort(), DAYS)
def test_a_figure_adds_up_and_only_a_closed_window_gives_one(
    people: list[Person], valid_on: date
) -> None:
    for name, one in all_of(people, valid_on).items():
        metric = METRICS[name]
        assert sum(one.classes.values()) == one.population <= len(people)
        if one.window_state is not WindowState.CLOSED:
            given_none = (one.numerator, one.denominator, one.value, one.interval, one.curve)
            assert given_none == (None, None, None, None, ())
            continue
        assert one.numerator is not None and one.denominator and one.value is not None
        assert 0 <= one.numerator <= one.denominator <= one.population
        if one.interval:
            assert 0 <= one.interval[0] <= one.value <= one.interval[1] <= 1
        if not isinstance(metric.measure, Median):
            assert one.numerator == sum(one.classes[code] for code in metric.numerator)
            assert one.value >= one.numerator / one.denominator - 1e-9


@FEW
@given(cohort(ended=True), DAYS.filter(lambda day: day > BEGIN + timedelta(days=300)))
def test_the_population_is_who_the_metric_says_and_the_bounds_hold_the_rate(
    people: list[Person], valid_on: date
) -> None:
    found = all_of(people, valid_on)
    completers = sum(one.completed_on is not None for one in people)
    early = sum(one.leaving is Leaving.EARLY_JOB for one in people)
    assert found["plain"].population == found["cirr-in-field"].population == completers
    assert found["kdt-completion"].population == found["wioa-q2"].population == len(people)
    assert found["kdt-insured-6"].population == completers + early
    low, plain, high = (found[name].value for name in ("bound-low", "plain", "bound-high"))
    if completers:
        assert low is not None and plain is not None and high is not None and low <= plain <= high
    total, insured, rest = (
        found[name].numerator for name in ("kdt-employment-6", "kdt-insured-6", "kdt-uninsured-6")
    )
    if total is not None:
        assert insured is not None and rest is not None and total == insured + rest
    base = found["kedi-census"].classes["insured"]
    assert found["kedi-retention-1"].population == base


@FEW
@given(cohort("5"), cohort("6"), DAYS)
def test_other_cohorts_and_the_order_of_facts_change_nothing(
    people: list[Person], others: list[Person], valid_on: date
) -> None:
    alone = figures(people, valid_on=valid_on)
    mixed = [
        replace(one, spells=one.spells[::-1]) for one in [*others[:1], *people[::-1], *others[1:]]
    ]
    assert [one for one in figures(mixed, valid_on=valid_on) if one.cohort == "5"] == alone


@FEW
@given(cohort(), DAYS, st.integers(1, 400))
def test_what_happens_after_the_day_of_the_question_changes_nothing(
    people: list[Person], valid_on: date, days: int
) -> None:
    """The facts as they were known on the day give what all facts give for it."""

    def until(one: Person) -> Person:
        ended = one.ended_on is not None and one.ended_on <= valid_on
        past = [spell for spell in one.spells if spell.valid_from <= valid_on]
        spells = tuple(
            replace(spell, valid_to=None) if spell.valid_to and spell.valid_to > valid_on else spell
            for spell in past
        )
        return replace(one, spells=spells) if ended else replace(
            one, completed_on=None, left_on=None, leaving=None, spells=spells
        )  # fmt: skip

    assert all_of([until(one) for one in people], valid_on) == all_of(people, valid_on)


@FEW
@given(cohort())
def test_a_file_of_facts_holds_all_of_them(people: list[Person]) -> None:
    assert read_facts(write_facts(people)) == tuple(people)
