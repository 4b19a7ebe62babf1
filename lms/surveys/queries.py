"""The waves of a cohort, who is asked in them and what came of it.

Every rate has all eligible people below it: who was not reached, refused or opted out stays in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from lms.accounts.models import User
from lms.cohorts.models import Cohort, Enrolment
from lms.db import db, utcnow
from lms.i18n import today
from lms.metrics.months import add_months
from lms.privacy.models import Consent
from lms.privacy.queries import consenting, latest
from lms.recorded import known
from lms.surveys.models import (
    FINAL,
    MONTHS,
    NOT_ELIGIBLE,
    PURPOSE,
    REACHED,
    Attempt,
    Channel,
    Draft,
    Invitation,
    Link,
    Outcome,
    RefusedLink,
    Response,
    Wave,
)

OPENS_LATE_DAYS = 30  # a census day longer ago is not opened by schedule any more
REFUSED_WINDOW = timedelta(minutes=15)
MOST_REFUSED = 20  # links that lead nowhere, from one address within the window


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class WaveState(StrEnum):
    PLANNED = "planned"
    DUE = "due"
    PASSED = "passed"  # and never opened
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class PlannedWave:
    """A wave of the schedule: `census_on` comes from the completion until the wave is opened."""

    cohort: Cohort
    months: int
    census_on: date
    wave: Wave | None

    @property
    def state(self) -> WaveState:
        if self.wave is not None:
            return WaveState.OPEN if self.wave.is_open else WaveState.CLOSED
        if today() < self.census_on:
            return WaveState.PLANNED
        late = today() > self.census_on + timedelta(OPENS_LATE_DAYS)
        return WaveState.PASSED if late else WaveState.DUE


@dataclass(frozen=True)
class Counts:
    """People of a wave by outcome; the counts of all outcomes add up to `asked`."""

    by_outcome: dict[Outcome, int]

    @property
    def asked(self) -> int:
        return sum(self.by_outcome.values())

    @property
    def eligible(self) -> int:
        """Everybody but the deceased and who turned out not to belong to the survey."""
        return self.asked - sum(self.by_outcome[outcome] for outcome in NOT_ELIGIBLE)

    @property
    def complete(self) -> int:
        return self.by_outcome[Outcome.COMPLETE]

    @property
    def reached(self) -> int:
        return sum(self.by_outcome[outcome] for outcome in REACHED)


def completed_on() -> ColumnElement[date]:
    """The day on which most of a cohort completed; of equals, the latest."""
    return func.mode().within_group(Enrolment.completed_on.desc())


def schedule(cohort: Cohort) -> list[PlannedWave]:
    """Empty until somebody has completed the cohort."""
    day = db.session.scalar(
        select(completed_on()).where(
            Enrolment.cohort_id == cohort.id, Enrolment.completed_on.is_not(None)
        )
    )
    if day is None:
        return []
    opened = {
        wave.months: wave
        for wave in db.session.scalars(select(Wave).where(Wave.cohort_id == cohort.id))
    }
    return [_planned(cohort, day, months, opened.get(months)) for months in MONTHS]


def _planned(cohort: Cohort, completed: date, months: int, wave: Wave | None) -> PlannedWave:
    census_on = wave.census_on if wave else add_months(completed, months)
    return PlannedWave(cohort, months, census_on, wave)


def due() -> list[PlannedWave]:
    """What the schedule opens today, over all cohorts."""
    days = db.session.execute(
        select(Enrolment.cohort_id, completed_on())
        .where(Enrolment.completed_on.is_not(None))
        .group_by(Enrolment.cohort_id)
    ).all()
    opened = {(wave.cohort_id, wave.months) for wave in db.session.scalars(select(Wave))}
    found = [
        _planned(db.session.get_one(Cohort, cohort_id), day, months, None)
        for cohort_id, day in days
        for months in MONTHS
        if (cohort_id, months) not in opened
    ]
    return [planned for planned in found if planned.state is WaveState.DUE]


def open_waves() -> Sequence[Wave]:
    return db.session.scalars(select(Wave).where(Wave.closes_at > utcnow())).all()


def wave(cohort: Cohort, months: int) -> Wave | None:
    return db.session.scalar(select(Wave).where(Wave.cohort_id == cohort.id, Wave.months == months))


def outcome() -> ColumnElement[str]:
    """The outcome of an Invitation (joined with its Enrolment): an answer beats all, what ends it beats
    a begun answer, and that beats not having been reached. What was consented to after the wave's end
    does not change it."""
    answered = exists(
        select(Response.id).where(Response.invitation_id == Invitation.id, known(Response))
    )
    ends = select(Wave.closes_at).where(Wave.id == Invitation.wave_id).correlate(Invitation)
    decided = select(Consent.given).where(
        Consent.user_id == Enrolment.user_id,
        Consent.purpose == PURPOSE,
        Consent.at <= ends.scalar_subquery(),
    )
    agrees = decided.order_by(Consent.id.desc()).limit(1).scalar_subquery()
    tried = exists(select(Attempt.id).where(Attempt.invitation_id == Invitation.id))
    begun = exists(select(Draft.invitation_id).where(Draft.invitation_id == Invitation.id))
    result = (
        select(Attempt.outcome)
        .where(Attempt.invitation_id == Invitation.id, Attempt.outcome != Outcome.OPTED_OUT)
        .order_by(Attempt.id.desc())
        .limit(1)
    )
    else_where = aliased(Enrolment)
    died = exists(
        select(Attempt.id)
        .join(other := aliased(Invitation), other.id == Attempt.invitation_id)
        .join(else_where, else_where.id == other.enrolment_id)
        .where(else_where.user_id == Enrolment.user_id, Attempt.outcome == Outcome.DECEASED)
    )
    ended = result.where(Attempt.outcome.in_(FINAL)).scalar_subquery()
    return case(
        (answered, Outcome.COMPLETE.value),
        (died, Outcome.DECEASED.value),
        (ended.is_not(None), ended),
        (agrees.is_(False), Outcome.OPTED_OUT.value),
        (begun, Outcome.PARTIAL.value),
        (~tried & ~Enrolment.user_id.in_(consenting(PURPOSE)), Outcome.NO_CONSENT.value),
        else_=func.coalesce(result.scalar_subquery(), Outcome.NO_ANSWER.value),
    )


def counts(waves: Sequence[Wave]) -> dict[int, Counts]:
    """By the wave's id; one query."""
    of = outcome()
    found: dict[int, dict[Outcome, int]] = {wave.id: dict.fromkeys(Outcome, 0) for wave in waves}
    rows = select(Invitation.wave_id, of.label("outcome")).join(Invitation.enrolment)
    each = rows.where(Invitation.wave_id.in_(list(found))).subquery()
    grouped = select(each.c.wave_id, each.c.outcome, func.count()).group_by(
        each.c.wave_id, each.c.outcome
    )
    for wave_id, word, count in db.session.execute(grouped):
        found[wave_id][Outcome(word)] += count
    return {wave_id: Counts(by_outcome) for wave_id, by_outcome in found.items()}


def invitations(wave: Wave, *, only: Outcome | None = None) -> Select[Invitation]:
    """Who is asked in a wave, by student number."""
    query = (
        select(Invitation)
        .join(Invitation.enrolment)
        .where(Invitation.wave_id == wave.id)
        .options(
            joinedload(Invitation.enrolment).joinedload(Enrolment.user),
            selectinload(Invitation.attempts),
        )
        .order_by(Enrolment.student_number)
    )
    return query.where(outcome() == only.value) if only else query


def invitation(wave: Wave, number: int) -> Invitation | None:
    return db.session.scalar(
        select(Invitation)
        .where(Invitation.id == number, Invitation.wave_id == wave.id)
        .options(
            joinedload(Invitation.wave),
            joinedload(Invitation.enrolment).joinedload(Enrolment.user),
            selectinload(Invitation.attempts).joinedload(Attempt.by),
        )
    )


def outcomes(invitation_ids: Sequence[int]) -> dict[int, Outcome]:
    rows = (
        select(Invitation.id, outcome())
        .join(Invitation.enrolment)
        .where(Invitation.id.in_(invitation_ids))
    )
    return {key: Outcome(word) for key, word in db.session.execute(rows)}


def outcome_of(row: Invitation) -> Outcome:
    return outcomes([row.id])[row.id]


def link(token: str) -> Link | None:
    """Where a token leads: to an invitation of an open wave, unless it was revoked or has expired."""
    now = utcnow()
    return db.session.scalar(
        select(Link)
        .join(Link.invitation)
        .join(Invitation.wave)
        .join(Invitation.enrolment)
        .join(Enrolment.user)
        .where(
            Link.token_hash == token_hash(token),
            Link.revoked_at.is_(None),
            Link.expires_at > now,
            Wave.closes_at > now,
        )
        .options(
            joinedload(Link.invitation).joinedload(Invitation.wave).joinedload(Wave.cohort),
            joinedload(Link.invitation).joinedload(Invitation.enrolment).joinedload(Enrolment.user),
        )
    )


def live_links(row: Invitation) -> Sequence[Link]:
    now = utcnow()
    return db.session.scalars(
        select(Link).where(
            Link.invitation_id == row.id, Link.revoked_at.is_(None), Link.expires_at > now
        )
    ).all()


def must_wait(address: str) -> bool:
    """Whether so many links from there led nowhere lately that none is looked at now."""
    recent = select(func.count()).where(
        RefusedLink.address == address, RefusedLink.at > utcnow() - REFUSED_WINDOW
    )
    return db.session.scalars(recent).one() >= MOST_REFUSED


def draft(row: Invitation) -> Draft | None:
    return db.session.get(Draft, row.id, populate_existing=True)


def response(row: Invitation) -> Response | None:
    return db.session.scalar(
        select(Response).where(Response.invitation_id == row.id, known(Response))
    )


def opted_out(person: User) -> bool:
    """Whether they said that they do not want to be asked; not having said anything is neither."""
    decided = latest(person, PURPOSE)
    return decided is not None and not decided.given


def waiting(wave: Wave, *, mailed_before: datetime, most_mails: int) -> Sequence[Invitation]:
    """Who is written to: agrees to be asked, has not answered, nothing ended it, and no mail of late."""
    last_mail, mails = (
        select(function).where(Attempt.invitation_id == Invitation.id, _is_mail()).scalar_subquery()
        for function in (func.max(Attempt.at), func.count())
    )
    unanswered = [Outcome.NO_ANSWER.value, Outcome.PARTIAL.value]
    return db.session.scalars(
        invitations(wave)
        .join(Enrolment.user)
        .where(
            outcome().in_(unanswered),
            User.id.in_(consenting(PURPOSE)),
            User.deactivated_at.is_(None),
            func.coalesce(last_mail <= mailed_before, True),
            mails < most_mails,
        )
    ).all()


def _is_mail() -> ColumnElement[bool]:
    return and_(Attempt.channel == Channel.MAIL, Attempt.outcome.is_(None))
