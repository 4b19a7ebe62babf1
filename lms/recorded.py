"""Facts with two times: when something was so is the row's own business, when we knew it is kept here.

A fact is known in [recorded_at, superseded_at). It is never changed: a correction closes the row and
adds another that says why. The database sets both times and refuses every other change (triggers of
`keep_recorded`, migration 0004). All facts of one transaction get one moment, taken while
no `settled_moment` is being asked for, so a question "as known at r" has the same answer for ever.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, and_, func, or_, select, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from lms.db import UTCDateTime, db, utcnow
from lms.resident_numbers import FreeText


class Recorded:
    """Columns of a two-timed table; its migration calls `SELECT keep_recorded('<table>')`."""

    recorded_at: Mapped[datetime] = mapped_column(
        UTCDateTime(), server_default=func.clock_timestamp()
    )
    superseded_at: Mapped[datetime | None]
    reason: Mapped[FreeText | None] = mapped_column(doc="why a correction was made")

    @declared_attr
    def recorded_by_id(cls) -> Mapped[int | None]:
        return mapped_column(BigInteger, ForeignKey("user_account.id"))


def known(fact: Any, at: datetime | None = None) -> ColumnElement[bool]:
    """Whether a fact (mapped class or alias) was known at a moment; without one, whether it is now."""
    if at is None:
        return fact.superseded_at.is_(None)  # type: ignore[no-any-return]
    return and_(fact.recorded_at <= at, or_(fact.superseded_at.is_(None), fact.superseded_at > at))


def holds(fact: Any, day: date) -> ColumnElement[bool]:
    """Whether a fact that is so in [valid_from, valid_to) is so on a day; no end means still."""
    return and_(
        or_(fact.valid_from.is_(None), fact.valid_from <= day),
        or_(fact.valid_to.is_(None), fact.valid_to > day),
    )


def supersede(fact: Recorded) -> None:
    """Close a fact; its successor, if any, may be added in the same transaction."""
    fact.superseded_at = utcnow()  # the database puts its own moment there
    db.session.flush()


def settled_moment() -> datetime:
    """A moment before which nothing will be recorded any more; waits for who is recording."""
    db.session.execute(text("SELECT lock_recording()"))
    rows = db.session.execute(select(func.clock_timestamp(type_=UTCDateTime())))
    return rows.scalar_one()
