"""What the demonstration says that ventures received."""

from datetime import date, timedelta
from types import SimpleNamespace

from sqlalchemy import select

from lms.accounts.actions import add_person
from lms.careers import actions, venture_actions
from lms.careers.models import Investment, InvestmentKind
from lms.cohorts.actions import enrol
from lms.db import db
from lms.demo.careers import RECORDED
from lms.demo.investments import give_investments


def given() -> list[tuple[object, ...]]:
    columns = (Investment.venture_id, Investment.received_on, Investment.kind, Investment.amount)
    return [tuple(row) for row in db.session.execute(select(*columns).order_by(Investment.id))]


def test_the_same_cohort_gets_the_same_money_by_the_day_of_the_count(
    academy: SimpleNamespace,
) -> None:
    first, second = academy.cohorts
    founded = {}
    for place in range(24):
        person = add_person(
            username=f"f-{place}", name="F", email=f"f-{place}@academy.example", by=None
        )
        enrol([first, second][place % 2], person, student_number=f"F{place}", on=date(2020, 1, 1), by=None)  # fmt: skip
        venture = actions.add_employer(name=f"V{place}", by=None)
        day = date(2021, 1, 1) + timedelta(days=120 * place)
        venture_actions.record_venture(venture, founded_on=day, by=None)
        venture_actions.add_founder(venture, person, since=day, by=None)
        founded[venture.id] = (place % 2, day)
    give_investments(first)
    rows = given()
    assert {founded[row[0]][0] for row in rows} == {0}
    assert {row[2] for row in rows} == {*InvestmentKind}
    assert all(founded[row[0]][1] < row[1] <= RECORDED.date() for row in rows)
    assert all(20_000_000 <= row[3] <= 800_000_000 for row in rows)
    again = db.session.begin_nested()
    give_investments(first)
    assert given()[len(rows) :] == rows
    again.rollback()
