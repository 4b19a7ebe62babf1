"""Which graduates of the demonstration agree to be asked what they do, and which waves each answers.

Invented: no response rate of the academy is public. Fewer answer the later they are asked, as in every
survey of graduates, and mostly the same people go on answering.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from lms.demo.admissions import Participant
from lms.demo.rows import chance, seoul
from lms.metrics.months import add_months
from lms.surveys.models import MONTHS

RATES = {3: 0.80, 6: 0.70, 12: 0.58, 24: 0.45}  # of all graduates, by months after completion
REFUSE = 0.94  # who is more reluctant than this share does not agree to be asked
WITHDRAW = (0.55, 0.10)  # of those more reluctant, the share that agrees no longer when asked again
BY_PHONE_AFTER = timedelta(days=21)


@dataclass(frozen=True)
class Followed:
    """A graduate; `reluctance` is 0 to 1; `answered`: when, by months after completion."""

    user_id: int
    enrolment_id: int
    completed_on: date
    reluctance: float
    agreed: bool
    withdrew_at: datetime | None
    answered: dict[int, datetime]

    def agrees(self, at: datetime) -> bool:
        return self.agreed and (self.withdrew_at is None or self.withdrew_at > at)

    @property
    def lost_on(self) -> date:
        """From when on nothing is known that the person would have had to say."""
        last = max(self.answered, default=0)
        if last == 0:
            return self.completed_on + timedelta(days=1)
        later = [months for months in MONTHS if months > last] or [30]
        return census_on(self.completed_on, later[0])


def census_on(completed_on: date, months: int) -> date:
    return add_months(completed_on, months)


def opened_at(completed_on: date, months: int) -> datetime:
    """When the schedule opened the wave: the job runs at seven minutes past the hour."""
    return seoul(census_on(completed_on, months), 9, 7)


def follow(graduates: Sequence[Participant], *, number: int, completed_on: date) -> list[Followed]:
    random = chance(f"who of cohort {number} answers")
    reluctances = [(place + 0.5) / len(graduates) for place in range(len(graduates))]
    random.shuffle(reluctances)
    rates = {months: rate + random.uniform(-0.025, 0.025) for months, rate in RATES.items()}
    return [
        _follow(graduate, completed_on, reluctance, rates, random)
        for graduate, reluctance in zip(graduates, reluctances, strict=True)
    ]


def _follow(
    graduate: Participant,
    completed_on: date,
    reluctance: float,
    rates: dict[int, float],
    random: Random,
) -> Followed:
    agreed = reluctance < REFUSE
    above, share = WITHDRAW
    withdraws = reluctance > above and random.random() < share
    answered: dict[int, datetime] = {}
    withdrew_at = None
    for months, rate in rates.items():
        asked_at = opened_at(completed_on, months)
        if agreed and reluctance + random.gauss(0, 0.03) < rate:
            answered[months] = asked_at + _delay(random)
        elif agreed and withdraws:
            withdrew_at = asked_at + timedelta(minutes=random.randint(30, 3 * 24 * 60))
            break
    return Followed(
        graduate.user_id,
        graduate.enrolment_id,
        completed_on,
        reluctance,
        agreed,
        withdrew_at,
        answered,
    )


def _delay(random: Random) -> timedelta:
    """Most answer the first mail within days, some only when somebody calls them."""
    days = min(random.expovariate(1 / 7), 50)
    return timedelta(minutes=20 + int(days * 24 * 60))
