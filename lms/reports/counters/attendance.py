"""How many people attended how much of the training, by the months begun by the day and what was known.

Counts only those of whom any month is recorded: how many are not is what is left of the people of T1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import and_, case, func, select

from lms.cohorts.attendance import Attendance
from lms.cohorts.models import EnrolmentRecord
from lms.db import db
from lms.recorded import known
from lms.reports.counters import Counts

SUBJECT = "attended"
FROM_PERCENT = (100, 95, 90, 80)  # of the bands; whoever attended less is in a last one
BANDS = (*(f"from-{percent}" for percent in FROM_PERCENT), "below")


def count(ids: Sequence[int], valid_on: date, known_at: datetime) -> Mapping[int, Counts]:
    """Cohorts of which any attendance was recorded."""
    record, row = EnrolmentRecord, Attendance
    percent = 100 * func.sum(row.days_attended)
    held = func.sum(row.days_held)
    band = case(
        *((percent >= least * held, name) for least, name in zip(FROM_PERCENT, BANDS, strict=False)),
        else_=BANDS[-1],
    ).label("band")  # fmt: skip
    people = (
        select(record.cohort_id, band)
        .join(
            row,
            and_(
                row.enrolment_id == record.enrolment_id, known(row, known_at), row.month <= valid_on
            ),
        )
        .where(
            record.cohort_id.in_(ids), known(record, known_at), record.enrolled_on <= valid_on
        )
        .group_by(record.cohort_id, record.enrolment_id)
        .subquery()
    )  # fmt: skip
    found: dict[int, Counts] = {}
    for cohort_id, name, number in db.session.execute(
        select(people.c.cohort_id, people.c.band, func.count()).group_by(
            people.c.cohort_id, people.c.band
        )
    ):
        counts = found.setdefault(cohort_id, {SUBJECT: dict.fromkeys(BANDS, 0)})
        counts[SUBJECT][name] = number
    return found
