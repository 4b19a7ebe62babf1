"""How many days of a month's classes somebody attended, and what is asked about it.

Attendance is kept by the system that the training is paid through (HRD-Net) and comes from there as it
counted it: what makes a day attended, or three late days one of absence, is that system's rule.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.accounts.models import User
from lms.cohorts.models import Cohort, Enrolment
from lms.db import Base, Key, db
from lms.recorded import Recorded, known
from lms.resident_numbers import FreeText


class Attendance(Recorded, Base):
    """Of one enrolment in one month (its first day): days on which classes were held, days attended."""

    __tablename__ = "attendance"
    __table_args__ = (
        Index(
            "uq_attendance_live", "enrolment_id", "month", unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        CheckConstraint("extract(day FROM month) = 1", name="month_is_first_day"),
        CheckConstraint("days_attended BETWEEN 0 AND days_held", name="attended_of_held"),
        CheckConstraint("days_held BETWEEN 1 AND 31", name="held_in_a_month"),
    )  # fmt: skip

    id: Mapped[Key]
    enrolment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("enrolment.id"), index=True)
    month: Mapped[date]
    days_held: Mapped[int]
    days_attended: Mapped[int]
    source: Mapped[FreeText]


class Attended(NamedTuple):
    """Days of all the months that are recorded."""

    months: int
    days_held: int
    days_attended: int


def of_person(person: User) -> Sequence[Attendance]:
    """All that is or was recorded, the latest month and what is known now of it first."""
    return db.session.scalars(
        select(Attendance)
        .join(Enrolment, Enrolment.id == Attendance.enrolment_id)
        .where(Enrolment.user_id == person.id)
        .order_by(Attendance.month.desc(), Attendance.id.desc())
    ).all()


def of_cohort(cohort: Cohort) -> dict[tuple[int, date], Attendance]:
    """What is known now, by enrolment and month."""
    rows = db.session.scalars(
        select(Attendance)
        .join(Enrolment, Enrolment.id == Attendance.enrolment_id)
        .where(Enrolment.cohort_id == cohort.id, known(Attendance))
    )
    return {(row.enrolment_id, row.month): row for row in rows}


def totals(enrolment_ids: Collection[int]) -> dict[int, Attended]:
    """By enrolment, of what is known now; somebody of whom nothing is recorded is missing."""
    rows = db.session.execute(
        select(
            Attendance.enrolment_id,
            func.count(),
            func.sum(Attendance.days_held),
            func.sum(Attendance.days_attended),
        )
        .where(Attendance.enrolment_id.in_(enrolment_ids), known(Attendance))
        .group_by(Attendance.enrolment_id)
    )
    return {key: Attended(*counts) for key, *counts in rows}
