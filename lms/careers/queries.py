"""Questions about employers, ventures and the camp, as of a day and as known at a moment.

Without a moment, as known now. What was entered twice counts once: facts are asked for by firm, which
is the employer that stands for its duplicates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import contains_eager, joinedload

from lms.careers.models import (
    Employer,
    EmployerRecord,
    Founder,
    Headcount,
    Mou,
    MouKind,
    Site,
    SiteKind,
    Tenancy,
    Venture,
    VentureState,
    Waiting,
)
from lms.db import db
from lms.recorded import Recorded, holds, known

Fact = TypeVar("Fact", bound=Recorded)


def firms(at: datetime | None = None) -> Subquery:
    """Columns employer_id and firm_id: the employer that it is the same as, or itself."""
    firm = func.coalesce(EmployerRecord.same_as_id, EmployerRecord.employer_id)
    return (
        select(EmployerRecord.employer_id, firm.label("firm_id"))
        .where(known(EmployerRecord, at))
        .subquery()
    )


def employer(employer_id: int) -> Employer | None:
    return db.session.get(Employer, employer_id)


def employer_by_registry_number(number: str) -> Employer | None:
    return db.session.scalar(
        _recorded().where(EmployerRecord.registry_number == number, _is_firm())
    )


def other_employers(one: Employer) -> Select[Employer]:
    """Every employer but one, by name."""
    return _recorded().where(_is_firm(), Employer.id != one.id).order_by(EmployerRecord.name)


def _recorded() -> Select[Employer]:
    return (
        select(Employer).join(Employer.record).options(contains_eager(Employer.record))
    )  # fmt: skip


def _is_firm() -> ColumnElement[bool]:
    return EmployerRecord.same_as_id.is_(None)


def matches(words: str) -> ColumnElement[bool]:
    """Employers whose name holds the words, or whose registry number begins with the digits."""
    digits = "".join(sign for sign in words if sign.isdigit())
    found = EmployerRecord.name.icontains(words.strip(), autoescape=True)
    return or_(found, EmployerRecord.registry_number.startswith(digits)) if digits else found


def duplicates(one: Employer) -> Sequence[EmployerRecord]:
    return db.session.scalars(
        select(EmployerRecord).where(known(EmployerRecord), EmployerRecord.same_as_id == one.id)
    ).all()


def facts(kind: type[Fact], one: Employer, order: Any) -> Sequence[Fact]:
    """The live facts of a kind about an employer and its duplicates."""
    about = getattr(kind, "employer_id", None) or kind.venture_id  # type: ignore[attr-defined]
    ids = [one.id, *(row.employer_id for row in duplicates(one))]
    return db.session.scalars(select(kind).where(known(kind), about.in_(ids)).order_by(order)).all()


def fact(kind: type[Fact], fact_id: int, *, of: Employer) -> Fact | None:
    """A live fact about an employer."""
    return next((row for row in facts(kind, of, kind.recorded_at) if row.id == fact_id), None)  # type: ignore[attr-defined]


def venture_of(one: Employer) -> Venture | None:
    """The dates of its life, if it is a venture."""
    return db.session.scalar(
        select(Venture).where(Venture.venture_id == one.id, Venture.superseded_at.is_(None))
    )


def founders_of(one: Employer) -> Sequence[Founder]:
    return db.session.scalars(
        select(Founder)
        .where(Founder.venture_id == one.id, known(Founder))
        .options(joinedload(Founder.user))
        .order_by(Founder.valid_from, Founder.id)
    ).all()


def partners(day: date, at: datetime | None = None) -> Subquery:
    """Column firm_id: the firms with an agreement in force on a day."""
    firm = firms(at)
    return (
        select(firm.c.firm_id)
        .join(Mou, Mou.employer_id == firm.c.employer_id)
        .where(known(Mou, at), holds(Mou, day))
        .distinct()
        .subquery()
    )


def head_offices(day: date, at: datetime | None = None) -> Subquery:
    """Columns firm_id and region: where firms have their head office on a day."""
    firm = firms(at)
    return (
        select(firm.c.firm_id, func.min(Site.region).label("region"))
        .join(Site, Site.employer_id == firm.c.employer_id)
        .where(known(Site, at), holds(Site, day), Site.kind == SiteKind.HEAD_OFFICE)
        .group_by(firm.c.firm_id)
        .subquery()
    )


def mou_kinds(firm_ids: Collection[int], day: date) -> dict[int, list[MouKind]]:
    """What the agreements of firms that are in force on a day are about."""
    firm = firms()
    query = (
        select(firm.c.firm_id, Mou.kind)
        .join(Mou, Mou.employer_id == firm.c.employer_id)
        .where(known(Mou), holds(Mou, day), firm.c.firm_id.in_(firm_ids))
        .distinct()
        .order_by(Mou.kind)
    )
    found: dict[int, list[MouKind]] = defaultdict(list)
    for firm_id, kind in db.session.execute(query):
        found[firm_id].append(kind)
    return found


def regions_of(firm_ids: Collection[int], day: date) -> dict[int, str]:
    """The region of each firm's head office on a day, where it is known."""
    office = head_offices(day)
    rows = db.session.execute(select(office).where(office.c.firm_id.in_(firm_ids)))
    return {row.firm_id: row.region for row in rows}


@dataclass(frozen=True)
class PartnerCounts:
    """Firms that signed an agreement by a day; what became of them."""

    signed: int
    in_force: int
    here: int  # of those in force: with a head office, branch or laboratory in the region
    jobs: int  # the latest count of each of those in force
    counted: int  # how many of those in force were ever counted


def partner_counts(region: str, day: date, at: datetime | None = None) -> PartnerCounts:
    firm, partner, count = firms(at), partners(day, at), latest_counts(day, at)
    signed = select(func.count(firm.c.firm_id.distinct())).join(
        Mou, Mou.employer_id == firm.c.employer_id
    )
    here = (
        select(func.count(firm.c.firm_id.distinct()))
        .join(Site, Site.employer_id == firm.c.employer_id)
        .where(known(Site, at), holds(Site, day), Site.region == region)
        .where(firm.c.firm_id.in_(select(partner.c.firm_id)))
    )
    jobs = select(func.coalesce(func.sum(count.c.jobs), 0), func.count()).where(
        count.c.firm_id.in_(select(partner.c.firm_id))
    )
    total, counted = db.session.execute(jobs).one()
    return PartnerCounts(
        signed=db.session.scalar(signed.where(known(Mou, at), Mou.valid_from <= day)) or 0,
        in_force=db.session.scalar(select(func.count()).select_from(partner)) or 0,
        here=db.session.scalar(here) or 0,
        jobs=total,
        counted=counted,
    )


def latest_counts(day: date, at: datetime | None = None) -> Subquery:
    """Columns firm_id, jobs and counted_on: the last head count of each firm by a day."""
    firm = firms(at)
    return (
        select(firm.c.firm_id, Headcount.jobs, Headcount.counted_on)
        .join(Headcount, Headcount.employer_id == firm.c.employer_id)
        .where(known(Headcount, at), Headcount.counted_on <= day)
        .ext(distinct_on(firm.c.firm_id))
        .order_by(firm.c.firm_id, Headcount.counted_on.desc(), Headcount.id.desc())
        .subquery()
    )


@dataclass(frozen=True)
class VentureRow:
    """A venture on a day. `jobs` is its latest head count by then, which leaves founders out."""

    venture_id: int
    name: str
    state: VentureState
    life: Venture
    region: str | None
    jobs: int | None
    counted_on: date | None
    founders: list[Founder] = field(default_factory=list)
    tenancy: Tenancy | None = None
    waiting: Waiting | None = None

    @property
    def open(self) -> bool:
        return self.state is not VentureState.CLOSED


def ventures(day: date, at: datetime | None = None) -> list[VentureRow]:
    """The ventures founded by a day, the youngest first; four queries, however many there are."""
    office, count = head_offices(day, at), latest_counts(day, at)
    query = (
        select(Venture, EmployerRecord.name, office.c.region, count.c.jobs, count.c.counted_on)
        .join(EmployerRecord, EmployerRecord.employer_id == Venture.venture_id)
        .outerjoin(office, office.c.firm_id == Venture.venture_id)
        .outerjoin(count, count.c.firm_id == Venture.venture_id)
        .where(known(Venture, at), known(EmployerRecord, at), Venture.founded_on <= day)
        .order_by(Venture.founded_on.desc(), Venture.id.desc())
    )
    founders, tenancies, waitings = (
        _by_venture(kind, day, at) for kind in (Founder, Tenancy, Waiting)
    )
    return [
        VentureRow(
            life.venture_id, name, life.state(day), life, region, jobs, counted_on,
            founders[life.venture_id],
            next(iter(tenancies[life.venture_id]), None),
            next(iter(waitings[life.venture_id]), None),
        )
        for life, name, region, jobs, counted_on in db.session.execute(query)
    ]  # fmt: skip


def _by_venture(kind: Any, day: date, at: datetime | None) -> dict[int, list[Any]]:
    query = select(kind).where(known(kind, at), holds(kind, day), kind.venture_id.is_not(None))
    if hasattr(kind, "user"):
        query = query.options(joinedload(kind.user))
    found: dict[int, list[Any]] = defaultdict(list)
    for row in db.session.scalars(query.order_by(kind.valid_from, kind.id)):
        found[row.venture_id].append(row)
    return found


@dataclass(frozen=True)
class VentureTotals:
    """Ventures by the step they had reached; `jobs` of the open ones, founders not counted."""

    founded: int
    registered: int
    trading: int
    closed: int
    jobs: int
    counted: int  # open ventures that were ever counted

    @property
    def open(self) -> int:
        return self.founded - self.closed

    @classmethod
    def of(cls, rows: Sequence[VentureRow], day: date) -> VentureTotals:
        def reached(name: str) -> int:
            return sum((getattr(row.life, name) or date.max) <= day for row in rows)

        counts = [row.jobs for row in rows if row.open and row.jobs is not None]
        return cls(
            founded=len(rows),
            registered=reached("registered_on"),
            trading=reached("first_sale_on"),
            closed=reached("closed_on"),
            jobs=sum(counts),
            counted=len(counts),
        )


@dataclass(frozen=True)
class CampPlace:
    """A tenancy or a place on a waiting list, with the name of who holds it."""

    name: str
    venture_id: int | None
    place: Tenancy | Waiting


def places(kind: type[Tenancy | Waiting], day: date, at: datetime | None = None) -> list[CampPlace]:
    """Who has a room, or waits for one, on a day: by camp, then the longest there first."""
    rows = _places(kind, day, at)
    return [CampPlace(name or place.user.name, place.venture_id, place) for place, name in rows]


def _places(kind: Any, day: date, at: datetime | None) -> Sequence[Any]:
    called = and_(EmployerRecord.employer_id == kind.venture_id, known(EmployerRecord, at))
    query = (
        select(kind, EmployerRecord.name)
        .outerjoin(EmployerRecord, called)
        .where(known(kind, at), holds(kind, day))
        .order_by(kind.camp, kind.valid_from, kind.id)
    )
    if kind is Waiting:
        query = query.options(joinedload(kind.user))
    return db.session.execute(query).all()


def ever_supported(day: date, at: datetime | None = None) -> int:
    """Ventures that had a room by a day, in either camp: a running total, not the tenants of a day."""
    return (
        db.session.scalar(
            select(func.count(Tenancy.venture_id.distinct())).where(
                known(Tenancy, at), Tenancy.valid_from <= day
            )
        )
        or 0
    )


def waiting(waiting_id: int) -> Waiting | None:
    """A live place on a waiting list."""
    found = db.session.get(Waiting, waiting_id)
    return found if found and found.superseded_at is None else None
