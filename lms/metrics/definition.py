"""A metric's definition: who is asked about, on which day, into which classes, and which of them count.

The file definitions/<id>.v<version>.yaml is read into a `Definition` (definition_files.py); a mistake
is told with file and line. Every version of a definition stays: a published report names the versions
it used.

    id: kedi-employment            what it is called for ever
    version: 1                     another number whenever a figure could change
    effective_on: 2014-12-31       questions asked for this day or later are answered with it
    name: {ko: …, en: …}
    meaning: {ko: …, en: …}        numerator and denominator in a sentence each, printed with the figure
    source: {ko: …, en: …}         the standard and clause; what was assumed where it is uncertain
    population: completers         or enrolled, exiters, completers-and-early-hired,
                                   or {of: another metric, classes: [its classes]}
    day: as-of                     or {after: completion | exit, days: n | months: n}
                                   or {census: "12-31", year_begins: "03-01"}
                                   or {quarter_after: exit, number: 2}: any day of it
                                   or {after: another metric, months: n}: that long after its day
    evidence_floor: 3              a spell with less evidence is not seen
    classes:                       a person is in the first that fits; none fits: "other",
                                   which numerator and left_out may name, too
      - code: insured
        name: {ko: …, en: …}
        when: {kind: employee, insured: true}
    numerator: [insured]
    left_out: []                   of the denominator
    measure: share                 or {median: base_pay}, or {incidence: months, competing: [classes]}

`when` holds of one spell when all its words do; a list holds when any of its members does. A word is
a field of facts.Spell with a value, a list of values, {at_least: n}, {under: n} or null (not known);
{not: value or values} holds also where it is not known, unless null is one of the values. A word
`person.…` is a field of facts.Person; a `when` with only such words needs no spell.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True)
class Text:
    ko: str
    en: str

    def in_(self, locale: str) -> str:
        return self.en if locale == "en" else self.ko


class Population(StrEnum):
    ENROLLED = "enrolled"
    COMPLETERS = "completers"
    EXITERS = "exiters"  # whoever completed or left
    COMPLETERS_AND_EARLY_HIRED = "completers-and-early-hired"


@dataclass(frozen=True, slots=True)
class Among:
    """The people whom another metric puts into some of its classes, on that metric's day."""

    metric: str
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AsOf:
    """The day the question is asked for."""


EVENTS = ("completion", "exit")


@dataclass(frozen=True, slots=True)
class After:
    """So long after a person's completion or exit, or after the day of another metric."""

    event: str
    days: int = 0
    months: int = 0

    @property
    def is_of_metric(self) -> bool:
        return self.event not in EVENTS


@dataclass(frozen=True, slots=True)
class Census:
    """One day for all who completed within a year of that standard.

    The year begins on `begins` (month, day) of one calendar year and its census is on `on` of the next.
    """

    on: tuple[int, int]
    begins: tuple[int, int]


@dataclass(frozen=True, slots=True)
class QuarterAfter:
    """The calendar quarter that is the `number`th after the one a person's exit falls into."""

    event: str
    number: int


Day = AsOf | After | Census | QuarterAfter
Value = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One word of a `when`: `field` compared with `values`."""

    field: str
    operator: Literal["in", "not in", "at least", "under"]
    values: tuple[Value, ...]
    of_person: bool = False


When = tuple[tuple[Condition, ...], ...]  # any of (all of)


@dataclass(frozen=True, slots=True)
class Class:
    code: str
    name: Text
    when: When


@dataclass(frozen=True, slots=True)
class Share:
    """The numerator's part of the denominator."""


@dataclass(frozen=True, slots=True)
class Median:
    """The middle of a field of the spells that put people into the numerator's classes."""

    field: str


@dataclass(frozen=True, slots=True)
class Incidence:
    """The Aalen-Johansen estimate of the first spell of the numerator's classes, by month since the
    day; the classes of `competing` end the wait in another way."""

    months: int
    competing: tuple[str, ...]


Measure = Share | Median | Incidence
OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    id: str
    version: int
    effective_on: date
    name: Text
    meaning: Text
    source: Text
    population: Population | Among
    day: Day
    evidence_floor: int
    classes: tuple[Class, ...]
    numerator: frozenset[str]
    left_out: frozenset[str]
    measure: Measure

    @property
    def title(self) -> str:
        return f"{self.id}/{self.version}"
