"""Cumulative incidence with competing events: the estimator of Aalen and Johansen (1978).

Events come before censoring where they tie. Who meets another event first is not lost sight of: to
call that censoring, as 1 - Kaplan-Meier does, overstates every share.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lms.metrics.definition import OTHER
from lms.metrics.figure import Step
from lms.metrics.months import Span

DAYS = 31  # of a month, from 0 to 30 beyond the whole months
Counts = NDArray[np.int64]


class Wait(NamedTuple):
    """How long somebody was followed, and which event ended the wait; None: none was seen."""

    time: Span
    ending: str | None


@dataclass(frozen=True, slots=True)
class Incidence:
    """The estimate for one group of people.

    met: by ending, whoever met it within the months; and the others.
    is_followed: whether the estimate is determined: somebody is followed to the end, or nobody waits
        any more.
    steps: the shares of each ending by the end of month 0 (the first day), 1, … to the last.
    """

    met: dict[str, int]
    is_followed: bool
    steps: tuple[Step, ...]


def times(months: int) -> int:
    """How many times are told apart: each day to the end of the last month, and whatever is later."""
    return months * DAYS + 2


def counted(waits: Iterable[Wait], *, months: int, endings: Sequence[str]) -> Counts:
    """People by time and ending; last those whom no ending met."""
    people = np.zeros((times(months), len(endings) + 1), np.int64)
    for (whole, days), ending in waits:
        time = min(whole * DAYS + days, len(people) - 1)
        people[time, -1 if ending is None else endings.index(ending)] += 1
    return people


def estimates(people: Counts, *, endings: Sequence[str]) -> list[Incidence]:
    """Of each group. people: by group, time and ending, as they are `counted`."""
    ended = people[:, :-1]
    events = ended[..., :-1]
    leave = ended.sum(axis=2)
    everybody = people.sum(axis=(1, 2))
    at_risk = everybody[:, None] - leave.cumsum(axis=1) + leave
    divisor = np.maximum(at_risk, 1)
    waiting = np.cumprod(1 - events.sum(axis=2) / divisor, axis=1)
    before = np.insert(waiting[:, :-1], 0, 1.0, axis=1)
    shares = (before[..., None] * events / divisor[..., None]).cumsum(axis=1)[:, ::DAYS]
    begins = np.maximum(np.arange(0, ended.shape[1], DAYS) - DAYS + 1, 0)  # each month's first time
    met = np.column_stack([events.sum(axis=1), everybody - events.sum(axis=(1, 2))])
    of_groups = zip(met, _are_followed(people), at_risk[:, begins], shares, strict=True)
    return [
        Incidence(
            dict(zip([*endings, OTHER], met.tolist(), strict=True)),
            is_followed,
            tuple(
                Step(month, number, dict(zip(endings, by_ending, strict=True)))
                for month, (number, by_ending) in enumerate(
                    zip(at_risk.tolist(), shares.tolist(), strict=True)
                )
            ),
        )
        for met, is_followed, at_risk, shares in of_groups
    ]


def _are_followed(people: Counts) -> list[bool]:
    """By group: somebody to the end, or at the last time of anybody all are met by an event."""
    some = people.sum(axis=2) > 0
    last = some.shape[1] - 1 - some[:, ::-1].argmax(axis=1)
    met = people[np.arange(len(people)), last, -1] == 0
    found: list[bool] = (some[:, -2:].any(axis=1) | (some.any(axis=1) & met)).tolist()
    return found
