"""A figure: what a metric's definition gives for one cohort, with all that is needed to argue about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any


class WindowState(StrEnum):
    """Whether a figure can be given; only `closed` comes with a value (HRD-Net tells the rest by letter)."""

    TO_OPEN = "to-open"  # A: nobody has begun by the day of the question
    RUNNING = "running"  # B: somebody still takes part, so the population is not known
    OPEN = "open"  # C: somebody's day of the metric has not come
    NOBODY = "nobody"  # D: there is no denominator (of an incidence: nobody was followed so far)
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Step:
    """A curve at the end of a month: `at_risk` at its beginning; shares by class, 0 to 1."""

    month: int
    at_risk: int
    shares: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`classes` adds up to the population, whatever the window's state; the shares are of 1.

    valid_on: the day of the question; a person's own day is never after it.
    numerator, denominator: people; None while the window is not closed.
    value: a share (0 to 1), or a median in KRW of `numerator` people's pay; of an incidence the
        estimate, to which the numerator (events seen) and the denominator (people) are the raw counts.
    interval: of a share, Wilson's at 95 %.
    curve: of an incidence, up to where fewer than ten are at risk.
    """

    metric: str
    version: int
    cohort: str
    valid_on: date
    window_state: WindowState
    classes: dict[str, int]
    numerator: int | None = None
    denominator: int | None = None
    value: float | None = None
    interval: tuple[float, float] | None = None
    curve: tuple[Step, ...] = field(default=())

    @property
    def population(self) -> int:
        return sum(self.classes.values())

    def as_json(self) -> dict[str, Any]:
        """The documented words of `outcomes compute --json`."""
        return {
            "metric": self.metric,
            "version": self.version,
            "cohort": self.cohort,
            "valid": self.valid_on.isoformat(),
            "numerator": self.numerator,
            "denominator": self.denominator,
            "value": self.value,
            "interval": list(self.interval) if self.interval else None,
            "window_state": self.window_state.value,
            "classes": self.classes,
            "curve": [asdict(step) for step in self.curve],
        }
