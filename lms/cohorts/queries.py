"""Questions about cohorts: who belongs, who is in it, what is on now, how the funnel ran."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, literal, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from lms.accounts.models import User
from lms.cohorts.models import (
    Application,
    ApplicationStage,
    Cohort,
    Enrolment,
    Meeting,
    Offering,
    Stage,
    Standing,
    Teaching,
)
from lms.db import db, utcnow


class Part(NamedTuple):
    """The part somebody has in a cohort: they teach it, or are enrolled with a standing."""

    cohort: Cohort
    teaches: bool
    student_number: str | None = None
    standing: Standing | None = None

    @property
    def order(self) -> tuple[int, bool]:
        return -self.cohort.number, not self.teaches


class Memberships(NamedTuple):
    """The cohorts (by id) a person teaches, and those they take part in or completed."""

    teaches: frozenset[int]
    takes_part: frozenset[int]


def cohort_ids(person: User) -> CompoundSelect[int]:
    """As part of a query: the cohorts a person teaches, takes part in or completed."""
    teaching = select(Teaching.cohort_id).where(
        Teaching.user_id == person.id, Teaching.ended_at.is_(None)
    )
    return teaching.union(
        select(Enrolment.cohort_id).where(
            Enrolment.user_id == person.id, Enrolment.left_on.is_(None)
        )
    )


def memberships(person: User) -> Memberships:
    teaching = select(Teaching.cohort_id, literal(True)).where(
        Teaching.user_id == person.id, Teaching.ended_at.is_(None)
    )
    taking_part = select(Enrolment.cohort_id, literal(False)).where(
        Enrolment.user_id == person.id, Enrolment.left_on.is_(None)
    )
    rows = db.session.execute(teaching.union_all(taking_part)).all()
    return Memberships(
        frozenset(cohort_id for cohort_id, teaches in rows if teaches),
        frozenset(cohort_id for cohort_id, teaches in rows if not teaches),
    )


def cohort(cohort_id: int) -> Cohort | None:
    return db.session.get(Cohort, cohort_id)


def cohort_by_number(number: int) -> Cohort | None:
    return db.session.scalar(select(Cohort).where(Cohort.number == number))


def offering(offering_id: int) -> Offering | None:
    return db.session.scalar(_offerings().where(Offering.id == offering_id))


def offering_by_code(code: str) -> Offering | None:
    return db.session.scalar(_offerings().where(Offering.code == code))


def _offerings() -> Select[Offering]:
    return (
        select(Offering)
        .join(Offering.cohort)
        .join(Offering.course)
        .options(contains_eager(Offering.cohort), contains_eager(Offering.course))
    )


def cohort_id_of(row: Any) -> int:
    """The cohort a row belongs to: the row itself, or by way of offering, assignment, enrolment."""
    if isinstance(row, Cohort):
        return row.id
    if isinstance(row, Offering | Enrolment):
        return row.cohort_id
    for parent in ("offering", "assignment", "submission"):
        if (above := getattr(row, parent, None)) is not None:
            return cohort_id_of(above)
    raise TypeError(f"{type(row).__name__} belongs to no cohort")


def offerings_of(person: User) -> Sequence[Offering]:
    """The courses a person teaches or takes, the latest first."""
    return (
        db.session.scalars(
            _offerings()
            .where(Offering.cohort_id.in_(cohort_ids(person)))
            .order_by(Offering.starts_on.desc(), Offering.id)
        )
        .unique()
        .all()
    )


def enrolment_of(person: User, cohort_id: int) -> Enrolment | None:
    """The person's live enrolment in a cohort."""
    return db.session.scalar(
        select(Enrolment).where(
            Enrolment.user_id == person.id,
            Enrolment.cohort_id == cohort_id,
            Enrolment.left_on.is_(None),
        )
    )


def enrolments(person: User) -> Sequence[Enrolment]:
    return db.session.scalars(
        select(Enrolment)
        .where(Enrolment.user_id == person.id)
        .options(joinedload(Enrolment.cohort))
    ).all()


def parts(people: Sequence[User]) -> dict[int, list[Part]]:
    """The part each person (by id) has in cohorts, the latest cohort first; two queries for all."""
    ids = [person.id for person in people]
    found: dict[int, list[Part]] = {user_id: [] for user_id in ids}
    for teaching in db.session.scalars(
        select(Teaching)
        .where(Teaching.user_id.in_(ids), Teaching.ended_at.is_(None))
        .options(joinedload(Teaching.cohort))
    ):
        found[teaching.user_id].append(Part(teaching.cohort, True))
    for enrolment in db.session.scalars(
        select(Enrolment).where(Enrolment.user_id.in_(ids)).options(joinedload(Enrolment.cohort))
    ):
        found[enrolment.user_id].append(
            Part(enrolment.cohort, False, enrolment.student_number, enrolment.standing)
        )
    return {user_id: sorted(mine, key=lambda part: part.order) for user_id, mine in found.items()}


def people_enrolled(enrolment_ids: Collection[int]) -> dict[int, User]:
    """The person of each enrolment, by the enrolment's id."""
    rows = select(Enrolment).where(Enrolment.id.in_(enrolment_ids))
    return {
        row.id: row.user for row in db.session.scalars(rows.options(joinedload(Enrolment.user)))
    }


def people_teaching(teaching_ids: Collection[int]) -> dict[int, User]:
    """The person of each teaching, by the teaching's id."""
    rows = select(Teaching).where(Teaching.id.in_(teaching_ids))
    return {row.id: row.user for row in db.session.scalars(rows.options(joinedload(Teaching.user)))}


def roster(cohort: Cohort) -> Select[Enrolment]:
    """Everybody ever enrolled, with their person, by student number."""
    return (
        select(Enrolment)
        .where(Enrolment.cohort_id == cohort.id)
        .options(joinedload(Enrolment.user))
        .order_by(Enrolment.student_number)
    )


def offered_courses(cohort: Cohort) -> Sequence[Offering]:
    """The cohort's courses, in the order they begin."""
    return db.session.scalars(
        _offerings()
        .where(Offering.cohort_id == cohort.id)
        .order_by(Offering.starts_on, Offering.id)
    ).all()


def instructors(cohort: Cohort) -> Sequence[User]:
    return db.session.scalars(
        select(User)
        .join(Teaching, Teaching.user_id == User.id)
        .where(Teaching.cohort_id == cohort.id, Teaching.ended_at.is_(None))
        .order_by(User.name)
    ).all()


def without_password(cohort: Cohort) -> Sequence[Enrolment]:
    """Those taking part who cannot sign in yet, by student number."""
    return db.session.scalars(
        roster(cohort)
        .join(Enrolment.user)
        .where(
            Enrolment.left_on.is_(None),
            User.password_hash.is_(None),
            User.deactivated_at.is_(None),
        )
    ).all()


def taking_part(cohort: Cohort) -> Sequence[Enrolment]:
    """Those who neither left nor completed, by student number."""
    return db.session.scalars(
        roster(cohort).where(Enrolment.left_on.is_(None), Enrolment.completed_on.is_(None))
    ).all()


def enrolment(enrolment_id: int, *, of: Cohort | None = None) -> Enrolment | None:
    found = db.session.get(Enrolment, enrolment_id)
    return found if found and of in (None, found.cohort) else None


def possible_instructors(cohort: Cohort) -> Select[User]:
    """Active people who were never enrolled and do not teach the cohort already, by name."""
    return (
        select(User)
        .where(
            User.deactivated_at.is_(None),
            User.id.not_in(select(Enrolment.user_id)),
            User.id.not_in(
                select(Teaching.user_id).where(
                    Teaching.cohort_id == cohort.id, Teaching.ended_at.is_(None)
                )
            ),
        )
        .order_by(User.name)
        .limit(500)
    )


def meetings(person: User, *, since: datetime, until: datetime) -> Sequence[Meeting]:
    """A person's classes that touch a span of time, in order."""
    return db.session.scalars(
        select(Meeting)
        .join(Meeting.offering)
        .join(Offering.course)
        .where(
            Offering.cohort_id.in_(cohort_ids(person)),
            Meeting.ends_at > since,
            Meeting.starts_at < until,
        )
        .options(contains_eager(Meeting.offering).contains_eager(Offering.course))
        .order_by(Meeting.starts_at)
    ).all()


@dataclass(frozen=True)
class Funnel:
    """How many reached each step of one cohort; None where the step was not recorded."""

    cohort: Cohort
    applied: int | None
    shortlisted: int | None
    tested: int | None
    selected: int | None
    enrolled: int
    left: int
    completed: int

    @property
    def steps(self) -> list[tuple[str, int | None]]:
        return [
            ("applied", self.applied), ("shortlisted", self.shortlisted), ("tested", self.tested),
            ("selected", self.selected), ("enrolled", self.enrolled), ("completed", self.completed),
        ]  # fmt: skip


def reached(day: date) -> ColumnElement[bool]:
    """Of ApplicationStage: whether it had come by a day; one without a day had."""
    return or_(ApplicationStage.reached_on.is_(None), ApplicationStage.reached_on <= day)


def funnels(*, on: date | None = None) -> list[Funnel]:
    """The funnel of every cohort, oldest first, counting what had happened by a day."""
    day = on or utcnow().date()
    stages: dict[tuple[int, Stage], int] = {
        (cohort_id, stage): count
        for cohort_id, stage, count in db.session.execute(
            select(Application.cohort_id, ApplicationStage.stage, func.count())
            .join(ApplicationStage, ApplicationStage.application_id == Application.id)
            .where(reached(day))
            .group_by(Application.cohort_id, ApplicationStage.stage)
        )
    }
    people = {
        cohort_id: (enrolled, left, completed)
        for cohort_id, enrolled, left, completed in db.session.execute(
            select(
                Enrolment.cohort_id,
                func.count().filter(Enrolment.enrolled_on <= day),
                func.count().filter(Enrolment.left_on <= day),
                func.count().filter(Enrolment.completed_on <= day),
            ).group_by(Enrolment.cohort_id)
        )
    }
    cohorts = db.session.scalars(select(Cohort).order_by(Cohort.number))
    return [
        Funnel(
            cohort,
            *_steps(stages, cohort),
            *people.get(cohort.id, (0, 0, 0)),
        )
        for cohort in cohorts
    ]


def _steps(
    stages: dict[tuple[int, Stage], int], cohort: Cohort
) -> tuple[int | None, int | None, int | None, int | None]:
    applied, shortlisted, tested, selected = (stages.get((cohort.id, stage)) for stage in Stage)
    return applied, shortlisted, tested, selected


def funnel(cohort: Cohort) -> Funnel:
    return next(row for row in funnels() if row.cohort is cohort)
