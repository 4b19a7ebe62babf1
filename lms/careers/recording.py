"""How facts about employers are recorded: added, ended, corrected and taken back, and never changed.

An end or a correction supersedes the fact and adds another.
"""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from lms import audit
from lms.accounts.models import User
from lms.db import db
from lms.errors import DomainError, Invalid, NoLongerLive
from lms.recorded import Recorded, supersede

Fact = TypeVar("Fact", bound=Recorded)
ABOUT_RECORDING = {"id", "recorded_at", "superseded_at", "recorded_by_id", "reason"}


class Overlaps(DomainError):
    """Two facts say different things of the same time."""


class WrongOrder(Invalid):
    pass


def end(fact: Any, *, on: date, by: User) -> None:
    """A site, agreement, founder's part, tenancy or wait ends on a day: the first on which it is not so.

    Raises:
        WrongOrder: the day is not after its beginning. NoLongerLive: it was corrected meanwhile.
    """
    must_follow(fact.valid_from, on)
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
    return add(type(fact)(**{**values, **changes, "reason": reason}), by=by)


def _lock(fact: Recorded) -> None:
    db.session.refresh(fact, with_for_update={"of": type(fact)})
    if fact.superseded_at is not None:
        raise NoLongerLive


def must_follow(first: date | None, last: date | None) -> None:
    if first and last and last <= first:
        raise WrongOrder(_("The end must be after %(day)s, the beginning.", day=first))


def add(fact: Fact, *, by: User | None) -> Fact:
    """Raises:
    NoLongerLive: the database refused it, since somebody was faster.
    """
    fact.recorded_by_id = by.id if by else None
    try:
        with db.session.begin_nested():
            db.session.add(fact)
    except IntegrityError as error:  # somebody was faster: the database looks again
        raise NoLongerLive from error
    return fact


def meet(one: Any, other: Any) -> bool:
    """Whether two periods have a day in common."""
    first, last = date.min, date.max
    return (one.valid_from or first) < (other.valid_to or last) and (other.valid_from or first) < (
        one.valid_to or last
    )
