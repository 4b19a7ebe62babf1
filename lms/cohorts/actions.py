"""What is done to cohorts: made, opened, closed; people enrolled; a roster imported whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from lms import audit
from lms.accounts import actions as accounts
from lms.accounts.models import User
from lms.cohorts.forms import RosterRow, RowError
from lms.cohorts.models import Cohort, Enrolment, Offering, Standing, Teaching
from lms.cohorts.queries import cohort_by_number
from lms.curricula.models import Course
from lms.db import db, utcnow
from lms.errors import DomainError


class NumberTaken(DomainError):
    def __init__(self, number: int) -> None:
        super().__init__(_("There is a cohort %(number)s already.", number=number))


class AlreadyOffered(DomainError):
    def __init__(self) -> None:
        super().__init__(_("This cohort already has that course."))


class AlreadyTeaching(DomainError):
    def __init__(self, person: User) -> None:
        super().__init__(_("%(name)s already teaches this cohort.", name=person.name))


class NotOpen(DomainError):
    def __init__(self) -> None:
        super().__init__(_("People can be enrolled only while the cohort is planned or open."))


def plan_cohort(
    *, number: int, starts_on: date, ends_on: date, seats: int, by: User | None
) -> Cohort:
    """Raises:
    NumberTaken: the number belongs to another cohort.
    """
    if cohort_by_number(number):
        raise NumberTaken(number)
    cohort = Cohort(number=number, starts_on=starts_on, ends_on=ends_on, seats=seats)
    db.session.add(cohort)
    audit.record("cohort-planned", cohort, by=by, number=number)
    return cohort


def open_cohort(cohort: Cohort, *, by: User) -> None:
    cohort.open()
    audit.record("cohort-opened", cohort, by=by)


def close_cohort(cohort: Cohort, *, by: User) -> None:
    """Close the cohort; who neither left nor completed stays as they are, and is counted so."""
    cohort.close()
    audit.record("cohort-closed", cohort, by=by)


def offer_course(
    cohort: Cohort, course: Course, *, starts_on: date, ends_on: date, by: User | None
) -> Offering:
    """Raises:
    AlreadyOffered: the cohort has this course.
    """
    if any(offering.course_id == course.id for offering in cohort.offerings):
        raise AlreadyOffered
    offering = Offering(
        cohort=cohort,
        course=course,
        code=f"{course.slug}-c{cohort.number}",
        starts_on=starts_on,
        ends_on=ends_on,
    )
    db.session.add(offering)
    audit.record("course-offered", offering, by=by, code=offering.code)
    return offering


def appoint_instructor(cohort: Cohort, person: User, *, by: User | None) -> Teaching:
    """Raises:
    AlreadyTeaching: nothing to do.
    """
    if _teaching(cohort, person):
        raise AlreadyTeaching(person)
    teaching = Teaching(cohort_id=cohort.id, user_id=person.id)
    db.session.add(teaching)
    audit.record("instructor-appointed", teaching, by=by, cohort=cohort.number)
    return teaching


def dismiss_instructor(cohort: Cohort, person: User, *, by: User) -> None:
    if teaching := _teaching(cohort, person):
        teaching.ended_at = utcnow()
        audit.record("instructor-dismissed", teaching, by=by, cohort=cohort.number)


def _teaching(cohort: Cohort, person: User) -> Teaching | None:
    return db.session.scalar(
        select(Teaching).where(
            Teaching.cohort_id == cohort.id,
            Teaching.user_id == person.id,
            Teaching.ended_at.is_(None),
        )
    )


class NotTakingPart(DomainError):
    def __init__(self, person: User) -> None:
        super().__init__(_("%(name)s has left or completed already.", name=person.name))


class BeforeEnrolment(DomainError):
    def __init__(self) -> None:
        super().__init__(_("This day is before the person was enrolled."))


def record_leaving(enrolment: Enrolment, *, on: date, reason: str, by: User | None) -> None:
    """Raises:
    NotTakingPart: they left or completed already. BeforeEnrolment: the day cannot be.
    """
    _must_take_part(enrolment, on)
    enrolment.left_on, enrolment.left_reason = on, reason.strip()
    audit.record("left-cohort", enrolment, by=by, on=on.isoformat())


def record_completions(enrolments: Sequence[Enrolment], *, on: date, by: User | None) -> None:
    """All of them or, when one cannot be, none.

    Raises:
        NotTakingPart, BeforeEnrolment: of the first for whom it cannot be.
    """
    for enrolment in enrolments:
        _must_take_part(enrolment, on)
    for enrolment in enrolments:
        enrolment.completed_on = on
        audit.record("completed-cohort", enrolment, by=by, on=on.isoformat())


def _must_take_part(enrolment: Enrolment, on: date) -> None:
    if enrolment.standing is not Standing.TAKING_PART:
        raise NotTakingPart(enrolment.user)
    if on < enrolment.enrolled_on:
        raise BeforeEnrolment


class RosterChange(StrEnum):
    NEW = "new"  # a new account, enrolled
    ENROLLED = "enrolled"  # somebody who has an account, enrolled
    UNCHANGED = "unchanged"


@dataclass
class RosterPlan:
    """What an import would do: the change of every row, or the errors that forbid it all."""

    changes: list[tuple[RosterRow, RosterChange]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def count(self, change: RosterChange | str) -> int:
        return sum(1 for _row, found in self.changes if found == change)


def plan_roster(cohort: Cohort, rows: list[RosterRow]) -> RosterPlan:
    """What importing the rows would change. The same file twice changes nothing the second time."""
    accounts_found = list(
        db.session.scalars(
            select(User).where(
                or_(
                    User.username.in_({row.username for row in rows}),
                    func.lower(User.email).in_({row.email for row in rows}),
                )
            )
        )
    )
    by_username = {person.username: person for person in accounts_found}
    by_email = {person.email.lower(): person for person in accounts_found}
    enrolled = {
        enrolment.user_id: enrolment
        for enrolment in db.session.scalars(
            select(Enrolment).where(Enrolment.cohort_id == cohort.id)
        )
    }
    by_number = {enrolment.student_number: enrolment for enrolment in enrolled.values()}
    plan = RosterPlan()
    for row in rows:
        person = by_username.get(row.username)
        owner = by_email.get(row.email)
        holder = by_number.get(row.student_number)
        enrolment = enrolled.get(person.id) if person else None
        if owner is not person:
            message = (
                _("%(email)s belongs to another account.", email=row.email)
                if owner
                else _("User name %(name)s belongs to another person.", name=row.username)
            )
            plan.errors.append(RowError(row.line, message))
        elif holder is not None and holder is not enrolment:
            message = _("Student number %(n)s belongs to somebody else.", n=row.student_number)
            plan.errors.append(RowError(row.line, message))
        elif enrolment is not None and enrolment.student_number != row.student_number:
            message = _("This person is enrolled under number %(n)s.", n=enrolment.student_number)
            plan.errors.append(RowError(row.line, message))
        else:
            change = (
                RosterChange.UNCHANGED
                if enrolment
                else RosterChange.ENROLLED if person else RosterChange.NEW
            )  # fmt: skip
            plan.changes.append((row, change))
    return plan


def import_roster(cohort: Cohort, plan: RosterPlan, *, by: User) -> None:
    """Carry a plan without errors out, whole.

    Raises:
        NotOpen: the cohort is closed.
        ValueError: the plan has errors.
    """
    if plan.errors:
        raise ValueError("a roster with errors is not imported")
    if cohort.closed_at:
        raise NotOpen
    for row, change in plan.changes:
        if change is RosterChange.NEW:
            accounts.add_person(username=row.username, name=row.name, email=row.email, by=by)
    db.session.flush()
    people = {
        person.username: person
        for person in db.session.scalars(
            select(User).where(User.username.in_({row.username for row, _change in plan.changes}))
        )
    }
    for row, change in plan.changes:
        if change is not RosterChange.UNCHANGED:
            enrol(cohort, people[row.username], student_number=row.student_number, by=by)
    counts: dict[str, Any] = {change.value: plan.count(change) for change in RosterChange}
    audit.record("roster-imported", cohort, by=by, **counts)


def enrol(
    cohort: Cohort, person: User, *, student_number: str, on: date | None = None, by: User | None
) -> Enrolment:
    enrolment = Enrolment(
        cohort=cohort,
        user=person,
        student_number=student_number,
        enrolled_on=on or max(cohort.starts_on, utcnow().date()),
    )
    db.session.add(enrolment)
    audit.record("enrolled", enrolment, by=by, cohort=cohort.number)
    return enrolment
