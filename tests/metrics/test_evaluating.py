"""When there is a rate, whose day it is counted on, and what evidence and first fits decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lms.metrics.definition_files import definitions
from lms.metrics.evaluating import evaluate
from lms.metrics.facts import Contract, Leaving, Person, Spell, SpellKind
from lms.metrics.figure import Figure, WindowState

ENROLLED, COMPLETED = date(2024, 1, 29), date(2024, 11, 26)
CENSUS = date(2025, 12, 31)


def person(key: str = "a", *spells: Spell, **fields: object) -> Person:
    given: dict[str, object] = {"enrolled_on": ENROLLED, "completed_on": COMPLETED, **fields}
    return Person(key=key, cohort="5", spells=spells, **given)  # type: ignore[arg-type]


def spell(
    kind: SpellKind = SpellKind.EMPLOYEE, begins: date = COMPLETED, **fields: object
) -> Spell:
    given: dict[str, object] = {"evidence_level": 5, **fields}
    return Spell(kind=kind, valid_from=begins, **given)  # type: ignore[arg-type]


def ask(metric: str, *people: Person, on: date) -> Figure:
    return evaluate(definitions(on=on)[metric], people, valid_on=on)


def counted(one: Figure) -> dict[str, int]:
    return {code: number for code, number in one.classes.items() if number}


def test_before_anybody_begins_a_rate_is_to_open() -> None:
    assert ask("plain", person(), on=date(2024, 1, 28)).window_state is WindowState.TO_OPEN
    nobody = evaluate(definitions(on=CENSUS)["plain"], [], valid_on=CENSUS)
    assert nobody.window_state is WindowState.TO_OPEN and nobody.population == 0


@pytest.mark.parametrize("metric", ["plain", "kdt-completion", "wioa-q2", "time-to-employment"])
def test_while_one_of_them_takes_part_no_metric_gives_a_rate(metric: str) -> None:
    done, goes_on = person("a", spell()), person("b", completed_on=None)
    assert ask(metric, done, goes_on, on=date(2026, 6, 1)).window_state is WindowState.RUNNING
    comes_later = person("b", enrolled_on=date(2027, 1, 1), completed_on=date(2027, 6, 1))
    assert ask(metric, done, comes_later, on=date(2026, 6, 1)).window_state is WindowState.RUNNING


def test_a_question_about_the_past_does_not_know_who_completed_later() -> None:
    before = ask("kdt-completion", person(), on=date(2024, 11, 25))
    assert before.window_state is WindowState.RUNNING and counted(before) == {"other": 1}
    assert ask("kdt-completion", person(), on=COMPLETED).value == 1


def test_without_a_denominator_there_is_no_rate() -> None:
    left = person(completed_on=None, left_on=COMPLETED, leaving=Leaving.STUDY)
    assert ask("plain", left, on=CENSUS).window_state is WindowState.NOBODY
    student = person("b", spell(SpellKind.STUDY))
    one = ask("kedi-employment", student, on=CENSUS)
    assert one.window_state is WindowState.NOBODY and counted(one) == {"study": 1}


def test_a_rate_waits_for_the_last_persons_day() -> None:
    early, late = person("a", spell()), person("b", completed_on=date(2024, 12, 26))
    open_still = ask("kdt-insured-6", early, late, on=date(2025, 6, 25))
    assert open_still.window_state is WindowState.OPEN
    assert counted(open_still) == {"uninsured": 1, "other": 1}
    assert ask("kdt-insured-6", early, late, on=date(2025, 6, 26)).denominator == 2


def test_a_person_is_counted_on_their_own_day_and_not_as_of() -> None:
    lost_it = spell(valid_to=date(2025, 5, 26), insured=True)
    held_it = spell(valid_to=date(2025, 5, 27), insured=True)
    people = person("a", lost_it), person("b", held_it)
    assert ask("kdt-insured-6", *people, on=CENSUS).numerator == 1
    assert ask("plain", *people, on=CENSUS).numerator == 0


def test_an_early_hired_persons_months_begin_when_they_leave() -> None:
    gone = {"completed_on": None, "left_on": date(2024, 7, 10), "leaving": Leaving.EARLY_JOB}
    job = spell(begins=date(2024, 7, 11), valid_to=date(2025, 1, 11), insured=True)
    assert ask("kdt-insured-6", person("a", job, **gone), on=CENSUS).numerator == 1
    other = gone | {"leaving": Leaving.PERSONAL}
    assert ask("kdt-insured-6", person("a", job, **other), on=CENSUS).population == 0


def test_a_spell_with_too_little_evidence_is_not_seen() -> None:
    told = person("a", spell(evidence_level=2, insured=True))
    assert counted(ask("kedi-employment", told, on=CENSUS)) == {"other": 1}
    assert counted(ask("plain", told, on=CENSUS)) == {"employee": 1}


@pytest.mark.parametrize(
    ("spells", "code"),
    [
        ((spell(insured=True), spell(SpellKind.STUDY)), "insured"),
        ((spell(SpellKind.FOUNDER, registered=True, sales=12_000_000), spell(SpellKind.STUDY)), "founder"),
        ((spell(insured=False), spell(SpellKind.STUDY)), "study"),
        ((spell(insured=None),), "below"),
        ((spell(SpellKind.FOUNDER, registered=True, sales=11_999_999),), "below"),
        ((spell(SpellKind.FOUNDER, registered=True),), "below"),
        ((spell(SpellKind.MILITARY, insured=True),), "insured"),
        ((spell(SpellKind.MILITARY),), "military"),
        ((spell(insured=True, hired_by_academy=True, contract_months=11, base_pay=2_000_000),), "below"),
        ((spell(insured=True, hired_by_academy=True, contract_months=12, base_pay=2_000_000),), "on-campus"),
        ((spell(insured=True, hired_by_academy=True, contract=Contract.PERMANENT),), "below"),
        ((spell(region="99", hours=15.0, contract=Contract.PERMANENT),), "abroad"),
        ((spell(region="99", hours=14.5, contract=Contract.PERMANENT),), "below"),
    ],
)  # fmt: skip
def test_kedi_puts_each_into_the_class_of_its_table(spells: tuple[Spell, ...], code: str) -> None:
    assert counted(ask("kedi-employment", person("a", *spells), on=CENSUS)) == {code: 1}


def test_subsidised_work_is_no_employment_of_wioa_but_an_apprenticeship_is() -> None:
    paid = spell(subsidised=True)
    assert counted(ask("wioa-q2", person("a", paid), on=CENSUS)) == {"subsidised": 1}
    apprentice = replace(paid, contract=Contract.APPRENTICESHIP)
    assert counted(ask("wioa-q2", person("a", apprentice), on=CENSUS)) == {"apprenticeship": 1}
    died = person("a", paid, completed_on=None, left_on=COMPLETED, leaving=Leaving.DIED)
    assert ask("wioa-q2", died, on=CENSUS).window_state is WindowState.NOBODY


@pytest.mark.parametrize(
    ("begins", "ends", "employed"),
    [
        (date(2025, 3, 1), date(2025, 4, 1), 0),
        (date(2025, 3, 1), date(2025, 4, 2), 1),
        (date(2025, 6, 30), None, 1),
        (date(2025, 7, 1), None, 0),
    ],
)
def test_one_day_within_the_quarter_is_enough(
    begins: date, ends: date | None, employed: int
) -> None:
    one = ask("wioa-q2", person("a", spell(begins=begins, valid_to=ends)), on=date(2025, 7, 1))
    assert one.numerator == employed


def test_pay_is_that_of_the_job_that_began_last_and_says_it() -> None:
    jobs = (
        spell(base_pay=2_000_000, valid_to=date(2025, 5, 1)),
        spell(begins=date(2025, 5, 1), base_pay=3_000_000, valid_to=date(2025, 6, 1)),
        spell(begins=date(2025, 6, 1)),
    )
    other = person("b", spell(base_pay=2_500_000))
    one = ask("wioa-median-pay", person("a", *jobs), other, on=CENSUS)
    assert (one.numerator, one.denominator, one.value) == (2, 2, 2_750_000)
    silent = ask("wioa-median-pay", person("a", spell()), on=CENSUS)
    assert silent.window_state is WindowState.NOBODY


@pytest.mark.parametrize(
    ("completed", "census"),
    [
        (date(2024, 2, 29), date(2024, 12, 31)),
        (date(2024, 3, 1), date(2025, 12, 31)),
        (date(2025, 2, 28), date(2025, 12, 31)),
        (date(2025, 3, 1), date(2026, 12, 31)),
    ],
)
def test_the_census_is_on_the_last_day_of_the_year_after_the_school_year_began(
    completed: date, census: date
) -> None:
    one = person(completed_on=completed)
    before = date(census.year, 12, 30)
    assert ask("kedi-census", one, on=before).window_state is WindowState.OPEN
    assert ask("kedi-census", one, on=census).window_state is WindowState.CLOSED


def test_retention_is_of_the_insured_employees_of_the_reference_date() -> None:
    stays = person("a", spell(insured=True))
    goes = person("b", spell(insured=True, valid_to=date(2026, 6, 30)))
    moves = person(
        "c",
        spell(insured=True, valid_to=date(2026, 1, 31)),
        spell(begins=date(2026, 3, 1), insured=True),
    )
    founder = person("d", spell(SpellKind.FOUNDER, registered=True, sales=20_000_000))
    late = person("e", spell(begins=date(2026, 1, 1), insured=True))
    everybody = (stays, goes, moves, founder, late)
    ends = {1: date(2026, 3, 31), 2: date(2026, 6, 30), 3: date(2026, 9, 30), 4: date(2026, 11, 30)}
    retained = {}
    for wave, end in ends.items():
        metric = f"kedi-retention-{wave}"
        day_before = date(end.year, end.month, end.day - 1)
        assert ask(metric, *everybody, on=day_before).window_state is WindowState.OPEN
        one = ask(metric, *everybody, on=end)
        retained[wave] = (one.numerator, one.denominator)
    assert retained == {1: (3, 3), 2: (2, 3), 3: (2, 3), 4: (2, 3)}


def test_an_early_hired_person_is_employed_from_the_first_day() -> None:
    gone = person("a", completed_on=None, left_on=COMPLETED, leaving=Leaving.EARLY_JOB)
    waits = person("b", spell(SpellKind.SEEKING))
    one = ask("time-to-employment", gone, waits, on=CENSUS)
    assert (one.value, one.numerator, one.classes["early-hired"]) == (0.5, 1, 1)


def test_incidence_of_work_kept_from_before_and_of_work_lost_before() -> None:
    kept = person("a", spell(begins=date(2023, 1, 1)))
    lost = person("b", spell(begins=date(2023, 1, 1), valid_to=COMPLETED), spell(SpellKind.SEEKING))
    one = ask("time-to-employment", kept, lost, on=CENSUS)
    assert one.value == 0.5


def test_incidence_waits_for_somebody_to_be_followed_so_long() -> None:
    job = person("a", spell(begins=date(2025, 1, 1)))
    seeks = person("b", spell(SpellKind.SEEKING))
    assert (
        ask("time-to-employment", job, seeks, on=date(2025, 5, 25)).window_state is WindowState.OPEN
    )
    assert ask("time-to-employment", job, seeks, on=date(2025, 5, 26)).value == 0.5
    lost = person("b", spell(SpellKind.SEEKING, valid_to=date(2025, 3, 1)))
    one = ask("time-to-employment", job, lost, on=CENSUS)
    assert one.window_state is WindowState.NOBODY and one.value is None


def test_hearsay_of_seeking_follows_somebody_and_hearsay_of_a_job_does_not() -> None:
    job = person("a", spell(begins=date(2025, 1, 1)))
    seeks = person("b", spell(SpellKind.SEEKING, evidence_level=0))
    assert ask("time-to-employment", job, seeks, on=CENSUS).value == 0.5
    said_to_work = person("b", spell(evidence_level=0))
    assert ask("time-to-employment", job, said_to_work, on=CENSUS).value == 1


def test_a_curve_stops_where_fewer_than_ten_are_at_risk() -> None:
    people = [person(f"j{n}", spell(begins=date(2024, 12 if n < 2 else 11, 26))) for n in range(2)]
    people += [person(f"s{n}", spell(SpellKind.SEEKING)) for n in range(9)]
    steps = ask("time-to-employment", *people, on=CENSUS).curve
    assert [(step.month, step.at_risk) for step in steps] == [(0, 11), (1, 11)]
    assert steps[-1].shares["employed"] == pytest.approx(2 / 11)


def test_people_of_two_cohorts_are_not_one_figure() -> None:
    with pytest.raises(ValueError, match="one cohort at a time"):
        ask("plain", person(), replace(person("b"), cohort="6"), on=CENSUS)
