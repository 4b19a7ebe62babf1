"""Employers, partners and ventures of a report (T9, T9b, T15, T11, T11b): counted again by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from lms.careers import actions as careers
from lms.careers import venture_actions
from lms.careers.models import MouKind
from lms.cohorts.models import Cohort
from lms.db import db
from lms.disclosure.cells import Sum
from lms.disclosure.policy import POLICIES
from lms.disclosure.shape import At, counts_of, rows_of
from lms.metrics.definition_files import definitions
from lms.metrics.facts import SpellKind
from lms.recorded import settled_moment
from lms.reports.composing import compose
from lms.reports.counters import employers
from lms.reports.counting import count_facts
from lms.reports.facts import Facts
from lms.reports.table import Absent, digest
from tests.disclosure.attacker import Attacker
from tests.reports.firms import DAY, cells, is_closed

NEW = {"T9", "T9b", "T15", "T11", "T11b"}


def facts_of(cohorts: Sequence[Cohort], day: date = DAY, at: object = None) -> Facts:
    return count_facts(
        cohorts, valid_on=day, known_at=at or settled_moment(), metrics=definitions(on=day)
    )


def test_employers_by_hand(working: SimpleNamespace) -> None:
    facts = facts_of(working.cohorts)
    rows = cells(compose(facts, definitions(on=DAY)).tables, "T9")
    partners = {n for n, _ in working.signed}
    for name, members in (("Cohort 1", {0}), ("Cohort 2", {1}), ("All cohorts", {0, 1})):
        hired = [one for one in working.people if one["kind"] is SpellKind.EMPLOYEE and one["cohort"] in members]  # fmt: skip
        firms = [one["firm"] for one in hired if one["firm"] is not None]
        known = {what: [one[what] for one in hired if one[what] is not None] for what in ("in_field", "subsidised")}  # fmt: skip
        expected = {
            "employer_known": len(firms),
            "employers": len(set(firms)),
            "at_partners": sum(firm in partners for firm in firms),
            "partners": len(set(firms) & partners),
            "in_field_known": len(known["in_field"]),
            "in_field": sum(known["in_field"]),
            "of_in_field": sum(known["in_field"]) / len(known["in_field"]),
            "subsidised_known": len(known["subsidised"]),
            "subsidised": sum(known["subsidised"]),
            "of_subsidised": sum(known["subsidised"]) / len(known["subsidised"]),
        }
        assert {key: rows[name][key] for key in expected} == expected


def test_employers_by_size_and_sector(working: SimpleNamespace) -> None:
    rows = cells(compose(facts_of(working.cohorts), definitions(on=DAY)).tables, "T9b")
    firms = [one["firm"] for one in working.people if one["firm"] is not None]

    def row(*places: int) -> dict[str, int]:
        """Of the firms at these places of the world's list."""
        there = [firm for firm in firms if firm in places]
        return {"employers": len(set(there)), "graduates": len(there)}

    counted = set(working.heads)
    for name, places in {
        "Up to 4": {0, 1}, "5 to 49": {2, 3}, "50 to 299": {4}, "300 or more": {5},
        "Never counted": set(range(12)) - counted, "Small business": {0, 6}, "Size not known": {5, 11},
        "Software and AI": {0, 3, 6, 9}, "Energy": {2, 5, 8, 11}, "Sector not known": set(),
    }.items():  # fmt: skip
        assert {key: rows[name][key] for key in ("employers", "graduates")} == row(*places), name


def test_partners_by_agreement(working: SimpleNamespace) -> None:
    rows = cells(compose(facts_of(working.cohorts), definitions(on=DAY)).tables, "T15")
    firms = [one["firm"] for one in working.people if one["firm"] is not None]
    of_kind = {kind: {n for n, signed in working.signed if signed is kind} for kind in MouKind}
    unused = {"hire": 1}  # a partner that hired nobody; the agreement of firm 5 is over
    for name, places, in_force in (
        ("Hiring graduates", of_kind[MouKind.HIRE], len(of_kind[MouKind.HIRE]) + unused["hire"]),
        ("Projects with trainees", of_kind[MouKind.PROJECT], 1),
        ("Coming to the region", of_kind[MouKind.ATTRACT], 1),
        ("Any agreement", {0, 1, 2}, 4),
    ):
        there = [firm for firm in firms if firm in places]
        assert (rows[name]["partners"], rows[name]["employers"], rows[name]["graduates"]) == (in_force, len(set(there)), len(there))  # fmt: skip


def test_the_day_before_an_agreement_ends_it_counts(working: SimpleNamespace) -> None:
    yesterday = DAY - timedelta(days=1)
    facts = facts_of(working.cohorts, yesterday)
    assert facts.counts["partners"]["any"] == 5
    assert facts.counts["partners"]["hire"] == 4


def test_ventures_by_hand(working: SimpleNamespace) -> None:
    rows = cells(compose(facts_of(working.cohorts), definitions(on=DAY)).tables, "T11")
    for name, members in (("Cohort 1", {0}), ("Cohort 2", {1}), ("All cohorts", {0, 1})):
        mine = [one for one in working.ventures if any(p["cohort"] in members for p in one.team)]
        open_ = [one for one in mine if not one.closed_on]
        expected = {
            "founders": sum(p["cohort"] in members for one in working.ventures for p in one.team),
            "founded": len(mine),
            "registered": sum((one.registered_on or date.max) <= DAY for one in mine),
            "trading": sum((one.first_sale_on or date.max) <= DAY for one in mine),
            "closed": len(mine) - len(open_),
            "open": len(open_),
            "counted": sum(one.jobs is not None for one in open_),
            "jobs": sum(one.jobs or 0 for one in open_),
        }
        assert {key: rows[name][key] for key in expected} == expected
    assert rows["All cohorts"]["founded"] < sum(rows[f"Cohort {n}"]["founded"] for n in (1, 2))


def test_founders_are_no_jobs_and_it_says_so(working: SimpleNamespace) -> None:
    [table] = [one for one in compose(facts_of(working.cohorts), definitions(on=DAY)).tables if one.id == "T11"]  # fmt: skip
    assert any("do not count as jobs created" in note.en for note in table.notes)


def test_the_camp(working: SimpleNamespace) -> None:
    first, second, third = (one.employer for one in working.ventures[3:6])
    on = date(2026, 8, 1)
    venture_actions.give_place(first, camp=1, room="101", on=on, by=None)
    venture_actions.give_place(second, camp=1, room="102", on=on, until=date(2026, 8, 20), by=None)
    venture_actions.queue_for_camp(third, camp=2, since=on, by=None)
    venture_actions.queue_for_camp(working.academy.stan, camp=1, since=on, by=None)
    facts = facts_of(working.cohorts)
    assert facts.counts["camp-1"] == {"tenants": 1, "ever": 2, "waiting_ventures": 0, "waiting_people": 1}  # fmt: skip
    assert facts.counts["camp-2"] == {"tenants": 0, "ever": 0, "waiting_ventures": 1, "waiting_people": 0}  # fmt: skip
    policy = POLICIES["public"]
    shown = compose(facts, definitions(on=DAY)).shown(policy, day=DAY)
    assert cells(shown, "T11b")["Camp 1"]["waiting_people"] is Absent.HIDDEN
    assert cells(shown, "T11b")["Camp 1"]["ever"] == 2


@pytest.mark.parametrize("policy", ["public", "agreement"])
def test_what_is_hidden_cannot_be_worked_out(working: SimpleNamespace, policy: str) -> None:
    composed = compose(facts_of(working.cohorts), definitions(on=DAY))
    shown = composed.shown(POLICIES[policy], day=DAY)
    assert is_closed(composed, shown, POLICIES[policy])
    small = [row["graduates"] for row in cells(composed.tables, "T9b").values()]
    assert any(0 < count < POLICIES[policy].k for count in small)  # or there was nothing to hide
    for id in ("T9b", "T15"):
        for row in cells(shown, id).values():
            assert (row["employers"] is Absent.HIDDEN) == (row["graduates"] is Absent.HIDDEN)
    for row in cells(shown, "T11").values():
        assert (row["founders"] is Absent.HIDDEN) == (row["jobs"] is Absent.HIDDEN)


@pytest.mark.parametrize("policy", ["public", "agreement"])
def test_an_attacker_who_knows_of_firms_learns_no_more(
    working: SimpleNamespace, policy: str
) -> None:
    """A firm that hires has hired somebody: no fewer graduates than firms, in every class and in all."""
    composed = compose(facts_of(working.cohorts), definitions(on=DAY))
    shown = composed.shown(POLICIES[policy], day=DAY)
    counts = counts_of(composed.tables, composed.structure)
    printed = counts_of(shown, composed.structure).values
    printed = {key: value for key, value in printed.items() if key not in counts.unprinted}
    known = [
        Sum(total, tuple(key for key, factor in one.items() if factor > 0))
        for one in counts.equations
        for total in [next(key for key, factor in one.items() if factor < 0)]
    ]
    firms, people = dict[At, int](), dict[At, At]()
    for table in (one for one in shown if one.id in ("T9", "T9b", "T15")):
        for name, row in rows_of(table, composed.structure.of(table)).items():
            for column, of in {"employers": "graduates", "partners": "at_partners"}.items():
                of = "employer_known" if table.id == "T9" and column == "employers" else of
                if column in row and of in row:
                    people[At(table.id, name, column)] = At(table.id, name, of)
                    if row[column].absent is None:
                        firms[At(table.id, name, column)] = row[column].value
    known += [Sum(of, (firm, At("slack", firm.row, firm.table + firm.column))) for firm, of in people.items()]  # fmt: skip
    for by in ("고용 인원", "기업 규모", "업종"):
        classes = tuple(one for one in people if one.table == "T9b" and one.row[0] == by)
        known.append(Sum(At("T9", ("모든 기수",), "employers"), classes))
    attacker = Attacker(printed | firms, known)
    hidden = [key for key in counts.values if key not in counts.unprinted and key not in printed]
    assert hidden
    for key in hidden:
        low, high = attacker.bounds((key, 1))
        assert high - low >= POLICIES[policy].k, key


def test_rounded_firms_tell_no_more_than_rounded_people(working: SimpleNamespace) -> None:
    composed = compose(facts_of(working.cohorts), definitions(on=DAY))
    shown = composed.shown(POLICIES["rounded"], day=DAY)
    for row in cells(shown, "T9b").values():
        assert row["employers"] % 5 == 0 and row["graduates"] % 5 == 0


def test_later_writes_change_nothing(working: SimpleNamespace) -> None:
    at = settled_moment()
    before = facts_of(working.cohorts, at=at)
    db.session.execute(text("SELECT set_config('academy.recording_moment', '', true)"))
    careers.merge_employers(working.firms[7], working.firms[0], reason="the same", by=working.academy.ada)  # fmt: skip
    careers.sign_mou(working.firms[8], kind=MouKind.HIRE, on=date(2026, 3, 1), by=None)
    careers.count_heads(working.firms[9], on=date(2026, 8, 1), jobs=9, source="test", by=None)
    venture_actions.record_venture(working.ventures[4].employer, founded_on=date(2026, 6, 1), closed_on=date(2026, 7, 1), by=None)  # fmt: skip
    assert facts_of(working.cohorts, at=at).sha256 == before.sha256
    after = facts_of(working.cohorts)
    assert after.counts["employers"]["employers"] == before.counts["employers"]["employers"] - 1
    assert after.counts["ventures"]["closed"] == before.counts["ventures"]["closed"] + 1


def test_facts_come_back_from_what_was_sealed(working: SimpleNamespace) -> None:
    facts = facts_of(working.cohorts)
    assert Facts.from_json(facts.as_json()) == facts


def test_a_report_of_before_has_no_such_tables_and_is_verified(working: SimpleNamespace) -> None:
    facts = facts_of(working.cohorts)
    before = Facts(tuple(replace(one, counts={"left-in-week": one.counts["left-in-week"]}) for one in facts.cohorts))  # fmt: skip
    assert facts.as_asked_in(before).sha256 == before.sha256
    assert not NEW & {table.id for table in compose(before, definitions(on=DAY)).tables}


def test_one_cohort_alone_has_no_row_of_all(working: SimpleNamespace) -> None:
    composed = compose(facts_of(working.cohorts[:1]), definitions(on=DAY))
    assert list(cells(composed.tables, "T9")) == ["Cohort 1"]
    assert {table.id for table in composed.tables} >= NEW
    first = composed.shown(POLICIES["public"], day=DAY)
    assert digest(first) == digest(composed.shown(POLICIES["public"], day=DAY))


def test_the_employers_of_all_cohorts_are_asked_for_in_two_queries(
    working: SimpleNamespace, counted: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    ids = [cohort.id for cohort in working.cohorts]
    with counted() as statements:
        employers.count_together(ids, DAY, settled_moment())
    assert len(statements) == 1 + 2  # and one for the moment
