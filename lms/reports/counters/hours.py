"""How many completers, and how many of them work, by how long their notebook servers ran.

By thirds of those who had any session: the shortest, the middle and the longest third of each cohort;
people with the same hours are in the same third. The counts under MEDIAN are whole hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from statistics import median

from lms.compute.hours import seconds_by_enrolment
from lms.db import db
from lms.reports.counters import Counts, completers_at_work

COMPLETED, WORK, MEDIAN = "completed-by-hours", "working-by-hours", "median-hours"
THIRDS = ("short", "middle", "long")
NO_SESSION, ALL = "none", "all"


def count(ids: Sequence[int], valid_on: date, known_at: datetime) -> Mapping[int, Counts]:
    """Subjects of cohorts of which any completer had a session."""
    ran: dict[int, int] = {
        enrolment_id: int(seconds)
        for enrolment_id, seconds in db.session.execute(seconds_by_enrolment(ids, at=known_at))
    }
    people: dict[int, list[tuple[int | None, bool]]] = {}
    for cohort_id, enrolment_id, works in db.session.execute(
        completers_at_work(ids, valid_on, known_at)
    ):
        people.setdefault(cohort_id, []).append((ran.get(enrolment_id), works))
    return {
        key: _of_cohort(rows)
        for key, rows in people.items()
        if any(seconds is not None for seconds, _works in rows)
    }


def _of_cohort(people: Sequence[tuple[int | None, bool]]) -> Counts:
    seconds = sorted(one for one, _works in people if one is not None)
    first, second = (seconds[-(-len(seconds) * part // 3) - 1] for part in (1, 2))

    def third(one: int | None) -> str:
        if one is None:
            return NO_SESSION
        return THIRDS[(one > first) + (one > second)]

    counts: Counts = {key: dict.fromkeys((*THIRDS, NO_SESSION), 0) for key in (COMPLETED, WORK)}
    for one, works in people:
        counts[COMPLETED][third(one)] += 1
        counts[WORK][third(one)] += works
    of = {name: [one for one in seconds if third(one) == name] for name in THIRDS}
    counts[MEDIAN] = {
        name: round(median(these) / 3600) for name, these in {ALL: seconds, **of}.items() if these
    }
    return counts
