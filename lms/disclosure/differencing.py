"""A report beside those that were printed before: what holding all of them tells about people.

The rules. What was printed stays known: it cannot be hidden again, and counts of the same day must not
help to work out what another report of that day hides. What was hidden stays hidden. A count that
differs by 1 to k - 1 people from the one that was printed (on another day, or corrected) is hidden:
the difference is those people. A count that can only grow (`growing`: completed, ever founded) is
also known never to be below the earlier one.
Not covered: guesses that other counts hardly change from day to day.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import date

from lms.disclosure.cells import SHIFT, Change, Counts, Equation, Key, Rest
from lms.disclosure.policy import Policy


@dataclass(frozen=True, slots=True)
class Printed:
    """An earlier report: its true counts (they are counted again), and those that it did not print.

    Figures that others have published are such a report too, with nothing hidden.
    """

    day: date
    counts: Counts
    hidden: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class Earlier:
    """A cell of an earlier report. A later one may have corrected it: hence the number."""

    key: Key
    day: date
    value: int


def beside(
    counts: Counts,
    earlier: Iterable[Printed],
    *,
    day: date,
    policy: Policy,
    growing: Set[Key] = frozenset(),
) -> Counts:
    """The counts of a report of `day`, together with all that is known from earlier ones."""
    values, equations = dict(counts.values), list(counts.equations)
    fixed, guarded, before = set(counts.fixed), set(counts.guarded), dict[Key, dict[Key, None]]()
    unprinted = set(counts.unprinted)
    for report in earlier:
        names = _names(report, counts, day)
        values |= {name: report.counts.values[key] for key, name in names.items()}
        equations += [
            {names[key]: factor for key, factor in one.items()} for one in report.counts.equations
        ]
        for key, name in names.items():
            if key in report.counts.unprinted:
                unprinted |= {name} if name not in counts.values else set()
                continue
            (guarded if key in report.hidden else fixed).add(name)
            if name != key:
                unprinted |= {name} if key in report.hidden else set()
                before.setdefault(key, {})[name] = None
    for key in (one for one in counts.values if one in before):
        for name in before[key]:
            more, equation, value = _compared(key, name, values, grows=key in growing)
            if policy.is_small(values[key] - values[name]) or key in growing:
                values[more] = value
                equations.append(equation)
                unprinted.add(more)
    return replace(
        counts,
        values=values,
        equations=tuple(equations),
        fixed=frozenset(fixed),
        guarded=frozenset(guarded - fixed),
        unprinted=frozenset(unprinted - fixed),
    )


def _names(report: Printed, counts: Counts, day: date) -> dict[Key, Key]:
    """The earlier report's cells as they are called among all: by their key if they are still the same."""
    names: dict[Key, Key] = {}
    for key, value in report.counts.values.items():
        same = report.day == day and counts.values.get(key) == value
        if not isinstance(key, Rest):
            names[key] = key if same else Earlier(key, report.day, value)
    for key in report.counts.values:
        if isinstance(key, Rest):
            names[key] = Rest(names[key.part], names[key.base])
    return names


def _compared(
    now: Key, before: Key, values: dict[Key, int], *, grows: bool
) -> tuple[Key, Equation, int]:
    """The difference of two counts as a cell of its own, the equation that says so, and its number."""
    difference = values[now] - values[before]
    if grows and difference >= 0:
        rest = Rest(before, now)
        return rest, {now: -1, before: 1, rest: 1}, difference
    change = Change(now, before)
    return change, {now: 1, before: -1, change: -1}, difference + SHIFT
