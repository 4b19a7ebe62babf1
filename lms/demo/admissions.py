"""Who applied to a finished cohort, how far each got, and who then took part, left or completed."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from sqlalchemy import insert

from lms.cohorts.models import Application, ApplicationStage, Cohort, Enrolment, Stage
from lms.db import db
from lms.demo.applicants import describe
from lms.demo.figures import PublishedCohort
from lms.demo.people import Register
from lms.demo.rows import chance, insert_rows, seoul

# When a step ended, in days before the start. Only the counts are public, not the days.
STEP_DAYS = {Stage.APPLIED: 60, Stage.SHORTLISTED: 30, Stage.TESTED: 21, Stage.SELECTED: 10}

# The audit of 4 November 2021 counts 28 leavers of cohort 2 by reason: early job 6, change of job 7,
# other training 6, study 3, personal 6. Yet 157 of 180 completed, so 23 left: we take five of the
# six early jobs as completers, which nobody has published. For cohort 1 no reasons are public; it
# gets the same shares.
LEFT_REASONS = (
    *["조기 취업"] * 1,
    *["이직·전직"] * 7,
    *["다른 교육 참여"] * 6,
    *["학업"] * 3,
    *["개인 사정"] * 6,
)


@dataclass(frozen=True)
class Participant:
    """Somebody who was enrolled; `left_on` is None for a graduate."""

    user_id: int
    enrolment_id: int
    left_on: date | None


def admit(cohort: Cohort, figures: PublishedCohort, *, register: Register) -> list[Participant]:
    """Applications with their steps, and an enrolment for each who was selected."""
    applications = insert_rows(Application, [{"cohort_id": cohort.id}] * figures.applied)
    reached = {
        Stage.APPLIED: figures.applied,
        Stage.SHORTLISTED: figures.shortlisted,
        Stage.TESTED: figures.tested,
        Stage.SELECTED: figures.selected,
    }
    db.session.execute(
        insert(ApplicationStage),
        [
            {
                "application_id": application,
                "stage": stage,
                "reached_on": cohort.starts_on - timedelta(days=STEP_DAYS[stage]),
            }
            for stage, count in reached.items()
            for application in applications[:count]
            if count is not None
        ],
    )
    applied_on = cohort.starts_on - timedelta(days=STEP_DAYS[Stage.APPLIED])
    describe(cohort, applications, selected=figures.selected, applied_on=applied_on)
    return _enrol(cohort, figures, applications[: figures.selected], register)


def _enrol(
    cohort: Cohort, figures: PublishedCohort, applications: list[int], register: Register
) -> list[Participant]:
    numbers = [f"{number:03}" for number in range(1, len(applications) + 1)]
    people = register.add(
        [f"g{cohort.number}-{number}" for number in numbers], at=seoul(cohort.starts_on, 9)
    )
    leaving = _leaving(cohort, figures, chance(f"leavers of cohort {cohort.number}"))
    rows = [
        {
            "cohort_id": cohort.id,
            "user_id": user_id,
            "application_id": application,
            "student_number": f"{cohort.number}-{number}",
            "enrolled_on": cohort.starts_on,
            "left_on": leaving[index][0] if index in leaving else None,
            "left_reason": leaving[index][1] if index in leaving else None,
            "completed_on": None if index in leaving else figures.ceremony_on,
        }
        for index, (number, user_id, application) in enumerate(
            zip(numbers, people, applications, strict=True)
        )
    ]
    enrolments = insert_rows(Enrolment, rows)
    return [
        Participant(user_id, enrolment_id, leaving[index][0] if index in leaving else None)
        for index, (user_id, enrolment_id) in enumerate(zip(people, enrolments, strict=True))
    ]


def _leaving(
    cohort: Cohort, figures: PublishedCohort, random: Random
) -> dict[int, tuple[date, str]]:
    """Day and reason of each who left, by place in the list; all within the first four months."""
    reasons = random.choices(LEFT_REASONS, k=max(0, figures.left - len(LEFT_REASONS)))
    reasons += LEFT_REASONS
    random.shuffle(reasons)
    return {
        index: (cohort.starts_on + timedelta(days=random.randint(10, 120)), reason)
        for index, reason in zip(
            sorted(random.sample(range(figures.selected), figures.left)), reasons, strict=True
        )
    }
