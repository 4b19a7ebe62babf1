"""The demonstration's applicants: the public marginals hold, and the sums close."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from types import SimpleNamespace

from sqlalchemy import select

from lms.cohorts.actions import plan_cohort
from lms.cohorts.models import Applicant, Application, Cohort
from lms.db import db
from lms.demo.applicants import describe
from lms.demo.figures import published_cohort
from lms.demo.rows import insert_rows, seoul

APPLIED_ON = date(2023, 5, 4)


def described(cohort: Cohort) -> Sequence[Applicant]:
    figures = published_cohort(cohort.number)
    ids = insert_rows(Application, [{"cohort_id": cohort.id}] * figures.applied)
    describe(cohort, ids, selected=figures.selected, applied_on=APPLIED_ON)
    return db.session.scalars(
        select(Applicant).where(Applicant.application_id.in_(ids)).order_by(Applicant.id)
    ).all()


def test_97_of_cohort_1_came_from_gwangju(academy: SimpleNamespace) -> None:
    found = described(academy.cohorts[0])
    assert len(found) == 1045
    assert Counter(row.region == "29" for row in found[:180]) == {True: 97, False: 83}
    assert {row.recorded_at for row in found} == {seoul(academy.cohorts[0].starts_on, 9)}


def test_the_ages_of_cohort_4_are_those_published_and_one_is_not_recorded(
    academy: SimpleNamespace,
) -> None:
    cohort = plan_cohort(
        number=4, starts_on=date(2023, 7, 3), ends_on=date(2023, 12, 5), seats=330, by=None
    )
    db.session.flush()
    ages = [row.birth_year and APPLIED_ON.year - row.birth_year for row in described(cohort)]
    bands = Counter(None if age is None else min(30, age // 5 * 5) for age in ages)
    assert bands == {15: 12, 20: 280, 25: 320, 30: 166, None: 1}
    assert bands.total() == 779


def test_a_second_time_gives_the_same(academy: SimpleNamespace) -> None:
    first, again = (
        [(row.sex, row.birth_year, row.region, row.major, row.job_status) for row in rows]
        for rows in (described(academy.cohorts[0]), described(academy.cohorts[0]))
    )
    assert first == again
