"""A published claim ("1–5기 71.2 %") read, and held against every metric (pure).

A rate is met where it rounds to the claim at the claim's own precision, half up. Where none is met,
what is left to say is which denominators could have given it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from lms.metrics.figure import Figure

COHORTS = re.compile(r"(\d{1,3})\s*기?\s*(?:[-–—~∼∽〜至]|부터|to)\s*(\d{1,3})\s*기?", re.IGNORECASE)
COHORT = re.compile(r"(?:제?\s*(\d{1,3})\s*기|cohorts?\s*(\d{1,3}))", re.IGNORECASE)
PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d{1,4}))?\s*(?:%|％|퍼센트|프로|percent)", re.IGNORECASE)
COUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)\s*(?:명|people|graduates|of)", re.IGNORECASE)


class UnreadableClaim(ValueError):
    """No percentage was found in the text."""


@dataclass(frozen=True, slots=True)
class Claim:
    """low, high: the rates that round to it, from `low` up to below `high` (0 to 1).

    cohorts: their numbers; none means all. count: the numerator, where the text names one.
    """

    low: Fraction
    high: Fraction
    cohorts: tuple[int, ...] = ()
    count: int | None = None

    def is_met_by(self, part: int, whole: int) -> bool:
        return whole > 0 and self.low <= Fraction(part, whole) < self.high

    def denominators(self, part: int) -> range:
        """The whole numbers that make `part` of them round to the claim; maybe none."""
        if part <= 0 or self.low <= 0:
            return range(0)
        last = math.floor(part / self.low)
        first = math.floor(part / self.high) + 1
        return range(first, last + 1)


def read_claim(text: str) -> Claim:
    """Raises UnreadableClaim."""
    found = PERCENT.search(text)
    if found is None:
        raise UnreadableClaim
    decimals = len(found[2] or "")
    value = Fraction(int(found[1] + (found[2] or "")), 10**decimals * 100)
    half = Fraction(1, 2 * 100 * 10**decimals)
    rest = text[: found.start()] + " " + text[found.end() :]
    counts = [int(one[1].replace(",", "")) for one in COUNT.finditer(rest)]
    return Claim(value - half, value + half, _cohorts(rest), counts[0] if counts else None)


def _cohorts(text: str) -> tuple[int, ...]:
    numbers: set[int] = set()
    for one in COHORTS.finditer(text):
        first, last = sorted((int(one[1]), int(one[2])))
        numbers.update(range(first, last + 1))
    numbers.update(int(one[1] or one[2]) for one in COHORT.finditer(text))
    return tuple(sorted(numbers))


@dataclass(frozen=True, slots=True)
class Rate:
    """A metric for several cohorts together on a day; its cohorts' numerators and denominators added."""

    metric: str
    version: int
    valid_on: date
    numerator: int
    denominator: int


def together(figures: Iterable[Figure], cohorts: Sequence[int]) -> list[Rate]:
    """One rate for each metric and day that all of the cohorts have a figure for."""
    found: dict[tuple[str, int, date], list[Figure]] = {}
    for figure in figures:
        if int(figure.cohort) in cohorts and figure.denominator is not None:
            found.setdefault((figure.metric, figure.version, figure.valid_on), []).append(figure)
    return [
        Rate(
            *key, sum(one.numerator or 0 for one in rows), sum(one.denominator or 0 for one in rows)
        )
        for key, rows in found.items()
        if len(rows) == len(set(cohorts))
    ]


def explanations(claim: Claim, rates: Iterable[Rate]) -> list[Rate]:
    """The rates that give the claim, of one metric the latest day first; with its count where it has one."""
    met = [
        rate
        for rate in rates
        if claim.is_met_by(rate.numerator, rate.denominator)
        and claim.count in {None, rate.numerator, rate.denominator}
    ]
    return sorted(met, key=lambda rate: (rate.metric, -rate.valid_on.toordinal()))
