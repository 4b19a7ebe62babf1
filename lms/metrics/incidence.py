"""Cumulative incidence with competing events: the estimator of Aalen and Johansen (1978).

Events come before censoring where they tie. Who meets another event first is not lost sight of: to
call that censoring, as 1 - Kaplan-Meier does, overstates every share.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from lms.metrics.figure import Step
from lms.metrics.months import Span

DAYS = 31  # times of a month: whole months, and 0 to 30 days beyond


class Wait(NamedTuple):
    """How long somebody was followed, and which event ended the wait; None: none was seen."""

    time: Span
    ending: str | None


def times(months: int) -> int:
    """How many times are told apart: each day to the end of `months`, and whatever is later."""
    return months * DAYS + 2


@dataclass(frozen=True, slots=True, eq=False)
class Waits:
    """How many `people` waited so long (first axis: `times`) for what (second: `endings`, then none)."""

    people: NDArray[np.int64]
    endings: Sequence[str]

    @classmethod
    def of(cls, waits: Iterable[Wait], *, months: int, endings: Sequence[str]) -> Self:
        people = np.zeros((times(months), len(endings) + 1), np.int64)
        for (whole, days), ending in waits:
            time = min(whole * DAYS + days, times(months) - 1)
            people[time, len(endings) if ending is None else endings.index(ending)] += 1
        return cls(people, endings)

    @property
    def met(self) -> dict[str, int]:
        """By ending: whoever met it within the months."""
        return dict(zip(self.endings, self.people[:-1, :-1].sum(axis=0).tolist(), strict=True))

    @property
    def total(self) -> int:
        return int(self.people.sum())

    @property
    def are_followed(self) -> bool:
        """Whether the estimate is determined: somebody is followed so far, or nobody waits any more."""
        last = self.people[self.people.any(axis=1)][-1:]
        return bool(len(last)) and bool(self.people[-2:].any() or not last[0, -1])

    def curve(self) -> tuple[Step, ...]:
        """The shares of each ending by the end of month 0 (the first day), 1, … to the last.

        The estimate of a month holds only if people `are_followed` so far.
        """
        ended = self.people[:-1]
        leave = ended.sum(axis=1)
        at_risk = self.total - leave.cumsum() + leave
        divisor = np.maximum(at_risk, 1)
        events = ended[:, :-1]
        waiting = np.cumprod(1 - events.sum(axis=1) / divisor)
        before = np.concatenate([[1.0], waiting[:-1]])
        shares = (before[:, None] * events / divisor[:, None]).cumsum(axis=0)
        first = np.maximum(np.arange(0, len(ended), DAYS) - DAYS + 1, 0)  # time of each month
        return tuple(
            Step(month, number, dict(zip(self.endings, of_month, strict=True)))
            for month, (number, of_month) in enumerate(
                zip(at_risk[first].tolist(), shares[::DAYS].tolist(), strict=True)
            )
        )
