"""Cumulative incidence with competing events: the estimator of Aalen and Johansen (1978).

Events come before censoring where they tie. Who meets another event first is not lost sight of: to
call that censoring, as 1 - Kaplan-Meier does, overstates every share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from lms.metrics.figure import Step
from lms.metrics.months import Span


class Wait(NamedTuple):
    """How long somebody was followed, and which event ended the wait; None: none was seen."""

    time: Span
    ending: str | None


def curve(waits: Sequence[Wait], *, months: int, endings: Collection[str]) -> tuple[Step, ...]:
    """The shares of each ending by the end of month 0 (the first day), 1, … `months`.

    The estimate of a month holds only if the waits are `followed` so far.
    """
    shares = dict.fromkeys(endings, 0.0)
    waiting = 1.0
    steps = []
    times = sorted({wait.time for wait in waits})
    at_risk = len(waits)
    for month in range(months + 1):
        at_its_beginning = at_risk
        while times and times[0] <= (month, 0):
            ended = Counter(wait.ending for wait in waits if wait.time == times[0])
            for ending in endings:
                shares[ending] += waiting * ended[ending] / at_risk
            waiting *= 1 - sum(ended[ending] for ending in endings) / at_risk
            at_risk -= ended.total()
            times.pop(0)
        steps.append(Step(month, at_its_beginning, dict(shares)))
    return tuple(steps)


def followed(waits: Collection[Wait], *, months: int) -> bool:
    """Whether the estimate is determined so far: somebody is followed, or nobody waits any more."""
    if not waits:
        return False
    last = max(wait.time for wait in waits)
    return last >= (months, 0) or all(wait.ending for wait in waits if wait.time == last)
