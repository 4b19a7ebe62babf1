"""Cost per person and targets against what was reached (T12, T12b, T13, T13b), counted again by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from lms.db import db
from lms.disclosure.policy import POLICIES
from lms.funding import actions, words
from lms.funding.models import Achievement, CostKind, Measure, Target
from lms.metrics.definition_files import definitions
from lms.recorded import settled_moment
from lms.reports import composing
from lms.reports.composing import compose
from lms.reports.counting import count_facts
from lms.reports.facts import Admission, Facts
from lms.reports.table import Absent, Table
from tests.reports.firms import DAY, is_closed
from tests.reports.money import BUDGET

METRICS = definitions(on=DAY)


def facts_of(world: SimpleNamespace, at: object = None, day: date = DAY) -> Facts:
    return count_facts(world.cohorts, valid_on=day, known_at=at or settled_moment(), metrics=METRICS)  # fmt: skip


def lines(tables: tuple[Table, ...], id: str) -> list[dict[str, object]]:
    """Each row by column: the English word, the value, or why there is none."""
    [table] = [one for one in tables if one.id == id]
    return [
        {
            column.key: cell.absent or (cell.text.en if cell.text else cell.value)
            for column, cell in zip(table.columns, row, strict=True)
        }
        for row in table.rows
    ]


def test_cost_per_person_by_hand(funded: SimpleNamespace) -> None:
    facts = facts_of(funded)
    mine = [one for one in funded.people if one["cohort"] == 0]
    working = sum(one["kind"] in ("employee", "founder") for one in mine)  # all of them in Gwangju
    people = {
        "Selected": Absent.NOT_RECORDED,
        "Completed": len(mine),
        "Employed": working,
        "Employed after 12 months": Absent.OPEN,  # completed in June 2026
        "Employed in Gwangju": working,
    }
    found = lines(compose(facts, METRICS).tables, "T12")
    assert len(found) == 2 * len(people)
    for basis, amount in (("Budget", BUDGET), ("Actual", 7_000_000_001)):
        for per, count in people.items():
            [row] = [one for one in found if (one["basis"], one["per"]) == (basis, per)]
            each = count if isinstance(count, Absent) else (2 * amount + count) // (2 * count)
            assert (row["amount"], row["people"], row["per_head"]) == (amount, count, each)


def test_the_public_figures_of_cohort_4(funded: SimpleNamespace) -> None:
    """8.4bn for 330 places: 25.5M each, and 27.4M for each of 307 completers (design, section 1)."""
    facts = facts_of(funded)
    public = Admission(applied=779, shortlisted=None, tested=None, selected=330, enrolled=330, left=23, completed=307)  # fmt: skip
    first = replace(facts.cohorts[0], admission=public, leaving={"other": 23}, counts={})
    found = lines(compose(Facts((first,)), METRICS).tables, "T12")
    each = {row["per"]: row["per_head"] for row in found if row["basis"] == "Budget"}
    assert (each["Selected"], each["Completed"]) == (25_454_545, 27_361_564)


def test_the_items_with_their_documents(funded: SimpleNamespace) -> None:
    found = lines(compose(facts_of(funded), METRICS).tables, "T12b")
    assert [(row["item"], row["amount"], row["source"]) for row in found] == [
        ("Training", BUDGET - 400, "contract"), ("Allowance", 400, "contract"), ("Training", 7_000_000_001, "contract"),
    ]  # fmt: skip
    [table] = [one for one in compose(facts_of(funded), METRICS).tables if one.id == "T12"]
    assert table.notes[0].en == "No cost is recorded of: Cohort 2."


def test_targets_that_contradict_each_other_stand_side_by_side(funded: SimpleNamespace) -> None:
    facts = facts_of(funded)
    found = lines(compose(facts, METRICS).tables, "T13")
    plain = facts.cohorts[0].figures["plain"]
    rates = [row for row in found if row["metric"] == METRICS["plain"].name.en]
    assert {(row["target"], row["source"]) for row in rates} == {(0.6, "contract"), (0.7, "city budget")}  # fmt: skip
    for row in rates:
        assert (row["numerator"], row["denominator"], row["value"]) == (plain.numerator, plain.denominator, plain.value)  # fmt: skip
    [later] = [row for row in found if row["metric"] == METRICS["plain-12m"].name.en]
    assert (later["target"], later["value"]) == (0.555, Absent.OPEN)


def test_what_somebody_counted(funded: SimpleNamespace) -> None:
    found = {row["measure"]: row for row in lines(compose(facts_of(funded), METRICS).tables, "T13b")}  # fmt: skip
    filings, certificates, projects = (found[name] for name in ("IP filings", "AI certificates", "Projects"))  # fmt: skip
    assert (filings["target"], filings["value"], filings["value_source"]) == (10, 7, "patent office")  # fmt: skip
    assert (certificates["target"], certificates["value"]) == (50, Absent.NOT_RECORDED)
    assert (projects["target"], projects["value"], projects["unit"]) == (Absent.NOT_RECORDED, 33, "projects")  # fmt: skip


@pytest.mark.parametrize("policy", ["public", "agreement"])
def test_what_is_hidden_cannot_be_worked_out(funded: SimpleNamespace, policy: str) -> None:
    composed = compose(facts_of(funded), METRICS)
    assert is_closed(composed, composed.shown(POLICIES[policy], day=DAY), POLICIES[policy])


def test_the_cost_of_few_people_is_hidden_with_them(funded: SimpleNamespace) -> None:
    """The cost is printed, so the cost of each would tell how many they are."""
    spells = "UPDATE status_spell SET superseded_at = now() WHERE user_id = ANY(:ids)"
    mine = [one for one in funded.people if one["cohort"] == 0 and one["kind"] in ("employee", "founder")]  # fmt: skip
    db.session.execute(text("SELECT set_config('academy.recording_moment', '', true)"))
    db.session.execute(text(spells), {"ids": [one["user"].id for one in mine[3:]]})
    composed = compose(facts_of(funded), METRICS)
    [true] = [row for row in lines(composed.tables, "T12") if (row["basis"], row["per"]) == ("Budget", "Employed")]  # fmt: skip
    assert true["people"] == 3
    shown = composed.shown(POLICIES["public"], day=DAY)
    for row in lines(shown, "T12"):
        if row["per"].startswith("Employed") and "12 months" not in row["per"]:
            assert row["people"] is row["per_head"] is Absent.HIDDEN
            assert row["amount"] in (BUDGET, 7_000_000_001)
    for row in lines(shown, "T13"):
        if row["metric"] == METRICS["plain"].name.en:
            assert row["numerator"] is row["value"] is Absent.HIDDEN
    assert is_closed(composed, shown, POLICIES["public"])


def test_rounded_people_are_what_the_cost_is_divided_by(funded: SimpleNamespace) -> None:
    """The exact cost of each would tell exactly how many they are."""
    shown = compose(facts_of(funded), METRICS).shown(POLICIES["rounded"], day=DAY)
    for row in lines(shown, "T12"):
        if isinstance(row["people"], int):
            assert row["people"] % 5 == 0 and row["per_head"] == round(row["amount"] / row["people"])  # fmt: skip


def test_later_corrections_change_nothing(funded: SimpleNamespace) -> None:
    at = settled_moment()
    before = facts_of(funded, at=at)
    db.session.execute(text("SELECT set_config('academy.recording_moment', '', true)"))
    values = {"kind": CostKind.BUDGET, "item": "Allowance", "dated_on": date(2026, 2, 1), "source": "contract"}  # fmt: skip
    actions.correct(funded.allowance, funded.cohorts[0], reason="misprint", by=funded.academy.ada, amount=500, **values)  # fmt: skip
    funded.record(Target, measure="plain", value=80, definition_ko="정의", definition_en="As defined", source="late")  # fmt: skip
    funded.record(Achievement, measure=Measure.IP_FILINGS, value=8, dated_on=date(2026, 8, 20))
    assert facts_of(funded, at=at).sha256 == before.sha256
    after = compose(facts_of(funded), METRICS).tables
    assert {row["amount"] for row in lines(after, "T12") if row["basis"] == "Budget"} == {BUDGET + 100}  # fmt: skip
    assert len([row for row in lines(after, "T13") if row["metric"] == METRICS["plain"].name.en]) == 3  # fmt: skip


def test_facts_come_back_and_those_of_before_stay_as_they_were(funded: SimpleNamespace) -> None:
    facts = facts_of(funded)
    assert Facts.from_json(facts.as_json()) == facts
    before = replace(facts, cohorts=tuple(replace(one, funding=None) for one in facts.cohorts))
    assert "funding" not in str(before.as_json())
    assert facts.as_asked_in(before).sha256 == before.sha256
    ids = {table.id for table in compose(before, METRICS).tables}
    assert not {"T12", "T12b", "T13", "T13b"} & ids


def test_a_target_can_only_be_set_for_what_a_report_prints() -> None:
    """Or a figure could stand in T13 that is hidden where its parts are."""
    printed = {*composing.SIDE_BY_SIDE, *composing.SAME_LAG, *composing.RETENTION, "local-retention", "local-of-completers"}  # fmt: skip
    assert set(words.names(METRICS)) - printed == {str(measure) for measure in Measure}


def test_every_format_has_the_new_tables(
    funded: SimpleNamespace, as_: Callable[..., object]
) -> None:
    from lms.db import Bilingual
    from lms.reports import actions as reports
    from lms.reports import publishing

    report = reports.make_report(
        funded.cohorts, title=Bilingual("성과", "Outcomes"), recipient="City", legal_basis="",
        valid_on=DAY, policy="public", by=funded.academy.ada,
    )  # fmt: skip
    db.session.commit()
    files = dict(publishing.files_of(report))
    assert len(files) == 7 and all(files.values())
    page = as_(funded.academy.ada).get(f"/reports/{report.id}").text
    for id in ("T9", "T9b", "T11", "T11b", "T12", "T12b", "T13", "T13b", "T15"):
        assert f'id="{id}"' in page
