"""A report is counted once, protected, approved by two people, published, corrected; and never changes."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import openpyxl
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lms import storage
from lms.accounts.actions import add_person
from lms.cohorts.actions import enrol
from lms.cohorts.models import Cohort
from lms.db import db, utcnow
from lms.reports import actions, queries
from lms.reports.composing import compose
from lms.reports.facts import Facts
from lms.reports.models import Report, ReportState
from lms.reports.since import since
from lms.reports.table import Absent, digest

DAY = date(2026, 9, 1)


def cells(report: Report, table: str) -> dict[str, object]:
    """The first row of a table, by column."""
    found = next(one for one in report.tables if one.id == table)
    return {
        column.key: cell.value if cell.absent is None else cell.absent
        for column, cell in zip(found.columns, found.rows[0], strict=True)
    }


def test_the_numbers_are_those_of_the_facts_and_small_ones_are_hidden(
    make: Callable[..., Report],
) -> None:
    report = make()
    facts = Facts.from_json(report.facts)
    plain = facts.cohorts[0].figures["plain"]
    assert (plain.numerator, plain.denominator) == (25, 40)
    assert facts.sha256 == report.facts_sha256
    row = cells(report, "T4")
    assert row["population"] == 40
    assert row["founder"] is Absent.HIDDEN
    assert sum(value is Absent.HIDDEN for value in row.values()) >= 2  # or it is 40 less the others
    assert digest(report.tables) == report.tables_sha256


def test_whatever_is_recorded_later_a_report_is_counted_again_equally(
    make: Callable[..., Report], academy: SimpleNamespace, graduates: Cohort
) -> None:
    report = make()
    db.session.commit()
    db.session.execute(text("SELECT set_config('academy.recording_moment', '', true)"))
    late = add_person(username="late", name="Late", email="late@academy.example", by=None)
    enrolment = enrol(graduates, late, student_number="G99", on=date(2026, 1, 5), by=None)
    enrolment.completed_on = date(2026, 6, 1)
    db.session.flush()
    assert queries.verification(report).is_equal
    changed = {(one.metric, one.code): one.more for one in since(report, known_at=utcnow() + timedelta(minutes=1)).differences}  # fmt: skip
    assert changed["plain", "other"] == 1


def test_the_tables_are_a_function_of_the_sealed_facts_alone(make: Callable[..., Report]) -> None:
    report = make()
    again = compose(Facts.from_json(report.facts), queries.definitions_of(report))
    from lms.disclosure.policy import POLICIES

    shown = again.shown(POLICIES["public"], day=report.valid_on)
    assert digest(shown) == report.tables_sha256


def test_two_people_publish_and_nobody_twice(
    make: Callable[..., Report], academy: SimpleNamespace, bea: object
) -> None:
    report = make()
    actions.decide(report, approved=True, note="added up", by=academy.ada)
    assert report.state is ReportState.DRAFT and not report.publication
    with pytest.raises(actions.AlreadyDecided):
        actions.decide(report, approved=True, note="again", by=academy.ada)
    actions.decide(report, approved=True, note="evidence seen", by=bea)
    assert report.state is ReportState.PUBLISHED
    names = [file.path for file in report.publication.files]
    assert len(names) == 7 and {name.rpartition(".")[2] for name in names} == {"json", "pdf", "xlsx", "zip"}  # fmt: skip
    with pytest.raises(actions.NotOpen):
        actions.decide(report, approved=False, note="late", by=bea)
    assert queries.current_reports([report.cohorts[0].id])[report.cohorts[0].id] is report


def test_a_refused_report_is_never_published(
    make: Callable[..., Report], academy: SimpleNamespace, bea: object
) -> None:
    report = make()
    actions.decide(report, approved=False, note="the denominator is wrong", by=bea)
    assert report.state is ReportState.REFUSED
    with pytest.raises(actions.NotOpen):
        actions.decide(report, approved=True, note="no", by=academy.ada)


def test_a_correction_supersedes_when_it_is_published(
    make: Callable[..., Report], academy: SimpleNamespace, bea: object
) -> None:
    first = make()
    for person in (academy.ada, bea):
        actions.decide(first, approved=True, note="seen", by=person)
    second = make(supersedes=first, correction="late evidence")
    db.session.expire_all()
    assert first.state is ReportState.PUBLISHED  # until the correction is
    with pytest.raises(actions.AlreadySuperseded):
        make(supersedes=first, correction="another")
    for person in (academy.ada, bea):
        actions.decide(second, approved=True, note="seen", by=person)
    db.session.expire_all()
    assert first.state is ReportState.SUPERSEDED
    assert queries.current_reports([first.cohorts[0].id])[first.cohorts[0].id].id == second.id


def test_a_day_that_has_not_come_has_no_report(make: Callable[..., Report]) -> None:
    with pytest.raises(actions.DayNotCome):
        make(valid_on=utcnow().date() + timedelta(days=2))


@pytest.mark.parametrize(
    "statement", ["UPDATE report SET recipient = 'x'", "DELETE FROM report_decision"]
)
def test_the_database_keeps_reports_as_they_are(
    statement: str, make: Callable[..., Report], academy: SimpleNamespace
) -> None:
    actions.decide(make(), approved=True, note="seen", by=academy.ada)
    with pytest.raises(DBAPIError, match=r"refuse|append|change"), db.session.begin_nested():
        db.session.execute(text(statement))


def test_the_workbook_has_the_page_s_numbers(
    make: Callable[..., Report], academy: SimpleNamespace, bea: object
) -> None:
    report = make()
    for person in (academy.ada, bea):
        actions.decide(report, approved=True, note="seen", by=person)
    file = next(one for one in report.publication.files if one.path.endswith("-en.xlsx"))
    book = openpyxl.load_workbook(io.BytesIO(storage.get(file.sha256)))
    written = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    assert cells(report, "T5")["numerator"] in written and report.tables_sha256 in map(str, written)


def test_who_left_is_counted_by_the_week_of_training(make: Callable[..., Report]) -> None:
    report = make()
    facts = Facts.from_json(report.facts)
    assert facts.cohorts[0].counts["left-in-week"] == {
        "to-4": 0, "to-8": 1, "to-12": 0, "to-26": 0, "later": 0,
    }  # fmt: skip
    assert "T3w" in {table.id for table in report.tables}


FIRST_SEALED = {"number", "admission", "leaving", "figures"}  # what the first reports sealed


def test_a_report_made_before_a_table_was_thought_of_stays_as_it_was(
    make: Callable[..., Report],
) -> None:
    report = make()
    sealed = Facts.from_json(report.facts)
    without = Facts(tuple(replace(one, counts={}, funding=None) for one in sealed.cohorts))
    assert all(row.keys() == FIRST_SEALED for row in without.as_json()["cohorts"])
    assert Facts.from_json(without.as_json()) == without
    assert queries.verification(report).facts.as_asked_in(without).sha256 == without.sha256
    tables = compose(without, queries.definitions_of(report)).tables
    assert "T3w" not in {table.id for table in tables}
