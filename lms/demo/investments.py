"""What the ventures of the demonstration received. All of it is invented."""

from datetime import timedelta

from sqlalchemy import select

from lms.careers.models import Founder, Investment, InvestmentKind, Venture
from lms.cohorts.models import Cohort, Enrolment
from lms.db import db
from lms.demo.careers import RECORDED, SOURCE
from lms.demo.rows import backdated, chance, insert_rows

ROUNDS = {  # kind: the share of ventures that got it, how long after founding, millions of won
    InvestmentKind.GRANT: (0.6, timedelta(days=90), (20, 100)),
    InvestmentKind.CONVERTIBLE: (0.25, timedelta(days=240), (30, 150)),
    InvestmentKind.EQUITY: (0.3, timedelta(days=500), (100, 800)),
}


def give_investments(cohort: Cohort) -> None:
    """To the ventures of a cohort's graduates, by the day of the count at the latest."""
    random = chance(f"investments of cohort {cohort.number}")
    founded = (
        select(Venture.venture_id, Venture.founded_on)
        .join(Founder, Founder.venture_id == Venture.venture_id)
        .join(Enrolment, Enrolment.user_id == Founder.user_id)
        .where(Enrolment.cohort_id == cohort.id)
        .distinct()
        .order_by(Venture.venture_id)
    )
    rows = []
    for venture_id, founded_on in db.session.execute(founded):
        for kind, (share, after, (least, most)) in ROUNDS.items():
            got, days = random.random() < share, random.randint(0, 120)
            millions = 10 * random.randint(least // 10, most // 10)
            received_on = founded_on + after + timedelta(days=days)
            if got and received_on <= RECORDED.date():
                rows.append(
                    {
                        "venture_id": venture_id,
                        "received_on": received_on,
                        "kind": kind,
                        "amount": millions * 1_000_000,
                        "source": SOURCE,
                        "recorded_at": RECORDED,
                    }
                )
    with backdated(Investment):
        insert_rows(Investment, rows)
