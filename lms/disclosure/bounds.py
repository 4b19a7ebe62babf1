"""How high and how low a hidden count can be, for somebody who knows the equations and what is printed.

The simplex method in exact arithmetic, begun at the true table. A bound is recorded only from a table
of whole numbers, so an interval found here is never wider than the one that an attacker can find. It
is exactly that one where all vertices are whole (one two-way table is such a case); in linked tables
it may be narrower, which hides more than needed and never less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

Rational = int | Fraction
Row = dict[int, Rational]


@dataclass(slots=True)
class Interval:
    """The counts a cell is known to be able to have. `high` is None where there is no end."""

    low: int
    high: int | None

    @property
    def width(self) -> float:
        return float("inf") if self.high is None else self.high - self.low

    def take(self, value: int) -> None:
        self.low = min(self.low, value)
        if self.high is not None:
            self.high = max(self.high, value)


class Tables:
    """All tables of non-negative numbers that fit the equations, walked from corner to corner.

    `rows[i]` says x_i + sum of rows[i][j] * x_j = constant, for a basic i and all nonbasic j; at a
    corner every x_j is 0 and x_i is `values[i]`. `start` is a table that fits.
    """

    def __init__(self, start: Mapping[int, int], equations: Iterable[Mapping[int, int]]) -> None:
        self.values: dict[int, Rational] = dict(start)
        self.rows: dict[int, Row] = {}
        self.columns: dict[int, set[int]] = {i: set() for i in start}
        for equation in equations:
            self._add(equation)
        for j in start:
            if j not in self.rows and self.values[j]:
                self._to_a_corner(j)

    def _add(self, equation: Mapping[int, int]) -> None:
        """One more basic variable, if the equation says something new."""
        row: Row = {}
        for i, factor in equation.items():
            if i in self.rows:
                for j, a in self.rows[i].items():
                    row[j] = row.get(j, 0) - factor * a
            else:
                row[i] = row.get(i, 0) + factor
        row = {j: a for j, a in row.items() if a}
        if not row:
            return
        basic = min(row, key=lambda j: (abs(row[j]) != 1, len(self.columns[j]), j))
        p = row.pop(basic)
        row = {j: _quotient(a, p) for j, a in row.items()}
        for i in list(self.columns[basic]):
            self._eliminate(i, basic, row)
        self._put(basic, row)

    def _put(self, basic: int, row: Row) -> None:
        self.rows[basic] = row
        for j in row:
            self.columns[j].add(basic)

    def _eliminate(self, i: int, j: int, row: Row) -> None:
        """Writes x_j by `row` in the row of x_i."""
        target = self.rows[i]
        factor = target.pop(j)
        self.columns[j].discard(i)
        for m, a in row.items():
            if value := target.get(m, 0) - factor * a:
                target[m] = _whole(value)
                self.columns[m].add(i)
            else:
                del target[m]
                self.columns[m].discard(i)

    def _pivot(self, enters: int, leaves: int) -> None:
        row = self.rows.pop(leaves)
        for m in row:
            self.columns[m].discard(leaves)
        p = row.pop(enters)
        row = {m: _quotient(a, p) for m, a in row.items()}
        row[leaves] = _quotient(1, p)
        for i in list(self.columns[enters]):
            self._eliminate(i, enters, row)
        self._put(enters, row)

    def _move(self, j: int, step: Rational) -> None:
        for i in self.columns[j]:
            self.values[i] = _whole(self.values[i] - self.rows[i][j] * step)
        self.values[j] = _whole(self.values[j] + step)

    def _limit(self, j: int, sign: int) -> tuple[Rational, int] | None:
        """How far x_j can go up (or down, with -1) before a basic variable is 0, and which one that is."""
        limits = [
            (_quotient(self.values[i], a), i)
            for i in self.columns[j]
            if (a := sign * self.rows[i][j]) > 0
        ]
        return min(limits) if limits else None

    def _to_a_corner(self, j: int) -> None:
        limit = self._limit(j, -1)
        if limit and limit[0] < self.values[j]:
            self._move(j, -limit[0])
            self._pivot(j, limit[1])
        else:
            self._move(j, -self.values[j])

    def push(self, objective: Mapping[int, int]) -> Row | None:
        """Walks to a corner where the objective is highest; if it has no highest value, returns the way up.

        The largest gain goes first; while a step leads nowhere, the first that gains does, so that
        the walk ends (Bland's rule).
        """
        gains: Row = {}
        for i, factor in objective.items():
            if i not in self.rows:
                gains[i] = gains.get(i, 0) + factor
            else:
                for j, a in self.rows[i].items():
                    gains[j] = gains.get(j, 0) - factor * a
        stuck = False
        while rising := [j for j, gain in gains.items() if gain > 0]:
            enters = min(rising) if stuck else min(rising, key=lambda j: (-gains[j], j))
            limit = self._limit(enters, 1)
            if limit is None:
                return {enters: 1, **{i: -self.rows[i][enters] for i in self.columns[enters]}}
            step, leaves = limit
            stuck = not step
            self._move(enters, step)
            self._pivot(enters, leaves)
            gain = gains.pop(enters)
            for j, a in self.rows[enters].items():
                gains[j] = _whole(gains.get(j, 0) - gain * a)
        return None

    def note(self, intervals: Mapping[int, Interval]) -> None:
        """Widens the intervals to this corner, if it is a table of whole numbers."""
        if all(isinstance(value, int) for value in self.values.values()):
            for i, interval in intervals.items():
                interval.take(int(self.values[i]))


def widen(tables: Tables, intervals: Mapping[int, Interval], *, enough: int | None = None) -> None:
    """Widens the intervals to all that is possible; those `enough` wide already need no more work."""
    for cell, interval in intervals.items():
        for sign in (1, -1):
            if enough is not None and interval.width >= enough:
                break
            ray = tables.push({cell: sign})
            tables.note(intervals)
            for i, rise in (ray or {}).items():
                if rise > 0 and i in intervals:
                    intervals[i].high = None


def _whole(value: Rational) -> Rational:
    if isinstance(value, int):
        return value
    return value.numerator if value.denominator == 1 else value


def _quotient(value: Rational, by: Rational) -> Rational:
    if by == 1:
        return value
    return -value if by == -1 else _whole(Fraction(value) / by)
