"""Every metric of some cohorts, counted as of a day and as known at a moment.

The figures are those of metrics/evaluating.py from the same facts; a test compares the two.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import chain, repeat

from lms.cohorts.models import Cohort
from lms.metrics.classifying import Question
from lms.metrics.definition import OTHER, Definition, Incidence, Median
from lms.metrics.definition_files import definitions
from lms.metrics.figure import Figure
from lms.metrics.incidence import estimates
from lms.metrics.tally import Tally, figure_of
from lms.outcomes.columns import Source
from lms.outcomes.counting import Counting


def figures(
    cohorts: Sequence[Cohort],
    *,
    valid_on: date,
    recorded: datetime | None,
    metrics: Mapping[str, Definition] | None = None,
) -> list[Figure]:
    """Every metric in effect on the day, cohort by cohort.

    recorded: as known at this moment; None: as known now.
    """
    metrics = definitions(on=valid_on) if metrics is None else metrics
    source = Source(cohorts=[one.id for one in cohorts], valid_on=valid_on, recorded=recorded)
    with _garbage_left():
        counting = Counting(Question(valid_on, metrics), metrics.values(), source)
        tallies = [(metric, _tallies(counting, metric)) for metric in metrics.values()]
        return [
            figure_of(metric, next(of), cohort=str(cohort.number), valid_on=valid_on)
            for cohort in cohorts
            for metric, of in tallies
        ]


@contextmanager
def _garbage_left() -> Iterator[None]:
    """So many figures at once make Python look for garbage among them, which takes a fifth of its
    time; there is none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _tallies(counting: Counting, metric: Definition) -> Iterator[Tally]:
    """Cohort by cohort."""
    states, late = counting.states, counting.are_late(metric).tolist()
    codes = [one.code for one in metric.classes]
    if isinstance(metric.measure, Incidence):
        waits = counting.waits(metric, metric.measure.months)
        parts = (waits[start : start + 64] for start in range(0, len(waits), 64))  # for the cache
        found = chain.from_iterable(estimates(part, endings=codes) for part in parts)
        for state, is_late, one in zip(states, late, found, strict=True):
            yield Tally(state=state, classes=one.met, is_late=is_late, incidence=one)
        return
    counts = counting.counts(metric).tolist()
    values: Iterable[Sequence[float]] = repeat((), len(counts))
    if isinstance(metric.measure, Median):
        values = counting.values(metric, metric.measure.field)
    codes.append(OTHER)
    for state, is_late, people, has in zip(states, late, counts, values, strict=True):
        classes = dict(zip(codes, people, strict=True))
        yield Tally(state=state, classes=classes, is_late=is_late, values=has)
