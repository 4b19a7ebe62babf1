"""Who saw or took whose personal data: the part of the audit trail that says `whose`.

Read by month for the review that an administrator signs (안전성 확보조치 기준, article 8 (2)), and
between two times for the people a breach affects (개인정보 보호법, article 34). Views of a person's
record and of one's submission are events, as are downloads and the lists of whom a report's number
counts; other lists of many people are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, func, select

from lms.accounts.models import User
from lms.accounts.queries import users
from lms.audit import AuditEvent
from lms.db import db
from lms.i18n import SEOUL, today
from lms.privacy.models import AccessReview

NIGHT_ENDS = 6  # o'clock in Seoul, from midnight
MANY_PEOPLE = 100  # whose records somebody opened on one day
MANY_DOWNLOADS = 5  # on one day

IS_DOWNLOAD = AuditEvent.action.like("%-exported")
LOCAL = func.timezone(str(SEOUL), AuditEvent.at)


class Pattern(StrEnum):
    """What a reviewer should ask about."""

    NIGHT = "night"
    MANY_PEOPLE = "many-people"
    MANY_DOWNLOADS = "many-downloads"


@dataclass(frozen=True)
class Day:
    """What one person saw and took on one local day; `people` counts those whose records were opened."""

    on: date
    views: int
    downloads: int
    people: int
    at_night: int

    @property
    def patterns(self) -> set[Pattern]:
        found = {
            Pattern.NIGHT: self.at_night > 0,
            Pattern.MANY_PEOPLE: self.people > MANY_PEOPLE,
            Pattern.MANY_DOWNLOADS: self.downloads >= MANY_DOWNLOADS,
        }
        return {pattern for pattern, is_so in found.items() if is_so}


@dataclass
class Accesses:
    """Of one person in a month; `actions` counts events by the audit trail's words."""

    actor: User | None
    days: list[Day] = field(default_factory=list)
    actions: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.actions.values())

    @property
    def patterns(self) -> set[Pattern]:
        return set[Pattern]().union(*(day.patterns for day in self.days))


def month_after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), SEOUL)


def _between(since: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(AuditEvent.whose.is_not(None), AuditEvent.at >= since, AuditEvent.at < until)


def accesses(month: date) -> list[Accesses]:
    """Of everybody who saw or took personal data in a month, the busiest first; three queries."""
    within = _between(_moment(month), _moment(month_after(month)))
    day, person = func.date(LOCAL), func.unnest(AuditEvent.whose)
    each = (
        select(AuditEvent.id, AuditEvent.actor_id, day.label("on"), person.label("person"),
               IS_DOWNLOAD.label("download"),
               (func.date_part("hour", LOCAL) < NIGHT_ENDS).label("night"))
        .where(within)
        .subquery()
    )  # fmt: skip
    events = func.count(each.c.id.distinct())
    days = db.session.execute(
        select(
            each.c.actor_id, each.c.on,
            events.filter(~each.c.download), events.filter(each.c.download),
            func.count(case((~each.c.download, each.c.person)).distinct()),
            events.filter(each.c.night),
        ).group_by(each.c.actor_id, each.c.on).order_by(each.c.on)
    ).all()  # fmt: skip
    actions = db.session.execute(
        select(AuditEvent.actor_id, AuditEvent.action, func.count())
        .where(within)
        .group_by(AuditEvent.actor_id, AuditEvent.action)
        .order_by(AuditEvent.action)
    ).all()
    known = users({actor_id for actor_id, *_rest in days if actor_id})
    found = {actor_id: Accesses(known.get(actor_id)) for actor_id, *_rest in days}
    for actor_id, *counts in days:
        found[actor_id].days.append(Day(*counts))
    for actor_id, action, count in actions:
        found[actor_id].actions[action] = count
    return sorted(found.values(), key=lambda one: -one.total)


def review_of(month: date) -> AccessReview | None:
    return db.session.scalar(select(AccessReview).where(AccessReview.month == month))


def months_with_access() -> list[date]:
    """The months in which somebody saw or took personal data, the latest first."""
    month = func.date(func.date_trunc("month", LOCAL))
    found = select(month).where(AuditEvent.whose.is_not(None)).distinct()
    return sorted(db.session.scalars(found), reverse=True)


def months_to_review() -> list[date]:
    """The months that ended and nobody signed, the oldest first."""
    now = today()
    signed = set(db.session.scalars(select(AccessReview.month)))
    return [
        month
        for month in reversed(months_with_access())
        if month_after(month) <= now and month not in signed
    ]


@dataclass(frozen=True)
class Affected:
    """A person whose data was seen or taken: how often, when, by whom, by which actions."""

    person: User
    events: int
    first_at: datetime
    last_at: datetime
    actions: list[str]
    by: list[str]


def affected(
    since: datetime, until: datetime, *, actor: User | None = None, address: str = ""
) -> Sequence[Affected]:
    """Whose data was seen or taken in [since, until), by name; two queries.

    `actor` and `address` narrow it to one account or one network address.
    """
    within = _between(since, until)
    if actor is not None:
        within = and_(within, AuditEvent.actor_id == actor.id)
    if address:
        within = and_(within, AuditEvent.address == address)
    each = (
        select(AuditEvent.at, AuditEvent.action, AuditEvent.actor_id,
               func.unnest(AuditEvent.whose).label("person"))
        .where(within)
        .subquery()
    )  # fmt: skip
    rows = db.session.execute(
        select(
            each.c.person, func.count(), func.min(each.c.at), func.max(each.c.at),
            func.array_agg(each.c.action.distinct()), func.array_agg(each.c.actor_id.distinct()),
        ).group_by(each.c.person)
    ).all()  # fmt: skip
    known = users({row[0] for row in rows} | {key for row in rows for key in row[5] if key})
    found = [
        Affected(
            known[person], count, first, last, actions, [known[k].username for k in by if k in known]
        )
        for person, count, first, last, actions, by in rows
        if person in known
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.person.name, one.person.id))
