"""What the people of a finished cohort agreed to: the education when they began, the rest when it ended.

Most agree to everything and some think better of it later. A few of the later cohorts do not let the
academy keep their data longer than it must, so that there is always somebody whose period is over; of
the earlier ones whose period was over is destroyed, and not told of here.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from lms.demo.admissions import Participant
from lms.demo.following import Followed
from lms.demo.rows import chance, copy_rows, seoul
from lms.privacy.models import Channel, Consent
from lms.privacy.purpose_files import purposes
from lms.surveys.models import PURPOSE

EDUCATION, CONTACT, KEEPING = "education", "employer-contact", "completion-record"
NOT_KEPT = {3: (2, 0), 4: (2, 4), 5: (2, 3)}  # graduates and leavers, by cohort
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
    left = [one.user_id for one in participants if one.left_on]
    graduates, leavers = NOT_KEPT.get(number, (0, 0))
    not_kept = {*random.sample(reluctant, graduates), *random.sample(left, leavers)}
    rows = []
    for participant in participants:
        person, one = participant.user_id, followed.get(participant.user_id)
        rows.append(_row(person, EDUCATION, given=True, at=_moment(starts_on, random)))
        at = _moment(participant.left_on or completed_on, random)
        follows = random.random() < LEAVERS_FOLLOWED and person not in not_kept
        follows = one.agreed if one else follows
        rows.append(_row(person, PURPOSE, given=follows, at=at))
        rows.append(_row(person, KEEPING, given=person not in not_kept, at=at))
        rows.append(_row(person, CONTACT, given=random.random() < LETS_CONTACT, at=at))
        if one and one.withdrew_at:
            rows.append(
                _row(person, PURPOSE, given=False, at=one.withdrew_at, channel=Channel.LINK)
            )
    rows.sort(key=lambda row: row["at"])
    copy_rows(Consent, [row for row in rows if row["at"] <= until])


def load_education_consents(people: Sequence[int], *, starts_on: date) -> None:
    """Of those who take part now: the rest they have yet to decide."""
    random = chance("consents of the running cohort")
    copy_rows(
        Consent,
        [_row(one, EDUCATION, given=True, at=_moment(starts_on, random)) for one in people],
    )


def _moment(day: date, random: Random) -> datetime:
    return seoul(day, 10) + timedelta(minutes=random.randint(0, 360))


def _row(
    person: int, purpose: str, *, given: bool, at: datetime, channel: Channel = Channel.PAGE
) -> dict[str, Any]:
    return {
        "user_id": person,
        "purpose": purpose,
        "version": purposes(on=at.date())[purpose].version,
        "given": given,
        "channel": channel,
        "by_id": person,
        "at": at,
    }
