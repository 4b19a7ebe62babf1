"""A cohort of the past: its admissions, its course with everybody's grades, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lms.cohorts.models import Cohort, Offering, Teaching
from lms.curricula.models import Course
from lms.db import db
from lms.demo import work
from lms.demo.admissions import Participant, admit
from lms.demo.answers import Material
from lms.demo.consents import load_consents
from lms.demo.destinations import record_destinations
from lms.demo.figures import published_cohort
from lms.demo.following import follow
from lms.demo.investments import give_investments
from lms.demo.people import Register
from lms.demo.presence import record_presence
from lms.demo.rows import chance, insert_rows, seoul
from lms.demo.waves import load_waves

# Cohort 1 opened on 2 July 2020 (press); the first days of the others are not published.
STARTED = {
    1: date(2020, 7, 2),
    2: date(2021, 6, 14),
    3: date(2022, 5, 2),
    4: date(2023, 4, 24),
    5: date(2024, 4, 22),
}


@dataclass(frozen=True)
class FinishedCohort:
    offering: Offering
    participants: list[Participant]
    instructor_ids: list[int]


def load_finished_cohort(
    number: int, course: Course, *, register: Register, administrator_id: int, now: datetime
) -> FinishedCohort:
    """Everything but the grades; of a survey that still runs what came until now."""
    figures = published_cohort(number)
    cohort = Cohort(
        number=number,
        starts_on=STARTED[number],
        ends_on=figures.ceremony_on,
        seats=figures.selected,
        opened_at=seoul(STARTED[number], 9),
        closed_at=seoul(figures.ceremony_on, 18),
    )
    offering = Offering(
        cohort=cohort,
        course=course,
        code=f"{course.slug}-c{number}",
        starts_on=cohort.starts_on,
        ends_on=cohort.starts_on + timedelta(weeks=10),
    )
    db.session.add_all([cohort, offering])
    db.session.flush()
    instructors = register.add([f"i{number}-01", f"i{number}-02"], at=seoul(cohort.starts_on, 9))
    insert_rows(
        Teaching,
        [
            {"cohort_id": cohort.id, "user_id": instructor, "ended_at": cohort.closed_at}
            for instructor in instructors
        ],
    )
    participants = admit(cohort, figures, register=register)
    record_presence(cohort, participants, by_id=administrator_id)
    graduates = [person for person in participants if person.left_on is None]
    leavers = [person for person in participants if person.left_on is not None]
    completed_on = figures.ceremony_on
    people = follow(graduates, number=number, completed_on=completed_on)
    lives = record_destinations(figures, people, leavers, recorded_by_id=administrator_id)
    give_investments(cohort)
    load_consents(
        number,
        participants,
        people,
        starts_on=cohort.starts_on,
        completed_on=completed_on,
        until=now,
    )
    load_waves(cohort, lives, by_id=administrator_id, now=now)
    return FinishedCohort(offering, participants, instructors)


def load_grades(finished: FinishedCohort, materials: Sequence[Material]) -> None:
    """Everybody who was there handed in every assignment, and saw the result a week later."""
    offering = finished.offering
    random = chance(f"grades of {offering.code}")
    ability = {person.enrolment_id: random.betavariate(5, 2) for person in finished.participants}
    for place, material in enumerate(materials):
        published_on = offering.starts_on + timedelta(weeks=1 + 3 * place)
        due_at = seoul(published_on + timedelta(weeks=2), 18)
        assignment = work.give(
            material, offering, published_at=seoul(published_on, 9), due_at=due_at
        )
        works = [
            work.HandedIn(
                person.enrolment_id,
                material.answer_of(ability[person.enrolment_id] + random.gauss(0, 0.12)),
                work.handed_in_at(due_at, random),
                ability[person.enrolment_id],
            )
            for person in finished.participants
            if person.left_on is None or person.left_on > due_at.date()
        ]
        works.sort(key=lambda handed_in: handed_in.received_at)
        submissions = work.hand_in(assignment, works, random=random)
        marker = finished.instructor_ids[place % len(finished.instructor_ids)]
        marked_at = due_at + timedelta(days=3)
        work.mark(assignment, submissions, works, by_id=marker, at=marked_at, random=random)
        work.show_results(submissions, by_id=marker, at=due_at + timedelta(days=7))
