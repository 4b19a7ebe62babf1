"""From facts to figures: a metric's definition asked of one cohort on one day.

A figure depends on the definition, the cohort's people and the day, and on nothing else. Values come
from unrounded counts; where no rate can be given yet, the figure says why and still has its classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from lms.metrics.classifying import Placed, Question, fitting
from lms.metrics.definition import OTHER, Definition, Incidence, Median
from lms.metrics.definition_files import definitions
from lms.metrics.facts import Person, SpellKind
from lms.metrics.figure import Figure, WindowState
from lms.metrics.incidence import Wait, counted, estimates
from lms.metrics.months import add_months, span
from lms.metrics.tally import Tally, figure_of


def figures(people: Iterable[Person], *, valid_on: date) -> list[Figure]:
    """Every metric in effect on the day, cohort by cohort in the order of their first people."""
    cohorts: dict[str, list[Person]] = {}
    for person in people:
        cohorts.setdefault(person.cohort, []).append(person)
    metrics = definitions(on=valid_on)
    return [
        evaluate(metric, members, valid_on=valid_on, others=metrics)
        for members in cohorts.values()
        for metric in metrics.values()
    ]


def evaluate(
    definition: Definition,
    people: Sequence[Person],
    *,
    valid_on: date,
    others: Mapping[str, Definition] | None = None,
) -> Figure:
    """One metric of all the people of one cohort; `others` are the metrics it may refer to.

    Raises:
        ValueError: the people are of several cohorts.
    """
    cohorts = {person.cohort for person in people}
    if len(cohorts) > 1:
        raise ValueError(f"one cohort at a time, not {', '.join(sorted(cohorts))}")
    question = Question(valid_on, definitions(on=valid_on) if others is None else others)
    cohort = cohorts.pop() if cohorts else ""
    return figure_of(
        definition, _tally(definition, people, question), cohort=cohort, valid_on=valid_on
    )


def _tally(definition: Definition, people: Sequence[Person], question: Question) -> Tally:
    seen = question.seen(people)
    state = _state_of_cohort(people, seen)
    if isinstance(definition.measure, Incidence):
        members = question.members(definition, seen)
        months = definition.measure.months
        ends = [add_months(question.days(definition.day, one)[1], months) for one in members]
        endings = [one.code for one in definition.classes]
        waits = (_wait(definition, person, question) for person in members)
        (estimate,) = estimates(
            counted(waits, months=months, endings=endings)[None], endings=endings
        )
        late = any(end > question.valid_on for end in ends)
        return Tally(state=state, classes=estimate.met, is_late=late, incidence=estimate)
    placed = question.placed(definition, seen)
    number = Counter(one.code for one in placed)
    return Tally(
        state=state,
        classes={code: number[code] for code in [*(one.code for one in definition.classes), OTHER]},
        is_late=question.is_open(definition, seen),
        values=_values(definition, placed),
    )


def _state_of_cohort(people: Sequence[Person], seen: Sequence[Person]) -> WindowState:
    if not seen:
        return WindowState.TO_OPEN
    if len(seen) < len(people) or any(person.ended_on is None for person in seen):
        return WindowState.RUNNING
    return WindowState.CLOSED


def _values(definition: Definition, placed: Iterable[Placed]) -> list[float]:
    """Of those in the numerator's classes, by the spell that began last and says the value; the
    highest, where several did."""
    if not isinstance(definition.measure, Median):
        return []
    values: list[float] = []
    for one in placed:
        if one.code in definition.numerator:
            said = [
                (spell.valid_from, value)
                for spell in one.spells
                if (value := getattr(spell, definition.measure.field)) is not None
            ]
            values.extend(value for _, value in sorted(said)[-1:])
    return values


def _wait(definition: Definition, person: Person, question: Question) -> Wait:
    """Until the first spell of a class, or until the last day on which the status was known.

    Who is said to seek work is followed on little evidence, too; who is said to have it is not.
    """
    begin = question.days(definition.day, person)[1]
    later = [one for one in person.spells if one.valid_to is None or one.valid_to > begin]
    evident = [one for one in later if one.evidence_level >= definition.evidence_floor]
    events: list[tuple[date, str]] = []
    for one in definition.classes:
        if fit := fitting(one.when, person, evident):
            days = [max(begin, spell.valid_from) for spell in fit.spells] or [begin]
            events.append((min(days), one.code))
    if events:
        day, code = min(events, key=lambda event: event[0])  # of one day, the first class
        return Wait(span(begin, day), code)
    known = [
        min(spell.valid_to or question.valid_on, question.valid_on)
        for spell in later
        if spell.kind is not SpellKind.UNKNOWN
        and not any(fitting(one.when, person, [spell]) for one in definition.classes)
    ]
    return Wait(span(begin, max([begin, *known])), None)
