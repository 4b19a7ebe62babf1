"""From an administrator's home to the report of each cohort that counts now."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from types import SimpleNamespace

from bs4 import BeautifulSoup

from lms.accounts.actions import add_person
from lms.cohorts.actions import plan_cohort
from lms.cohorts.models import Cohort
from lms.db import Bilingual, db, utcnow
from lms.reports import actions
from lms.reports.models import Report
from lms.reports.queries import current_reports


def made(academy: SimpleNamespace, cohorts: list[Cohort], **given: object) -> Report:
    report = actions.make_report(
        cohorts, title=Bilingual("성과", "Outcomes"), recipient="City", legal_basis="",
        valid_on=utcnow().date(), policy="public", by=academy.ada, **given,
    )  # fmt: skip
    db.session.flush()
    return report


def publish(report: Report, academy: SimpleNamespace, name: str) -> Report:
    second = add_person(
        username=name, name=name, email=f"{name}@academy.example", by=None, is_administrator=True
    )
    for person in (academy.ada, second):
        actions.decide(report, approved=True, note="seen", by=person)
    return report


def cells(answer: object) -> dict[str, BeautifulSoup]:
    page = BeautifulSoup(answer.text, "html.parser")
    rows = page.select("tbody tr")
    return {row.th.a.get_text(): row.find_all("td")[-1] for row in rows}


def test_each_cohort_leads_to_the_report_that_counts_now(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    one, two = academy.cohorts
    for enrolment in academy.enrolments:
        enrolment.enrolled_on, enrolment.completed_on = date(2026, 1, 5), date(2026, 6, 1)
    db.session.commit()
    client = as_(academy.ada)
    asked = cells(client.get("/"))["Cohort 1"]
    assert "none yet" in asked.get_text()
    assert f'value="{one.id}"' in client.get(asked.a["href"]).text
    first = publish(made(academy, [one]), academy, "bea")
    made(academy, [one, two])  # a draft is nobody's report yet
    db.session.commit()
    found = cells(client.get("/"))
    assert found["Cohort 1"].a.get_text() == first.number
    assert client.get(found["Cohort 1"].a["href"]).status_code == 200
    assert "none yet" in found["Cohort 2"].get_text()
    correction = made(academy, [one], supersedes=first, correction="late")
    db.session.commit()
    assert current_reports([one.id]) == {one.id: first}  # until the correction is published
    publish(correction, academy, "cara")
    db.session.commit()
    assert cells(client.get("/"))["Cohort 1"].a.get_text() == correction.number


def test_a_cohort_that_nobody_completed_is_asked_for_no_report(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    assert cells(as_(academy.ada).get("/"))["Cohort 1"].get_text() == "–"
    assert not cells(as_(academy.ada).get("/"))["Cohort 1"].find("a")


def test_queries_do_not_grow_with_the_cohorts(
    academy: SimpleNamespace,
    as_: Callable[..., object],
    counted: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    publish(made(academy, academy.cohorts), academy, "bea")
    db.session.commit()
    client, counts = as_(academy.ada), []
    for more in (0, 20):
        for number in range(more):
            day = date(2026, 1, 5)
            plan_cohort(number=10 + number, starts_on=day, ends_on=day, seats=3, by=academy.ada)
        db.session.commit()
        with counted() as statements:
            assert client.get("/").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
