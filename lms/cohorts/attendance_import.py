"""A cohort's attendance, planned, then recorded whole or not at all; twice is once, a change is a correction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from lms import audit
from lms.accounts.models import User
from lms.cohorts.attendance import Attendance, of_cohort
from lms.cohorts.attendance_file import AttendanceRow, read_attendance
from lms.cohorts.forms import RowError
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.queries import roster
from lms.db import db
from lms.errors import DomainError
from lms.i18n import today
from lms.table_files import Line


class RecordedMeanwhile(DomainError):
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            _("Attendance was recorded meanwhile. Nothing was imported: check the file again.")
        )


@dataclass(frozen=True)
class PlannedLine:
    """A line, whose it is, and what is recorded of the month so far."""

    row: AttendanceRow
    enrolment: Enrolment
    before: Attendance | None

    @property
    def change(self) -> str:
        if self.before is None:
            return "new"
        said = (self.row.days_held, self.row.days_attended)
        recorded = (self.before.days_held, self.before.days_attended)
        return "unchanged" if said == recorded else "changed"


@dataclass
class AttendancePlan:
    """What an import would record, or the errors that forbid it all."""

    lines: list[PlannedLine] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def count(self, change: str) -> int:
        return sum(line.change == change for line in self.lines)

    @property
    def writes(self) -> list[PlannedLine]:
        return [line for line in self.lines if line.change != "unchanged"]


def plan_attendance(cohort: Cohort, lines: Sequence[Line]) -> AttendancePlan:
    """What importing the lines (our columns, a heading first) would change; two queries."""
    rows, errors = read_attendance(lines)
    recorded = of_cohort(cohort)
    enrolled = {one.student_number: one for one in db.session.scalars(roster(cohort))}
    plan = AttendancePlan(errors=errors)
    for row in rows:
        enrolment = enrolled.get(row.student_number)
        if message := _refused(row, enrolment, cohort):
            plan.errors.append(RowError(row.line, message))
        elif enrolment:
            before = recorded.get((enrolment.id, row.month))
            plan.lines.append(PlannedLine(row, enrolment, before))
    plan.errors.sort()
    return plan


def _refused(row: AttendanceRow, enrolment: Enrolment | None, cohort: Cohort) -> str | None:
    if enrolment is None:
        return str(_("Nobody is enrolled under student number %(n)s.", n=row.student_number[:40]))
    if not cohort.starts_on.replace(day=1) <= row.month <= cohort.ends_on:
        return str(_("The cohort has no training in this month."))
    if row.month > (enrolment.left_on or enrolment.completed_on or date.max):
        return str(_("This person had left or completed before this month."))
    if row.month > today():
        return str(_("This month has not come yet."))
    return None


def import_attendance(cohort: Cohort, plan: AttendancePlan, *, source: str, by: User) -> None:
    """Carry a plan without errors out, whole.

    Raises:
        ValueError: the plan has errors.
        RecordedMeanwhile: it was planned on what is not known any more.
    """
    if plan.errors:
        raise ValueError("a table with errors is not imported")
    db.session.execute(select(Cohort.id).where(Cohort.id == cohort.id).with_for_update())
    recorded = of_cohort(cohort)
    if any(recorded.get((line.enrolment.id, line.row.month)) is not line.before for line in plan.lines):  # fmt: skip
        raise RecordedMeanwhile
    corrected = [line.before.id for line in plan.writes if line.before]
    db.session.execute(
        update(Attendance)
        .where(Attendance.id.in_(corrected))
        .values(superseded_at=func.now())  # the database puts its own moment there
        .execution_options(synchronize_session=False)
    )
    db.session.add_all(
        Attendance(
            enrolment_id=line.enrolment.id, month=line.row.month, days_held=line.row.days_held,
            days_attended=line.row.days_attended, source=source, recorded_by_id=by.id,
            reason=source if line.before else None,
        )
        for line in plan.writes
    )  # fmt: skip
    audit.record(
        "attendance-imported", cohort, by=by, new=plan.count("new"), changed=plan.count("changed"),
        unchanged=plan.count("unchanged"),
    )  # fmt: skip
