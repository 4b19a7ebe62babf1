"""What graduates founded, by cohort and together, and the AI Startup Camp as it is, whoever is in it.

A venture of founders from two cohorts is one of each, and one of both together. Jobs are people
employed by ventures still open, by the last count of each: founders are not among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Subquery, func, or_, select

from lms.careers.models import CAMPS, Founder, Tenancy, Venture, Waiting
from lms.careers.queries import holds, latest_counts
from lms.cohorts.models import EnrolmentRecord
from lms.db import db
from lms.recorded import known
from lms.reports.counters import Counts

SUBJECT = "ventures"
CAMP = "camp-{}"
STEPS = ("founded", "registered", "trading", "closed")
OF_VENTURES = (*STEPS, "open", "counted", "jobs")


def count(ids: Sequence[int], valid_on: date, known_at: datetime) -> Mapping[int, Counts]:
    founding = _foundings(ids, valid_on, known_at)
    rows = db.session.execute(
        select(
            founding.c.cohort_id, func.count(founding.c.user_id.distinct()).label("founders")
        ).group_by(founding.c.cohort_id)
    )
    people = {row.cohort_id: row.founders for row in rows}
    return {
        key: {
            SUBJECT: {
                "founders": people.get(key, 0),
                **_ventures(founding, valid_on, known_at, cohort_id=key),
            }
        }
        for key in ids
    }


def count_together(ids: Sequence[int], valid_on: date, known_at: datetime) -> Counts:
    founding = _foundings(ids, valid_on, known_at)
    return {
        SUBJECT: _ventures(founding, valid_on, known_at),
        **{CAMP.format(camp): _camp(camp, valid_on, known_at) for camp in CAMPS},
    }


def _foundings(ids: Sequence[int], day: date, at: datetime) -> Subquery:
    """A row per graduate and venture that they founded by the day, whether or not they still lead it."""
    record = EnrolmentRecord
    return (
        select(record.cohort_id, Founder.user_id, Founder.venture_id)
        .join(Founder, Founder.user_id == record.user_id)
        .join(Venture, Venture.venture_id == Founder.venture_id)
        .where(
            record.cohort_id.in_(ids),
            known(record, at),
            record.enrolled_on <= day,
            record.completed_on <= day,
            known(Founder, at),
            Founder.valid_from <= day,
            known(Venture, at),
            Venture.founded_on <= day,
        )
        .subquery()
    )


def _ventures(
    founding: Subquery, day: date, at: datetime, *, cohort_id: int | None = None
) -> dict[str, int]:
    of_founders = select(founding.c.venture_id)
    if cohort_id is not None:
        of_founders = of_founders.where(founding.c.cohort_id == cohort_id)
    heads = latest_counts(day, at)
    still_open = or_(Venture.closed_on.is_(None), Venture.closed_on > day)
    row = db.session.execute(
        select(
            func.count(),
            func.count().filter(Venture.registered_on <= day),
            func.count().filter(Venture.first_sale_on <= day),
            func.count().filter(Venture.closed_on <= day),
            func.count().filter(still_open),
            func.count(heads.c.jobs).filter(still_open),
            func.coalesce(func.sum(heads.c.jobs).filter(still_open), 0),
        )
        .outerjoin(heads, heads.c.firm_id == Venture.venture_id)
        .where(known(Venture, at), Venture.venture_id.in_(of_founders))
    ).one()
    return dict(zip(OF_VENTURES, row, strict=True))


def _camp(camp: int, day: date, at: datetime) -> dict[str, int]:
    def how_many(kind: Any, column: Any, when: Any) -> int:
        query = select(func.count(column.distinct())).where(
            known(kind, at), kind.camp == camp, when
        )
        return db.session.scalar(query) or 0

    return {
        "tenants": how_many(Tenancy, Tenancy.venture_id, holds(Tenancy, day)),
        "ever": how_many(Tenancy, Tenancy.venture_id, Tenancy.valid_from <= day),
        "waiting_ventures": how_many(Waiting, Waiting.venture_id, holds(Waiting, day)),
        "waiting_people": how_many(Waiting, Waiting.user_id, holds(Waiting, day)),
    }
