"""Costs, targets and achievements: recorded, corrected, withdrawn; what is wrong is told and nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, text

from lms.audit import AuditEvent
from lms.db import db
from lms.funding import actions, queries
from lms.funding.models import Achievement, Cost, CostKind, Measure, Target
from lms.recorded import settled_moment

As = Callable[[object], Any]
DAY = date(2026, 3, 1)
COST = {
    "kind": "budget", "item": "교육 운영", "amount": "8,400,000,000", "dated_on": "2026-02-01", "source": "협약서 3조",
}  # fmt: skip
TARGET = {
    "measure": "plain", "value": "60", "definition_ko": "수료생 취업률", "definition_en": "Employed of completers",
    "dated_on": "2026-02-01", "source": "Contract, article 5",
}  # fmt: skip
ACHIEVED = {"measure": "projects", "value": "64", "dated_on": "2026-02-01", "source": "minutes"}


@pytest.fixture
def post(academy: SimpleNamespace, as_: As) -> Callable[..., Any]:
    """post("costs/new", {...}): as ada, about cohort 1."""

    def _post(path: str, data: dict[str, str]) -> Any:
        address = f"/funding/cohorts/{academy.cohorts[0].id}/{path}"
        return as_(academy.ada).post(address, data=data)

    return _post


@pytest.mark.parametrize(
    ("kind", "data", "model"),
    [("costs", COST, Cost), ("targets", TARGET, Target), ("achievements", ACHIEVED, Achievement)],
)
def test_recorded_corrected_and_withdrawn(
    kind: str, data: dict[str, str], model: Any, post: Callable[..., Any], academy: SimpleNamespace
) -> None:
    cohort = academy.cohorts[0]
    assert post(f"{kind}/new", data).status_code == 302
    [first] = queries.live(model, cohort)
    assert first.recorded_by is academy.ada and first.source == data["source"]
    corrected = {**data, "source": "another document", "reason": "a misprint"}
    assert post(f"{kind}/{first.id}/correction", corrected).status_code == 302
    [second] = queries.live(model, cohort)
    assert (second.source, second.reason) == ("another document", "a misprint")
    assert second.id != first.id and db.session.get(model, first.id).superseded_at
    assert post(f"{kind}/{first.id}/correction", corrected).status_code == 404  # not live any more
    assert post(f"{kind}/{second.id}/withdrawal", {"reason": "never signed"}).status_code == 302
    assert not queries.live(model, cohort)
    trail = db.session.scalars(select(AuditEvent).where(AuditEvent.action.startswith("funding-")).order_by(AuditEvent.id)).all()  # fmt: skip
    assert [one.action for one in trail] == ["funding-recorded", "funding-corrected", "funding-withdrawn"]  # fmt: skip
    assert {one.actor_id for one in trail} == {academy.ada.id}
    assert trail[2].detail["reason"] == "never signed"


@pytest.mark.parametrize("typed", ["8,400,000,000", "8400000000", " 8 400 000 000원", "₩8,400,000,000"])  # fmt: skip
def test_won_as_people_write_them(
    typed: str, post: Callable[..., Any], academy: SimpleNamespace
) -> None:
    assert post("costs/new", {**COST, "amount": typed}).status_code == 302
    assert queries.live(Cost, academy.cohorts[0])[0].amount == 8_400_000_000


@pytest.mark.parametrize(
    ("path", "data", "message"),
    [
        ("costs/new", {**COST, "amount": "84억"}, "Enter whole won"),
        ("costs/new", {**COST, "amount": "0.5"}, "Enter whole won"),
        ("costs/new", {**COST, "amount": "0"}, "at most 10,000,000,000,000 won"),
        ("costs/new", {**COST, "item": ""}, "This field is required"),
        ("costs/new", {**COST, "dated_on": "2999-01-01"}, "That day has not come"),
        ("costs/new", {**COST, "source": "900101-1234567"}, "resident registration number"),
        ("costs/new", {**COST, "kind": "wish"}, "Invalid Choice"),
        ("targets/new", {**TARGET, "value": "120"}, "at most 100"),
        ("targets/new", {**TARGET, "measure": "wioa-median-pay"}, "Not a valid choice"),
        ("targets/new", {**TARGET, "definition_en": ""}, "This field is required"),
        ("achievements/new", {**ACHIEVED, "measure": "plain"}, "Not a valid choice"),
        ("achievements/new", {**ACHIEVED, "value": "-1"}, "Number must be between 0"),
        ("achievements/new", {**ACHIEVED, "value": "many"}, "Not a valid decimal"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(
    path: str,
    data: dict[str, str],
    message: str,
    post: Callable[..., Any],
    academy: SimpleNamespace,
) -> None:
    answer = post(path, data)
    assert answer.status_code == 422
    assert message in answer.text
    kept = next(value for name, value in data.items() if name not in ("kind", "measure") and value)
    assert kept in answer.text or "900101" in kept  # what was typed stays in the form
    for model in (Cost, Target, Achievement):
        assert not queries.live(model, academy.cohorts[0])


def test_a_correction_begins_with_what_is_recorded(
    post: Callable[..., Any], academy: SimpleNamespace, as_: As
) -> None:
    post("costs/new", COST)
    [cost] = queries.live(Cost, academy.cohorts[0])
    address = f"/funding/cohorts/{academy.cohorts[0].id}/costs/{cost.id}/correction"
    page = as_(academy.ada).get(address).text
    assert 'value="8,400,000,000"' in page and 'value="교육 운영"' in page
    assert "This field is required" in post(f"costs/{cost.id}/correction", COST).text  # the reason


def test_the_same_twice_is_refused(post: Callable[..., Any], academy: SimpleNamespace) -> None:
    for kind, data in (("costs", COST), ("targets", TARGET), ("achievements", ACHIEVED)):
        assert post(f"{kind}/new", data).status_code == 302
        answer = post(f"{kind}/new", data)
        assert answer.status_code == 422 and "recorded already" in answer.text


def test_two_documents_may_promise_different_things(
    post: Callable[..., Any], academy: SimpleNamespace
) -> None:
    post("targets/new", TARGET)
    post("targets/new", {**TARGET, "value": "70", "source": "City budget"})
    assert {row.value for row in queries.live(Target, academy.cohorts[0])} == {60, 70}


def test_a_fact_of_another_cohort_is_not_found(
    post: Callable[..., Any], academy: SimpleNamespace
) -> None:
    other = actions.record(
        Achievement, academy.cohorts[1], measure=Measure.PROJECTS, value=3, dated_on=DAY, source="s", by=None,
    )  # fmt: skip
    db.session.commit()
    assert post(f"achievements/{other.id}/withdrawal", {"reason": "x"}).status_code == 404
    assert post("wishes/new", {}).status_code == 404


def test_the_page_in_both_languages(
    post: Callable[..., Any], academy: SimpleNamespace, as_: As
) -> None:
    for kind, data in (("costs", COST), ("targets", TARGET), ("achievements", ACHIEVED)):
        post(f"{kind}/new", data)
    address = f"/funding/cohorts/{academy.cohorts[0].id}"
    page = as_(academy.ada).get(address).text
    assert "8,400,000,000" in page and "Employed of completers" in page and "IP filings" not in page
    academy.ada.locale = "ko"
    db.session.commit()
    korean = as_(academy.ada).get(address).text
    assert "수료생 취업률" in korean and "단순 취업률" in korean and "프로젝트" in korean


def test_what_was_known_stays_known(academy: SimpleNamespace) -> None:
    cohort = academy.cohorts[0]
    values = {"kind": CostKind.BUDGET, "item": "Training", "dated_on": DAY, "source": "contract"}
    cost = actions.record(Cost, cohort, amount=100, by=None, **values)
    before = settled_moment()
    db.session.execute(text("SELECT set_config('academy.recording_moment', '', true)"))
    actions.correct(cost, cohort, reason="a misprint", by=academy.ada, amount=90, **values)
    [then] = queries.facts_of(Cost, [cohort.id], day=DAY, at=before)
    [now] = queries.facts_of(Cost, [cohort.id], day=DAY, at=settled_moment())
    assert (then.amount, now.amount) == (100, 90)
    assert not queries.facts_of(Cost, [cohort.id], day=date(2026, 2, 28), at=settled_moment())


def test_the_page_asks_as_much_for_many_as_for_few(
    academy: SimpleNamespace, as_: As, counted: Callable[[], Any]
) -> None:
    client, counts = as_(academy.ada), []
    for number in (1, 20):
        for n in range(number):
            actions.record(
                Achievement, academy.cohorts[0], measure=Measure.PROJECTS, value=n, source="s",
                dated_on=date(2025, number, 1 + n), by=academy.ada,
            ) if number < 12 else actions.record(
                Cost, academy.cohorts[0], kind=CostKind.ACTUAL, item=f"item {n}", amount=1 + n,
                dated_on=DAY, source="s", by=academy.ada,
            )  # fmt: skip
        db.session.commit()
        db.session.expire_all()
        with counted() as statements:
            assert client.get(f"/funding/cohorts/{academy.cohorts[0].id}").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
