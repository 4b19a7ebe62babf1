"""Where graduates work: which employers hired them, which of those are partners, and who stayed.

Everything is as of a day and as known at a moment (without one: now). A graduate completed a cohort
by the day. Who is counted more than once says so; the unknown are counted, never left out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from lms.accounts.models import User
from lms.careers.models import Employer, EmployerRecord, Sector, Size
from lms.careers.queries import firms, head_offices, matches, partners
from lms.cohorts.models import Cohort, EnrolmentRecord
from lms.db import db
from lms.metrics.facts import GWANGJU, SpellKind
from lms.outcomes.models import StatusSpell
from lms.outcomes.queries import WORKING
from lms.recorded import holds, known

FEWEST_TO_NAME = 3  # graduates at an employer that what is published may name


def _graduates(day: date, at: datetime | None) -> Select[int]:
    return select(EnrolmentRecord.user_id).where(
        known(EnrolmentRecord, at), EnrolmentRecord.completed_on <= day
    )


def _employed(day: date, at: datetime | None) -> ColumnElement[bool]:
    """Spells of graduates who were employed by a day, whether or not they still are."""
    return and_(
        known(StatusSpell, at),
        StatusSpell.kind == SpellKind.EMPLOYEE,
        StatusSpell.valid_from <= day,
        StatusSpell.user_id.in_(_graduates(day, at)),
    )


@dataclass(frozen=True)
class Hires:
    """Graduates of one employer. All but `so_far` are people who work there on the day."""

    firm_id: int
    name: str
    size: Size | None
    sector: Sector | None
    partner: bool  # an agreement is in force on the day
    graduates: int
    so_far: int
    in_gwangju: int
    in_field: int
    in_field_known: int
    subsidised: int
    subsidised_known: int
    may_be_named: bool  # in what is published: enough graduates, or each of them agreed


def hires(
    day: date, at: datetime | None = None, *, firm_ids: Collection[int] | None = None
) -> list[Hires]:
    """Every employer that ever hired a graduate: partners first, then by how many it employs."""
    firm, partner = firms(at), partners(day, at)
    there = holds(StatusSpell, day)
    person = func.count(StatusSpell.user_id.distinct())
    agreed = func.bool_and(func.coalesce(StatusSpell.may_name_employer, False)).filter(there)
    query = (
        select(
            firm.c.firm_id,
            EmployerRecord.name,
            EmployerRecord.size,
            EmployerRecord.sector,
            partner.c.firm_id.is_not(None),
            person.filter(there),
            person,
            person.filter(there, StatusSpell.region == GWANGJU),
            person.filter(there, StatusSpell.in_field.is_(True)),
            person.filter(there, StatusSpell.in_field.is_not(None)),
            person.filter(there, StatusSpell.subsidised.is_(True)),
            person.filter(there, StatusSpell.subsidised.is_not(None)),
            (person.filter(there) >= FEWEST_TO_NAME) | func.coalesce(agreed, False),
        )
        .join(firm, firm.c.employer_id == StatusSpell.employer_id)
        .join(EmployerRecord, EmployerRecord.employer_id == firm.c.firm_id)
        .outerjoin(partner, partner.c.firm_id == firm.c.firm_id)
        .where(_employed(day, at), known(EmployerRecord, at))
        .group_by(firm.c.firm_id, EmployerRecord.id, partner.c.firm_id)
    )
    if firm_ids is not None:
        query = query.where(firm.c.firm_id.in_(firm_ids))
    found = [Hires(*row) for row in db.session.execute(query)]
    return sorted(found, key=lambda row: (not row.partner, -row.graduates, row.name))


@dataclass(frozen=True)
class NamedHires:
    """A line of what is published; without a name it stands for all employers that may not be named."""

    name: str | None
    employers: int
    graduates: int


def published_hires(rows: Sequence[Hires]) -> list[NamedHires]:
    """Employers of graduates on the day, named only where that gives nobody away; the sum stays."""
    rows = [row for row in rows if row.graduates]
    named = sorted(
        (NamedHires(row.name, 1, row.graduates) for row in rows if row.may_be_named),
        key=lambda row: (-row.graduates, row.name or ""),
    )
    others = [row.graduates for row in rows if not row.may_be_named]
    return named + ([NamedHires(None, len(others), sum(others))] if others else [])


@dataclass(frozen=True)
class Employed:
    """Graduates employed on a day. Somebody with two jobs counts once in each number."""

    graduates: int  # all of them, employed or not
    employed: int
    employer_known: int
    by_partners: int


def employed(day: date, at: datetime | None = None) -> Employed:
    firm, partner = firms(at), partners(day, at)
    person = func.count(StatusSpell.user_id.distinct())
    counts = db.session.execute(
        select(
            person,
            person.filter(StatusSpell.employer_id.is_not(None)),
            person.filter(partner.c.firm_id.is_not(None)),
        )
        .outerjoin(firm, firm.c.employer_id == StatusSpell.employer_id)
        .outerjoin(partner, partner.c.firm_id == firm.c.firm_id)
        .where(_employed(day, at), holds(StatusSpell, day))
    ).one()
    everybody = select(func.count()).select_from(_graduates(day, at).distinct().subquery())
    return Employed(db.session.scalar(everybody) or 0, *counts)


@dataclass(frozen=True)
class Stay:
    """Graduates at work on a day, once each, by where they work and where the firm has its head office.

    Keys: (works in Gwangju, the firm is of Gwangju); None is not known.
    """

    counts: dict[tuple[bool | None, bool | None], int]

    @property
    def working(self) -> int:
        return sum(self.counts.values())

    def where(self, here: bool | None) -> int:
        """By place of work, whatever the firm."""
        return sum(n for (works_here, _firm), n in self.counts.items() if works_here is here)


def stay(day: date, at: datetime | None = None) -> Stay:
    """Of several occupations of one person a job goes before a venture, and that before freelance work."""
    spell = (
        select(
            StatusSpell.region,
            func.coalesce(StatusSpell.employer_id, StatusSpell.venture_id).label("employer_id"),
        )
        .where(
            known(StatusSpell, at),
            holds(StatusSpell, day),
            StatusSpell.kind.in_(WORKING),
            StatusSpell.user_id.in_(_graduates(day, at)),
        )
        .ext(distinct_on(StatusSpell.user_id))
        .order_by(
            StatusSpell.user_id,
            case({kind.value: place for place, kind in enumerate(WORKING)}, value=StatusSpell.kind),
        )
        .subquery()
    )
    firm, office = firms(at), head_offices(day, at)
    works_here, firm_here = spell.c.region == GWANGJU, office.c.region == GWANGJU
    rows = db.session.execute(
        select(works_here, firm_here, func.count())
        .select_from(spell)
        .outerjoin(firm, firm.c.employer_id == spell.c.employer_id)
        .outerjoin(office, office.c.firm_id == firm.c.firm_id)
        .group_by(works_here, firm_here)
    )
    return Stay({(works, of_here): count for works, of_here, count in rows})


@dataclass(frozen=True)
class HiredGraduate:
    """Somebody who works or worked at an employer, and the cohort they completed last."""

    person: User
    cohort: Cohort
    spell: StatusSpell

    def is_there(self, day: date) -> bool:
        return self.spell.valid_to is None or self.spell.valid_to > day


def hired_graduates(employer: Employer, day: date) -> list[HiredGraduate]:
    """By the day they began, the latest first; those who left again as well."""
    firm = firms()
    rows = db.session.execute(
        select(User, Cohort, StatusSpell)
        .join(StatusSpell, StatusSpell.user_id == User.id)
        .join(firm, firm.c.employer_id == StatusSpell.employer_id)
        .join(EnrolmentRecord, EnrolmentRecord.user_id == User.id)
        .join(Cohort, Cohort.id == EnrolmentRecord.cohort_id)
        .where(
            _employed(day, None),
            firm.c.firm_id == employer.id,
            known(EnrolmentRecord),
            EnrolmentRecord.completed_on <= day,
        )
        .ext(distinct_on(StatusSpell.id))
        .order_by(StatusSpell.id, EnrolmentRecord.completed_on.desc())
    )
    found = [HiredGraduate(*row) for row in rows]
    return sorted(found, key=lambda row: (row.spell.valid_from, row.spell.id), reverse=True)


@dataclass(frozen=True)
class Founders:
    """Graduates who are founders on a day by their record, and how many of those have a venture here."""

    founders: int
    venture_known: int


def founders(day: date, at: datetime | None = None) -> Founders:
    person = func.count(StatusSpell.user_id.distinct())
    return Founders(
        *db.session.execute(
            select(person, person.filter(StatusSpell.venture_id.is_not(None))).where(
                known(StatusSpell, at),
                holds(StatusSpell, day),
                StatusSpell.kind == SpellKind.FOUNDER,
                StatusSpell.user_id.in_(_graduates(day, at)),
            )
        ).one()
    )


def employers(day: date, *, words: str = "", partners_only: bool = False) -> Select[EmployerRecord]:
    """Those that stand for themselves: partners first, then by graduates on the day, then by name."""
    firm, partner = firms(), partners(day)
    hired = (
        select(firm.c.firm_id, func.count(StatusSpell.user_id.distinct()).label("graduates"))
        .join(StatusSpell, StatusSpell.employer_id == firm.c.employer_id)
        .where(_employed(day, None), holds(StatusSpell, day))
        .group_by(firm.c.firm_id)
        .subquery()
    )
    query = (
        select(EmployerRecord)
        .outerjoin(partner, partner.c.firm_id == EmployerRecord.employer_id)
        .outerjoin(hired, hired.c.firm_id == EmployerRecord.employer_id)
        .where(known(EmployerRecord), EmployerRecord.same_as_id.is_(None))
        .order_by(
            partner.c.firm_id.is_(None),
            func.coalesce(hired.c.graduates, 0).desc(),
            EmployerRecord.name,
            EmployerRecord.id,
        )
    )
    if words.strip():
        query = query.where(matches(words))
    return query.where(partner.c.firm_id.is_not(None)) if partners_only else query
