"""Questions about what cohorts cost and what was promised, by a day and as known at a moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lms.cohorts.models import Cohort
from lms.db import db
from lms.funding.models import Achievement, Cost, Target
from lms.recorded import known

Fact = TypeVar("Fact", Cost, Target, Achievement)


def facts_of(
    kind: type[Fact], cohort_ids: Collection[int], *, day: date, at: datetime
) -> Sequence[Fact]:
    """Of documents up to a day, as known at a moment; the oldest first."""
    return db.session.scalars(
        select(kind)
        .where(kind.cohort_id.in_(cohort_ids), known(kind, at), kind.dated_on <= day)
        .order_by(kind.cohort_id, kind.dated_on, kind.id)
    ).all()


def live(kind: type[Fact], cohort: Cohort) -> Sequence[Fact]:
    """As known now, with who recorded it; the oldest document first."""
    return db.session.scalars(
        select(kind)
        .where(kind.cohort_id == cohort.id, known(kind))
        .options(joinedload(kind.recorded_by))
        .order_by(kind.dated_on, kind.id)
    ).all()


def fact(kind: Any, number: int, *, of: Cohort) -> Any:
    """A live fact of a cohort, or None."""
    return db.session.scalar(
        select(kind).where(kind.id == number, kind.cohort_id == of.id, known(kind))
    )
