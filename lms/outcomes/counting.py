"""One statement that counts everything all metrics ask of some cohorts: who is in which class.

It passes once over the cohorts' people and their spells, both read from indexes in their order
(models.py), so its cost grows with the people and not with the metrics' number of joins:

    people   one row per enrolment as known then, with the days on which each metric looks at it
    persons  people and their spells grouped by enrolment: per question the first class that fits
    counts   persons grouped by cohort

Metrics that look at the same days, with the same evidence, for the same classes are one `Looking`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Float,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import array

from lms.cohorts.models import EnrolmentRecord
from lms.metrics.classifying import Question
from lms.metrics.definition import (
    Among,
    AsOf,
    Day,
    Definition,
    Incidence,
    Median,
    Population,
    When,
)
from lms.metrics.facts import Leaving, SpellKind
from lms.outcomes.compiling import class_of_person, class_of_spell, earlier, number
from lms.outcomes.days import Days
from lms.outcomes.models import IntentAnswer, StatusSpell
from lms.recorded import known

ENDING_BITS = 64  # a wait is days * 64 + the position of its class; 63: nothing ended it
NO_ENDING = ENDING_BITS - 1
END_BITS = 1 << 24  # days; before them the day of the end, counted from the first one's
EPOCH = date(1970, 1, 1)


class Looking(NamedTuple):
    """What a person's class follows from."""

    day: Day
    floor: int
    whens: tuple[When, ...]
    incidence: bool

    @classmethod
    def of(cls, definition: Definition) -> Looking:
        return cls(
            definition.day,
            definition.evidence_floor,
            tuple(one.when for one in definition.classes),
            isinstance(definition.measure, Incidence),
        )


class Counting:
    """The question to all metrics together, for people whose ends lie between two days."""

    def __init__(
        self,
        question: Question,
        metrics: Iterable[Definition],
        *,
        recorded: datetime | None,
        first_end: date,
        last_end: date,
    ) -> None:
        self.question = question
        self.valid_on = question.valid_on
        self.recorded = recorded
        self.metrics = self._with_those_referred_to(metrics)
        self.lookings = list(dict.fromkeys(Looking.of(one) for one in self.metrics))
        self.counted = list(
            dict.fromkeys((self.looking(one), one.population) for one in self.metrics)
        )
        self.populations = list(dict.fromkeys(population for _, population in self.counted))
        self.medians = [one for one in self.metrics if isinstance(one.measure, Median)]
        rules = list(dict.fromkeys(looking.day for looking in self.lookings))
        self.days = Days(question, rules, first=first_end, last=last_end)

    def _with_those_referred_to(self, metrics: Iterable[Definition]) -> list[Definition]:
        found = {one.id: one for one in metrics}
        for one in [*found.values()]:
            while isinstance(one.population, Among):
                one = self.question.definitions[one.population.metric]
                found[one.id] = one
        return [*found.values()]

    def looking(self, definition: Definition) -> int:
        return self.lookings.index(Looking.of(definition))

    # people

    def _people(self, cohorts: Sequence[int]) -> Any:
        record = EnrolmentRecord
        end = func.coalesce(record.completed_on, record.left_on)
        begun = record.enrolled_on <= self.valid_on
        ended = and_(begun, end <= self.valid_on)
        inner = (
            select(
                record.cohort_id, record.id, record.user_id, record.enrolled_on,
                begun.label("begun"),
                case((ended, end)).label("ended_on"),
                case((ended, record.completed_on)).label("completed_on"),
                case((ended, record.left_on)).label("left_on"),
                case((ended, record.leaving)).label("leaving"),
                (IntentAnswer.answer if self._asks_intent else null()).label("intent"),
            )
            .where(record.cohort_id.in_(cohorts), known(record, self.recorded))
        )  # fmt: skip
        if self._asks_intent:
            inner = inner.outerjoin(
                IntentAnswer,
                and_(
                    IntentAnswer.enrolment_id == record.enrolment_id,
                    known(IntentAnswer, self.recorded),
                ),
            )
        seen = inner.subquery("seen")
        return (
            select(*seen.c, *self.days.columns(seen.c.ended_on))
            .order_by(seen.c.cohort_id, seen.c.id)
            # So that the days are looked up once per person; a plain 0 would hinder parallel plans.
            .offset(literal_column("'0'"))
            .subquery("people")
        )

    @property
    def _asks_intent(self) -> bool:
        return any(
            condition.of_person and condition.field == "intent"
            for looking in self.lookings
            for when in looking.whens
            for conditions in when
            for condition in conditions
        )

    # persons

    def _persons(self, cohorts: Sequence[int]) -> Any:
        people, spell = self._people(cohorts), StatusSpell
        found = [self._class(people, looking) for looking in self.lookings]
        flags = {
            population: func.bool_or(condition)
            for population, condition in self._plain_members(people).items()
        }
        member = {
            population: flags[population]
            if isinstance(population, Population)
            else self._among(population, found, flags)
            for population in self.populations
        }
        columns = [
            case((member[population], found[looking])).label(f"class_{position}")
            for position, (looking, population) in enumerate(self.counted)
        ]
        columns += [
            member[population].label(f"member_{position}")
            for position, population in enumerate(self.populations)
        ]
        columns += [
            value.label(f"value_{position}")
            for position, definition in enumerate(self.medians)
            for value in [self._value(people, definition, found, member)]
        ]
        return (
            select(
                people.c.cohort_id,
                func.min(people.c.ended_on).label("ended_on"),
                func.bool_or(people.c.begun).label("begun"),
                *columns,
            )
            .select_from(people)
            .outerjoin(
                spell,
                and_(
                    spell.user_id == people.c.user_id,
                    spell.valid_from <= self.valid_on,
                    known(spell, self.recorded),
                ),
            )
            .group_by(people.c.cohort_id, people.c.id)
            .subquery("persons")
        )

    def _plain_members(self, people: Any) -> dict[Population | Among, ColumnElement[bool]]:
        completed = people.c.completed_on.is_not(None)
        return {
            Population.ENROLLED: people.c.begun,
            Population.EXITERS: people.c.ended_on.is_not(None),
            Population.COMPLETERS: completed,
            Population.COMPLETERS_AND_EARLY_HIRED: or_(
                completed, func.coalesce(people.c.leaving, "") == Leaving.EARLY_JOB.value
            ),
        }

    def _among(
        self, population: Among, found: list[ColumnElement[int]], flags: Any
    ) -> ColumnElement[bool]:
        """In some classes of another metric, and of that one's population."""
        base = self.question.definitions[population.metric]
        codes = [one.code for one in base.classes]
        positions = [number(codes.index(code)) for code in population.classes]
        within = func.coalesce(found[self.looking(base)].in_(positions), False)
        wider = base.population
        return and_(
            within,
            flags[wider] if isinstance(wider, Population) else self._among(wider, found, flags),
        )

    def _class(self, people: Any, looking: Looking) -> ColumnElement[int]:
        """The aggregate of a person's spells: the first class that fits, or the wait."""
        if looking.incidence:
            return self._wait(people, looking)
        return func.min(self._position(people, looking))

    def _position(self, people: Any, looking: Looking) -> ColumnElement[int]:
        of_spell = class_of_spell(looking.whens, people.c)
        if of_spell is not None:
            of_spell = case((self._is_looked_at(people, looking), of_spell))
        return earlier(class_of_person(looking.whens, people.c), of_spell)

    def _is_looked_at(self, people: Any, looking: Looking) -> ColumnElement[bool]:
        spell = StatusSpell
        first, last = (of(people, looking.day) for of in (self.days.first_of, self.days.last_of))
        tests: list[ColumnElement[bool]] = [or_(spell.valid_to.is_(None), spell.valid_to > first)]
        if not isinstance(looking.day, AsOf):
            tests.insert(0, spell.valid_from <= last)
        if looking.floor:
            tests.append(spell.evidence_level >= number(looking.floor))
        return and_(*tests)

    def _wait(self, people: Any, looking: Looking) -> ColumnElement[int]:
        """Days from the begin to the first event, or as far as the person was followed."""
        spell = StatusSpell
        begin = self.days.last_of(people, looking.day)
        later = or_(spell.valid_to.is_(None), spell.valid_to > begin)
        until = func.least(func.coalesce(spell.valid_to, self.valid_on), self.valid_on)
        known_then = [later, spell.kind != SpellKind.UNKNOWN.value]
        event = class_of_spell(looking.whens, people.c)
        if event is not None:
            known_then.append(event.is_(None))
            evident = and_(later, spell.evidence_level >= number(looking.floor))
            waited = func.greatest(spell.valid_from - begin, number(0))
            event = case((evident, waited * number(ENDING_BITS) + event))
        followed = case((and_(*known_then), func.greatest(until - begin, number(0))))
        return func.coalesce(
            func.min(earlier(class_of_person(looking.whens, people.c), event)),
            func.coalesce(func.max(followed), number(0)) * number(ENDING_BITS) + number(NO_ENDING),
        )

    def _value(
        self, people: Any, definition: Definition, found: Any, member: Any
    ) -> ColumnElement[float]:
        """Of the class's spell that began last and says the value; the highest, where several did."""
        assert isinstance(definition.measure, Median)
        looking = Looking.of(definition)
        position = self._position(people, looking)
        value = StatusSpell.__table__.c[definition.measure.field]
        began = cast(StatusSpell.valid_from - literal(EPOCH, Date), Float)
        of_class = [
            (
                found[self.looking(definition)] == number(at),
                func.max(array([began, cast(value, Float)])).filter(
                    position == number(at), value.is_not(None)
                )[2],
            )
            for at, one in enumerate(definition.classes)
            if one.code in definition.numerator
        ]
        return case((member[definition.population], case(*of_class)))

    # counts

    def of(self, cohorts: Sequence[int]) -> Select[Any]:
        """A row per cohort; `Row` of computing.py says what it holds."""
        persons = self._persons(cohorts)
        columns: list[ColumnElement[Any]] = [
            func.count().filter(persons.c.begun).label("begun"),
            func.count().filter(persons.c.begun, persons.c.ended_on.is_(None)).label("taking_part"),
            func.count().label("people"),
        ]
        for position in range(len(self.populations)):
            member = persons.c[f"member_{position}"]
            columns.append(func.count().filter(member).label(f"members_{position}"))
            columns.append(func.max(persons.c.ended_on).filter(member).label(f"last_{position}"))
        for position, (at, _) in enumerate(self.counted):
            looking, found = self.lookings[at], persons.c[f"class_{position}"]
            if looking.incidence:
                end = cast(persons.c.ended_on - literal(self.days.first, Date), BigInteger)
                wait = end * literal(END_BITS * ENDING_BITS, BigInteger) + found
                columns.append(
                    func.array_agg(wait).filter(found.is_not(None)).label(f"waits_{position}")
                )
                continue
            columns += [
                func.count().filter(found == number(code)).label(f"count_{position}_{code}")
                for code in range(len(looking.whens))
            ]
        for position in range(len(self.medians)):
            value = persons.c[f"value_{position}"]
            columns.append(
                func.array_agg(value).filter(value.is_not(None)).label(f"values_{position}")
            )
        return select(persons.c.cohort_id, *columns).group_by(persons.c.cohort_id)
