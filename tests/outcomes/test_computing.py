"""The database counts what the auditor's evaluator counts, and a past question keeps its answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from random import Random

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text

from lms.accounts.models import User
from lms.cohorts.models import Cohort, Enrolment
from lms.db import UTCDateTime, db
from lms.metrics.definition import (
    After,
    Among,
    Class,
    Condition,
    Incidence,
    Median,
    Population,
    Text,
)
from lms.metrics.definition_files import definitions
from lms.metrics.evaluating import evaluate
from lms.metrics.evaluating import figures as evaluated
from lms.metrics.facts import EXCLUSIVE_GROUPS, Contract, Intent, Leaving, Person, Spell, SpellKind
from lms.metrics.figure import Figure
from lms.outcomes.computing import figures
from lms.outcomes.models import IntentAnswer, StatusSpell
from lms.recorded import supersede

BEGAN, ENDED = date(2023, 2, 1), date(2023, 11, 30)
DAYS = [date(2023, 1, 1), date(2023, 6, 1), date(2023, 12, 20), date(2024, 7, 15), date(2025, 3, 5), date(2026, 5, 1)]  # fmt: skip


def spells(random: Random) -> Iterator[Spell]:
    """Of every group some that follow each other."""
    for kinds in EXCLUSIVE_GROUPS:
        day = ENDED + timedelta(random.randint(-90, 300))
        while random.random() < 0.45:
            ends = day + timedelta(random.choice([1, 30, 90, 200, 400]))
            yield Spell(
                kind=random.choice(kinds),
                valid_from=day,
                valid_to=random.choice([ends, ends, None]),
                evidence_level=random.randint(0, 5),
                in_field=random.choice([None, True, True, False]),
                hours=random.choice([None, 12.5, 30.0, 40.0]),
                contract=random.choice([None, *Contract]),
                contract_months=random.choice([None, 2, 3, 12]),
                insured=random.choice([None, True, True, False]),
                subsidised=random.choice([None, True, False]),
                hired_by_academy=random.choice([None, True, False, False]),
                region=random.choice([None, "29", "11", "99"]),
                registered=random.choice([None, True, False]),
                sales=random.choice([None, 0, 12_000_000, 90_000_000]),
                income=random.choice([None, 0, 3_266_670]),
                base_pay=random.choice([None, 1_088_890, 2_500_000, 3_000_001]),
            )
            day = ends + timedelta(random.choice([0, 20]))
            if random.random() < 0.3:
                return


def person(random: Random, cohort: int, number: int) -> Person:
    fate = random.random()
    ended = random.choice(
        [ENDED, ENDED, ENDED - timedelta(30), date(2023, 8, 31), date(2024, 2, 29)]
    )
    left = BEGAN + timedelta(random.randint(0, 250))
    return Person(
        key=f"{cohort}-{number}",
        cohort=str(cohort),
        enrolled_on=BEGAN + timedelta(random.choice([0, 0, 0, 20])),
        completed_on=ended if fate < 0.75 else None,
        left_on=max(left, BEGAN + timedelta(20)) if fate >= 0.75 else None,
        leaving=random.choice([None, *Leaving]) if fate >= 0.75 else None,
        intent=random.choice([None, *Intent]),
        spells=tuple(closed(spells(random))),
    )


def closed(found: Iterator[Spell]) -> list[Spell]:
    """An open spell is the last of its group."""
    kept: list[Spell] = []
    for spell in found:
        group = next(kinds for kinds in EXCLUSIVE_GROUPS if spell.kind in kinds)
        if not any(one.kind in group and one.valid_to is None for one in kept):
            kept.append(spell)
    return kept


def write(people: list[Person]) -> list[Cohort]:
    """The people as rows; their cohorts, in order."""
    numbers = list(dict.fromkeys(int(one.cohort) for one in people))
    cohorts = [Cohort(number=n, starts_on=BEGAN, ends_on=ENDED, seats=30) for n in numbers]
    db.session.add_all(cohorts)
    db.session.flush()
    for one in people:
        cohort = cohorts[numbers.index(int(one.cohort))]
        user = User(username=f"p{one.key}", email=f"p{one.key}@academy.example", name="Person")
        db.session.add(user)
        db.session.flush()
        enrolment = Enrolment(
            cohort_id=cohort.id, user_id=user.id, student_number=one.key, enrolled_on=one.enrolled_on,
            left_on=one.left_on, leaving=one.leaving, completed_on=one.completed_on,
        )  # fmt: skip
        db.session.add(enrolment)
        db.session.flush()
        if one.intent:
            db.session.add(IntentAnswer(enrolment_id=enrolment.id, answer=one.intent))
        rows = [{**asdict(spell), "user_id": user.id, "source": "test"} for spell in one.spells]
        if rows:
            db.session.execute(insert(StatusSpell), rows)
    db.session.flush()
    return cohorts


def moment() -> datetime:
    """The database's time; whatever is recorded from here on gets a later one."""
    db.session.flush()
    db.session.execute(text("SELECT set_config('academy.recording_moment', '', true)"))
    return db.session.execute(select(func.clock_timestamp(type_=UTCDateTime()))).scalar_one()


@pytest.mark.parametrize("seed", range(8))
def test_every_metric_is_that_of_the_evaluator(app: Flask, seed: int) -> None:
    random = Random(seed)
    people = [
        person(random, cohort, number)
        for cohort in (1001, 1002, 1003)
        for number in range(random.choice([1, 12, 40]))
    ]
    cohorts = write(people)
    now = moment()
    for day in [*DAYS, BEGAN + timedelta(random.randint(0, 1200))]:
        for recorded in (None, now):
            found = figures(cohorts, valid_on=day, recorded=recorded)
            assert found == evaluated(people, valid_on=day), day
            few = [one for one in people if one.cohort == "1002"]  # they are looked up by index
            found = figures(cohorts[1:2], valid_on=day, recorded=recorded)
            assert found == evaluated(few, valid_on=day), day


def words(**of: object) -> tuple[Condition, ...]:
    """As `when_reader` makes them of a person's or a spell's words: value, values, or a bound."""
    return tuple(
        Condition(field, *asked, of_person=field in ("intent", "leaving", "completed_on"))  # type: ignore[misc]
        for field, asked in of.items()
    )


def test_words_that_no_metric_uses_yet_mean_the_same(app: Flask) -> None:
    """Of the person and of the spell at once; values, bounds and null of one field."""
    random = Random(11)
    people = [person(random, 1001, number) for number in range(120)]
    whens = (
        (
            words(intent=("in", (None, Intent.FURTHER_STUDY.value)), kind=("in", ("study",))),
            words(leaving=("not in", (None, "died")), hours=("under", (30,))),
        ),
        (
            words(
                completed_on=("not in", (None,)),
                hours=("in", (12.5, 30)),
                region=("not in", ("29",)),
            ),
        ),
        (words(hours=("at least", (30,)), in_field=("not in", (True, None))),),
        (words(valid_to=("in", (None,)), contract_months=("not in", (3, 12))),),
        (words(hours=("in", (None,))),),
    )
    text = Text("", "")
    asked = replace(
        definitions(on=DAYS[-1])["plain"],
        id="words",
        classes=tuple(Class(str(at), text, when) for at, when in enumerate(whens)),
        population=Population.EXITERS,
        numerator=frozenset("02"),
        evidence_floor=2,
    )
    of_pay = replace(asked, id="pay", measure=Median("base_pay"))
    waited = replace(asked, id="waited", day=After("exit"), measure=Incidence(9, ("1", "3", "4")))
    among = replace(waited, id="among", population=Among("words", ("0", "2")))
    metrics = {one.id: one for one in (asked, of_pay, waited, among)}
    cohorts = write(people)
    seen: set[str] = set()
    for day in DAYS:
        found = figures(cohorts, valid_on=day, recorded=None, metrics=metrics)
        assert found == [
            evaluate(one, people, valid_on=day, others=metrics) for one in metrics.values()
        ]
        seen.update(code for code, number in found[0].classes.items() if number)
    assert len(seen) == len(whens) + 1


def test_whoever_takes_part_twice_is_counted_in_both_cohorts(app: Flask) -> None:
    random = Random(3)
    first, second = write(
        [person(random, cohort, number) for cohort in (1001, 1002) for number in range(9)]
    )
    for one in db.session.scalars(select(Enrolment).where(Enrolment.cohort_id == first.id)):
        again = Enrolment(
            cohort_id=second.id, user_id=one.user_id, student_number=f"again-{one.id}",
            enrolled_on=one.enrolled_on, completed_on=one.completed_on, left_on=one.left_on, leaving=one.leaving,
        )  # fmt: skip
        db.session.add(again)
    db.session.flush()
    alone, both = (
        {one.metric: one for one in figures(cohorts, valid_on=DAYS[-1], recorded=None)}
        for cohorts in ([first], [second])
    )
    assert both["plain"].population > alone["plain"].population > 0
    together = figures([first, second], valid_on=DAYS[-1], recorded=None)
    assert together == [*alone.values(), *both.values()]


def test_a_cohort_without_people_is_yet_to_open(app: Flask) -> None:
    cohort = Cohort(number=1001, starts_on=BEGAN, ends_on=ENDED, seats=30)
    db.session.add(cohort)
    db.session.flush()
    found = figures([cohort], valid_on=date(2026, 1, 1), recorded=None)
    assert {one.window_state for one in found} == {"to-open"} and found[0].population == 0


def change(random: Random, cohort: Cohort) -> str:
    """Write something that an academy may write later; what it was."""
    spell = random.choice(
        db.session.scalars(select(StatusSpell).where(StatusSpell.superseded_at.is_(None))).all()
    )
    enrolment = random.choice(
        db.session.scalars(select(Enrolment).where(Enrolment.cohort_id == cohort.id)).all()
    )
    intent = random.choice(
        db.session.scalars(select(IntentAnswer).where(IntentAnswer.superseded_at.is_(None))).all()
    )
    what = random.choice(["correct", "withdraw", "add", "complete", "leave", "remove", "intent"])
    match what:
        case "correct":
            supersede(spell)
            values = {name: getattr(spell, name) for name in ("user_id", "valid_from", "valid_to")}
            db.session.add(StatusSpell(kind=SpellKind.UNKNOWN if spell.exclusive_group == 5 else SpellKind.EMPLOYEE if spell.exclusive_group == 1 else spell.kind, **values, evidence_level=5, source="late"))  # fmt: skip
        case "withdraw":
            supersede(spell)
        case "add":
            user = User(username=f"x{enrolment.id}-{random.randrange(10**9)}", email=f"{random.random()}@x.example", name="New")  # fmt: skip
            db.session.add(user)
            db.session.flush()
            db.session.add(Enrolment(cohort_id=cohort.id, user_id=user.id, student_number=user.username, enrolled_on=BEGAN, completed_on=ENDED))  # fmt: skip
            db.session.add(StatusSpell(user_id=user.id, kind=SpellKind.FOUNDER, valid_from=ENDED, evidence_level=5, source="back-dated"))  # fmt: skip
        case "complete":
            enrolment.left_on, enrolment.leaving, enrolment.completed_on = None, None, ENDED
        case "leave":
            enrolment.completed_on, enrolment.left_on = None, BEGAN + timedelta(30)
        case "remove":
            db.session.execute(text("DELETE FROM intent_answer WHERE false"))
            enrolment.enrolled_on = BEGAN + timedelta(1)
        case "intent":
            supersede(intent)
            db.session.add(IntentAnswer(enrolment_id=intent.enrolment_id, answer=Intent.FURTHER_STUDY))  # fmt: skip
    db.session.flush()
    return what


@pytest.mark.parametrize("seed", range(4))
def test_no_later_write_changes_what_was_known(app: Flask, seed: int) -> None:
    random = Random(1000 + seed)
    (cohort,) = write([person(random, 1001, number) for number in range(25)])
    asked: dict[tuple[datetime, date], list[Figure]] = {}
    changes = 0
    for _round in range(4):
        r = moment()
        for day in DAYS[2:]:
            asked[r, day] = figures([cohort], valid_on=day, recorded=r)
        for _write in range(4):
            change(random, cohort)
    for (r, day), before in asked.items():
        assert figures([cohort], valid_on=day, recorded=r) == before
        changes += figures([cohort], valid_on=day, recorded=None) != before
    assert changes  # what is known now is something else


def test_whoever_does_two_things_is_counted_once(app: Flask) -> None:
    both = tuple(
        Spell(kind=kind, valid_from=ENDED, evidence_level=5, region="29", insured=True)
        for kind in (SpellKind.STUDY, SpellKind.EMPLOYEE, SpellKind.FOUNDER)
    )
    cohorts = write([
        Person(key="1", cohort="1001", enrolled_on=BEGAN, completed_on=ENDED, spells=both)
    ])  # fmt: skip
    for one in figures(cohorts, valid_on=date(2026, 5, 1), recorded=None):
        assert one.population <= 1
    found = {one.metric: one for one in figures(cohorts, valid_on=DAYS[3], recorded=None)}
    assert found["plain"].classes["employee"] == found["plain"].population == 1


def test_all_cohorts_take_as_many_statements_as_one(
    app: Flask, counted: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    random = Random(5)
    cohorts = write([person(random, cohort, 1) for cohort in range(1001, 1061)])
    numbers = []
    for some in (cohorts[:1], cohorts):
        with counted() as statements:
            figures(some, valid_on=DAYS[-1], recorded=None)
        numbers.append(len(statements))
    assert numbers[0] == numbers[1] <= 6


def compute(app: Flask, *words: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["outcomes", "compute", *words])
    return result.exit_code, result.output


def test_the_command_prints_the_figures_of_the_database(app: Flask) -> None:
    random = Random(7)
    cohorts = write([person(random, cohort, n) for cohort in (1001, 1002) for n in range(12)])
    db.session.commit()
    expected = [one.as_json() for one in figures(cohorts, valid_on=DAYS[-1], recorded=None)]
    for words, part in (("all", expected), ("1002", expected[len(expected) // 2 :])):
        code, output = compute(app, "--cohort", words, "--valid", str(DAYS[-1]), "--json")
        assert code == 0, output
        assert json.loads(output) == json.loads(json.dumps(part))
    past = moment().isoformat()
    assert compute(app, "--cohort", "1001", "--recorded", past, "--valid", "2024-01-01")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cohort", "77"], "no cohort 77"),
        (["--cohort", "best"], "best"),
        (["--cohort", "all", "--valid", "2026-02-30"], "2026-02-30"),
        (["--cohort", "all", "--recorded", "2999-01-01T00:00:00+09:00"], "future"),
        (["--cohort", "all", "--recorded", "yesterday"], "yesterday"),
        ([], "--facts"),
    ],
)
def test_a_question_that_cannot_be_asked_is_told(app: Flask, words: list[str], said: str) -> None:
    code, output = compute(app, *words)
    assert code == 2 and said in output and "Traceback" not in output
