"""Suppression of small counts: what is hidden, what is hidden with it, and the proof that it is enough.

Method: outcomes of few people are hidden (primary), then partners until nothing hidden can be bounded
to fewer than k apart (complementary). Each is proven by whole-number tables found on the way.
Not covered: somebody who knows people of the table already, or who reasons from why a partner was
chosen; primary and complementary cells therefore look the same on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from lms.disclosure.bounds import Interval, Tables, widen
from lms.disclosure.cells import Change, Counts, Key, Network, Rest
from lms.disclosure.moves import Move, cheapest, room
from lms.disclosure.policy import Policy


@dataclass(frozen=True, slots=True)
class Audit:
    """What is known of every hidden count; `narrow` are those that are known too well."""

    intervals: dict[Key, Interval]
    narrow: tuple[Key, ...]

    @property
    def passed(self) -> bool:
        return not self.narrow


def primary(counts: Counts, policy: Policy) -> frozenset[Key]:
    """The cells that show few people: themselves, in what is left of a base, or in what has changed."""
    found = set(counts.guarded)
    for key in counts.values:
        if not policy.is_small(counts.people(key)):
            continue
        match key:
            case Rest(part=part, base=base):
                found.add(part if part not in counts.fixed else base)
            case Change(now=now, before=before):
                found |= {now} if before in counts.fixed else set()
            case _:
                found.add(key)
    return frozenset(found) - counts.fixed - counts.unprinted


def audit(counts: Counts, hidden: Iterable[Key], policy: Policy, *, exact: bool = True) -> Audit:
    """How low and how high every hidden count can be; `exact=False` stops where k apart is proven."""
    work = _Work(counts, policy, set(hidden))
    work.widen(work.targets(), None if exact else policy.k)
    return work.audit()


def complementary(counts: Counts, hidden: Iterable[Key], policy: Policy) -> frozenset[Key]:
    """`hidden` and the cells that must be hidden with them; always the same for the same counts.

    What no hiding can protect (because it was printed before) is left for the audit to tell.
    """
    return _completed(counts, hidden, policy).shown_as_hidden()


def _completed(counts: Counts, hidden: Iterable[Key], policy: Policy) -> _Work:
    work = _Work(counts, policy, set(hidden))
    hopeless: set[int] = set()
    while narrow := [i for i in work.narrow() if i not in hopeless]:
        work.widen(narrow[:1], policy.k)
        if work.intervals[narrow[0]].width < policy.k and not work.hide_with(narrow[0]):
            hopeless.add(narrow[0])
    return work


def suppress(counts: Counts, policy: Policy) -> tuple[frozenset[Key], Audit]:
    """The cells to hide, and what was proven of each on the way: two whole-number tables k apart.

    In linked tables whose corners are not whole, `audit` may prove less of the same cells.
    """
    work = _completed(counts, primary(counts, policy), policy)
    return work.shown_as_hidden(), work.audit()


@dataclass(slots=True)
class _Work:
    """The hidden set as it grows. An interval once found stays: more hidden cells only widen it."""

    counts: Counts
    policy: Policy
    asked: set[Key]
    network: Network = field(init=False)
    hidden: set[int] = field(init=False)
    intervals: dict[int, Interval] = field(init=False)

    def __post_init__(self) -> None:
        self.network = Network(self.counts)
        number = self.network.number
        self.hidden = {number[key] for key in self.asked | self.counts.unprinted}
        secret = self.asked | self.counts.guarded
        for key in self.counts.unprinted:
            small = isinstance(key, Rest | Change) and self.policy.is_small(self.counts.people(key))
            secret |= {key} if small else set()
        self.intervals = {}
        self._guard(number[key] for key in secret)

    def _guard(self, cells: Iterable[int]) -> None:
        for i in sorted(cells):
            value = self.network.values[i]
            self.intervals.setdefault(i, Interval(value, value))

    def audit(self) -> Audit:
        return Audit(
            {self.network.keys[i]: interval for i, interval in self.intervals.items()},
            tuple(self.network.keys[i] for i in self.narrow()),
        )

    def shown_as_hidden(self) -> frozenset[Key]:
        return frozenset(self.network.keys[i] for i in self.hidden) - self.counts.unprinted

    def targets(self) -> list[int]:
        return sorted(self.intervals)

    def narrow(self) -> list[int]:
        """Those that are known too well, the fewest people first."""
        found = [i for i, interval in self.intervals.items() if interval.width < self.policy.k]
        return sorted(found, key=lambda i: (self.network.values[i], i))

    def widen(self, cells: Iterable[int], enough: int | None) -> None:
        """Finds out about these cells and, on the way, about all that equations connect with them."""
        done: set[int] = set()
        for cell in cells:
            if cell in done:
                continue
            part = self.network.beside(cell, self.hidden)
            done |= part
            start = {i: self.network.values[i] for i in sorted(part)}
            places = sorted({e for i in part for e in self.network.places[i]})
            equations = [
                {i: f for i, f in self.network.equations[e].items() if i in part} for e in places
            ]
            widen(
                Tables(start, equations),
                {i: self.intervals[i] for i in start if i in self.intervals},
                enough=enough,
            )

    def hide_with(self, cell: int) -> bool:
        """Hides the cheapest partners of a cell; False where there is nothing left to hide."""
        found = self._partners(cell)
        if found:
            self._hide(found)
            up, down = room(self.network, found)
            for i, change in found.items():
                if interval := self.intervals.get(i):
                    for times in (up, -down if down is not None else None):
                        if times is None:
                            interval.high = None
                        else:
                            interval.take(self.network.values[i] + times * change)
            return True
        nearest = self._nearest(cell)
        self._hide(nearest)
        return bool(nearest)

    def _nearest(self, cell: int) -> set[int]:
        """The cheapest cell that can still be hidden, of those fewest equations away; or none."""
        ring, passed = {cell}, {cell}
        while ring:
            around = {
                i
                for j in ring
                for e in self.network.places[j]
                for i in self.network.equations[e]
                if i not in passed and i not in self.network.fixed
            }
            if shown := around - self.hidden:
                return {min(shown, key=lambda i: (self.network.costs[i], i))}
            passed |= around
            ring = around
        return set()

    def _partners(self, cell: int) -> Move | None:
        """A move that makes the cell's interval k wide. It may hide nothing, where corners are not whole."""
        value, interval, k = self.network.values[cell], self.intervals[cell], self.policy.k
        assert interval.high is not None  # or it would be wide
        up = cheapest(
            self.network, self.hidden, cell=cell, sign=1, times=k - (value - interval.low)
        )
        times = k - (interval.high - value)
        down = (
            cheapest(self.network, self.hidden, cell=cell, sign=-1, times=times)
            if value >= times
            else None
        )
        found = min((one for one in (up, down) if one), key=lambda one: one[0], default=None)
        return found[1] if found else None

    def _hide(self, cells: Set[int] | Move) -> None:
        new = set(cells) - self.hidden
        self.hidden |= new
        self._guard(new)
