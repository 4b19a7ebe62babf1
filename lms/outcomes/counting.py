"""Which class every person is in, for every metric, counted by cohort.

The people and their spells are columns of numbers (columns.py). What decides is asked of
metrics/classifying.py once for each content that a fact has and for each day on which somebody ended
(contents.py, days.py); here it is looked up for everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lms.metrics.classifying import Question
from lms.metrics.definition import (
    Among,
    AsOf,
    Condition,
    Day,
    Definition,
    Incidence,
    Median,
    Population,
    When,
)
from lms.metrics.facts import Leaving, SpellKind
from lms.metrics.figure import WindowState
from lms.metrics.incidence import DAYS, times
from lms.outcomes.columns import Source, native, pairs
from lms.outcomes.contents import Contents
from lms.outcomes.days import Calendar, number_of

Truths = NDArray[np.bool_]
Numbers = NDArray[Any]  # whole ones

UNKNOWN = Condition("kind", "in", (SpellKind.UNKNOWN.value,))
COMPLETED = Condition("completed_on", "not in", (None,), of_person=True)
HIRED_EARLY = Condition("leaving", "in", (Leaving.EARLY_JOB.value,), of_person=True)


def _evident(floor: int) -> Condition:
    return Condition("evidence_level", "at least", (floor,))


class Counting:
    """All that metrics ask of the cohorts of a source; a row of each answer is a cohort or a person."""

    def __init__(self, question: Question, metrics: Iterable[Definition], source: Source) -> None:
        self.question = question
        self.valid_on = number_of(question.valid_on)
        metrics = self._with_those_referred_to(metrics)
        asked = [
            UNKNOWN,
            COMPLETED,
            HIRED_EARLY,
            *(_evident(one.evidence_floor) for one in metrics),
        ]
        asked += [
            condition
            for metric in metrics
            for one in metric.classes
            for conditions in one.when
            for condition in conditions
        ]
        self.of_person = Contents(one for one in asked if one.of_person)
        self.of_spell = Contents(one for one in asked if not one.of_person)
        self.holds = cache(self._holds)
        self._read_people(source)
        fields = {one.measure.field for one in metrics if isinstance(one.measure, Median)}
        self._read_spells(source, sorted(fields))
        self.members = cache(self._members)
        self._table = cache(self._make_table)
        self._placed = cache(self._place)
        self._waited = cache(self._wait)

    def _with_those_referred_to(self, metrics: Iterable[Definition]) -> list[Definition]:
        found = {one.id: one for one in metrics}
        for one in [*found.values()]:
            while isinstance(one.population, Among):
                one = self.question.definitions[one.population.metric]
                found[one.id] = one
        return [*found.values()]

    # reading

    def _read_people(self, source: Source) -> None:
        people = source.people(self.of_person)
        rows, cohort = pairs(people["cohort"], np.array(source.cohorts, np.int64))
        self.cohorts = len(source.cohorts)
        people = {name: native(column[rows]) for name, column in people.items()}
        begun = people["enrolled_on"] <= self.valid_on
        everybody = np.bincount(cohort, minlength=self.cohorts)
        people = {name: column[begun] for name, column in people.items()}
        self.cohort, self.user, ended_on = cohort[begun], people["user"], people["ended_on"]
        self.ended = ended_on <= self.valid_on
        self.states = self._states(everybody)
        ends, self.end = _numbered(np.minimum(ended_on, self.valid_on))
        self.calendar = Calendar(self.question, ends)
        content = people["content"]
        if "intent" in self.of_person.digits:
            intents = source.intents(self.of_person)
            answers, at = pairs(intents["enrolment"], people["enrolment"])
            content[at] += intents["content"][answers]
        self.person_contents, self.content = _numbered(content)

    def _states(self, everybody: Numbers) -> list[WindowState]:
        begun = self._by_cohort(np.ones(len(self.cohort), bool))
        closed = (begun == everybody) & (begun == self._by_cohort(self.ended))
        states = np.where(
            begun == 0,
            WindowState.TO_OPEN,
            np.where(closed, WindowState.CLOSED, WindowState.RUNNING),
        )
        return [WindowState(state) for state in states.tolist()]

    def _read_spells(self, source: Source, measured: Sequence[str]) -> None:
        spells = source.spells(self.of_spell, measured)
        rows, self.person = pairs(spells["user"], self.user)
        spells = {name: native(column[rows]) for name, column in spells.items() if name != "user"}
        self.begins, self.ends = spells["valid_from"], spells["valid_to"]
        self.measured = {field: spells[field] for field in measured}
        self.spell_contents, content = _numbered(spells["content"])
        self.no_spell = len(self.spell_contents)
        # Where a person's and a spell's content meet in a table of all classes.
        self.cell_alone = self.content * (self.no_spell + 1) + self.no_spell
        self.cell = self.content[self.person] * (self.no_spell + 1) + content
        self.spell_end = self.end[self.person]

    # conditions

    def _holds(self, condition: Condition) -> Truths:
        """Of each content that a person has; or that a spell has, and last of no spell."""
        if condition.of_person:
            return self.of_person.holds(condition, self.person_contents)
        return np.append(self.of_spell.holds(condition, self.spell_contents), False)

    def _make_table(self, whens: tuple[When, ...], floor: int) -> Numbers:
        """The first class that fits, of each person's content with each spell's or with none."""
        table = np.full((len(self.person_contents), self.no_spell + 1), len(whens), np.uint8)
        for position, when in reversed([*enumerate(whens)]):
            for conditions in when:
                person, spell = np.ones(len(table), bool), np.ones(table.shape[1], bool)
                for one in conditions:
                    both = person if one.of_person else spell
                    both &= self.holds(one)
                if not all(one.of_person for one in conditions):
                    spell &= self.holds(_evident(floor))
                table[np.ix_(person, spell)] = position
        return table.ravel()

    # people

    def _members(self, population: Population | Among) -> Truths:
        match population:
            case Among(metric, codes):
                base = self.question.definitions[metric]
                positions = [at for at, one in enumerate(base.classes) if one.code in codes]
                return np.isin(self.classes(base), positions) & self.members(base.population)
            case Population.ENROLLED:
                return np.ones(len(self.cohort), bool)
            case Population.EXITERS:
                return self.ended
            case Population.COMPLETERS:
                return self.holds(COMPLETED)[self.content]
            case Population.COMPLETERS_AND_EARLY_HIRED:
                return (self.holds(COMPLETED) | self.holds(HIRED_EARLY))[self.content]

    def classes(self, metric: Definition) -> Numbers:
        """The position of the class of each person on the metric's day, or so far."""
        return self._placed(metric.day, _whens(metric), metric.evidence_floor)

    def _place(self, day: Day, whens: tuple[When, ...], floor: int) -> Numbers:
        table = self._table(whens, floor)
        found = table[self.cell_alone]
        rows = self._look(day)
        np.minimum.at(found, self.person[rows], table[self.cell[rows]])
        return found

    def _look(self, day: Day) -> Numbers:
        """The spells that are seen."""
        if isinstance(day, AsOf):
            return np.flatnonzero(self.ends > self.valid_on)
        first, last = (np.minimum(days, self.valid_on) for days in self.calendar.days(day))
        seen = (self.begins <= last[self.spell_end]) & (self.ends > first[self.spell_end])
        return np.flatnonzero(seen)

    def _wait(self, day: Day, whens: tuple[When, ...], floor: int) -> tuple[Numbers, Numbers]:
        """Days until the first event, or as far as somebody was followed; and the class, or none."""
        table, none = self._table(whens, floor), len(whens)
        begin = self.calendar.days(day)[1]
        rows = np.flatnonzero(self.ends > begin[self.spell_end])
        person, met = self.person[rows], table[self.cell[rows]]
        since = np.maximum(self.begins[rows] - begin[self.spell_end[rows]], 0)
        alone, never = table[self.cell_alone].astype(np.int32), np.iinfo(np.int32).max
        first = np.where(alone < none, alone, never)
        np.minimum.at(first, person, np.where(met < none, since * (none + 1) + met, never))
        waits = first == never
        rows = rows[waits[person]]
        person, cell = self.person[rows], self.cell[rows]
        unknown = np.tile(self.holds(UNKNOWN), len(self.person_contents))
        known = (self._table(whens, 0)[cell] == none) & ~unknown[cell]
        until = np.minimum(self.ends[rows], self.valid_on) - begin[self.spell_end[rows]]
        followed = np.zeros(len(first), np.int32)
        np.maximum.at(followed, person, np.where(known, until, 0))
        return np.where(waits, followed, first // (none + 1)), np.where(
            waits, none, first % (none + 1)
        )

    # cohorts

    def _by_cohort(self, people: Truths) -> Numbers:
        return np.bincount(self.cohort[people], minlength=self.cohorts)

    def counts(self, metric: Definition) -> Numbers:
        """People by cohort and class; last those whom none fits."""
        return self._grouped(metric, self.classes(metric), len(metric.classes) + 1)

    def waits(self, metric: Definition, months: int) -> Numbers:
        """People by cohort, time and ending, as incidence.Waits has them."""
        since, ending = self._waited(metric.day, _whens(metric), metric.evidence_floor)
        begin = self.calendar.days(metric.day)[1]
        over = np.array(
            [self.calendar.after(metric.day, month) - begin for month in range(months + 1)]
        )
        month = sum(since >= days[self.end] for days in over[1:])
        time = month * DAYS + since - over[month, self.end]
        time = np.where(since > over[-1][self.end], times(months) - 1, time)
        endings = len(metric.classes) + 1
        found = self._grouped(metric, time * endings + ending, times(months) * endings)
        return found.reshape(self.cohorts, -1, endings)

    def _grouped(self, metric: Definition, value: Numbers, values: int) -> Numbers:
        members = self.members(metric.population)
        of = self.cohort[members] * values + value[members]
        return np.bincount(of, minlength=self.cohorts * values).reshape(self.cohorts, values)

    def are_late(self, metric: Definition) -> Truths:
        """Whether somebody's day (of an incidence: the end of somebody's months) has not come."""
        if isinstance(metric.measure, Incidence):
            days = self.calendar.after(metric.day, metric.measure.months)
            return (
                self._by_cohort(self.members(metric.population) & (days > self.valid_on)[self.end])
                > 0
            )
        late = self.calendar.days(metric.day)[1] > self.valid_on
        found = self._by_cohort(self.members(metric.population) & late[self.end]) > 0
        if isinstance(metric.population, Among):
            found |= self.are_late(self.question.definitions[metric.population.metric])
        return found

    def values(self, metric: Definition, field: str) -> list[list[float]]:
        """By cohort what the people in the numerator have: by the spell of their class that began last
        and says it; the highest, where several did."""
        table, classes = self._table(_whens(metric), metric.evidence_floor), self.classes(metric)
        counted = [at for at, one in enumerate(metric.classes) if one.code in metric.numerator]
        asked = (
            np.isin(classes, counted)
            & self.members(metric.population)
            & (table[self.cell_alone] != classes)
        )
        rows = self._look(metric.day)
        person = self.person[rows]
        says = asked[person] & (table[self.cell[rows]] == classes[person])
        rows = rows[says & ~np.isnan(self.measured[field][rows])]
        last = np.full(len(classes), np.iinfo(np.int32).min, np.int32)
        np.maximum.at(last, self.person[rows], self.begins[rows])
        rows = rows[self.begins[rows] == last[self.person[rows]]]
        value = np.full(len(classes), -np.inf)
        np.maximum.at(value, self.person[rows], self.measured[field][rows])
        people = np.flatnonzero(value > -np.inf)
        people = people[np.argsort(self.cohort[people], kind="stable")]
        ends = np.bincount(self.cohort[people], minlength=self.cohorts).cumsum()
        return [each.tolist() for each in np.split(value[people], ends[:-1])]


def _whens(metric: Definition) -> tuple[When, ...]:
    return tuple(one.when for one in metric.classes)


def _numbered(values: Numbers) -> tuple[Numbers, Numbers]:
    """The different values, and of each value which of them it is."""
    different = np.unique(values)
    return different, np.searchsorted(different, values).astype(np.int32)
