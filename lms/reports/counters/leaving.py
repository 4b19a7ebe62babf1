"""In which week of their training people left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import func, select

from lms.cohorts.models import EnrolmentRecord
from lms.db import db
from lms.recorded import known
from lms.reports.counters import Counts

SUBJECT = "left-in-week"
LAST_WEEKS = (4, 8, 12, 26)  # of the bands; whoever left later is in a last one


def band(last: int | None) -> str:
    """The name of the weeks up to and with `last`."""
    return "later" if last is None else f"to-{last}"


BANDS = (*map(band, LAST_WEEKS), band(None))


def count(ids: Sequence[int], valid_on: date, known_at: datetime) -> Mapping[int, Counts]:
    record = EnrolmentRecord
    week = (
        record.left_on - record.enrolled_on
    ) / 7 + 1  # whole days, so whole weeks: the first is 1
    place = func.width_bucket(week, [last + 1 for last in LAST_WEEKS]).label("place")
    rows = db.session.execute(
        select(record.cohort_id, place, func.count())
        .where(record.cohort_id.in_(ids), known(record, known_at), record.left_on <= valid_on)
        .group_by(record.cohort_id, place)
    )
    found: dict[int, Counts] = {key: {SUBJECT: dict.fromkeys(BANDS, 0)} for key in ids}
    for cohort_id, at, people in rows:
        found[cohort_id][SUBJECT][BANDS[at]] = people
    return found
