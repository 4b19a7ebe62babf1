"""Who belongs to a metric's population, on which days each is looked at, and which class they are in.

Nothing after the day of the question is seen, so asking for a past day answers as it would have then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from lms.metrics.definition import (
    OTHER,
    After,
    Among,
    AsOf,
    Census,
    Condition,
    Day,
    Definition,
    Population,
    QuarterAfter,
    When,
)
from lms.metrics.facts import Leaving, Person, Spell
from lms.metrics.months import add_months, quarter_after


@dataclass(frozen=True, slots=True)
class Placed:
    """A person in a class, by these spells (none where the class asks only about the person)."""

    person: Person
    code: str
    spells: tuple[Spell, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """The day that is asked for, and the definitions in effect on it that others refer to."""

    valid_on: date
    definitions: Mapping[str, Definition]

    def seen(self, people: Iterable[Person]) -> list[Person]:
        """The people as they stood on the day: an end or a spell of later is not there."""
        return [self._seen(one) for one in people if one.enrolled_on <= self.valid_on]

    def _seen(self, one: Person) -> Person:
        ended = one.ended_on is not None and one.ended_on <= self.valid_on
        return replace(
            one,
            completed_on=one.completed_on if ended else None,
            left_on=one.left_on if ended else None,
            leaving=one.leaving if ended else None,
            spells=tuple(spell for spell in one.spells if spell.valid_from <= self.valid_on),
        )

    def members(self, definition: Definition, people: Sequence[Person]) -> list[Person]:
        """Those of the `seen` people whom the metric is about."""
        match definition.population:
            case Among(metric, classes):
                base = self.placed(self.definitions[metric], people)
                return [one.person for one in base if one.code in classes]
            case Population.ENROLLED:
                return list(people)
            case Population.EXITERS:
                return [one for one in people if one.ended_on]
            case Population.COMPLETERS:
                return [one for one in people if one.completed_on]
            case Population.COMPLETERS_AND_EARLY_HIRED:
                return [
                    one for one in people if one.completed_on or one.leaving is Leaving.EARLY_JOB
                ]

    def is_open(self, definition: Definition, people: Sequence[Person]) -> bool:
        """Whether somebody's day has not come; then the classes are those so far."""
        population = definition.population
        if isinstance(population, Among):
            base = self.definitions[population.metric]
            if self.is_open(base, people):
                return True
        return any(
            self.days(definition.day, one)[1] > self.valid_on
            for one in self.members(definition, people)
        )

    def placed(self, definition: Definition, people: Sequence[Person]) -> list[Placed]:
        return [self.place(definition, one) for one in self.members(definition, people)]

    def place(self, definition: Definition, person: Person) -> Placed:
        """The first class that fits on the person's day, or on the day of the question before it."""
        first, last = (min(day, self.valid_on) for day in self.days(definition.day, person))
        spells = [
            spell
            for spell in person.spells
            if spell.evidence_level >= definition.evidence_floor
            and spell.valid_from <= last
            and (spell.valid_to is None or spell.valid_to > first)
        ]
        for one in definition.classes:
            if fit := fitting(one.when, person, spells):
                return Placed(person, one.code, fit.spells)
        return Placed(person, OTHER)

    def days(self, day: Day, person: Person) -> tuple[date, date]:
        """The first and the last day on which the person is looked at."""
        match day:
            case AsOf():
                return self.valid_on, self.valid_on
            case After(event, days, months):
                only = add_months(self.event(event, person), months) + timedelta(days=days)
                return only, only
            case Census(on, begins):
                completed = self.event("completion", person)
                began = (completed.month, completed.day) >= begins
                only = date(completed.year + (1 if began else 0), *on)
                return only, only
            case QuarterAfter(event, number):
                return quarter_after(self.event(event, person), number)

    def event(self, event: str, person: Person) -> date:
        if event not in ("completion", "exit"):
            return self.days(self.definitions[event].day, person)[1]
        day = person.completed_on if event == "completion" else person.ended_on
        if day is None:
            raise ValueError(f"{person.key} has no {event}: the definition asks for a wrong day")
        return day


@dataclass(frozen=True, slots=True)
class Fit:
    spells: tuple[Spell, ...]


def fitting(when: When, person: Person, spells: Iterable[Spell]) -> Fit | None:
    """The spells of which one of the `when` holds; a Fit without spells where none is needed."""
    found: list[Spell] = []
    spells = list(spells)
    for conditions in when:
        if not all(_is_so(each, person) for each in conditions if each.of_person):
            continue
        of_spell = [each for each in conditions if not each.of_person]
        if not of_spell:
            return Fit(())
        found.extend(one for one in spells if all(_is_so(each, one) for each in of_spell))
    return Fit(tuple(dict.fromkeys(found))) if found else None


def _is_so(condition: Condition, of: Person | Spell) -> bool:
    return holds(condition, getattr(of, condition.field))


def holds(condition: Condition, value: Any) -> bool:
    """Whether it holds where the field has this value; None: not known."""
    match condition.operator:
        case "in":
            return value in condition.values
        case "not in":
            return value not in condition.values
        case "at least":
            return value is not None and value >= condition.values[0]
        case "under":
            return value is not None and value < condition.values[0]
