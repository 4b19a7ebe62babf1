"""From facts to figures: a metric's definition asked of one cohort on one day.

A figure depends on the definition, the cohort's people and the day, and on nothing else. Values come
from unrounded counts; where no rate can be given yet, the figure says why and still has its classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import takewhile
from statistics import median

from lms.metrics import incidence
from lms.metrics.classifying import Placed, Question, evident, fitting
from lms.metrics.definition import OTHER, Definition, Incidence, Median, Share
from lms.metrics.definition_files import definitions
from lms.metrics.facts import Person, SpellKind
from lms.metrics.figure import Figure, WindowState
from lms.metrics.intervals import wilson
from lms.metrics.months import add_months, span

AT_RISK_SHOWN = 10  # a curve of fewer says more about single people than about a cohort


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
    seen = question.seen(people)
    blank = Figure(
        metric=definition.id,
        version=definition.version,
        cohort=cohorts.pop() if cohorts else "",
        valid_on=valid_on,
        window_state=_state_of_cohort(people, seen),
        classes=_counted(definition, ()),
    )
    if isinstance(definition.measure, Incidence):
        return _incidence(blank, definition, definition.measure, question, seen)
    placed = question.placed(definition, seen)
    figure = replace(blank, classes=_counted(definition, [one.code for one in placed]))
    if figure.window_state is not WindowState.CLOSED:
        return figure
    if question.is_open(definition, seen):
        return replace(figure, window_state=WindowState.OPEN)
    match definition.measure:
        case Share():
            return _share(figure, definition)
        case Median(field):
            return _median(figure, definition, field, placed)


def _state_of_cohort(people: Sequence[Person], seen: Sequence[Person]) -> WindowState:
    if not seen:
        return WindowState.TO_OPEN
    if len(seen) < len(people) or any(person.ended_on is None for person in seen):
        return WindowState.RUNNING
    return WindowState.CLOSED


def _counted(definition: Definition, codes: Iterable[str]) -> dict[str, int]:
    """Every class of the definition, in its order, with how many are in it."""
    counts = Counter(codes)
    return {code: counts[code] for code in [*(one.code for one in definition.classes), OTHER]}


def _of(figure: Figure, codes: Iterable[str]) -> int:
    return sum(figure.classes[code] for code in codes)


def _share(figure: Figure, definition: Definition) -> Figure:
    denominator = figure.population - _of(figure, definition.left_out)
    if not denominator:
        return replace(figure, window_state=WindowState.NOBODY)
    numerator = _of(figure, definition.numerator)
    return replace(
        figure,
        numerator=numerator,
        denominator=denominator,
        value=numerator / denominator,
        interval=wilson(numerator, denominator),
    )


def _median(figure: Figure, definition: Definition, field: str, placed: Iterable[Placed]) -> Figure:
    """Of those in the numerator's classes, by the spell that began last and says the value."""
    values = []
    for one in placed:
        if one.code in definition.numerator:
            spells = sorted(one.spells, key=lambda spell: spell.valid_from)
            known = [value for spell in spells if (value := getattr(spell, field)) is not None]
            values.extend(known[-1:])
    if not values:
        return replace(figure, window_state=WindowState.NOBODY)
    return replace(
        figure,
        numerator=len(values),
        denominator=_of(figure, definition.numerator),
        value=median(values),
    )


def _incidence(
    blank: Figure,
    definition: Definition,
    measure: Incidence,
    question: Question,
    seen: Sequence[Person],
) -> Figure:
    """Censoring is what an open window is here: it is open only while no one was followed so far."""
    members = question.members(definition, seen)
    waits = [_wait(definition, person, question) for person in members]
    horizon = (measure.months, 0)
    codes = [wait.ending or OTHER if wait.time <= horizon else OTHER for wait in waits]
    figure = replace(blank, classes=_counted(definition, codes))
    if figure.window_state is not WindowState.CLOSED:
        return figure
    if not incidence.followed(waits, months=measure.months):
        ends = [
            add_months(question.days(definition.day, one)[1], measure.months) for one in members
        ]
        late = any(end > question.valid_on for end in ends)
        return replace(figure, window_state=WindowState.OPEN if late else WindowState.NOBODY)
    endings = [one.code for one in definition.classes]
    steps = incidence.curve(waits, months=measure.months, endings=endings)
    return replace(
        figure,
        numerator=_of(figure, definition.numerator),
        denominator=len(waits),
        value=sum(steps[-1].shares[code] for code in sorted(definition.numerator)),
        curve=tuple(takewhile(lambda step: step.at_risk >= AT_RISK_SHOWN, steps)),
    )


def _wait(definition: Definition, person: Person, question: Question) -> incidence.Wait:
    """Until the first spell of a class, or until the last day on which the status was known."""
    begin = question.days(definition.day, person)[1]
    spells = [
        spell
        for spell in evident(definition, person)
        if spell.valid_to is None or spell.valid_to > begin
    ]
    events: list[tuple[date, str]] = []
    for one in definition.classes:
        if fit := fitting(one.when, person, spells):
            days = [max(begin, spell.valid_from) for spell in fit.spells] or [begin]
            events.append((min(days), one.code))
    if events:
        day, code = min(events, key=lambda event: event[0])  # of one day, the first class
        return incidence.Wait(span(begin, day), code)
    known = [
        min(spell.valid_to or question.valid_on, question.valid_on)
        for spell in spells
        if spell.kind is not SpellKind.UNKNOWN
    ]
    return incidence.Wait(span(begin, max([begin, *known])), None)
