"""The cohort that runs today: 30 trainees, 2 instructors, one assignment to mark and one to solve.

Its past is written as rows; publishing, releasing results and the last submissions are the rooms'
own actions, so the worker finds jobs to do as soon as it starts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from lms.accounts.models import User
from lms.cohorts.models import Cohort, Enrolment, Offering, Teaching
from lms.coursework import actions as coursework
from lms.coursework.models import Via
from lms.curricula.models import Course
from lms.db import db
from lms.demo import work
from lms.demo.answers import Material
from lms.demo.consents import load_education_consents
from lms.demo.people import Register
from lms.demo.rows import chance, insert_rows, random_key, seoul
from lms.demo.timetable import DAYS_AFTER, DAYS_BEFORE, draw_up_timetable
from lms.gradebook.actions import release_grades
from lms.i18n import SEOUL

# The next after the finished ones. It is invented: cohort 6 of 2025, which has public figures, is not it.
NUMBER = 6
SEATS = 30
# Of the first assignment: results released, marked but not released, still to mark; one more could
# not be graded, and the others have not started.
RELEASED, MARKED, TO_MARK = 12, 4, 8
OUT_OF_TIME = "grading stopped after 600 s"  # as the grader says it
SUBMIT_NOW = slice(4, 9)  # who hands the second assignment in at once; not the two who can sign in


@dataclass(frozen=True)
class Class:
    offering: Offering
    instructor: User
    trainees: list[Enrolment]


def load_running_cohort(
    course: Course, materials: Sequence[Material], *, register: Register, now: datetime
) -> None:
    group = _open_cohort(course, register, now)
    draw_up_timetable(group.offering, list(course.lessons), now=now)
    _load_first_assignment(group, materials[0], now=now)
    _publish_second_assignment(group, materials[1], now=now)


def _open_cohort(course: Course, register: Register, now: datetime) -> Class:
    today = now.astimezone(SEOUL).date()
    starts_on = today - timedelta(weeks=8)
    opened_at = seoul(starts_on, 9)
    cohort = Cohort(
        number=NUMBER,
        starts_on=starts_on,
        ends_on=today + timedelta(weeks=13),
        seats=SEATS,
        opened_at=opened_at,
    )
    offering = Offering(
        cohort=cohort,
        course=course,
        code=f"{course.slug}-c{NUMBER}",
        starts_on=today - timedelta(days=DAYS_BEFORE),
        ends_on=today + timedelta(days=DAYS_AFTER),
    )
    db.session.add_all([cohort, offering])
    db.session.flush()
    instructors = register.add(["instructor", "instructor2"], at=opened_at)
    rows = [{"cohort_id": cohort.id, "user_id": person} for person in instructors]
    insert_rows(Teaching, rows)
    others = [f"t{NUMBER}-{number:02}" for number in range(3, SEATS + 1)]
    trainees = register.add(["trainee", "trainee2", *others], at=opened_at)
    load_education_consents(trainees, starts_on=starts_on)
    enrolments = insert_rows(
        Enrolment,
        [
            {
                "cohort_id": cohort.id,
                "user_id": person,
                "student_number": f"{NUMBER}-{number:02}",
                "enrolled_on": starts_on,
            }
            for number, person in enumerate(trainees, start=1)
        ],
    )
    return Class(
        offering,
        db.session.get_one(User, instructors[0]),
        [db.session.get_one(Enrolment, enrolment) for enrolment in enrolments],
    )


def _load_first_assignment(group: Class, material: Material, *, now: datetime) -> None:
    """Due three days ago: some have their results, the work of others waits for the instructor."""
    random = chance("first assignment of the running cohort")
    today = now.astimezone(SEOUL).date()
    due_at = seoul(today - timedelta(days=3), 18)
    published_at = seoul(today - timedelta(days=10), 9)
    marked_at = seoul(today - timedelta(days=1), 15)
    assignment = work.give(material, group.offering, published_at=published_at, due_at=due_at)
    # Only a written answer waits for a person; whoever has none would count as marked.
    written = [answer for answer in material.answers if None in answer.points.values()]
    people = iter(group.trainees)

    def hand_in(count: int) -> list[work.HandedIn]:
        return [
            work.HandedIn(
                enrolment.id,
                random.choice(written),
                due_at - timedelta(minutes=random.randint(20, 5 * 24 * 60)),
                random.betavariate(5, 2),
            )
            for enrolment in islice(people, count)
        ]

    for count in (RELEASED, MARKED):
        works = hand_in(count)
        submissions = work.hand_in(assignment, works, random=random)
        work.mark(
            assignment,
            submissions,
            works,
            by_id=group.instructor.id,
            at=marked_at,
            random=random,
        )
        if count == RELEASED:
            release_grades(assignment, by=group.instructor)
    *in_time, last, broken = hand_in(TO_MARK + 1)
    late = replace(last, received_at=due_at + timedelta(hours=5, minutes=12))
    work.hand_in(assignment, [*in_time, late], random=random)
    work.hand_in_ungradable(assignment, broken, error=OUT_OF_TIME, random=random)


def _publish_second_assignment(group: Class, material: Material, *, now: datetime) -> None:
    """Due the day after tomorrow; a few hand in at this moment, for the worker to grade."""
    random = chance("second assignment of the running cohort")
    due_at = seoul(now.astimezone(SEOUL).date() + timedelta(days=2), 18)
    assignment = coursework.publish_assignment(
        group.offering, material.authored, due_at=due_at, by=group.instructor
    )
    # The release version is there already: the worker's job will find nothing left to do.
    coursework.store_release(assignment, material.release)
    for enrolment in group.trainees[SUBMIT_NOW]:
        coursework.submit(
            assignment,
            enrolment,
            random.choice(material.answers).contents,
            via=Via.LAB,
            key=random_key(random),
            by=enrolment.user,
        )
