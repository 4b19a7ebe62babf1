"""How many completers, and how many of them work, by what they had reached in their courses.

By band of the share of points (lms/gradebook/results.py) released by the day and by what was known.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from lms.db import db
from lms.gradebook.results import course_results
from lms.i18n import SEOUL
from lms.reports.counters import Counts, completers_at_work

COMPLETED, WORK = "completed-by-result", "working-by-result"
FROM_PERCENT = (70, 80, 90)  # of the bands; whoever reached less is in a first one
BANDS = ("below", *(f"from-{percent}" for percent in FROM_PERCENT))
NO_RESULT = "none"


def count(ids: Sequence[int], valid_on: date, known_at: datetime) -> Mapping[int, Counts]:
    """Subjects of cohorts in which any result was released."""
    day_over = datetime.combine(valid_on + timedelta(days=1), time(), SEOUL)
    reached = course_results(ids, at=min(known_at, day_over))
    found: dict[int, Counts] = {}
    with_results = set()
    for cohort_id, enrolment_id, works in db.session.execute(
        completers_at_work(ids, valid_on, known_at)
    ):
        counts = found.setdefault(
            cohort_id, {key: dict.fromkeys((*BANDS, NO_RESULT), 0) for key in (COMPLETED, WORK)}
        )
        band = _band(reached.get(enrolment_id))
        counts[COMPLETED][band] += 1
        counts[WORK][band] += works
        if band != NO_RESULT:
            with_results.add(cohort_id)
    return {key: counts for key, counts in found.items() if key in with_results}


def _band(share: float | None) -> str:
    if share is None:
        return NO_RESULT
    return BANDS[bisect_right(FROM_PERCENT, round(100 * share, 9))]
