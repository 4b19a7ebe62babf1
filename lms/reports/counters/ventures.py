"""What graduates founded, by cohort and together, and the AI Startup Camp as it is, whoever is in it.

A venture of founders from two cohorts is one of each, and one of both together. Jobs are people
employed by ventures still open, by the last count of each: founders are not among them. Of money it
counts the founders of the ventures that received any (`backed`), the ventures, all they had received by
the day, and what the one with the most had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, Subquery, func, or_, select

from lms.careers.investments import GRANTS, INVESTMENT, received
from lms.careers.models import CAMPS, Founder, Tenancy, Venture, Waiting
from lms.careers.queries import latest_counts
from lms.cohorts.models import EnrolmentRecord
from lms.db import db
from lms.recorded import holds, known
from lms.reports.counters import Counts, completers

SUBJECT = "ventures"
INVESTED, GRANTED = "investment", "grants"
MONEY = {INVESTED: INVESTMENT, GRANTED: GRANTS}  # the kinds of money that each subject counts
OF_MONEY = ("ventures", "won", "largest")
CAMP = "camp-{}"
STEPS = ("founded", "registered", "trading", "closed")
OF_VENTURES = (*STEPS, "open", "counted", "jobs")


def count(ids: Sequence[int], valid_on: date, known_at: datetime) -> Mapping[int, Counts]:
    founding = _foundings(ids, valid_on, known_at)
    founders = select(founding.c.cohort_id, func.count(founding.c.user_id.distinct()))
    people: dict[int, int] = dict(db.session.execute(founders.group_by(founding.c.cohort_id)).all())
    of_cohort = select(founding.c.cohort_id, founding.c.venture_id).distinct().subquery()
    rows = db.session.execute(
        _ventures(of_cohort, valid_on, known_at)
        .add_columns(of_cohort.c.cohort_id)
        .group_by(of_cohort.c.cohort_id)
    )
    found = {key: dict(zip(OF_VENTURES, counts, strict=True)) for *counts, key in rows}
    nothing = dict.fromkeys(OF_VENTURES, 0)
    counts: dict[int, Counts] = {
        key: {SUBJECT: {"founders": people.get(key, 0), **found.get(key, nothing)}} for key in ids
    }
    for subject, kinds in MONEY.items():
        money = _money_by_cohort(founding, of_cohort, received(kinds, valid_on, known_at))
        for key in ids:
            counts[key][subject] = money.get(key) or dict.fromkeys(("backed", *OF_MONEY), 0)
    return counts


def count_together(ids: Sequence[int], valid_on: date, known_at: datetime) -> Counts:
    founding = _foundings(ids, valid_on, known_at)
    together = select(founding.c.venture_id).distinct().subquery()
    counts = db.session.execute(_ventures(together, valid_on, known_at)).one()
    money = {
        subject: _numbers(
            OF_MONEY,
            db.session.execute(_money(together, received(kinds, valid_on, known_at))).one(),
        )
        for subject, kinds in MONEY.items()
    }
    return {
        SUBJECT: dict(zip(OF_VENTURES, counts, strict=True)),
        **money,
        **{CAMP.format(camp): _camp(camp, valid_on, known_at) for camp in CAMPS},
    }


def _numbers(names: Sequence[str], values: Sequence[Any]) -> dict[str, int]:
    """A sum of amounts comes from the database as a decimal."""
    return {name: int(value) for name, value in zip(names, values, strict=True)}


def _foundings(ids: Sequence[int], day: date, at: datetime) -> Subquery:
    """A row per graduate and venture that they founded by the day, whether or not they still lead it."""
    record = EnrolmentRecord
    return (
        select(record.cohort_id, Founder.user_id, Founder.venture_id)
        .join(Founder, Founder.user_id == record.user_id)
        .join(Venture, Venture.venture_id == Founder.venture_id)
        .where(
            completers(ids, day, at),
            known(Founder, at),
            Founder.valid_from <= day,
            known(Venture, at),
            Venture.founded_on <= day,
        )
        .subquery()
    )


def _ventures(founded: Subquery, day: date, at: datetime) -> Select[Any]:
    """The numbers of OF_VENTURES, counted of the rows of `founded`."""
    heads = latest_counts(day, at)
    still_open = or_(Venture.closed_on.is_(None), Venture.closed_on > day)
    return (
        select(
            func.count(),
            func.count().filter(Venture.registered_on <= day),
            func.count().filter(Venture.first_sale_on <= day),
            func.count().filter(Venture.closed_on <= day),
            func.count().filter(still_open),
            func.count(heads.c.jobs).filter(still_open),
            func.coalesce(func.sum(heads.c.jobs).filter(still_open), 0),
        )
        .select_from(founded)
        .join(Venture, Venture.venture_id == founded.c.venture_id)
        .outerjoin(heads, heads.c.firm_id == Venture.venture_id)
        .where(known(Venture, at))
    )


def _money_by_cohort(
    founding: Subquery, of_cohort: Subquery, each: Subquery
) -> dict[int, dict[str, int]]:
    backed = (
        select(founding.c.cohort_id, func.count(founding.c.user_id.distinct()))
        .join(each, each.c.venture_id == founding.c.venture_id)
        .group_by(founding.c.cohort_id)
    )
    of_ventures = _money(of_cohort, each).add_columns(of_cohort.c.cohort_id)
    rows = db.session.execute(of_ventures.group_by(of_cohort.c.cohort_id))
    found = {key: _numbers(OF_MONEY, numbers) for *numbers, key in rows}
    return {key: {"backed": people, **found[key]} for key, people in db.session.execute(backed)}


def _money(founded: Subquery, each: Subquery) -> Select[Any]:
    """The numbers of OF_MONEY, counted of the rows of `founded`; `each`: what a venture received."""
    return (
        select(
            func.count(),
            func.coalesce(func.sum(each.c.won), 0),
            func.coalesce(func.max(each.c.won), 0),
        )
        .select_from(founded)
        .join(each, each.c.venture_id == founded.c.venture_id)
    )


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
