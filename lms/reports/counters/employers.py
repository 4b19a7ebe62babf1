"""Who hired graduates: the people by cohort, the firms of all cohorts together.

A graduate has one employer at a time (status_spell), and one who completed two cohorts counts in both,
so people add up; a firm that hired from two cohorts is one firm, so firms do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    tuple_,
    union,
)

from lms.careers.models import EmployerRecord, Mou, MouKind, Sector, Size
from lms.careers.queries import firms, latest_counts, partners
from lms.cohorts.models import EnrolmentRecord
from lms.db import db
from lms.metrics.facts import SpellKind
from lms.outcomes.models import StatusSpell
from lms.recorded import holds, known
from lms.reports.counters import Counts, completers

SUBJECT = "employers"
PEOPLE = (
    "employer_known", "at_partners", "in_field_known", "in_field", "subsidised_known", "subsidised",
)  # fmt: skip
FIRMS = ("employers", "partners")
UNKNOWN = "unknown"
HEADS = (5, 50, 300)  # people employed, where a band begins: the classes of 전국사업체조사
CLASSES = {
    "heads": ("heads-0", *(f"heads-{first}" for first in HEADS), UNKNOWN),
    "size": (*(one.value for one in Size), UNKNOWN),
    "sector": (*(one.value for one in Sector), UNKNOWN),
}
ANY = "any"  # a partner's agreement, whatever it is about
KINDS = (*(kind.value for kind in MouKind), ANY)


def firms_by(what: str) -> str:
    return f"employers-by-{what}"


def hires_by(what: str) -> str:
    return f"hires-by-{what}"


PARTNERS, PARTNERS_HIRING, PARTNERS_HIRES = "partners", firms_by("agreement"), hires_by("agreement")


def count(ids: Sequence[int], valid_on: date, known_at: datetime) -> Mapping[int, Counts]:
    job = _jobs(ids, valid_on, known_at)
    rows = db.session.execute(
        select(
            job.c.cohort_id,
            func.count(job.c.firm_id),
            func.count(job.c.partner_id),
            func.count(job.c.in_field),
            func.count().filter(job.c.in_field),
            func.count(job.c.subsidised),
            func.count().filter(job.c.subsidised),
            func.count(job.c.firm_id.distinct()),
            func.count(job.c.partner_id.distinct()),
        ).group_by(job.c.cohort_id)
    )
    columns = (*PEOPLE, *FIRMS)
    found: dict[int, Counts] = {key: {SUBJECT: dict.fromkeys(columns, 0)} for key in ids}
    for cohort_id, *counts in rows:
        found[cohort_id] = {SUBJECT: dict(zip(columns, counts, strict=True))}
    return found


def count_together(ids: Sequence[int], valid_on: date, known_at: datetime) -> Counts:
    job = _jobs(ids, valid_on, known_at)
    return {**_by_class(job, valid_on, known_at), **_by_agreement(job, valid_on, known_at)}


def _jobs(ids: Sequence[int], day: date, at: datetime) -> Subquery:
    """A row per graduate employed on the day, with the firm where it is known; partner_id, if it is one."""
    record, firm, partner = EnrolmentRecord, firms(at), partners(day, at)
    return (
        select(
            record.cohort_id,
            firm.c.firm_id,
            partner.c.firm_id.label("partner_id"),
            StatusSpell.in_field,
            StatusSpell.subsidised,
        )
        .join(StatusSpell, StatusSpell.user_id == record.user_id)
        .outerjoin(firm, firm.c.employer_id == StatusSpell.employer_id)
        .outerjoin(partner, partner.c.firm_id == firm.c.firm_id)
        .where(
            completers(ids, day, at),
            known(StatusSpell, at),
            holds(StatusSpell, day),
            StatusSpell.kind == SpellKind.EMPLOYEE,
        )
        .subquery()
    )


def _by_class(job: Subquery, day: date, at: datetime) -> Counts:
    """The firms and the people hired, of all and of each class of each kind: by one walk over the jobs."""
    heads = latest_counts(day, at)
    band = func.width_bucket(heads.c.jobs, list(HEADS))
    kinds: dict[str, Any] = {
        "heads": case(dict(enumerate(CLASSES["heads"][:-1])), value=band),
        "size": EmployerRecord.size,
        "sector": EmployerRecord.sector,
    }
    named = select(job, *(kind.label(what) for what, kind in kinds.items())).select_from(job)
    of = (
        named.outerjoin(
            EmployerRecord,
            and_(EmployerRecord.employer_id == job.c.firm_id, known(EmployerRecord, at)),
        )
        .outerjoin(heads, heads.c.firm_id == job.c.firm_id)
        .subquery()
    )
    columns = [of.c[what] for what in kinds]
    rows = db.session.execute(
        select(
            *(func.grouping(column) for column in columns),
            func.coalesce(*columns, UNKNOWN),
            func.count(of.c.firm_id.distinct()),
            func.count(of.c.firm_id),
            func.count(of.c.partner_id.distinct()),
        ).group_by(func.grouping_sets(*(tuple_(column) for column in columns), tuple_()))
    )
    found = {
        subject: dict.fromkeys(CLASSES[what], 0)
        for what in kinds
        for subject in (firms_by(what), hires_by(what))
    }
    for *left_out, name, hiring, hired, with_partners in rows:
        if all(left_out):
            found[SUBJECT] = dict(zip(FIRMS, (hiring, with_partners), strict=True))
            continue
        what = [*kinds][left_out.index(0)]
        found[firms_by(what)][name], found[hires_by(what)][name] = hiring, hired
    return found


def _by_agreement(job: Subquery, day: date, at: datetime) -> Counts:
    """Firms with an agreement in force on the day, by what it is about; of several, in each."""
    firm = firms(at)
    of_firms = (
        select(firm.c.firm_id)
        .join(Mou, Mou.employer_id == firm.c.employer_id)
        .where(known(Mou, at), holds(Mou, day))
    )
    agreement = union(  # each firm once for a kind
        of_firms.add_columns(cast(Mou.kind, String).label("kind")),
        of_firms.add_columns(literal(ANY).label("kind")),
    ).subquery()
    hired = select(job.c.firm_id, func.count().label("people")).group_by(job.c.firm_id).subquery()
    rows = db.session.execute(
        select(
            agreement.c.kind,
            func.count(),
            func.count(hired.c.firm_id),
            func.coalesce(func.sum(hired.c.people), 0),
        )
        .outerjoin(hired, hired.c.firm_id == agreement.c.firm_id)
        .group_by(agreement.c.kind)
    )
    subjects = (PARTNERS, PARTNERS_HIRING, PARTNERS_HIRES)
    found = {subject: dict.fromkeys(KINDS, 0) for subject in subjects}
    for kind, *counts in rows:
        for subject, number in zip(subjects, counts, strict=True):
            found[subject][kind] = int(number)
    return found
