"""Money that ventures received: typed, corrected and taken back, and what it comes to on a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from lms.audit import AuditEvent
from lms.careers import investments, queries, venture_actions
from lms.careers.investments import Money
from lms.careers.models import Investment, InvestmentKind
from lms.db import db, utcnow
from lms.errors import NoLongerLive
from lms.i18n import SEOUL

TYPED = {"received_on": "2026-02-20", "amount": "30,000,000원", "kind": "equity", "source": "주주명부"}  # fmt: skip


def told(world: SimpleNamespace, **changes: object) -> Investment:
    values = {
        "on": date(2026, 2, 20), "amount": 30_000_000, "kind": InvestmentKind.EQUITY,
        "source": "test", "by": world.ada,
    }  # fmt: skip
    return venture_actions.record_investment(world.venture, **values | changes)


def test_what_was_received_by_a_day_is_summed_and_grants_are_apart(world: SimpleNamespace) -> None:
    told(world)
    told(world)  # a second round of the same day
    told(world, on=date(2026, 2, 21), amount=1, kind=InvestmentKind.CONVERTIBLE)
    told(world, on=date(2026, 2, 22), amount=5, kind=InvestmentKind.GRANT)
    days = {
        day: investments.totals(date(2026, 2, day), of=world.venture) for day in (19, 20, 21, 22)
    }
    assert [one["investment"].won for one in days.values()] == [0, 60_000_000, 60_000_001, 60_000_001]  # fmt: skip
    assert [one["grants"] for one in days.values()] == [Money(0, 0)] * 3 + [Money(1, 5)]
    assert investments.totals(date(2026, 2, 22), of=world.partner)["investment"] == Money(0, 0)
    assert investments.totals(date(2026, 2, 22))["investment"] == Money(1, 60_000_001)


def test_a_correction_leaves_what_was_known(world: SimpleNamespace) -> None:
    first = told(world)
    same = {"on": first.received_on, "amount": first.amount, "kind": first.kind, "source": "test"}
    venture_actions.correct_investment(first, world.venture, **same, reason="nothing", by=world.ada)
    assert first.superseded_at is None
    right = same | {"amount": 20_000_000}
    venture_actions.correct_investment(
        first, world.venture, **right, reason="a zero too many", by=world.ada
    )
    db.session.expire_all()
    rows = db.session.scalars(select(Investment).order_by(Investment.id)).all()
    assert [(row.amount, row.reason) for row in rows] == [
        (30_000_000, None),
        (20_000_000, "a zero too many"),
    ]
    assert rows[0].superseded_at == rows[1].recorded_at and rows[1].superseded_at is None
    with pytest.raises(NoLongerLive):
        venture_actions.correct_investment(
            first, world.venture, **right | {"amount": 1}, reason="late", by=world.ada
        )


def test_the_database_takes_no_amount_of_nothing(world: SimpleNamespace) -> None:
    with pytest.raises(NoLongerLive):
        told(world, amount=0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": ""},
        {"amount": "0"},
        {"amount": "-5"},
        {"amount": "3억"},
        {"amount": "10,000,000,000,001"},
        {"received_on": ""},
        {"received_on": "2999-01-01"},
        {"kind": "lottery"},
        {"source": ""},
        {"source": "김철수 900101-1234567"},
    ],
)
def test_what_cannot_be_is_told_and_not_recorded(
    world: SimpleNamespace, as_: Callable[..., object], wrong: dict[str, str]
) -> None:
    client = as_(world.ada)
    answer = client.post(
        f"/careers/employers/{world.venture.id}/investments/new", data=TYPED | wrong
    )
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert db.session.scalar(select(func.count()).select_from(Investment)) == 0


def test_money_of_today_is_taken(world: SimpleNamespace, as_: Callable[..., object]) -> None:
    today = utcnow().astimezone(SEOUL).date().isoformat()
    path = f"/careers/employers/{world.venture.id}/investments/new"
    assert as_(world.ada).post(path, data=TYPED | {"received_on": today}).status_code == 302


def test_it_is_recorded_corrected_and_taken_back_on_the_page_of_the_venture(
    world: SimpleNamespace, as_: Callable[..., object]
) -> None:
    client, home = as_(world.ada), f"/careers/employers/{world.venture.id}"
    assert client.post(f"{home}/investments/new", data=TYPED).location == home
    [row] = queries.facts(Investment, world.venture, Investment.id)
    assert (row.amount, row.kind, row.recorded_by_id) == (30_000_000, "equity", world.ada.id)
    page = client.get(f"{home}?on=2026-03-01").get_data(as_text=True)
    assert "30,000,000" in page and "주주명부" in page
    path = f"{home}/investments/{row.id}"
    form = client.get(f"{path}/correction").get_data(as_text=True)
    assert "30,000,000" in form and "주주명부" in form
    no_reason = client.post(f"{path}/correction", data=TYPED | {"amount": "25000000"})
    assert no_reason.status_code == 422
    right = TYPED | {"amount": "25000000", "reason": "등기 확인"}
    assert client.post(f"{path}/correction", data=right).status_code == 302
    assert client.get(f"{path}/correction").status_code == 404  # it is another one now
    [row] = queries.facts(Investment, world.venture, Investment.id)
    assert "등기 확인" in client.get(f"{home}?on=2026-03-01").get_data(as_text=True)
    path = f"{home}/investments/{row.id}"
    assert client.get(f"{path}/end").status_code == 404
    assert client.post(f"{path}/take-back", data={"reason": "다른 회사", "sure": "y"}).status_code == 302  # fmt: skip
    assert investments.totals(date(2026, 3, 1)) == {
        "investment": Money(0, 0),
        "grants": Money(0, 0),
    }
    said = select(AuditEvent.action).where(AuditEvent.action.startswith("investment-"))
    assert db.session.scalars(said.order_by(AuditEvent.id)).all() == [
        "investment-recorded",
        "investment-corrected",
    ]


def test_only_a_venture_receives_money(world: SimpleNamespace, as_: Callable[..., object]) -> None:
    path = f"/careers/employers/{world.partner.id}/investments/new"
    assert as_(world.ada).post(path, data=TYPED).status_code == 404
    row = told(world)
    db.session.commit()
    path = f"/careers/employers/{world.partner.id}/investments/{row.id}/correction"
    assert as_(world.ada).get(path).status_code == 404


def test_the_list_of_ventures_says_what_they_received(
    world: SimpleNamespace, as_: Callable[..., object]
) -> None:
    told(world, amount=7_654_321)
    db.session.commit()
    client = as_(world.ada)
    assert "7,654,321" in client.get("/careers/ventures?on=2026-02-20").get_data(as_text=True)
    assert "7,654,321" not in client.get("/careers/ventures?on=2026-02-19").get_data(as_text=True)
