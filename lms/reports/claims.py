"""A published claim ("1–5기 71.2 %", "724 of 1,221") read, and held against every metric (pure).

A rate is met where it rounds to the claim at the claim's own precision, half up. Where none is met,
what is left to say is which denominators could have given it, and who would have to be left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import combinations

from lms.metrics.figure import Figure

_AND = r"\s*(?:[-–—~∼∽〜,·ㆍ&]|부터|에서|와|과|및|to|and)\s*"
_GI = "기(?![준간관업타존])"  # a cohort's counter, not the beginning of another word (기준: as of)
_NUMBER = r"(?<![\d.,])(\d{1,3}(?:,\d{3})+|\d+)(?![\d.]|,\d)"
COHORTS = re.compile(
    rf"(?<![\d.-])((?:제?\s*\d{{1,2}}\s*기?{_AND})*제?\s*\d{{1,2}}\s*{_GI})"
    rf"|cohorts?\s*(\d{{1,2}}(?:{_AND}\d{{1,2}})*)(?!\d)",
    re.IGNORECASE,
)
RANGE = re.compile(
    r"(\d{1,2})\s*기?\s*(?:[-–—~∼∽〜]|부터|에서|to)\s*제?\s*(\d{1,2})", re.IGNORECASE
)
PERCENT = re.compile(
    r"(?<![\d.,])(\d{1,3})(?:[.,](\d{1,4}))?\s*(?:%|％|퍼센트|프로|percent)", re.IGNORECASE
)
OF = re.compile(
    rf"{_NUMBER}\s*(?:people|graduates|completers)?\s*(?:(?:out\s+)?of|/)\s*(?:the\s+)?{_NUMBER}",
    re.IGNORECASE,
)
AMONG = re.compile(rf"{_NUMBER}\s*명?\s*(?:중|가운데)\D{{0,12}}{_NUMBER}\s*명")
COUNT = re.compile(rf"{_NUMBER}\s*(?:명|people|graduates|completers|of)", re.IGNORECASE)


class UnreadableClaim(ValueError):
    """The text has neither a percentage nor a count of a count."""


@dataclass(frozen=True, slots=True)
class Claim:
    """low, high: the rates that it tells of, from `low` up to below `high` (0 to 1).

    cohorts: their numbers; none means all. counts: the numerator or the denominator where the text
    names one of them, or both. percent: as it was written, without its sign; empty for bare counts.
    """

    low: Fraction
    high: Fraction
    cohorts: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()
    percent: str = ""

    @property
    def decimals(self) -> int:
        """To how many the rates beside it are written; one at least."""
        return max(1, len(self.percent.partition(".")[2]))

    def is_met_by(self, part: int, whole: int) -> bool:
        return (
            whole > 0
            and self.low <= Fraction(part, whole) < self.high
            and set(self.counts) <= {part, whole}
        )

    def denominators(self, part: int) -> range:
        """The whole numbers that make `part` of them round to the claim; maybe none."""
        if part <= 0 or self.low <= 0:
            return range(0)
        last = math.floor(part / self.low)
        first = math.floor(part / self.high) + 1
        return range(max(first, part), last + 1)


def read_claim(text: str) -> Claim:
    """Raises UnreadableClaim."""
    percent = PERCENT.search(text)
    rest = text if percent is None else text[: percent.start()] + " " + text[percent.end() :]
    counts = _counts(rest)
    if percent is None:
        if len(counts) < 2 or not counts[1]:
            raise UnreadableClaim
        return Claim(*_only(*counts), _cohorts(rest), tuple(counts))
    decimals = len(percent[2] or "")
    value = Fraction(int(percent[1] + (percent[2] or "")), 10**decimals * 100)
    half = Fraction(1, 2 * 100 * 10**decimals)
    written = percent[1] + (f".{percent[2]}" if percent[2] else "")
    return Claim(value - half, value + half, _cohorts(rest), tuple(counts), written)


def _only(part: int, whole: int) -> tuple[Fraction, Fraction]:
    """Rates between which `part` people have no other whole."""
    return Fraction(part, whole), Fraction(2 * max(part, 1), 2 * whole - 1)


def _counts(text: str) -> list[int]:
    """The part and the whole, or one of them, or nothing."""
    if found := OF.search(text):
        numbers = [found[1], found[2]]
    elif found := AMONG.search(text):
        numbers = [found[2], found[1]]
    else:
        numbers = [one[1] for one in COUNT.finditer(text)][:1]
    counts = [int(number.replace(",", "")) for number in numbers]
    return counts if counts == sorted(counts) else []


def _cohorts(text: str) -> tuple[int, ...]:
    numbers: set[int] = set()
    for found in COHORTS.finditer(text):
        named = found[1] or found[2]
        for one in RANGE.finditer(named):
            first, last = sorted((int(one[1]), int(one[2])))
            numbers.update(range(first, last + 1))
        numbers.update(int(one) for one in re.findall(r"\d+", named))
    return tuple(sorted(numbers))


@dataclass(frozen=True, slots=True)
class Rate:
    """A metric for several cohorts together on a day; its cohorts' numerators and denominators added.

    report: the number of the published report that prints it; empty where it was counted just now.
    """

    metric: str
    version: int
    valid_on: date
    numerator: int
    denominator: int
    report: str = ""

    @property
    def share(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)


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
    """The rates that give the claim, of one metric the latest day first."""
    met = [rate for rate in rates if claim.is_met_by(rate.numerator, rate.denominator)]
    return sorted(met, key=lambda rate: (rate.metric, -rate.valid_on.toordinal(), rate.report))


def nearest(claim: Claim, rates: Iterable[Rate]) -> list[Rate]:
    """Of each metric the rate that comes nearest (the latest of equals), the nearest metric first."""
    middle = (claim.low + claim.high) / 2
    found: dict[str, Rate] = {}
    for rate in sorted(
        (rate for rate in rates if rate.denominator),
        key=lambda one: (abs(one.share - middle), -one.valid_on.toordinal(), one.report),
    ):
        found.setdefault(rate.metric, rate)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Gap:
    """What the claim would need of a rate it is not: the rate's numerator, and another denominator.

    classes: how many of the people in no numerator are what ("study": 12), on the rate's day.
    """

    rate: Rate
    denominators: range
    classes: Mapping[str, int]

    @property
    def left_out(self) -> range:
        """How many of the rate's denominator would have to be left out; none where more are needed."""
        if not self.denominators or self.denominators.stop - 1 > self.rate.denominator:
            return range(0)
        whole = self.rate.denominator
        return range(whole - self.denominators.stop + 1, whole - self.denominators.start + 1)

    @property
    def who(self) -> tuple[tuple[str, ...], ...]:
        """The classes that are together as many, the fewest classes first."""
        return tuple(one for one in self._sets() if self._people(one) in self.left_out)

    @property
    def nearest(self) -> tuple[str, ...]:
        """The classes whose people come nearest to as many; empty where nobody could be left out."""
        if not self.left_out:
            return ()
        wanted = Fraction(self.left_out[0] + self.left_out[-1], 2)
        return min(self._sets(), key=lambda one: abs(self._people(one) - wanted), default=())

    def without(self, classes: Iterable[str]) -> Rate:
        """The rate with these classes left out of its denominator."""
        rate, left_out = self.rate, self._people(classes)
        return Rate(
            rate.metric, rate.version, rate.valid_on, rate.numerator, rate.denominator - left_out
        )

    def _people(self, classes: Iterable[str]) -> int:
        return sum(self.classes[code] for code in classes)

    def _sets(self) -> list[tuple[str, ...]]:
        codes = [code for code, people in self.classes.items() if people]
        return [one for n in range(1, len(codes) + 1) for one in combinations(codes, n)]


def gap_of(claim: Claim, rate: Rate, classes: Mapping[str, int] | None = None) -> Gap:
    return Gap(rate, claim.denominators(rate.numerator), classes or {})
