"""The demonstration's costs and targets: the public figures, for the cohorts that are there."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

from lms.cohorts.models import Cohort
from lms.db import db
from lms.demo.money import load_money
from lms.funding import queries
from lms.funding.models import Achievement, Cost, Target


def test_the_public_figures_hold(academy: SimpleNamespace) -> None:
    more = {
        number: Cohort(number=number, starts_on=date(2022, 1, 3), ends_on=date(2022, 12, 15), seats=330)
        for number in (3, 4)
    }  # fmt: skip
    db.session.add_all(more.values())
    db.session.flush()
    load_money()
    assert [row.amount for row in queries.live(Cost, more[4])] == [8_400_000_000]
    contradicting = [row for row in queries.live(Target, more[3]) if row.measure == "plain"]
    assert {row.value for row in contradicting} == {60, 70}
    assert len({row.source for row in contradicting}) == 2
    assert [row.value for row in queries.live(Target, more[4])] == [75]
    assert [row.value for row in queries.live(Achievement, more[4])] == [64]
    assert not queries.live(Cost, more[3])  # nothing is public
