"""How the graduates' jobs were found (T15b): counted again by hand, and hidden where it is of few."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from lms.db import db
from lms.disclosure.policy import POLICIES
from lms.metrics.definition_files import definitions
from lms.metrics.facts import FoundThrough, SpellKind
from lms.outcomes import actions
from lms.outcomes.models import StatusSpell
from lms.recorded import settled_moment
from lms.reports import json_file
from lms.reports.composing import compose
from lms.reports.counting import count_facts
from lms.reports.facts import Facts
from lms.reports.table import Absent
from tests.reports.firms import DAY, cells, is_closed
from tests.reports.test_formats import document

WAYS = ("job-fair", "academy", "project", "own-search", "other", "unknown")
ROWS = (("Cohort 1", {0}), ("Cohort 2", {1}), ("All cohorts", {0, 1}))


@pytest.fixture
def found(working: SimpleNamespace) -> SimpleNamespace:
    """Of every employee's job but each fourth it is recorded how it was found; most at a job fair, two
    in another way. `way` of each of `people`."""
    order = [FoundThrough.JOB_FAIR, FoundThrough.OWN_SEARCH, FoundThrough.ACADEMY, None]
    place = 0
    for one in working.people:
        one["way"] = None
        if one["kind"] is not SpellKind.EMPLOYEE:
            continue
        one["way"] = FoundThrough.OTHER if place in (0, 1) else order[place % 4]
        place += 1
        if one["way"]:
            user = one["user"]
            row = db.session.scalars(
                select(StatusSpell).where(StatusSpell.user_id == user.id)
            ).one()
            spell = replace(row.as_spell, found_through=one["way"])
            actions.correct_spell(row, spell, reason="asked", by=working.academy.ada)
    db.session.commit()
    return working


def facts_of(world: SimpleNamespace) -> Facts:
    return count_facts(
        world.cohorts, valid_on=DAY, known_at=settled_moment(), metrics=definitions(on=DAY)
    )


def test_by_hand_and_the_ways_add_up_to_the_employed(found: SimpleNamespace) -> None:
    tables = compose(facts_of(found), definitions(on=DAY)).tables
    rows, plain = cells(tables, "T15b"), cells(tables, "T4")
    for name, members in ROWS:
        hired = [one for one in found.people if one["kind"] is SpellKind.EMPLOYEE and one["cohort"] in members]  # fmt: skip
        counts = Counter(one["way"].value if one["way"] else "unknown" for one in hired)
        assert {way: rows[name][way] for way in WAYS} == {way: counts[way] for way in WAYS}
        if name in plain:
            assert sum(rows[name][way] for way in WAYS) == plain[name]["employee"]
    assert rows["All cohorts"]["job-fair"] > 20


@pytest.mark.parametrize("policy", ["public", "agreement"])
def test_a_way_of_few_is_hidden_and_cannot_be_worked_out(
    found: SimpleNamespace, policy: str
) -> None:
    composed = compose(facts_of(found), definitions(on=DAY))
    shown = composed.shown(POLICIES[policy], day=DAY)
    assert is_closed(composed, shown, POLICIES[policy])
    rows, true = cells(shown, "T15b"), cells(composed.tables, "T15b")
    assert true["Cohort 1"]["other"] == 2 and rows["Cohort 1"]["other"] is Absent.HIDDEN
    hidden = [way for way in WAYS if rows["Cohort 1"][way] is Absent.HIDDEN]
    assert len(hidden) > 1  # or it is the employed less the others
    assert rows["Cohort 1"]["project"] == 0  # nobody is no secret


def test_it_is_as_it_was_on_the_day_and_known_then(found: SimpleNamespace) -> None:
    at = settled_moment()
    before = count_facts(found.cohorts, valid_on=DAY, known_at=at, metrics=definitions(on=DAY))
    db.session.execute(text("SELECT set_config('academy.recording_moment', '', true)"))
    row = db.session.scalars(
        select(StatusSpell).where(StatusSpell.found_through == "own-search", StatusSpell.superseded_at.is_(None))
    ).first()  # fmt: skip
    actions.correct_spell(row, replace(row.as_spell, found_through=FoundThrough.PROJECT), reason="x", by=None)  # fmt: skip
    again = count_facts(found.cohorts, valid_on=DAY, known_at=at, metrics=definitions(on=DAY))
    assert again.sha256 == before.sha256
    after = facts_of(found)
    assert sum(one.counts["found-through"]["project"] for one in after.cohorts) == 1


def test_a_report_of_before_has_no_such_table(found: SimpleNamespace) -> None:
    facts = facts_of(found)
    assert Facts.from_json(facts.as_json()) == facts
    before = replace(
        facts,
        cohorts=tuple(
            replace(one, counts={k: v for k, v in one.counts.items() if k != "found-through"})
            for one in facts.cohorts
        ),
    )
    assert facts.as_asked_in(before).sha256 == before.sha256
    composed = compose(before, definitions(on=DAY))
    assert "T15b" not in {table.id for table in composed.tables}


def test_the_file_says_the_same(found: SimpleNamespace) -> None:
    shown = compose(facts_of(found), definitions(on=DAY)).shown(POLICIES["public"], day=DAY)
    report = document(*(table for table in shown if table.id in ("T15", "T15b")))
    assert json_file.read(json_file.render(report)) == report
