"""Who applied and who of them completed, by what was asked at application.

Counts only the answers that are known: how many are not is what is left of the people of T1. An
application is told by its first step, a completer by the application the enrolment came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, func, select

from lms.cohorts.models import (
    Applicant,
    Application,
    ApplicationStage,
    Cohort,
    EnrolmentRecord,
    JobStatus,
    Major,
    Sex,
    Stage,
)
from lms.cohorts.queries import reached
from lms.db import db
from lms.recorded import known
from lms.regions import AREAS
from lms.reports.counters import Counts

LAST_AGES = (19, 24, 29)  # of the bands; whoever was older is in a last one
AGES = ("to-19", "to-24", "to-29", "older")
PARTS: dict[str, tuple[str, ...]] = {
    "sex": tuple(Sex),
    "age": AGES,
    "region": tuple(AREAS),
    "major": tuple(Major),
    "job": tuple(JobStatus),
}


def subjects(question: str) -> tuple[str, str]:
    """What the applicants, and those of them who completed, are counted under."""
    return f"applied-by-{question}", f"completed-by-{question}"


def count(ids: Sequence[int], valid_on: date, known_at: datetime) -> Mapping[int, Counts]:
    found: dict[int, Counts] = {}
    for question, answer in _answers().items():
        applied, completed = subjects(question)
        for cohort_id, said, applicants, completers in db.session.execute(
            _people(ids, valid_on, known_at, answer)
        ):
            of = found.setdefault(cohort_id, {})
            for subject, people in ((applied, applicants), (completed, completers)):
                counts = of.setdefault(subject, dict.fromkeys(PARTS[question], 0))
                if said is not None:
                    counts[said] = people
    return found


def _answers() -> dict[str, Any]:
    """By question, the part somebody belongs to; NULL: not recorded. Ages are years, not birthdays."""
    applied_in = func.extract("year", func.coalesce(ApplicationStage.reached_on, Cohort.starts_on))
    age = applied_in - Applicant.birth_year
    ages = [(age <= last, part) for last, part in zip(LAST_AGES, AGES, strict=False)]
    areas = [(Applicant.region.in_(codes), area) for area, (_name, codes) in AREAS.items()]
    return {
        "sex": Applicant.sex,
        "age": case(*ages, (age.is_not(None), AGES[-1])),
        "region": case(*areas),
        "major": Applicant.major,
        "job": Applicant.job_status,
    }


def _people(ids: Sequence[int], valid_on: date, known_at: datetime, answer: Any) -> Any:
    """Cohort, part, how many applied and how many completed; of cohorts with any applicant known."""
    said = answer.label("said")
    return (
        select(
            Application.cohort_id,
            said,
            func.count(),
            func.count().filter(EnrolmentRecord.completed_on <= valid_on),
        )
        .join(Cohort, Cohort.id == Application.cohort_id)
        .join(ApplicationStage, ApplicationStage.application_id == Application.id)
        .join(
            Applicant, and_(Applicant.application_id == Application.id, known(Applicant, known_at))
        )
        .outerjoin(
            EnrolmentRecord,
            and_(
                EnrolmentRecord.application_id == Application.id,
                EnrolmentRecord.cohort_id == Application.cohort_id,
                known(EnrolmentRecord, known_at),
            ),
        )
        .where(
            Application.cohort_id.in_(ids),
            ApplicationStage.stage == Stage.APPLIED,
            ApplicationStage.recorded_at <= known_at,
            reached(valid_on),
        )
        .group_by(Application.cohort_id, said)
    )
