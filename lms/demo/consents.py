"""What the people of a finished cohort agreed to: the education when they began, the rest when it ended.

Most agree to everything and some think better of it later. A few do not let the academy keep their data
longer than it must, so that there is always somebody whose period is over.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from lms.demo.admissions import Participant
from lms.demo.following import Followed
from lms.demo.rows import chance, copy_rows, seoul
from lms.privacy.models import Channel, Consent
from lms.surveys.models import PURPOSE

EDUCATION, CONTACT, KEEPING = "education", "employer-contact", "completion-record"
NOT_KEPT = 3  # graduates of each cohort
LETS_CONTACT = 0.6
LEAVERS_FOLLOWED = 0.75


def load_consents(
    number: int,
    participants: Sequence[Participant],
    people: Iterable[Followed],
    *,
    starts_on: date,
    completed_on: date,
    until: datetime,
) -> None:
    """Decisions up to a moment, in the order in which they were made."""
    random = chance(f"consents of cohort {number}")
    followed = {one.user_id: one for one in people}
    reluctant = [one.user_id for one in followed.values() if not one.agreed]
    not_kept = set(random.sample(reluctant, NOT_KEPT))
    rows = []
    for participant in participants:
        person, one = participant.user_id, followed.get(participant.user_id)
        rows.append(_row(person, EDUCATION, given=True, at=_moment(starts_on, random)))
        at = _moment(participant.left_on or completed_on, random)
        follows = one.agreed if one else random.random() < LEAVERS_FOLLOWED
        rows.append(_row(person, PURPOSE, given=follows, at=at))
        rows.append(_row(person, KEEPING, given=person not in not_kept, at=at))
        rows.append(_row(person, CONTACT, given=random.random() < LETS_CONTACT, at=at))
        if one and one.withdrew_at:
            rows.append(
                _row(person, PURPOSE, given=False, at=one.withdrew_at, channel=Channel.LINK)
            )
    rows.sort(key=lambda row: row["at"])
    copy_rows(Consent, [row for row in rows if row["at"] <= until])


def _moment(day: date, random: Random) -> datetime:
    return seoul(day, 10) + timedelta(minutes=random.randint(0, 360))


def _row(
    person: int, purpose: str, *, given: bool, at: datetime, channel: Channel = Channel.PAGE
) -> dict[str, Any]:
    return {
        "user_id": person,
        "purpose": purpose,
        "version": 1,
        "given": given,
        "channel": channel,
        "by_id": person,
        "at": at,
    }
