"""Which class every person is in, for every metric, counted by cohort.

What decides is asked of metrics/classifying.py once for each content that a fact has and once for each
day on which somebody ended (contents.py, days.py); here it is looked up for everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from lms.metrics.classifying import Question
from lms.metrics.definition import (
    Among,
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
from lms.outcomes.columns import Source
from lms.outcomes.contents import Contents
from lms.outcomes.days import Calendar, number_of
from lms.outcomes.gathering import Numbers, Truths, gather
from lms.outcomes.keeping import kept

UNKNOWN = Condition("kind", "in", (SpellKind.UNKNOWN.value,))
COMPLETED = Condition("completed_on", "not in", (None,), of_person=True)
HIRED_EARLY = Condition("leaving", "in", (Leaving.EARLY_JOB.value,), of_person=True)
PART = 1 << 16  # spells
FIRST, LAST = np.iinfo(np.int32).min, np.iinfo(np.int32).max  # numbers of days


def _evident(floor: int) -> Condition:
    return Condition("evidence_level", "at least", (floor,))


def _whens(metric: Definition) -> tuple[When, ...]:
    return tuple(one.when for one in metric.classes)


class Counting:
    """All that metrics ask of the cohorts of a source."""

    def __init__(self, question: Question, metrics: Iterable[Definition], source: Source) -> None:
        self.question = question
        self.valid_on = number_of(question.valid_on)
        self.cohorts = len(source.cohorts)
        metrics = self._with_those_referred_to(metrics)
        asked = [UNKNOWN, COMPLETED, HIRED_EARLY, _evident(0)]
        for metric in metrics:
            asked.append(_evident(metric.evidence_floor))
            asked += [one for when in _whens(metric) for conditions in when for one in conditions]
        self.of_person = Contents(one for one in asked if one.of_person)
        self.of_spell = Contents(one for one in asked if not one.of_person)
        self.people, self.spells = gather(
            source,
            of_person=self.of_person,
            of_spell=self.of_spell,
            measured=sorted(
                {one.measure.field for one in metrics if isinstance(one.measure, Median)}
            ),
        )
        self.calendar = Calendar(question, self.people.ends)
        # Where the contents of a person and of a spell, or last of none, meet in a `table`.
        width = len(self.spells.contents) + 1
        self.alone = self.people.content * width + width - 1
        self.cell = self.people.content[self.spells.person]
        self.cell *= width
        self.cell += self.spells.content
        self.end_of_spell = self.people.end[self.spells.person]
        # What is made of so many spells stays in the processor's cache.
        self.parts = [slice(at, at + PART) for at in range(0, len(self.cell), PART)]
        self.states = self._states()

    def _with_those_referred_to(self, metrics: Iterable[Definition]) -> list[Definition]:
        found = {one.id: one for one in metrics}
        for one in [*found.values()]:
            while isinstance(one.population, Among):
                one = self.question.definitions[one.population.metric]
                found[one.id] = one
        return [*found.values()]

    # contents

    @kept
    def _holds(self, condition: Condition) -> Truths:
        """Of each content of a person; or of each of a spell, and last of no spell."""
        if condition.of_person:
            return self.of_person.holds(condition, self.people.contents)
        return np.append(self.of_spell.holds(condition, self.spells.contents), False)

    @kept
    def _table(self, whens: tuple[When, ...], floor: int) -> Numbers:
        """The first class that fits, or how many there are, by the contents of person and spell."""
        shape = len(self.people.contents), len(self.spells.contents) + 1
        table = np.full(shape, len(whens), np.int32)
        for position, when in reversed([*enumerate(whens)]):
            for conditions in when:
                person, spell = (np.ones(size, bool) for size in shape)
                for one in conditions:
                    if one.of_person:
                        person &= self._holds(one)
                    else:
                        spell &= self._holds(one) & self._holds(_evident(floor))
                table[np.ix_(person, spell)] = position
        return table.ravel()

    # people

    @kept
    def _members(self, population: Population | Among) -> Truths:
        people = self.people
        match population:
            case Among(metric, codes):
                base = self.question.definitions[metric]
                positions = [at for at, one in enumerate(base.classes) if one.code in codes]
                return np.isin(self.classes(base), positions) & self._members(base.population)
            case Population.ENROLLED:
                return np.ones(len(people.cohort), bool)
            case Population.EXITERS:
                return people.ended
            case Population.COMPLETERS:
                return self._holds(COMPLETED)[people.content]
            case Population.COMPLETERS_AND_EARLY_HIRED:
                return (self._holds(COMPLETED) | self._holds(HIRED_EARLY))[people.content]

    def classes(self, metric: Definition) -> Numbers:
        """The position of each person's class on the metric's day, or so far; or how many there are."""
        return self._placed(metric.day, _whens(metric), metric.evidence_floor)

    @kept
    def _placed(self, day: Day, whens: tuple[When, ...], floor: int) -> Numbers:
        table = self._table(whens, floor)
        found: Numbers = table[self.alone]
        for at in self._looked_at(day):
            np.minimum.at(found, self.spells.person[at], table[self.cell[at]])
        return found

    def _looked_at(self, day: Day) -> Iterator[Numbers]:
        """Which spells are so on a person's day, or on one of several."""
        spells = self.spells
        first, last = self.calendar.days(day)
        ends = np.minimum(last, self.valid_on)
        begins = ends if first is last else np.minimum(first, self.valid_on)
        for part in self.parts:
            end = self.end_of_spell[part]
            begun = spells.valid_from[part] <= ends[end]
            yield part.start + np.flatnonzero(begun & (spells.valid_to[part] > begins[end]))

    @kept
    def _waited(self, day: Day, whens: tuple[When, ...], floor: int) -> tuple[Numbers, Numbers]:
        """Days until a person's first event, and its class; or as far as they were followed, and how
        many classes there are."""
        spells, table, none = self.spells, self._table(whens, floor), len(whens)
        begin = self.calendar.days(day)[1]
        # One number for the day and, of one day, the first class.
        first = np.where(table[self.alone] < none, table[self.alone], LAST)
        followed = np.zeros_like(first)
        no_event = self._table(whens, 0) == none
        no_event &= ~np.tile(self._holds(UNKNOWN), len(self.people.contents))
        for part in self.parts:
            person, cell = spells.person[part], self.cell[part]
            begins = begin[self.end_of_spell[part]]
            later = spells.valid_to[part] > begins
            event = np.where(later, table[cell], none)
            since = np.maximum(spells.valid_from[part] - begins, 0)
            event = np.where(event < none, since * (none + 1) + event, LAST)
            np.minimum.at(first, person, event)
            until = np.minimum(spells.valid_to[part], self.valid_on) - begins
            np.maximum.at(followed, person, np.where(later & no_event[cell], until, 0))
        is_lost = first == LAST
        days, ending = np.divmod(first, none + 1)
        return np.where(is_lost, followed, days), np.where(is_lost, none, ending)

    # cohorts

    def _states(self) -> list[WindowState]:
        begun = self._by_cohort(np.ones_like(self.people.ended))
        ended = self._by_cohort(self.people.ended)
        is_closed = (begun == self.people.everybody) & (begun == ended)
        return [
            WindowState.TO_OPEN if not some else WindowState.CLOSED if all_ else WindowState.RUNNING
            for some, all_ in zip(begun.tolist(), is_closed.tolist(), strict=True)
        ]

    def counts(self, metric: Definition) -> Numbers:
        """People by cohort and class; last those whom none fits."""
        return self._grouped(metric, self.classes(metric), len(metric.classes) + 1)

    def waits(self, metric: Definition, months: int) -> Numbers:
        """People by cohort, time and ending, as in metrics/incidence.py."""
        since, ending = self._waited(metric.day, _whens(metric), metric.evidence_floor)
        begin, end = self.calendar.days(metric.day)[1], self.people.end
        over = [self.calendar.after(metric.day, month) - begin for month in range(months + 1)]
        month = sum((since >= days[end] for days in over[1:]), np.zeros_like(end))
        time = month * DAYS + since - np.array(over)[month, end]
        time = np.where(since > over[-1][end], times(months) - 1, time)
        endings = len(metric.classes) + 1
        found = self._grouped(metric, time * endings + ending, times(months) * endings)
        return found.reshape(self.cohorts, times(months), endings)

    def values(self, metric: Definition, field: str) -> list[list[float]]:
        """By cohort what the people in the numerator's classes have: by the spell of the class that
        began last and says it; the highest, where several did."""
        spells, measured = self.spells, self.spells.measured[field]
        table, classes = self._table(_whens(metric), metric.evidence_floor), self.classes(metric)
        counted = [at for at, one in enumerate(metric.classes) if one.code in metric.numerator]
        asked = self._members(metric.population) & np.isin(classes, counted)
        asked &= table[self.alone] != classes  # else they are in the class without a spell
        at = np.concatenate([np.empty(0, np.intp), *self._looked_at(metric.day)])
        at = at[asked[spells.person[at]] & ~np.isnan(measured[at])]
        at = at[table[self.cell[at]] == classes[spells.person[at]]]
        last = np.full_like(classes, FIRST)
        np.maximum.at(last, spells.person[at], spells.valid_from[at])
        at = at[spells.valid_from[at] == last[spells.person[at]]]
        value = np.full(len(classes), -np.inf)
        np.maximum.at(value, spells.person[at], measured[at])
        people = np.flatnonzero(value > -np.inf)
        people = people[np.argsort(self.people.cohort[people], kind="stable")]
        ends = np.bincount(self.people.cohort[people], minlength=self.cohorts).cumsum()
        return [each.tolist() for each in np.split(value[people], ends[:-1])]

    def are_late(self, metric: Definition) -> Truths:
        """By cohort whether the day of somebody (of an incidence: the end of their months) is to come."""
        found = self._by_cohort(self._members(metric.population) & self._is_late(metric)) > 0
        if isinstance(metric.population, Among) and not isinstance(metric.measure, Incidence):
            found |= self.are_late(self.question.definitions[metric.population.metric])
        return found

    def _is_late(self, metric: Definition) -> Truths:
        days = self.calendar.days(metric.day)[1]
        if isinstance(metric.measure, Incidence):
            days = self.calendar.after(metric.day, metric.measure.months)
        return (days > self.valid_on)[self.people.end]

    def _by_cohort(self, which: Truths) -> Numbers:
        return np.bincount(self.people.cohort[which], minlength=self.cohorts)

    def _grouped(self, metric: Definition, value: Numbers, values: int) -> Numbers:
        """Members by cohort and value."""
        members = np.flatnonzero(self._members(metric.population))
        of = self.people.cohort[members] * values + value[members]
        return np.bincount(of, minlength=self.cohorts * values).reshape(self.cohorts, values)
