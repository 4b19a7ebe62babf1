"""What is recorded about employers. Each action leaves an entry in the audit trail."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select

from lms import audit
from lms.accounts.models import User
from lms.careers import queries
from lms.careers.choosing import Registry
from lms.careers.models import (
    Employer,
    EmployerRecord,
    Headcount,
    Mou,
    MouKind,
    Sector,
    Site,
    SiteKind,
    Size,
)
from lms.careers.recording import Overlaps, add, meet, must_follow, succeed
from lms.db import db
from lms.errors import DomainError
from lms.recorded import known


class NumberTaken(DomainError):
    def __init__(self, other: Employer) -> None:
        super().__init__(
            _("“%(name)s” has this business registration number. If it is the same employer, use that one.",
              name=other.name)
        )  # fmt: skip


class NameTaken(DomainError):
    def __init__(self, name: str) -> None:
        super().__init__(
            _("There is an employer called “%(name)s” already. If this is another one of the same name, "
              "give its business registration number.", name=name)
        )  # fmt: skip


class CannotMerge(DomainError):
    pass


def add_employer(
    *,
    name: str,
    registry_number: str | None = None,
    size: Size | None = None,
    sector: Sector | None = None,
    region: str | None = None,
    by: User | None,
) -> Employer:
    """An employer and, if its region is known, its head office there since before we knew it.

    Raises:
        NumberTaken, NameTaken: it seems to be there already; nothing was written.
    """
    _must_be_new(name, registry_number)
    return enter_employer(
        name=name, registry_number=registry_number, size=size, sector=sector, region=region, by=by
    )


def enter_employer(
    *,
    name: str,
    registry_number: str | None,
    size: Size | None,
    sector: Sector | None,
    region: str | None,
    by: User | None,
) -> Employer:
    """`add_employer` for who has made sure that it is not there."""
    name = name.strip()
    employer = Employer()
    db.session.add(employer)
    db.session.flush()
    values = {"name": name, "registry_number": registry_number, "size": size, "sector": sector}
    add(EmployerRecord(employer_id=employer.id, **values), by=by)
    if region:
        add(Site(employer_id=employer.id, kind=SiteKind.HEAD_OFFICE, region=region), by=by)
    audit.record("employer-added", employer, by=by, name=name)
    return employer


def _must_be_new(name: str, number: str | None, *, but: Employer | None = None) -> None:
    if number and (other := queries.employer_by_registry_number(number)) and other is not but:
        raise NumberTaken(other)
    for same in Registry().named(name):
        if not (but and same.firm_id == but.id) and not (number and same.number):
            raise NameTaken(same.name)


def correct_employer(
    employer: Employer,
    *,
    name: str,
    registry_number: str | None,
    size: Size | None,
    sector: Sector | None,
    reason: str,
    by: User,
) -> None:
    """Raises:
    NumberTaken, NameTaken: another employer is called so.
    """
    name = name.strip()
    _must_be_new(name, registry_number, but=employer)
    before = employer.record
    values = {"name": name, "registry_number": registry_number, "size": size, "sector": sector}
    if all(getattr(before, key) == value for key, value in values.items()):
        return
    succeed(before, by=by, reason=reason, **values)
    db.session.expire(employer, ["record"])
    audit.record("employer-corrected", employer, by=by, before=before.name, name=name)


def merge_employers(duplicate: Employer, into: Employer, *, reason: str, by: User) -> None:
    """`duplicate` is `into`, entered twice. What is recorded about either then counts for `into`;
    what was reported before stays as it was known.

    Raises:
        CannotMerge: it is a venture, or either is a duplicate already.
    """
    if duplicate is into or into.record.same_as_id or duplicate.record.same_as_id:
        raise CannotMerge(_("Choose two different employers that are not merged yet."))
    if queries.venture_of(duplicate):
        raise CannotMerge(
            _("“%(name)s” is a venture with founders and places of its own: merge the other one into it.",
              name=duplicate.name)
        )  # fmt: skip
    _must_not_disagree(duplicate, into)
    for record in [*queries.duplicates(duplicate), duplicate.record]:
        succeed(record, by=by, reason=reason, same_as_id=into.id)
    db.session.expire(duplicate, ["record"])
    audit.record("employers-merged", into, by=by, duplicate=duplicate.id, name=duplicate.name)


def _must_not_disagree(one: Employer, other: Employer) -> None:
    for office in queries.facts(Site, one, Site.id):
        for second in queries.facts(Site, other, Site.id):
            both = {office.kind, second.kind} == {SiteKind.HEAD_OFFICE}
            if both and office.region != second.region and meet(office, second):
                raise CannotMerge(
                    _("The two have their head offices in different regions at the same time. Correct one first.")
                )  # fmt: skip


def open_site(
    employer: Employer, *, kind: SiteKind, region: str, on: date, by: User | None
) -> Site:
    """A new place. A head office moves: the one before ends on the day the new one begins.

    Raises:
        Overlaps: a head office of that day or later is recorded.
    """
    sites = queries.facts(Site, employer, Site.id) if kind is SiteKind.HEAD_OFFICE else []
    before = [
        row for row in sites if row.kind is kind and not (row.valid_to and row.valid_to <= on)
    ]
    if later := next((row for row in before if row.valid_from and row.valid_from >= on), None):
        raise Overlaps(
            _("A head office since %(day)s is recorded. End or take back that one first.",
              day=later.valid_from)
        )  # fmt: skip
    for row in before:
        succeed(row, by=by, valid_to=on)
    site = add(Site(employer_id=employer.id, kind=kind, region=region, valid_from=on), by=by)
    audit.record("site-opened", employer, by=by, kind=kind, region=region, on=on.isoformat())
    return site


def place_head_office(employer: Employer, *, region: str, by: User | None) -> Site:
    """Its head office is there since before we knew it.

    Raises:
        NoLongerLive: a head office is recorded.
    """
    site = add(Site(employer_id=employer.id, kind=SiteKind.HEAD_OFFICE, region=region), by=by)
    audit.record("site-opened", employer, by=by, kind=SiteKind.HEAD_OFFICE, region=region)
    return site


def sign_mou(
    employer: Employer, *, kind: MouKind, on: date, until: date | None = None, by: User | None
) -> Mou:
    """Raises:
    WrongOrder: it ends before it begins.
    """
    must_follow(on, until)
    mou = add(Mou(employer_id=employer.id, kind=kind, valid_from=on, valid_to=until), by=by)
    audit.record("mou-signed", employer, by=by, kind=kind, on=on.isoformat())
    return mou


def count_heads(
    employer: Employer, *, on: date, jobs: int, source: str, by: User | None
) -> Headcount:
    """Record how many people, founders left out, an employer employed on a day; a second count of the
    same day corrects the first."""
    found = select(Headcount).where(
        known(Headcount), Headcount.employer_id == employer.id, Headcount.counted_on == on
    )
    if before := db.session.scalar(found):
        count = succeed(before, by=by, jobs=jobs, source=source)
    else:
        values = {"employer_id": employer.id, "counted_on": on, "jobs": jobs, "source": source}
        count = add(Headcount(**values), by=by)
    audit.record("heads-counted", employer, by=by, on=on.isoformat(), jobs=jobs)
    return count
