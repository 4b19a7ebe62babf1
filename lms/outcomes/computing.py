"""Every metric of some cohorts, counted by the database as of a day and as known at a moment.

The figures are those of metrics/evaluating.py from the same facts; a test compares the two.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from lms.metrics.months import Span, add_months
from lms.metrics.tally import Tally, figure_of
from lms.outcomes.counting import END_BITS, ENDING_BITS, NO_ENDING, Counting
from lms.recorded import known

PARTS = 8  # of many cohorts, counted beside each other by the server's workers
COHORTS_OF_PART = 20  # at least

PLAN = {
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "min_parallel_table_scan_size": "5TB",
    "min_parallel_index_scan_size": "5TB",
    "enable_memoize": "off",
    "random_page_cost": "1.1",
    "work_mem": "64MB",
}


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
    first_end, last_end = _ends(ids, valid_on, recorded)
    counting = Counting(
        Question(valid_on, metrics),
        metrics.values(),
        recorded=recorded,
        first_end=first_end,
        last_end=last_end,
    )
    rows = {row.cohort_id: row._mapping for row in _counted(counting, ids)}
    tallies = [(metric, _Tallies(counting, metric)) for metric in metrics.values()]
    return [
        figure_of(
            metric, of.cohort(rows.get(cohort.id)), cohort=str(cohort.number), valid_on=valid_on
        )
        for cohort in cohorts
        for metric, of in tallies
    ]


def _ends(ids: Sequence[int], valid_on: date, recorded: datetime | None) -> tuple[date, date]:
    """Between which days the people's ends lie, as far as they had come."""
    end = func.coalesce(EnrolmentRecord.completed_on, EnrolmentRecord.left_on)
    first, last = db.session.execute(
        select(func.min(end), func.max(end)).where(
            EnrolmentRecord.cohort_id.in_(ids), known(EnrolmentRecord, recorded), end <= valid_on
        )
    ).one()
    return first or valid_on, last or valid_on


def _counted(counting: Counting, ids: Sequence[int]) -> Sequence[Any]:
    if not ids:
        return []
    size = max(COHORTS_OF_PART, -(-len(ids) // PARTS))
    parts = [counting.of(ids[start : start + size]) for start in range(0, len(ids), size)]
    with _planned():
        return db.session.execute(parts[0] if len(parts) == 1 else union_all(*parts)).all()


@contextmanager
def _planned() -> Iterator[None]:
    """Whole parts go to workers, rather than pieces of a part; each walks the indexes in order."""
    before = db.session.execute(
        select(*(func.current_setting(name).label(name) for name in PLAN))
    ).one()
    for settings in (PLAN, before._mapping):
        db.session.execute(select(*(func.set_config(*each, True) for each in settings.items())))
        if settings is PLAN:
            yield


class _Tallies:
    """Reads one metric out of the rows of a `Counting`."""

    def __init__(self, counting: Counting, metric: Definition) -> None:
        self.days, self.valid_on = counting.days, counting.valid_on
        self.metric = metric
        population = counting.populations.index(metric.population)
        position = counting.counted.index((counting.looking(metric), metric.population))
        self.codes = [one.code for one in metric.classes]
        self.counts = [f"count_{position}_{at}" for at in range(len(self.codes))]
        self.members = f"members_{population}"
        self.last = f"last_{population}"
        self.waits = f"waits_{position}"
        months = metric.measure.months if isinstance(metric.measure, Incidence) else 0
        self.longest = 31 * months  # days; how much longer somebody waited changes nothing
        self.beyond = Wait((months, 31), None)
        self.values = ""
        if isinstance(metric.measure, Median):
            self.values = f"values_{counting.medians.index(metric)}"
        self.base: _Tallies | None = None
        if isinstance(metric.population, Among):
            base = counting.question.definitions[metric.population.metric]
            self.base = _Tallies(counting, base)
        self.months = cache(self._months)
        self.day = cache(self._day)

    def cohort(self, row: Mapping[str, Any] | None) -> Tally:
        if row is None or not row["begun"]:
            return Tally(state=WindowState.TO_OPEN)
        running = row["begun"] < row["people"] or row["taking_part"]
        state = WindowState.RUNNING if running else WindowState.CLOSED
        late = self._is_late(row)
        if isinstance(self.metric.measure, Incidence):
            return Tally(state=state, is_late=late, waits=self._waits(row[self.waits] or ()))
        classes = {code: row[name] for code, name in zip(self.codes, self.counts, strict=True)}
        classes[OTHER] = row[self.members] - sum(classes.values())
        values = row[self.values] or () if self.values else ()
        return Tally(state=state, classes=classes, is_late=late, values=values)

    def _is_late(self, row: Mapping[str, Any]) -> bool:
        """The day of whoever ended last is nobody's day before."""
        if (last := row[self.last]) and self.day(last) > self.valid_on:
            return True
        return self.base is not None and self.base._is_late(row)

    def _day(self, ended_on: date) -> date:
        day = self.days.of(self.metric.day, ended_on)[1]
        measure = self.metric.measure
        return add_months(day, measure.months) if isinstance(measure, Incidence) else day

    def _waits(self, waits: Sequence[int]) -> dict[Wait, int]:
        found: Counter[Wait] = Counter()
        for wait, people in Counter(waits).items():
            since, ending = divmod(wait, ENDING_BITS)
            if since % END_BITS > self.longest:
                found[self.beyond] += people
                continue
            code = None if ending == NO_ENDING else self.codes[ending]
            found[Wait(self._span(since), code)] += people
        return found

    def _span(self, since: int) -> Span:
        end, days = divmod(since, END_BITS)
        months = self.months(end)
        month = bisect_right(months, days) - 1
        return month, days - months[month]

    def _months(self, end: int) -> list[int]:
        """After how many days each month is over, for who ended so many days after the first."""
        begin = self.days.of(self.metric.day, self.days.first + timedelta(end))[1]
        over = range(self.longest // 31 + 2)
        return [(add_months(begin, month) - begin).days for month in over]
