"""Who consented to what, and whose data has been kept long enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from lms.accounts.models import User
from lms.cohorts.models import Enrolment
from lms.db import db
from lms.i18n import today
from lms.privacy.models import Consent
from lms.privacy.purpose_files import Purpose, purposes, versions


class ConsentState(StrEnum):
    GIVEN = "given"
    NOT_GIVEN = "not-given"  # refused or withdrawn
    OUTDATED = "outdated"  # given to an earlier text
    NOT_ASKED = "not-asked"


@dataclass(frozen=True)
class OwnConsent:
    """A purpose in effect and what the person decided last."""

    purpose: Purpose
    latest: Consent | None

    @property
    def state(self) -> ConsentState:
        if self.latest is None:
            return ConsentState.NOT_ASKED
        if not self.latest.given:
            return ConsentState.NOT_GIVEN
        is_current = self.latest.version == self.purpose.version
        return ConsentState.GIVEN if is_current else ConsentState.OUTDATED

    @property
    def waits(self) -> bool:
        """Whether the person has yet to say something."""
        return self.state in (ConsentState.NOT_ASKED, ConsentState.OUTDATED)


def _latest() -> Select[Consent]:
    """Of each person and purpose the decision that counts."""
    one = (Consent.user_id, Consent.purpose)
    return select(Consent).ext(distinct_on(*one)).order_by(*one, Consent.id.desc())


def consents_of(person: User) -> list[OwnConsent]:
    rows = db.session.scalars(_latest().where(Consent.user_id == person.id))
    decided = {row.purpose: row for row in rows}
    return [OwnConsent(one, decided.get(word)) for word, one in purposes(on=today()).items()]


def latest(person: User, purpose: str) -> Consent | None:
    """The decision that counts."""
    mine = _latest().where(Consent.user_id == person.id, Consent.purpose == purpose)
    return db.session.scalar(mine)


def consent_history(person: User) -> Sequence[Consent]:
    """Every decision, the newest first."""
    rows = select(Consent).where(Consent.user_id == person.id).order_by(Consent.id.desc())
    return db.session.scalars(rows).all()


def has_consent(person: User, purpose: str) -> bool:
    """Whether the person agrees now, to the text in effect now.

    Raises:
        KeyError: there is no such purpose.
    """
    found = consenting(purpose).where(Consent.user_id == person.id)
    return db.session.scalar(select(found.exists())) or False


def consenting(purpose: str) -> Select[int]:
    """The ids of everybody who agrees now; to be put into another query (`User.id.in_(…)`).

    Before any text of the purpose is in effect nobody has agreed.

    Raises:
        KeyError: there is no such purpose.
    """
    if purpose not in {one.purpose for one in versions()}:
        raise KeyError(purpose)
    offered = purposes(on=today()).get(purpose)
    later = aliased(Consent)
    overruled = select(later.id).where(
        later.user_id == Consent.user_id,
        later.purpose == Consent.purpose,
        later.id > Consent.id,
    )
    return select(Consent.user_id).where(
        Consent.purpose == purpose,
        Consent.version == (offered.version if offered else None),
        Consent.given,
        ~overruled.exists(),
    )


@dataclass(frozen=True)
class ConsentCount:
    """How many of the people in cohorts stand where, for one purpose."""

    purpose: Purpose
    given: int
    not_given: int
    outdated: int
    people: int

    @property
    def not_asked(self) -> int:
        return self.people - self.given - self.not_given - self.outdated


def consent_counts() -> list[ConsentCount]:
    """Of everybody with an active account who is or was in a cohort; two queries."""
    asked = (
        select(User.id)
        .where(
            User.deactivated_at.is_(None),
            select(Enrolment.id).where(Enrolment.user_id == User.id).exists(),
        )
        .subquery()
    )
    people = db.session.scalar(select(func.count()).select_from(asked)) or 0
    latest = _latest().where(Consent.user_id.in_(select(asked.c.id))).subquery()
    counted = db.session.execute(
        select(latest.c.purpose, latest.c.version, latest.c.given, func.count()).group_by(
            latest.c.purpose, latest.c.version, latest.c.given
        )
    ).all()
    found = []
    for word, one in purposes(on=today()).items():
        mine = [(version, given, n) for name, version, given, n in counted if name == word]
        found.append(
            ConsentCount(
                one,
                given=sum(n for version, given, n in mine if given and version == one.version),
                not_given=sum(n for _version, given, n in mine if not given),
                outdated=sum(n for version, given, n in mine if given and version != one.version),
                people=people,
            )
        )
    return found
