"""From a number of a report to its people, for whoever may see them, and on record."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, text

from lms.access import GRANTS, Permission, Role
from lms.accounts.models import User
from lms.audit import AuditEvent
from lms.db import db
from lms.errors import Forbidden
from lms.metrics.facts import Spell, SpellKind
from lms.outcomes.actions import record_spell
from lms.privacy.models import DestroyedAccount, Destruction
from lms.reports.counted_people import counted_of, counted_people, part_of
from lms.reports.models import Report
from lms.reports.printed import counted_cells
from lms.reports.queries import definitions_of


@pytest.fixture
def see(academy: SimpleNamespace, as_: Callable[..., object]) -> Callable[..., BeautifulSoup]:
    def _see(address: str, *, status: int = 200) -> BeautifulSoup:
        answer = as_(academy.ada).get(address)
        assert answer.status_code == status, answer.text[:2000]
        return BeautifulSoup(answer.text, "html.parser")

    return _see


def links(page: BeautifulSoup, table: str) -> dict[str, str]:
    found = page.select_one(f"#{table}")
    heads = [head.get_text() for head in found.select("thead th")]
    cells = found.select_one("tbody tr").find_all(["th", "td"])
    return {head: cell.a["href"] for head, cell in zip(heads, cells, strict=True) if cell.find("a")}


def names(page: BeautifulSoup) -> set[str]:
    return {one.get_text() for one in page.select(".person-name")}


def words(page: BeautifulSoup) -> str:
    return " ".join(page.main.get_text(" ").split())


def test_every_linked_number_lists_as_many_people(
    make: Callable[..., Report], academy: SimpleNamespace
) -> None:
    """The list places people one by one, the report counted them in the database."""
    report, used, seen = make(), {}, 0
    used = definitions_of(report)
    for table in report.tables:
        for counted in set(counted_cells(table, used).values()):
            found = counted_people(report, counted, viewer=academy.ada)
            assert found.page.total == found.sealed and not found.missing, counted
            seen += found.sealed > 0
            part = part_of(counted, used[counted.metric])
            assert counted_of(report, cohort=1, metric=counted.metric, part=part) == counted
    assert seen > 15


def test_from_the_number_to_the_people_to_the_record(
    make: Callable[..., Report], see: Callable[..., BeautifulSoup]
) -> None:
    page = see(f"/reports/{make().id}")
    plain = links(page, "T4")
    assert len(names(see(plain["Completed"]))) == 40
    study = see(plain["Further study"])
    assert len(names(study)) == 7
    assert "contract, registration or certificate" in words(study)
    see(study.select_one(".person-name")["href"])
    rates = links(page, "T5")
    assert len(names(see(rates["Numerator"]))) == 25
    assert "numerator" in words(see(rates["Numerator"]))
    assert len(names(see(links(page, "T8")["Employed or founded"]))) == 25


def test_what_is_hidden_is_linked_for_whoever_may_see_persons(
    make: Callable[..., Report],
    see: Callable[..., BeautifulSoup],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = make()
    address = links(see(f"/reports/{report.id}"), "T4")["Founder"]
    assert len(names(see(address))) == 2
    granted = GRANTS[Role.ADMINISTRATOR] - {Permission.OUTCOME_READ}
    monkeypatch.setitem(GRANTS, Role.ADMINISTRATOR, granted)
    page = see(f"/reports/{report.id}")
    assert not page.select(".report-rows a")
    see(address, status=403)


def test_the_list_is_on_record_with_whom_it_names(
    make: Callable[..., Report], see: Callable[..., BeautifulSoup], academy: SimpleNamespace
) -> None:
    page = see(f"/reports/{make().id}")
    see(links(page, "T4")["Further study"])
    event = db.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "counted-people-listed")
    ).one()
    assert event.actor_id == academy.ada.id and len(event.whose) == 7
    assert (event.detail["metric"], event.detail["part"]) == ("plain", "study")
    assert "People behind a number listed" in words(see("/accounts/audit-trail"))


def test_it_is_as_it_was_known_then(
    make: Callable[..., Report], see: Callable[..., BeautifulSoup], academy: SimpleNamespace
) -> None:
    report = make()
    db.session.commit()
    db.session.execute(text("SELECT set_config('academy.recording_moment', '', true)"))
    person = db.session.scalars(select(User).where(User.username == "grad-39")).one()
    spell = Spell(kind=SpellKind.STUDY, valid_from=date(2026, 6, 10))
    record_spell(person, spell, source="late", by=academy.ada)
    db.session.commit()
    assert len(names(see(f"/reports/{report.id}/people/1/plain/study"))) == 7


def test_who_was_destroyed_is_counted_and_not_named(
    make: Callable[..., Report], see: Callable[..., BeautifulSoup], academy: SimpleNamespace
) -> None:
    report = make()
    person = db.session.scalars(select(User).where(User.username == "grad-25")).one()
    destruction = Destruction(kind="account", people=1, legal_basis="law", by_id=academy.ada.id)
    db.session.add(destruction)
    db.session.flush()
    db.session.add(DestroyedAccount(user_id=person.id, destruction_id=destruction.id))
    person.name = "destroyed-1"
    db.session.commit()
    page = see(f"/reports/{report.id}/people/1/plain/study")
    assert len(names(page)) == 6 and "destroyed-1" not in page.text
    assert "The report counts 7 people" in words(page)
    assert "The personal data of 1 of them was destroyed since" in words(page)


def test_who_is_in_no_list_any_more_is_told(
    make: Callable[..., Report], see: Callable[..., BeautifulSoup]
) -> None:
    report = make()
    db.session.commit()
    db.session.execute(text("DELETE FROM enrolment WHERE student_number = 'G25'"))
    db.session.commit()
    assert "1 is in no list any more" in words(see(f"/reports/{report.id}/people/1/plain/study"))


@pytest.mark.parametrize(
    "rest",
    [
        "9/plain/study", "2/plain/study", "1/nothing/study", "1/plain/nothing",
        "1/wioa-median-pay/numerator", "1/time-to-employment-12/numerator", "1/plain/study+nothing",
    ],
)  # fmt: skip
def test_what_no_number_counts_has_no_list(
    rest: str, make: Callable[..., Report], see: Callable[..., BeautifulSoup]
) -> None:
    see(f"/reports/{make().id}/people/{rest}", status=404)


def test_only_administrators_see_who_is_counted(
    make: Callable[..., Report], academy: SimpleNamespace
) -> None:
    report = make()
    counted = counted_of(report, cohort=1, metric="plain", part="study")
    with pytest.raises(Forbidden):
        counted_people(report, counted, viewer=academy.ines)


def test_queries_do_not_grow(
    make: Callable[..., Report],
    see: Callable[..., BeautifulSoup],
    counted: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    number, counts = make().id, []
    for part in ("study", "population"):  # 7 and 40 people
        db.session.expire_all()
        with counted() as statements:
            see(f"/reports/{number}/people/1/plain/{part}")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 20
    with counted() as statements:
        see(f"/reports/{number}")
    assert len(statements) <= 12
