"""What is recorded about employers, ventures and the camp. Each leaves an entry in the audit trail.

Nothing is changed: an end or a correction supersedes the fact and adds another.
"""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from lms import audit
from lms.accounts.models import User
from lms.careers import queries
from lms.careers.choosing import Registry
from lms.careers.models import (
    Employer,
    EmployerRecord,
    Founder,
    Headcount,
    Mou,
    MouKind,
    Sector,
    Site,
    SiteKind,
    Size,
    Tenancy,
    Venture,
    Waiting,
)
from lms.db import db
from lms.errors import DomainError, Invalid
from lms.recorded import Recorded, known, supersede

Fact = TypeVar("Fact", bound=Recorded)
ABOUT_RECORDING = {"id", "recorded_at", "superseded_at", "recorded_by_id", "reason"}


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


class Overlaps(DomainError):
    """Two facts say different things of the same time."""


class WrongOrder(Invalid):
    pass


class NoLongerLive(DomainError):
    def __init__(self) -> None:
        super().__init__(_("Somebody corrected this meanwhile. Reload the page and look again."))


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
    _add(EmployerRecord(employer_id=employer.id, **values), by=by)
    if region:
        _add(Site(employer_id=employer.id, kind=SiteKind.HEAD_OFFICE, region=region), by=by)
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
            if both and office.region != second.region and _meet(office, second):
                raise CannotMerge(
                    _("The two have their head offices in different regions at the same time. Correct one first.")
                )  # fmt: skip


def _meet(one: Any, other: Any) -> bool:
    """Whether two periods have a day in common."""
    first, last = date.min, date.max
    return (one.valid_from or first) < (other.valid_to or last) and (other.valid_from or first) < (
        one.valid_to or last
    )


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
    site = _add(Site(employer_id=employer.id, kind=kind, region=region, valid_from=on), by=by)
    audit.record("site-opened", employer, by=by, kind=kind, region=region, on=on.isoformat())
    return site


def place_head_office(employer: Employer, *, region: str, by: User | None) -> Site:
    """Its head office is there since before we knew it.

    Raises:
        NoLongerLive: a head office is recorded.
    """
    site = _add(Site(employer_id=employer.id, kind=SiteKind.HEAD_OFFICE, region=region), by=by)
    audit.record("site-opened", employer, by=by, kind=SiteKind.HEAD_OFFICE, region=region)
    return site


def sign_mou(
    employer: Employer, *, kind: MouKind, on: date, until: date | None = None, by: User | None
) -> Mou:
    """Raises:
    WrongOrder: it ends before it begins.
    """
    _must_follow(on, until)
    mou = _add(Mou(employer_id=employer.id, kind=kind, valid_from=on, valid_to=until), by=by)
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
        count = _add(Headcount(**values), by=by)
    audit.record("heads-counted", employer, by=by, on=on.isoformat(), jobs=jobs)
    return count


def record_venture(
    employer: Employer,
    *,
    founded_on: date,
    registered_on: date | None = None,
    first_sale_on: date | None = None,
    closed_on: date | None = None,
    reason: str | None = None,
    by: User | None,
) -> Venture:
    """The employer is a venture with these dates; recorded before, they are corrected.

    Raises:
        WrongOrder: something happened before it was founded.
        DomainError: the employer is a duplicate.
    """
    if employer.record.same_as_id:
        raise CannotMerge(_("Choose two different employers that are not merged yet."))
    dates = {"registered_on": registered_on, "first_sale_on": first_sale_on, "closed_on": closed_on}
    if any(day and day < founded_on for day in dates.values()):
        raise WrongOrder(_("The venture is founded before it registers, sells or closes."))
    before = queries.venture_of(employer)
    if before:
        venture = succeed(before, by=by, reason=reason, founded_on=founded_on, **dates)
    else:
        venture = _add(Venture(venture_id=employer.id, founded_on=founded_on, **dates), by=by)
    if closed_on:
        _end_all(employer, closed_on, by=by)
    audit.record("venture-recorded", employer, by=by, founded_on=founded_on.isoformat())
    return venture


def _end_all(venture: Employer, day: date, *, by: User | None) -> None:
    """A closed venture has no founders, no room and waits for none."""
    kinds: tuple[Any, ...] = (Founder, Tenancy, Waiting)
    for kind in kinds:
        for row in queries.facts(kind, venture, kind.id):
            if row.valid_from < day and (row.valid_to is None or row.valid_to > day):
                succeed(row, by=by, valid_to=day)


def add_founder(venture: Employer, person: User, *, since: date, by: User | None) -> Founder:
    """Raises:
    Overlaps: the person is a founder of it already.
    """
    for founder in queries.founders_of(venture):
        if founder.user_id == person.id and (not founder.valid_to or founder.valid_to > since):
            raise Overlaps(_("%(name)s is a founder of it already.", name=person.name))
    values = {"venture_id": venture.id, "user_id": person.id, "valid_from": since}
    founder = _add(Founder(**values), by=by)
    audit.record("founder-added", venture, by=by, person=person.id, since=since.isoformat())
    return founder


def give_place(
    venture: Employer,
    *,
    camp: int,
    room: str,
    on: date,
    until: date | None = None,
    origin: str | None = None,
    by: User | None,
) -> Tenancy:
    """A room in a camp from a day on; the venture, and its founders, stop waiting.

    Raises:
        WrongOrder: out before in. Overlaps: the venture has a room then, or the room is taken.
    """
    _must_follow(on, until)
    room = room.strip()
    asked = Tenancy(valid_from=on, valid_to=until)
    at_the_time = select(Tenancy).where(
        known(Tenancy),
        or_(
            Tenancy.venture_id == venture.id,
            (Tenancy.camp == camp) & (Tenancy.room == room),
        ),
    )
    for other in db.session.scalars(at_the_time):
        if _meet(asked, other):
            mine = other.venture_id == venture.id
            raise Overlaps(
                _("The venture has a room in camp %(camp)s at that time.", camp=other.camp)
                if mine
                else _("Room %(room)s of camp %(camp)s is taken at that time.", room=room, camp=camp)
            )  # fmt: skip
    values = {"camp": camp, "room": room, "origin": origin, "valid_from": on, "valid_to": until}
    tenancy = _add(Tenancy(venture_id=venture.id, **values), by=by)
    people = [row.user_id for row in queries.founders_of(venture)]
    waits = or_(Waiting.venture_id == venture.id, Waiting.user_id.in_(people))
    for row in db.session.scalars(
        select(Waiting).where(
            known(Waiting), waits, Waiting.valid_to.is_(None), Waiting.valid_from < on
        )
    ):
        succeed(row, by=by, valid_to=on)
    audit.record("camp-place-given", venture, by=by, camp=camp, room=room, on=on.isoformat())
    return tenancy


def queue_for_camp(waiter: Employer | User, *, camp: int, since: date, by: User | None) -> Waiting:
    """A venture, or somebody who has not founded yet, begins to wait.

    Raises:
        Overlaps: it is on that list already.
    """
    key = {"user_id" if isinstance(waiter, User) else "venture_id": waiter.id}
    already = select(Waiting.id).where(
        known(Waiting),
        Waiting.camp == camp,
        or_(Waiting.valid_to.is_(None), Waiting.valid_to > since),
    )
    if db.session.scalar(already.filter_by(**key)):
        raise Overlaps(_("%(name)s is on this waiting list already.", name=waiter.name))
    row = _add(Waiting(camp=camp, valid_from=since, **key), by=by)
    audit.record("camp-queued", waiter, by=by, camp=camp, since=since.isoformat())
    return row


def end(fact: Any, *, on: date, by: User) -> None:
    """A site, agreement, founder's part, tenancy or wait ends on a day: the first on which it is not so.

    Raises:
        WrongOrder: the day is not after its beginning. NoLongerLive: it was corrected meanwhile.
    """
    _must_follow(fact.valid_from, on)
    succeed(fact, by=by, valid_to=on)
    audit.record("career-fact-ended", fact, by=by, on=on.isoformat())


def take_back(fact: Any, *, reason: str, by: User) -> None:
    """A fact was recorded by mistake: it is known no longer.

    Raises:
        NoLongerLive: it was corrected meanwhile.
    """
    _lock(fact)
    supersede(fact)
    audit.record("career-fact-taken-back", fact, by=by, reason=reason)


def succeed(fact: Fact, *, by: User | None, reason: str | None = None, **changes: Any) -> Fact:
    """Supersede a fact by a copy with some values changed.

    Raises:
        NoLongerLive: somebody else superseded it.
    """
    _lock(fact)
    columns = type(fact).__mapper__.column_attrs.keys()  # type: ignore[attr-defined]
    values = {name: getattr(fact, name) for name in columns if name not in ABOUT_RECORDING}
    supersede(fact)
    return _add(type(fact)(**{**values, **changes, "reason": reason}), by=by)


def _lock(fact: Recorded) -> None:
    db.session.refresh(fact, with_for_update={"of": type(fact)})
    if fact.superseded_at is not None:
        raise NoLongerLive


def _must_follow(first: date | None, last: date | None) -> None:
    if first and last and last <= first:
        raise WrongOrder(_("The end must be after %(day)s, the beginning.", day=first))


def _add(fact: Fact, *, by: User | None) -> Fact:
    fact.recorded_by_id = by.id if by else None
    try:
        with db.session.begin_nested():
            db.session.add(fact)
    except IntegrityError as error:  # somebody was faster: the database looks again
        raise NoLongerLive from error
    return fact
