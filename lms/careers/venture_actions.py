"""What is recorded about ventures and the AI Startup Camp. Each action leaves an entry in the audit trail."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select

from lms import audit
from lms.accounts.models import User
from lms.careers import queries
from lms.careers.actions import CannotMerge
from lms.careers.models import (
    Employer,
    Founder,
    Investment,
    InvestmentKind,
    Tenancy,
    Venture,
    Waiting,
)
from lms.careers.recording import Overlaps, WrongOrder, add, meet, must_follow, succeed
from lms.db import db
from lms.recorded import known


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
        venture = add(Venture(venture_id=employer.id, founded_on=founded_on, **dates), by=by)
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
    founder = add(Founder(**values), by=by)
    audit.record("founder-added", venture, by=by, person=person.id, since=since.isoformat())
    return founder


def record_investment(
    venture: Employer,
    *,
    on: date,
    amount: int,
    kind: InvestmentKind,
    source: str,
    by: User | None,
) -> Investment:
    """Money that the venture received on a day. Two rounds of one day are two facts."""
    values = {"received_on": on, "amount": amount, "kind": kind, "source": source.strip()}
    investment = add(Investment(venture_id=venture.id, **values), by=by)
    audit.record("investment-recorded", venture, by=by, on=on.isoformat(), amount=amount, kind=kind)
    return investment


def correct_investment(
    investment: Investment,
    venture: Employer,
    *,
    on: date,
    amount: int,
    kind: InvestmentKind,
    source: str,
    reason: str,
    by: User,
) -> None:
    """What was recorded stays readable as it was known; nothing new records nothing.

    Raises:
        NoLongerLive: it was corrected meanwhile.
    """
    values = {"received_on": on, "amount": amount, "kind": kind, "source": source.strip()}
    if all(getattr(investment, key) == value for key, value in values.items()):
        return
    before = investment.amount
    succeed(investment, by=by, reason=reason, **values)
    audit.record("investment-corrected", venture, by=by, before=before, amount=amount, kind=kind)


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
    must_follow(on, until)
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
        if meet(asked, other):
            mine = other.venture_id == venture.id
            raise Overlaps(
                _("The venture has a room in camp %(camp)s at that time.", camp=other.camp)
                if mine
                else _("Room %(room)s of camp %(camp)s is taken at that time.", room=room, camp=camp)
            )  # fmt: skip
    values = {"camp": camp, "room": room, "origin": origin, "valid_from": on, "valid_to": until}
    tenancy = add(Tenancy(venture_id=venture.id, **values), by=by)
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
    row = add(Waiting(camp=camp, valid_from=since, **key), by=by)
    audit.record("camp-queued", waiter, by=by, camp=camp, since=since.isoformat())
    return row
