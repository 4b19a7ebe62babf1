"""One definition out of its YAML, as definition.py documents it, with the line of each mistake."""

from __future__ import annotations

import re
from collections.abc import Callable
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


def _contradictions(definition: Definition) -> list[tuple[str, str]]:
    """What is wrong between the parts: the key it is told at, and what to do."""
    found: list[tuple[str, str]] = []
    measure, population, day = definition.measure, definition.population, definition.day
    codes = [one.code for one in definition.classes]
    competing = measure.competing if isinstance(measure, Incidence) else ()
    for name, used in (
        ("numerator", definition.numerator),
        ("left_out", definition.left_out),
        ("measure", competing),
    ):
        for code in sorted(set(used) - {*codes, OTHER}):
            found.append(
                (name, f'"{code}" is no class: write one of {read.listed([*codes, OTHER])}.')
            )
    for code in sorted({code for code in codes if codes.count(code) > 1 or code == OTHER}):
        found.append(("classes", f'the class "{code}" is there already: give this another code.'))
    if not definition.numerator:
        found.append(("numerator", "nobody would count: name a class."))
    if twice := definition.numerator & {*definition.left_out, *competing}:
        message = (
            f"{read.listed(sorted(twice))} cannot count and be left out or compete: choose one."
        )
        found.append(("numerator", message))
    if isinstance(measure, Incidence) and OTHER in {*definition.numerator, *competing}:
        found.append(("measure", 'in "other" are those who still wait: write another class.'))
    if isinstance(measure, Incidence) and (
        idle := set(codes) - {*definition.numerator, *competing}
    ):
        message = f"{read.listed(sorted(idle))} neither counts nor competes: put it there."
        found.append(("classes", message))
    if isinstance(measure, Incidence) and definition.left_out:
        found.append(("left_out", "an incidence leaves nobody out: write [] and use competing."))
    if isinstance(measure, Incidence) and not (isinstance(day, After) and day.event in EVENTS):
        found.append(("day", "an incidence begins on a day of each person: write {after: …}."))
    event = getattr(day, "event", None) or ("completion" if isinstance(day, Census) else None)
    without_end = population is Population.ENROLLED
    not_completed = population in (Population.EXITERS, Population.COMPLETERS_AND_EARLY_HIRED)
    if (event and without_end) or (event == "completion" and not_completed):
        message = f"not all of {population} have such a day: use {{after: exit}} or as-of."
        found.append(("day", message))
    return found


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
    found = []
    for item in read.items(node, what):
        try:
            keys = read.mapping(item, "a class", ("code", "name", "when"))
            code = read.slug(keys["code"], "code")
            condition = when(keys["when"], f"when of {code}")
            found.append(Class(code, read.text(keys["name"], f"name of {code}"), condition))
        except Wrong as wrong:
            findings.append(wrong.finding)
    return tuple(found)
