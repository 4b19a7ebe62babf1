"""One definition out of its YAML, as definition.py documents it, with the line of each mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

from yaml.nodes import MappingNode, Node, ScalarNode

from lms.metrics import yaml_nodes as read
from lms.metrics.definition import (
    EVENTS,
    OTHER,
    After,
    Among,
    AsOf,
    Census,
    Class,
    Day,
    Definition,
    Incidence,
    Measure,
    Median,
    Population,
    QuarterAfter,
    Share,
)
from lms.metrics.when_reader import NUMBERS, when
from lms.metrics.yaml_nodes import Finding, Wrong

KEYS = (
    "id", "version", "effective_on", "name", "meaning", "source", "population", "day",
    "evidence_floor", "classes", "numerator", "left_out", "measure",
)  # fmt: skip
MONTH_AND_DAY = re.compile(r"(\d\d)-(\d\d)")


def read_definition(node: Node | Finding) -> tuple[Definition | None, list[Finding]]:
    """The definition, or all that is wrong with it."""
    if isinstance(node, Finding):
        return None, [node]
    findings: list[Finding] = []
    try:
        keys = read.mapping(node, "a definition", KEYS)
    except Wrong as wrong:
        return None, [wrong.finding]

    def value(name: str, reader: Callable[[Node, str], object]) -> object:
        try:
            return reader(keys[name], name)
        except Wrong as wrong:
            findings.append(wrong.finding)
            return None

    values = {
        "id": value("id", read.slug),
        "version": value("version", read.positive),
        "effective_on": value("effective_on", read.date_of),
        "name": value("name", read.text),
        "meaning": value("meaning", read.text),
        "source": value("source", read.text),
        "population": value("population", _population),
        "day": value("day", _day),
        "evidence_floor": value("evidence_floor", read.level),
        "classes": value("classes", lambda item, name: _classes(item, name, findings)),
        "numerator": value("numerator", _codes),
        "left_out": value("left_out", _codes),
        "measure": value("measure", _measure),
    }
    if findings:
        return None, findings
    definition = Definition(**values)  # type: ignore[arg-type]
    findings = [
        Finding(read.line(keys[name]), message) for name, message in _contradictions(definition)
    ]
    return (None, findings) if findings else (definition, [])


Contradiction = tuple[str, str]  # the key it is told at, what is wrong and what to do


def _contradictions(definition: Definition) -> Iterator[Contradiction]:
    """What is wrong between the parts."""
    measure = definition.measure
    competing = measure.competing if isinstance(measure, Incidence) else ()
    codes = [*(one.code for one in definition.classes), OTHER]
    named = {
        "numerator": definition.numerator,
        "left_out": definition.left_out,
        "measure": competing,
    }
    for name, used in named.items():
        for code in sorted({*used} - {*codes}):
            yield name, f'"{code}" is no class: write one of {read.listed(codes)}.'
    if not definition.numerator:
        yield "numerator", "nobody would count: name a class."
    if twice := sorted(definition.numerator & {*definition.left_out, *competing}):
        what = f"{read.listed(twice)} cannot count and be left out or compete"
        yield "numerator", f"{what}: choose one."
    if isinstance(measure, Incidence):
        yield from _of_incidence(definition, measure)
    if not have_day(definition.population, event_of(definition.day)):
        yield "day", f"not all of {definition.population} have that day: {NO_DAY}"


def _of_incidence(definition: Definition, measure: Incidence) -> Iterator[Contradiction]:
    ending = {*definition.numerator, *measure.competing}
    if OTHER in ending:
        yield "measure", 'in "other" are those who still wait: write another class.'
    if idle := [one.code for one in definition.classes if one.code not in ending]:
        yield "classes", f"{read.listed(idle)} neither counts nor competes: put it there."
    if definition.left_out:
        yield "left_out", "an incidence leaves nobody out: write [] and use competing."
    if not (isinstance(definition.day, After) and definition.day.event in EVENTS):
        yield "day", "an incidence begins on a day of each person: write {after: …}."


NO_DAY = "ask as-of, or for {after: exit, …} of who completed or left."


def event_of(day: Day) -> str | None:
    """What must have happened to a person for the day to be known: an event, or a metric's id."""
    match day:
        case AsOf():
            return None
        case Census():
            return "completion"
        case After(event) | QuarterAfter(event):
            return event


def have_day(population: Population | Among, event: str | None) -> bool:
    """Whether the event happened to everybody; what refers to another metric is not judged here."""
    if event not in EVENTS or isinstance(population, Among):
        return True
    if event == "completion":
        return population is Population.COMPLETERS
    return population is not Population.ENROLLED


def _codes(node: Node, what: str) -> frozenset[str]:
    codes = [read.slug(item, what) for item in read.items(node, what)]
    if twice := {code for code in codes if codes.count(code) > 1}:
        raise Wrong(node, f"{what} has {read.listed(sorted(twice))} twice: delete one.")
    return frozenset(codes)


def _population(node: Node, what: str) -> Population | Among:
    if isinstance(node, MappingNode):
        keys = read.mapping(node, what, ("of", "classes"))
        classes = _codes(keys["classes"], f"{what}.classes")
        return Among(read.slug(keys["of"], f"{what}.of"), tuple(sorted(classes)))
    return Population(read.member(node, what, Population))


def _day(node: Node, what: str) -> Day:
    if isinstance(node, ScalarNode) and node.value == "as-of":
        return AsOf()
    keys = read.keys_of(node)
    if "census" in keys:
        parts = read.mapping(node, what, ("census", "year_begins"))
        return Census(*(_month_and_day(parts[name], name) for name in ("census", "year_begins")))
    if "quarter_after" in keys:
        parts = read.mapping(node, what, ("quarter_after", "number"))
        event = read.words(parts["quarter_after"], what)
        if event not in EVENTS:
            raise Wrong(node, f'{what} is "{event}": write one of {read.listed(EVENTS)}.')
        return QuarterAfter(event, read.whole(parts["number"], "number"))
    if "after" in keys:
        parts = read.mapping(node, what, ("after",), ("days", "months"))
        numbers = {
            name: read.whole(parts[name], name) for name in ("days", "months") if name in parts
        }
        return After(read.slug(parts["after"], what), **numbers)
    raise Wrong(node, f"{what} is unknown: write as-of, after, census or quarter_after.")


def _month_and_day(node: Node, what: str) -> tuple[int, int]:
    match = MONTH_AND_DAY.fullmatch(read.words(node, what))
    try:
        day = date(2023, *(int(part) for part in match.groups())) if match else None
    except ValueError:
        day = None
    if day is None:  # 29 February is refused: not every year has it
        raise Wrong(node, f'{what} is no day of every year: write it as "12-31".')
    return day.month, day.day


def _measure(node: Node, what: str) -> Measure:
    if isinstance(node, ScalarNode) and node.value == "share":
        return Share()
    keys = read.keys_of(node)
    if "median" in keys:
        field = read.words(read.mapping(node, what, ("median",))["median"], what)
        if field not in NUMBERS:
            raise Wrong(node, f'there is no median of "{field}": use {read.listed(NUMBERS)}.')
        return Median(field)
    if "incidence" in keys:
        parts = read.mapping(node, what, ("incidence", "competing"))
        months = read.positive(parts["incidence"], "incidence")
        return Incidence(months, tuple(sorted(_codes(parts["competing"], "competing"))))
    raise Wrong(node, f"{what} is unknown: write share, median or incidence.")


def _classes(node: Node, what: str, findings: list[Finding]) -> tuple[Class, ...]:
    """A class with a mistake is told and left out, so that all of them are looked at."""
    found: list[Class] = []
    for item in read.items(node, what):
        try:
            keys = read.mapping(item, "a class", ("code", "name", "when"))
            code = read.slug(keys["code"], "code")
            if code in {OTHER, *(one.code for one in found)}:
                raise Wrong(item, f'the class "{code}" is there already: give this another code.')
            condition = when(keys["when"], f"when of {code}")
            found.append(Class(code, read.text(keys["name"], f"name of {code}"), condition))
        except Wrong as wrong:
            findings.append(wrong.finding)
    return tuple(found)
