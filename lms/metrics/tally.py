"""What is counted of one cohort's people, and the figure it makes.

People are counted in two ways, one by one (evaluating.py) and by the database (outcomes/computing.py);
the arithmetic from counts to figures is here once. Values come from unrounded counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from statistics import median

from lms.metrics import incidence
from lms.metrics.definition import Definition, Incidence, Median, Share
from lms.metrics.figure import Figure, Step, WindowState
from lms.metrics.intervals import wilson

AT_RISK_SHOWN = 10  # a curve of fewer says more about single people than about a cohort


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One metric's counts of one cohort.

    state: of the cohort: to open, running or closed.
    classes: people by class, in the order of the definition, and last `other`; of an incidence those
        who met its event within the months.
    is_late: somebody's day (of an incidence: the end of somebody's months) has not come.
    values: of a median, what the people of the numerator's classes have.
    incidence: the estimate.
    """

    state: WindowState
    classes: dict[str, int]
    is_late: bool = False
    values: Sequence[float] = ()
    incidence: incidence.Incidence | None = None


def figure_of(definition: Definition, tally: Tally, *, cohort: str, valid_on: date) -> Figure:
    classes = tally.classes
    result = _Result(tally.state)
    if tally.state is WindowState.CLOSED:
        match definition.measure:
            case Share():
                result = _share(definition, tally, classes)
            case Median():
                result = _median(definition, tally, classes)
            case Incidence():
                result = _incidence(definition, tally, classes)
    return Figure(
        metric=definition.id,
        version=definition.version,
        cohort=cohort,
        valid_on=valid_on,
        window_state=result.state,
        classes=classes,
        numerator=result.numerator,
        denominator=result.denominator,
        value=result.value,
        interval=result.interval,
        curve=result.curve,
    )


@dataclass(slots=True)
class _Result:
    state: WindowState
    numerator: int | None = None
    denominator: int | None = None
    value: float | None = None
    interval: tuple[float, float] | None = None
    curve: tuple[Step, ...] = ()


def _sum(classes: Mapping[str, int], codes: Iterable[str]) -> int:
    return sum(map(classes.__getitem__, codes))


def _share(definition: Definition, tally: Tally, classes: Mapping[str, int]) -> _Result:
    if tally.is_late:
        return _Result(WindowState.OPEN)
    denominator = sum(classes.values()) - _sum(classes, definition.left_out)
    if not denominator:
        return _Result(WindowState.NOBODY)
    numerator = _sum(classes, definition.numerator)
    return _Result(
        WindowState.CLOSED,
        numerator,
        denominator,
        numerator / denominator,
        wilson(numerator, denominator),
    )


def _median(definition: Definition, tally: Tally, classes: Mapping[str, int]) -> _Result:
    if tally.is_late:
        return _Result(WindowState.OPEN)
    if not tally.values:
        return _Result(WindowState.NOBODY)
    denominator = _sum(classes, definition.numerator)
    return _Result(WindowState.CLOSED, len(tally.values), denominator, median(tally.values))


def _incidence(definition: Definition, tally: Tally, classes: Mapping[str, int]) -> _Result:
    """Censoring is what an open window is here: it is open only while no one was followed so far."""
    estimate = tally.incidence
    if estimate is None or not estimate.is_followed:
        return _Result(WindowState.OPEN if tally.is_late else WindowState.NOBODY)
    return _Result(
        WindowState.CLOSED,
        _sum(classes, definition.numerator),
        sum(classes.values()),
        sum(estimate.steps[-1].shares[code] for code in sorted(definition.numerator)),
        curve=tuple(takewhile(lambda step: step.at_risk >= AT_RISK_SHOWN, estimate.steps)),
    )
