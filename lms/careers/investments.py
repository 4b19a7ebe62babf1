"""Money that ventures received: investment, and apart from it grants, which nobody expects back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Subquery, func, select

from lms.careers.models import Employer, Investment, InvestmentKind
from lms.db import db
from lms.recorded import known

INVESTMENT = (InvestmentKind.EQUITY, InvestmentKind.CONVERTIBLE)
GRANTS = (InvestmentKind.GRANT,)


@dataclass(frozen=True)
class Money:
    """`ventures` that received any, and how many won together."""

    ventures: int
    won: int


def received(kinds: Collection[InvestmentKind], day: date, at: datetime | None = None) -> Subquery:
    """Columns venture_id and won: what each venture had received by a day, of these kinds together."""
    return (
        select(Investment.venture_id, func.sum(Investment.amount).label("won"))
        .where(known(Investment, at), Investment.received_on <= day, Investment.kind.in_(kinds))
        .group_by(Investment.venture_id)
        .subquery()
    )  # fmt: skip


def totals(day: date, *, of: Employer | None = None) -> dict[str, Money]:
    """What all ventures, or one of them, had received by a day: `investment` and `grants`."""
    return {
        "investment": _total(received(INVESTMENT, day), of),
        "grants": _total(received(GRANTS, day), of),
    }


def _total(each: Subquery, of: Employer | None) -> Money:
    query = select(func.count(), func.coalesce(func.sum(each.c.won), 0)).select_from(each)
    if of is not None:
        query = query.where(each.c.venture_id == of.id)
    ventures, won = db.session.execute(query).one()
    return Money(ventures, int(won))
