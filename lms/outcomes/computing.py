"""Every metric of some cohorts, counted by the database as of a day and as known at a moment.

The figures are those of metrics/evaluating.py from the same facts; a test compares the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import func, select, union_all

from lms.cohorts.models import Cohort, EnrolmentRecord
from lms.db import db
from lms.metrics.classifying import Question
from lms.metrics.definition import OTHER, Among, Definition, Incidence, Median
from lms.metrics.definition_files import definitions
from lms.metrics.figure import Figure, WindowState
from lms.metrics.incidence import Wait
from lms.metrics.months import add_months, span
from lms.metrics.tally import Tally, figure_of
from lms.outcomes.counting import END_BITS, ENDING_BITS, NO_ENDING, Counting
from lms.recorded import known

PARTS = 8  # of many cohorts, counted beside each other by the server's workers
COHORTS_OF_PART = 20  # at least


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
    ids = sorted(cohort.id for cohort in cohorts)
    counting = Counting(
        question=Question(valid_on, metrics),
        recorded=recorded,
        first_end=_first_end(ids, valid_on, recorded),
        asked=[*metrics.values()],
    )
    rows = {row.cohort_id: row._mapping for row in _counted(counting, ids)}
    tallies = _Tallies(counting)
    return [
        figure_of(
            metric,
            tallies.of(metric, rows.get(cohort.id)),
            cohort=str(cohort.number),
            valid_on=valid_on,
        )
        for cohort in cohorts
        for metric in metrics.values()
    ]


def _first_end(ids: Sequence[int], valid_on: date, recorded: datetime | None) -> date:
    end = func.min(func.coalesce(EnrolmentRecord.completed_on, EnrolmentRecord.left_on))
    first = db.session.scalar(
        select(end).where(EnrolmentRecord.cohort_id.in_(ids), known(EnrolmentRecord, recorded))
    )
    return min(first or valid_on, valid_on)


def _counted(counting: Counting, ids: Sequence[int]) -> Sequence[Any]:
    if not ids:
        return []
    size = max(COHORTS_OF_PART, -(-len(ids) // PARTS))
    parts = [ids[start : start + size] for start in range(0, len(ids), size)]
    if len(parts) == 1:
        return db.session.execute(counting.of(parts[0])).all()
    return db.session.execute(union_all(*(counting.of(part) for part in parts))).all()


class _Tallies:
    """Reads the rows of a `Counting`."""

    def __init__(self, counting: Counting) -> None:
        self.counting = counting
        self.span = cache(self._span)

    def of(self, metric: Definition, row: Mapping[str, Any] | None) -> Tally:
        if row is None or not row["begun"]:
            return Tally(state=WindowState.TO_OPEN)
        counting = self.counting
        population = counting.populations.index(metric.population)
        position = counting.counted.index((counting.looking(metric), metric.population))
        running = row["begun"] < row["people"] or row["taking_part"]
        state = WindowState.RUNNING if running else WindowState.CLOSED
        last = row[f"last_{population}"]
        if isinstance(metric.measure, Incidence):
            begin = last and counting.days(metric.day, last)[1]
            return Tally(
                state=state,
                is_late=bool(begin)
                and add_months(begin, metric.measure.months) > counting.valid_on,
                waits=self._waits(metric, row[f"waits_{position}"] or ()),
            )
        codes = [one.code for one in metric.classes]
        classes = {code: row[f"count_{position}_{at}"] for at, code in enumerate(codes)}
        classes[OTHER] = row[f"members_{population}"] - sum(classes.values())
        values: Sequence[float] = ()
        if isinstance(metric.measure, Median):
            values = row[f"values_{counting.medians.index(metric)}"] or ()
        return Tally(
            state=state, classes=classes, is_late=self._is_late(metric, row), values=values
        )

    def _is_late(self, metric: Definition, row: Mapping[str, Any]) -> bool:
        """The day of whoever ended last is nobody's day before."""
        last = row[f"last_{self.counting.populations.index(metric.population)}"]
        if last and self.counting.days(metric.day, last)[1] > self.counting.valid_on:
            return True
        if isinstance(metric.population, Among):
            base = self.counting.question.definitions[metric.population.metric]
            return self._is_late(base, row)
        return False

    def _waits(self, metric: Definition, waits: Sequence[int]) -> dict[Wait, int]:
        codes = [one.code for one in metric.classes]
        found: Counter[Wait] = Counter()
        for wait, people in Counter(waits).items():
            end, wait = divmod(wait, END_BITS)
            days, ending = divmod(wait, ENDING_BITS)
            code = None if ending == NO_ENDING else codes[ending]
            found[Wait(self.span(metric, end, days), code)] += people
        return found

    def _span(self, metric: Definition, end: int, days: int) -> tuple[int, int]:
        begin = self.counting.days(metric.day, self.counting.first_end + timedelta(end))[1]
        return span(begin, begin + timedelta(days))
