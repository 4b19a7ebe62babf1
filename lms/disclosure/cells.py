"""Counts and the sums between them: what somebody who holds the report can put into equations."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

Key = Hashable  # a cell's name: the same in every report, so that reports can be compared


@dataclass(frozen=True, slots=True)
class Sum:
    """`total` is the sum of `parts`. With one part it says that two cells are the same."""

    total: Key
    parts: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `base` is printed as a share, or both stand side by side."""

    part: Key
    base: Key


@dataclass(frozen=True, slots=True)
class Rest:
    """The people of a share's base who are not in its part: printed nowhere, and known all the same."""

    part: Key
    base: Key


@dataclass(frozen=True, slots=True)
class Change:
    """How many more people a cell shows than the same cell of an earlier report."""

    now: Key
    before: Key


SHIFT = 1_000_000  # keeps a change's number positive; no cell holds so many people
Equation = Mapping[Key, int]  # of its cells, times these factors, everybody knows the sum


@dataclass(frozen=True, slots=True)
class Counts:
    """Whole numbers of people and the equations that anybody knows to hold between them.

    fixed: printed already, so that nothing can hide them any more.
    unprinted: in the equations, on no page.
    guarded: never to be printed or known, whatever their number.
    kept: hidden only if there is no other way (a headline).
    """

    values: Mapping[Key, int]
    equations: tuple[Equation, ...]
    fixed: frozenset[Key] = frozenset()
    unprinted: frozenset[Key] = frozenset()
    guarded: frozenset[Key] = frozenset()
    kept: frozenset[Key] = frozenset()

    @classmethod
    def of(
        cls,
        values: Mapping[Key, int],
        sums: Iterable[Sum] = (),
        shares: Iterable[Share] = (),
        *,
        fixed: Iterable[Key] = (),
        kept: Iterable[Key] = (),
    ) -> Counts:
        """Raises ValueError where a count is negative or a sum does not hold."""
        values, equations = dict(values), [_equation(values, one) for one in sums]
        if wrong := [key for key, value in values.items() if value < 0]:
            raise ValueError(
                f"{wrong[0]!r} is {values[wrong[0]]}: a count of people is never negative"
            )
        rests = [Rest(share.part, share.base) for share in dict.fromkeys(shares)]
        for rest in rests:
            values[rest] = values[rest.base] - values[rest.part]
            if values[rest] < 0:
                raise ValueError(f"{rest.part!r} is more than {rest.base!r}, of which it is a part")
            equations.append(_equation(values, Sum(rest.base, (rest.part, rest))))
        return cls(
            values, tuple(equations), frozenset(fixed), frozenset(rests), kept=frozenset(kept)
        )

    def people(self, key: Key) -> int:
        """The people behind a cell's number: of a change, how many more (or fewer) they are."""
        return self.values[key] - (SHIFT if isinstance(key, Change) else 0)


def _equation(values: Mapping[Key, int], one: Sum) -> Equation:
    if missing := [key for key in (one.total, *one.parts) if key not in values]:
        raise ValueError(f"a sum names {missing[0]!r}, which is no cell")
    if len({one.total, *one.parts}) != 1 + len(one.parts):
        raise ValueError(f"the sum of {one.total!r} names a cell twice")
    if (total := sum(values[part] for part in one.parts)) != values[one.total]:
        raise ValueError(f"{one.total!r} is {values[one.total]}, but its parts add up to {total}")
    return {one.total: -1, **dict.fromkeys(one.parts, 1)}


class Network:
    """Counts by number instead of name: which cells stand in which equations, and what hiding one costs."""

    def __init__(self, counts: Counts) -> None:
        self.keys = list(counts.values)
        self.number = {key: i for i, key in enumerate(self.keys)}
        self.values = list(counts.values.values())
        self.equations = [
            {self.number[key]: factor for key, factor in equation.items()}
            for equation in counts.equations
        ]
        self.places: list[list[int]] = [[] for _ in self.keys]
        for e, equation in enumerate(self.equations):
            for i in equation:
                self.places[i].append(e)
        self.fixed = {self.number[key] for key in counts.fixed}
        kept = {self.number[key] for key in counts.kept}
        levels = self._levels()
        # A total is worth a table of its parts, and a zero tells most when it can be seen.
        self.costs = [
            (10 + value.bit_length()) * 20 ** (levels[i] + 3 * (i in kept)) * (1 if value else 20)
            for i, value in enumerate(self.values)
        ]

    def _levels(self) -> list[int]:
        """0 for a cell that is no total, 1 for a total of such, 2 for a total of totals; no more than 3."""
        levels = [0] * len(self.keys)
        for _ in range(3):
            for equation in self.equations:
                parts = [i for i, factor in equation.items() if factor > 0]
                for i in equation.keys() - parts if len(parts) > 1 else ():
                    levels[i] = max(levels[i], min(3, 1 + max(levels[part] for part in parts)))
        return levels

    def beside(self, cell: int, among: set[int]) -> set[int]:
        """The cells of `among` that equations over `among` connect with this one."""
        found, open_ = {cell}, [cell]
        while open_:
            for e in self.places[open_.pop()]:
                for i in self.equations[e]:
                    if i in among and i not in found:
                        found.add(i)
                        open_.append(i)
        return found
