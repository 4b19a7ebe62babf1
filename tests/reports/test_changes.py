"""A later count says in words what it has otherwise of applicants, employers, ventures and money."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from lms.careers import actions as careers
from lms.careers import venture_actions
from lms.careers.models import MouKind
from lms.cohorts.models import Applicant, Application, ApplicationStage, Sex, Stage
from lms.db import Bilingual, db, utcnow
from lms.funding import actions as funding
from lms.funding.models import Achievement, Cost, CostKind, Measure, Target
from lms.reports import actions, queries
from lms.reports.changes import OF_DOCUMENTS, OF_METRICS, How
from lms.reports.composing import compose
from lms.reports.facts import Facts
from lms.reports.models import Report
from lms.reports.queries import definitions_of
from lms.reports.recorded_since import OF_TABLES
from lms.reports.since import Since
from lms.reports.since import since as what_changed
from tests.reports.firms import DAY


@pytest.fixture
def report(funded: SimpleNamespace) -> Report:
    """Of both cohorts; of one application the first step was recorded. What follows is later."""
    one = Application(cohort_id=funded.cohorts[0].id)
    db.session.add(one)
    db.session.flush()
    db.session.add_all(
        [
            ApplicationStage(application_id=one.id, stage=Stage.APPLIED, reached_on=date(2026, 1, 2)),
            Applicant(application_id=one.id, sex=Sex.FEMALE),
        ]
    )  # fmt: skip
    db.session.flush()
    made = actions.make_report(
        funded.cohorts, title=Bilingual("성과", "Outcomes"), recipient="City", legal_basis="",
        valid_on=DAY, policy="public", by=funded.academy.ada,
    )  # fmt: skip
    db.session.commit()
    return made


def since(report: Report) -> Since:
    """As known now; whatever differs from the sealed facts is told."""
    db.session.flush()
    later = utcnow() + timedelta(minutes=1)
    found = what_changed(report, known_at=later)
    again = queries.counted_again(report, known_at=later)
    assert bool(found) == (again.sha256 != report.facts_sha256)
    return found


def told(found: Since) -> dict[str, dict[str, dict[str, int]]]:
    """By table and row: the columns that have more or fewer."""
    return {
        table.id: {
            " ".join(cell.text.en for cell in row.name): {name.en: n for name, n in row.more}
            for row in table.rows
        }
        for table in found.tables
    }


def causes(found: Since, table: str) -> dict[str, int]:
    return {name.en: number for name, number in found.recorded[table]}


def test_nothing_recorded_nothing_told(report: Report) -> None:
    found = since(report)
    assert not (found or found.tables or found.documents)


def test_a_firm_that_became_a_partner(report: Report, funded: SimpleNamespace) -> None:
    hired = [one for one in funded.people if one["firm"] == 3]
    assert hired  # of a firm without an agreement
    careers.sign_mou(funded.firms[3], kind=MouKind.HIRE, on=date(2026, 5, 1), by=None)
    found = since(report)
    assert set(told(found)) == {"T9", "T15"}
    assert told(found)["T9"]["All cohorts"] == {"At partners": len(hired), "Partners among them": 1}
    assert told(found)["T15"]["Hiring graduates"] == {
        "Partners": 1, "That employ graduates": 1, "Graduates hired": len(hired),
    }  # fmt: skip
    assert causes(found, "T9") == {"agreements": 1}


def test_a_corrected_fact_is_one_change(report: Report, funded: SimpleNamespace) -> None:
    on = date(2026, 7, 1)  # firm 0 had three
    careers.count_heads(funded.firms[0], on=on, jobs=70, source="count", by=None)
    found = since(report)
    assert set(told(found)) == {"T9b"}
    assert told(found)["T9b"]["People employed 50 to 299"]["Employers"] == 1
    assert told(found)["T9b"]["People employed Up to 4"]["Employers"] == -1
    assert causes(found, "T9b") == {"head counts": 1}


def test_a_venture_that_began_to_sell(report: Report, funded: SimpleNamespace) -> None:
    venture = next(one for one in funded.ventures[3:] if one.first_sale_on is None)
    venture_actions.record_venture(
        venture.employer, founded_on=venture.founded_on, registered_on=venture.registered_on,
        first_sale_on=DAY, by=None,
    )  # fmt: skip
    found = since(report)
    assert told(found)["T11"]["All cohorts"] == {"Trading": 1}
    assert causes(found, "T11") == {"dates of ventures": 1}


def test_applicants_of_whom_it_came_late(report: Report, funded: SimpleNamespace) -> None:
    late = Application(cohort_id=funded.cohorts[0].id)
    db.session.add(late)
    db.session.flush()
    db.session.add(
        ApplicationStage(application_id=late.id, stage=Stage.APPLIED, reached_on=date(2026, 1, 2))
    )
    db.session.add(Applicant(application_id=late.id, sex=Sex.MALE))
    found = since(report)
    assert told(found)["T1"] == {"Cohort 1": {"Applied": 1}}
    assert told(found)["T2s"] == {"Cohort 1 Applied": {"People": 1, "Male": 1}}
    assert causes(found, "T2s") == {"admission steps": 1, "answers in applications": 1}


def test_documents_that_came_late_were_corrected_or_withdrawn(
    report: Report, funded: SimpleNamespace
) -> None:
    cohort, ada = funded.cohorts[0], funded.academy.ada
    allowance = {"kind": CostKind.BUDGET, "item": "Allowance", "dated_on": date(2026, 2, 1), "source": "contract"}  # fmt: skip
    funding.correct(funded.allowance, cohort, reason="misprint", by=ada, amount=500, **allowance)
    funded.record(Cost, kind=CostKind.ACTUAL, item="Laptops", amount=12_000_000)
    target = db.session.query(Target).filter_by(measure="local-retention").one()
    funding.withdraw(target, cohort, reason="not ours", by=ada)
    funded.record(Achievement, measure=Measure.IP_FILINGS, value=8, dated_on=date(2026, 8, 20))
    funded.record(Cost, kind=CostKind.ACTUAL, item="After the day", amount=1, dated_on=date(2027, 1, 1))  # fmt: skip
    found = since(report)
    assert not found.tables
    said = [(one.kind.en, one.what[-1].en, one.before, one.after, one.how) for one in found.documents]  # fmt: skip
    assert sorted(said) == [
        ("Cost", "Allowance", 400, 500, How.CORRECTED),
        ("Cost", "Laptops", None, 12_000_000, How.LATER),
        ("Reached", "IP filings", None, 8, How.LATER),
        ("Target", "Share in Gwangju of those who work", 50, None, How.WITHDRAWN),
    ]


def test_the_page_says_it(
    report: Report, funded: SimpleNamespace, as_: Callable[..., object]
) -> None:
    careers.sign_mou(funded.firms[3], kind=MouKind.HIRE, on=date(2026, 5, 1), by=None)
    funded.record(Cost, kind=CostKind.ACTUAL, item="Laptops", amount=12_000_000)
    db.session.commit()
    answer = as_(funded.academy.ada).get(f"/reports/{report.id}/verification")
    words = " ".join(BeautifulSoup(answer.text, "html.parser").main.get_text(" ").split())
    assert "T9 Employers Cohort 1: At partners +" in words
    assert "Partners among them +1" in words and "Recorded since: agreements 1" in words
    assert "Cohort 1, Cost, Actual, Laptops: 12,000,000 won, recorded later" in words
    assert "Nothing recorded since" not in words and "class by class" not in words


def test_of_every_table_is_said_what_it_counts(report: Report) -> None:
    tables = {
        one.id for one in compose(Facts.from_json(report.facts), definitions_of(report)).tables
    }
    assert tables - OF_METRICS - OF_DOCUMENTS <= OF_TABLES.keys()
    assert len(tables) > 20
