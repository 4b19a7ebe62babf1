"""When the people of a finished cohort of the demonstration were there. All of it is invented.

Each has a constancy of their own: who attends little also runs a notebook server less, and a little
more often leaves.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from lms.cohorts.attendance import Attendance
from lms.cohorts.models import Cohort
from lms.compute.models import NotebookSession
from lms.demo.admissions import Participant
from lms.demo.rows import backdated, chance, copy_rows, seoul
from lms.metrics.months import add_months

DAYS_HELD = 20  # of a full month
SOURCE = "HRD-Net 출석부 (시연)"
SESSIONS = 10  # of the most constant, in a month
KEY_LASTS = timedelta(hours=12)


def record_presence(cohort: Cohort, participants: Sequence[Participant], *, by_id: int) -> None:
    random = chance(f"presence in cohort {cohort.number}")
    months: list[dict[str, Any]] = []
    sessions: list[dict[str, Any]] = []
    for participant in participants:
        last_on = participant.left_on or cohort.ends_on
        constancy = 1 - random.betavariate(1.2, 22) * (2 if participant.left_on else 1)
        for month, days_held in _months(cohort.starts_on, last_on):
            months.append(_attended(participant, month, days_held, constancy, by_id, random))
            sessions += _sessions(participant, month, days_held, constancy, random)
    with backdated(Attendance):
        copy_rows(Attendance, months)
    with backdated(NotebookSession):
        copy_rows(NotebookSession, sessions)


def _months(first_on: date, last_on: date) -> Iterator[tuple[date, int]]:
    """Each month that is full or begun, and the days of it on which classes were held."""
    month = first_on.replace(day=1)
    while month <= last_on:
        following = add_months(month, 1)
        days = (min(last_on + timedelta(days=1), following) - max(first_on, month)).days
        yield month, max(1, round(DAYS_HELD * days / (following - month).days))
        month = following


def _attended(
    participant: Participant,
    month: date,
    days_held: int,
    constancy: float,
    by_id: int,
    random: Random,
) -> dict[str, Any]:
    """As the attendance system told it on the fifth of the next month."""
    return {
        "enrolment_id": participant.enrolment_id,
        "month": month,
        "days_held": days_held,
        "days_attended": sum(random.random() < constancy for _day in range(days_held)),
        "source": SOURCE,
        "recorded_at": seoul(add_months(month, 1) + timedelta(days=4), 10),
        "recorded_by_id": by_id,
    }


def _sessions(
    participant: Participant, month: date, days_held: int, constancy: float, random: Random
) -> Iterator[dict[str, Any]]:
    """A few afternoons of a month, on different days."""
    share = days_held / DAYS_HELD * random.uniform(0.3, 1) * constancy**4
    for day in sorted(random.sample(range(28), round(SESSIONS * share))):
        begins = seoul(month + timedelta(days=day), 13, random.randint(0, 59))
        ends = begins + timedelta(minutes=random.randint(40, 420))
        yield {
            "user_id": participant.user_id,
            "server_name": "",
            "key_hash": sha256(random.randbytes(16)).hexdigest(),
            "issued_at": begins,
            "expires_at": begins + KEY_LASTS,
            "ended_at": ends,
        }
