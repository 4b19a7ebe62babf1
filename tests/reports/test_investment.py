"""What ventures received (T11 and T11c): counted again by hand, and never one venture's amount."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import openpyxl
import pytest
from sqlalchemy import text

from lms.careers import venture_actions
from lms.careers.models import InvestmentKind
from lms.careers.recording import take_back
from lms.db import db
from lms.disclosure.policy import POLICIES
from lms.disclosure.shape import At
from lms.metrics.definition import Text
from lms.metrics.definition_files import definitions
from lms.recorded import settled_moment
from lms.reports import csv_file, json_file, xlsx
from lms.reports.composing import Composed, compose
from lms.reports.counting import count_facts
from lms.reports.document import Document, Heading
from lms.reports.facts import Facts
from lms.reports.table import Absent, digest
from tests.reports.firms import DAY, cells, is_closed

MILLION = 1_000_000
KINDS = (InvestmentKind.EQUITY, InvestmentKind.CONVERTIBLE, InvestmentKind.GRANT)
ROWS = (("Cohort 1", {0}), ("Cohort 2", {1}), ("All cohorts", {0, 1}))


def give(venture: SimpleNamespace, amount: int, kind: InvestmentKind, on: date = DAY) -> object:
    return venture_actions.record_investment(
        venture.employer, on=on, amount=amount, kind=kind, source="test", by=None
    )


@pytest.fixture
def funded(working: SimpleNamespace) -> SimpleNamespace:
    """Every second venture received money of each kind, and more of it after the day: `working` with
    `received`, dicts with venture (a place in `ventures`), amount and kind."""
    working.received = []
    for place, venture in enumerate(working.ventures):
        if place % 2:
            continue
        for number, kind in enumerate(KINDS):
            amount = (place % 7 + 2 * number + 3) * MILLION
            give(venture, amount, kind, on=DAY if number else date(2026, 8, 1))
            give(venture, 900 * MILLION, kind, on=date(2026, 9, 2))  # the day after
            working.received.append({"venture": place, "amount": amount, "kind": kind})
    mistake = give(working.ventures[5], 700 * MILLION, InvestmentKind.EQUITY)
    db.session.commit()
    take_back(mistake, reason="another firm's", by=working.academy.ada)
    db.session.commit()
    return working


def facts_of(world: SimpleNamespace, at: object = None) -> Facts:
    return count_facts(
        world.cohorts, valid_on=DAY, known_at=at or settled_moment(), metrics=definitions(on=DAY)
    )


def composed_of(world: SimpleNamespace) -> Composed:
    return compose(facts_of(world), definitions(on=DAY))


def by_hand(world: SimpleNamespace, members: set[int], kinds: set[InvestmentKind]) -> dict[str, int]:  # fmt: skip
    given = [one for one in world.received if one["kind"] in kinds]
    teams = {one["venture"]: world.ventures[one["venture"]].team for one in given}
    mine = {place for place, team in teams.items() if any(p["cohort"] in members for p in team)}
    backed = [p for place in mine for p in teams[place] if p["cohort"] in members]
    return {
        "backed": len({id(p) for p in backed}),
        "funded": len(mine),
        "won": sum(one["amount"] for one in given if one["venture"] in mine),
    }


def test_investment_by_hand(funded: SimpleNamespace) -> None:
    tables = composed_of(funded).tables
    for id, kinds in (("T11", set(KINDS[:2])), ("T11c", {InvestmentKind.GRANT})):
        rows = cells(tables, id)
        for name, members in ROWS:
            expected = by_hand(funded, members, kinds)
            assert {key: rows[name][key] for key in expected} == expected, (id, name)
        # the shared venture is one of each cohort, and one of all
        assert rows["All cohorts"]["funded"] == sum(rows[f"Cohort {n}"]["funded"] for n in (1, 2)) - 1  # fmt: skip


@pytest.mark.parametrize("policy", ["public", "agreement"])
def test_an_amount_is_shown_only_where_its_ventures_are(
    funded: SimpleNamespace, policy: str
) -> None:
    composed = composed_of(funded)
    shown = composed.shown(POLICIES[policy], day=DAY)
    assert is_closed(composed, shown, POLICIES[policy])
    for id in ("T11", "T11c"):
        for name, row in cells(shown, id).items():
            assert (row["funded"] is Absent.HIDDEN) == (row["backed"] is Absent.HIDDEN)
            assert row["backed"] is not Absent.HIDDEN or row["won"] is Absent.HIDDEN, name
    assert cells(shown, "T11")["All cohorts"]["won"] == by_hand(funded, {0, 1}, set(KINDS[:2]))["won"]  # fmt: skip


@pytest.mark.parametrize("policy", ["public", "agreement"])
def test_investment_hides_nothing_else(funded: SimpleNamespace, policy: str) -> None:
    """How many have it is no reason to hide how many founded."""
    shown = cells(composed_of(funded).shown(POLICIES[policy], day=DAY), "T11")
    assert [row["founders"] for row in shown.values()] == [12, 6, 18]


@pytest.mark.parametrize("policy", ["public", "agreement", "rounded"])
def test_few_founders_hide_what_their_ventures_received(
    working: SimpleNamespace, policy: str
) -> None:
    """Four founders of one cohort: an amount of theirs alone is theirs in the row of all, too."""
    few = [v for v in working.ventures if {p["cohort"] for p in v.team} == {1}]
    for venture in few[:4]:
        give(venture, 10 * MILLION, InvestmentKind.EQUITY)
    composed = composed_of(working)
    shown = cells(composed.shown(POLICIES[policy], day=DAY), "T11")
    assert cells(composed.tables, "T11")["Cohort 2"]["backed"] == 4
    expected = {"public": Absent.HIDDEN, "agreement": 40 * MILLION, "rounded": 40 * MILLION}
    assert shown["Cohort 2"]["won"] == expected[policy]
    assert shown["All cohorts"]["won"] == expected[policy]  # it is the same amount


@pytest.mark.parametrize("policy", [*POLICIES])
def test_what_one_venture_received_is_not_told_by_any_sum(
    funded: SimpleNamespace, policy: str
) -> None:
    """One venture of cohort 1 gets nearly all of its cohort's: neither cohort's amount may be seen, as
    the sum of both is."""
    of_one = next(v for v in funded.ventures[3:] if {p["cohort"] for p in v.team} == {0})
    give(of_one, 800 * MILLION, InvestmentKind.EQUITY)
    others = [v for v in funded.ventures if {p["cohort"] for p in v.team} == {1}]
    for venture in others[:4]:
        give(venture, 300 * MILLION, InvestmentKind.EQUITY)
    composed = composed_of(funded)
    true, shown = (cells(tables, "T11") for tables in (composed.tables, composed.shown(POLICIES[policy], day=DAY)))  # fmt: skip
    assert 0.8 * true["Cohort 1"]["won"] < 800 * MILLION  # and not of the others
    assert true["Cohort 2"]["won"] * 0.8 > 300 * MILLION
    assert shown["Cohort 1"]["won"] is shown["Cohort 2"]["won"] is Absent.HIDDEN
    assert shown["All cohorts"]["won"] == true["All cohorts"]["won"]


@pytest.mark.parametrize("policy", [*POLICIES])
def test_of_two_ventures_no_amount_is_given(working: SimpleNamespace, policy: str) -> None:
    for venture in working.ventures[3:5]:
        give(venture, 500 * MILLION, InvestmentKind.EQUITY)
    composed = composed_of(working)
    assert cells(composed.tables, "T11")["All cohorts"]["won"] == 1_000 * MILLION
    for name, row in cells(composed.shown(POLICIES[policy], day=DAY), "T11").items():
        assert row["won"] in (Absent.HIDDEN, 0), name
    nobody = cells(composed.shown(POLICIES[policy], day=DAY), "T11c")["All cohorts"]
    assert nobody == {"cohort": "모든 기수", "backed": 0, "funded": 0, "won": 0}


def test_later_writes_change_nothing_and_a_correction_counts(funded: SimpleNamespace) -> None:
    at = settled_moment()
    before = facts_of(funded, at)
    db.session.execute(text("SELECT set_config('academy.recording_moment', '', true)"))
    last = give(funded.ventures[0], MILLION, InvestmentKind.GRANT)
    venture_actions.correct_investment(
        last, funded.ventures[0].employer, on=DAY, amount=2 * MILLION, kind=InvestmentKind.GRANT,
        source="test", reason="the paper says so", by=funded.academy.ada,
    )  # fmt: skip
    assert facts_of(funded, at).sha256 == before.sha256
    more = facts_of(funded).counts["grants"]["won"] - before.counts["grants"]["won"]
    assert more == 2 * MILLION


def test_facts_come_back_and_those_of_before_are_still_read(funded: SimpleNamespace) -> None:
    facts = facts_of(funded)
    assert Facts.from_json(facts.as_json()) == facts
    known = {"investment", "grants"}
    before = Facts(
        tuple(replace(one, counts={k: v for k, v in one.counts.items() if k not in known}) for one in facts.cohorts),
        {k: v for k, v in facts.counts.items() if k not in known},
    )  # fmt: skip
    assert facts.as_asked_in(before).sha256 == before.sha256
    composed = compose(Facts.from_json(before.as_json()), definitions(on=DAY))
    [table] = [one for one in composed.tables if one.id == "T11"]
    assert [column.key for column in table.columns][-1] == "jobs"
    assert "T11c" not in {one.id for one in composed.tables}
    assert not any(
        isinstance(key, At) and key.column == "won" for key in composed.structure.amounts
    )
    composed.shown(POLICIES["public"], day=DAY)


def test_one_cohort_alone(funded: SimpleNamespace) -> None:
    funded.cohorts = funded.cohorts[:1]
    shown = composed_of(funded).shown(POLICIES["agreement"], day=DAY)
    assert list(cells(shown, "T11c")) == ["Cohort 1"]
    assert cells(shown, "T11c")["Cohort 1"]["won"] == by_hand(funded, {0}, {InvestmentKind.GRANT})["won"]  # fmt: skip


def test_the_files_say_the_same(funded: SimpleNamespace) -> None:
    shown = composed_of(funded).shown(POLICIES["public"], day=DAY)
    [table] = [one for one in shown if one.id == "T11"]
    heading = Heading(
        title=Text("성과", "Outcomes"), subtitle=Text("", ""), number="1", valid_on=DAY,
        recorded_at=datetime(2026, 9, 2, tzinfo=UTC), definitions=(), notes=(),
        digest=digest((table,)), code_version="test", approvals=(),
    )  # fmt: skip
    document = Document(heading, (table,))
    assert json_file.read(json_file.render(document)) == document
    place = [column.key for column in table.columns].index("won")
    numbers = [row[place].value for row in table.rows]
    assert any(numbers)
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx.render(document, locale="ko"))).worksheets[0]
    lines = [*csv.reader(io.StringIO(csv_file.render(table, locale="ko").decode("utf-8-sig")))][1:]
    for at, number in enumerate(numbers):
        if number is not None:
            assert sheet.cell(6 + at, 1 + place).value == number
            assert int(lines[at][place]) == number
