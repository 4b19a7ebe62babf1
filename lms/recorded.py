"""Facts with two times: when something was so is the row's own business, when we knew it is kept here.

A fact is known in [recorded_at, superseded_at). It is never changed: a correction closes the row and
adds another that says why. The database sets both times and refuses every other change (triggers of
`keep_recorded`, migration 0004). All facts of one transaction get one moment, under a lock they share
until they are committed; `settled_moment` waits for them, so a question "as known at r" has the same
answer for ever. That holds for whatever has a `RecordedNow`, too, and for ended runs and applied
regrades (migration 0015): those are recorded once and stay.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from flask_babel import gettext as _
from sqlalchemy import BigInteger, ColumnElement, ForeignKey, and_, func, or_, select
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from lms.db import UTCDateTime, db, utcnow
from lms.errors import Unavailable
from lms.resident_numbers import FreeText

# Set by the database, whatever a row says; the column's table has a trigger of migration 0015.
RecordedNow = Annotated[
    datetime, mapped_column(UTCDateTime(), server_default=func.clock_timestamp())
]
PATIENCE = timedelta(seconds=6)  # shorter than a request waits for the database (lms/connection.py)


class StillRecording(Unavailable):
    def __init__(self) -> None:
        super().__init__(_("Something long is being recorded just now. Try again in a minute."))


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
    """A moment for which nothing will be recorded any more; waits for who is recording, nobody for us.

    Raises:
        StillRecording: somebody has not finished in PATIENCE.
    """
    asked = select(func.settled_moment(PATIENCE, type_=UTCDateTime()))
    moment: datetime | None = db.session.execute(asked).scalar_one()
    if moment is None:
        raise StillRecording
    return moment
