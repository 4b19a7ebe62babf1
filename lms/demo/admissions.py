"""Who applied to a finished cohort, how far each got, and who then took part, left or completed."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from lms.cohorts.models import (
    Application,
    ApplicationStage,
    Cohort,
    Enrolment,
    EnrolmentRecord,
    Stage,
)
from lms.demo.applicants import describe
from lms.demo.figures import PublishedCohort
from lms.demo.people import Register
from lms.demo.rows import backdated, chance, copy_rows, insert_rows, seoul, without_trigger
from lms.metrics.facts import Leaving

# When a step ended, in days before the start. Only the counts are public, not the days.
STEP_DAYS = {Stage.APPLIED: 60, Stage.SHORTLISTED: 30, Stage.TESTED: 21, Stage.SELECTED: 10}

# The audit of 4 November 2021 counts 28 leavers of cohort 2 by reason: early job 6, change of job 7,
# other training 6, study 3, personal 6. Yet 157 of 180 completed, so 23 left: we take five of the
# six early jobs as completers, which nobody has published. For cohort 1 no reasons are public; it
# gets the same shares.
LEFT_REASONS = (
    *[Leaving.EARLY_JOB] * 1,
    *[Leaving.CHANGE_OF_JOB] * 7,
    *[Leaving.OTHER_TRAINING] * 6,
    *[Leaving.STUDY] * 3,
    *[Leaving.PERSONAL] * 6,
)
WORDS = {
    Leaving.EARLY_JOB: "조기 취업",
    Leaving.CHANGE_OF_JOB: "이직·전직",
    Leaving.OTHER_TRAINING: "다른 교육 참여",
    Leaving.STUDY: "학업",
    Leaving.PERSONAL: "개인 사정",
}
RECORDED = (
    "cohort_id", "user_id", "application_id", "enrolled_on", "left_on", "leaving", "completed_on",
)  # fmt: skip
WRITTEN_DOWN = timedelta(days=2)  # after somebody left


@dataclass(frozen=True)
class Participant:
    """Somebody who was enrolled; `left_on` is None for a graduate."""

    user_id: int
    enrolment_id: int
    left_on: date | None
    leaving: Leaving | None


def admit(cohort: Cohort, figures: PublishedCohort, *, register: Register) -> list[Participant]:
    """Applications with their steps, and an enrolment for each who was selected."""
    applications = insert_rows(Application, [{"cohort_id": cohort.id}] * figures.applied)
    reached = {
        Stage.APPLIED: figures.applied,
        Stage.SHORTLISTED: figures.shortlisted,
        Stage.TESTED: figures.tested,
        Stage.SELECTED: figures.selected,
    }
    days = {stage: cohort.starts_on - timedelta(days=before) for stage, before in STEP_DAYS.items()}
    with backdated(ApplicationStage):
        copy_rows(
            ApplicationStage,
            [
                {
                    "application_id": application,
                    "stage": stage,
                    "reached_on": days[stage],
                    "recorded_at": seoul(days[stage], 18),
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
    rows: list[dict[str, Any]] = [
        {
            "cohort_id": cohort.id,
            "user_id": user_id,
            "application_id": application,
            "student_number": f"{cohort.number}-{number}",
            "enrolled_on": cohort.starts_on,
            "left_on": leaving[index][0] if index in leaving else None,
            "leaving": leaving[index][1] if index in leaving else None,
            "left_reason": WORDS[leaving[index][1]] if index in leaving else None,
            "completed_on": None if index in leaving else figures.ceremony_on,
        }
        for index, (number, user_id, application) in enumerate(
            zip(numbers, people, applications, strict=True)
        )
    ]
    with without_trigger(Enrolment, "enrolments_are_recorded"):
        enrolments = insert_rows(Enrolment, rows)
    _record(rows, enrolments, figures)
    return [
        Participant(row["user_id"], enrolment_id, row["left_on"], row["leaving"])
        for row, enrolment_id in zip(rows, enrolments, strict=True)
    ]


def _record(rows: list[dict[str, Any]], enrolments: list[int], figures: PublishedCohort) -> None:
    """What was known of each: first that they had begun, later how it ended."""
    records = []
    for row, enrolment_id in zip(rows, enrolments, strict=True):
        left_on = row["left_on"]
        ended_at = seoul(figures.ceremony_on if left_on is None else left_on + WRITTEN_DOWN, 18)
        known = {name: row[name] for name in RECORDED} | {"enrolment_id": enrolment_id}
        begun = dict.fromkeys(("left_on", "leaving", "completed_on"))
        begun_at = seoul(row["enrolled_on"], 9)
        records += [
            {**known, **begun, "recorded_at": begun_at, "superseded_at": ended_at},
            {**known, "recorded_at": ended_at, "superseded_at": None},
        ]
    with backdated(EnrolmentRecord):
        copy_rows(EnrolmentRecord, records)


def _leaving(
    cohort: Cohort, figures: PublishedCohort, random: Random
) -> dict[int, tuple[date, Leaving]]:
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
