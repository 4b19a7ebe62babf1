"""What is on a person's first page: what is now, what is next, what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from lms.accounts.models import User
from lms.cohorts.models import Enrolment, Meeting, Offering
from lms.cohorts.queries import meetings, memberships
from lms.coursework.models import Assignment, Submission
from lms.coursework.queries import released_assignments
from lms.curricula.models import CourseAssignment
from lms.db import db, utcnow
from lms.gradebook.models import GradeRelease
from lms.gradebook.queries import released_since

FEEDBACK_STAYS = timedelta(days=14)


@dataclass(frozen=True)
class Next:
    """An assignment with its due date, and whether the person handed something in."""

    assignment: Assignment
    handed_in_at: datetime | None


@dataclass(frozen=True)
class TraineeDay:
    now: Sequence[Meeting]
    later: Sequence[Meeting]
    today: Sequence[Meeting]
    next: list[Next]
    overdue: list[Next]
    feedback: Sequence[GradeRelease]


def trainee_day(person: User, *, day: tuple[datetime, datetime]) -> TraineeDay:
    """`day` is the local day's first moment and the next day's, aware."""
    now = utcnow()
    today = meetings(person, since=day[0], until=day[1])
    taking_part = memberships(person).takes_part
    work = _work(person, taking_part) if taking_part else []
    return TraineeDay(
        now=[meeting for meeting in today if meeting.starts_at <= now < meeting.ends_at],
        later=[meeting for meeting in today if meeting.starts_at > now],
        today=today,
        next=[item for item in work if not item.assignment.is_late(now)],
        overdue=[item for item in work if item.assignment.is_late(now) and not item.handed_in_at],
        feedback=released_since(person, now - FEEDBACK_STAYS) if taking_part else [],
    )


def _work(person: User, taking_part: frozenset[int]) -> list[Next]:
    """What was given to the person's running cohorts, by due date."""
    handed_in = dict(
        db.session.execute(
            select(Submission.assignment_id, func.max(Submission.received_at))
            .join(Submission.enrolment)
            .where(Enrolment.user_id == person.id)
            .group_by(Submission.assignment_id)
        ).all()
    )
    return [
        Next(assignment, handed_in.get(assignment.id))
        for assignment in released_assignments(person)
        if assignment.offering.cohort_id in taking_part
        and assignment.offering.cohort.closed_at is None
    ]


@dataclass(frozen=True)
class CourseLoad:
    """A taught course with what waits for its instructor, by assignment.

    `unpublished` counts what the course brings and its cohort was not given yet.
    """

    offering: Offering
    assignments: list[AssignmentLoad]
    unpublished: int


@dataclass(frozen=True)
class AssignmentLoad:
    assignment: Assignment
    handed_in: int
    trainees: int


def teaching_load(
    offerings: Sequence[Offering], assignments: Sequence[Assignment]
) -> list[CourseLoad]:
    """How many of the trainees handed each assignment in, and what could still be published."""
    handed_in = dict(
        db.session.execute(
            select(Submission.assignment_id, func.count(Submission.enrolment_id.distinct()))
            .join(Submission.enrolment)
            .where(
                Submission.assignment_id.in_([assignment.id for assignment in assignments]),
                Enrolment.left_on.is_(None),
            )
            .group_by(Submission.assignment_id)
        ).all()
    )
    trainees = dict(
        db.session.execute(
            select(Enrolment.cohort_id, func.count())
            .where(
                Enrolment.cohort_id.in_({offering.cohort_id for offering in offerings}),
                Enrolment.left_on.is_(None),
            )
            .group_by(Enrolment.cohort_id)
        ).all()
    )
    unpublished = _unpublished_counts(offerings)
    return [
        CourseLoad(
            offering,
            [
                AssignmentLoad(
                    assignment,
                    handed_in.get(assignment.id, 0),
                    trainees.get(offering.cohort_id, 0),
                )
                for assignment in assignments
                if assignment.offering_id == offering.id
            ],
            unpublished.get(offering.id, 0),
        )
        for offering in offerings
    ]


def _unpublished_counts(offerings: Sequence[Offering]) -> dict[int, int]:
    given = (
        select(Assignment.id)
        .where(
            Assignment.offering_id == Offering.id,
            Assignment.name == CourseAssignment.slug,
        )
        .exists()
    )
    rows = db.session.execute(
        select(Offering.id, func.count())
        .join(CourseAssignment, CourseAssignment.course_id == Offering.course_id)
        .where(
            Offering.id.in_([offering.id for offering in offerings]),
            CourseAssignment.withdrawn.is_(False),
            ~given,
        )
        .group_by(Offering.id)
    )
    return dict(rows.all())
