"""An employer named in an answer: linked where the registry knows the name, else an administrator says."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms.audit import AuditEvent
from lms.careers import actions as careers
from lms.careers.models import Employer
from lms.db import db
from lms.outcomes.evidence_actions import add_evidence, check_evidence
from lms.outcomes.models import EvidenceKind, StatusSpell
from lms.outcomes.records import live_spells
from lms.surveys import employer_names

JOB = {"since": "2026-04-01", "role": "data engineer", "region": "29"}
TERMS = {"contract": "permanent", "hours": "40"}
PAGE = "/surveys/employer-names"


@pytest.fixture
def visitor(as_: Callable[..., FlaskClient]) -> FlaskClient:
    return as_(None)


@pytest.fixture
def hanbit(completed: SimpleNamespace) -> Employer:
    firm = careers.add_employer(name="(주)한빛데이터", registry_number="1234567891", by=None)
    db.session.commit()
    return firm


@pytest.fixture
def says(visitor: FlaskClient, link: str) -> Callable[[str], None]:
    """lena answers that she works there."""

    def _says(employer: str) -> None:
        visitor.post(link, data={"kind": "employee"})
        visitor.post(f"{link}/place", data={**JOB, "employer": employer})
        assert visitor.post(f"{link}/terms", data=TERMS).status_code == 302
        db.session.expire_all()

    return _says


@pytest.fixture
def spell(academy: SimpleNamespace) -> Callable[[], StatusSpell]:
    def _spell() -> StatusSpell:
        db.session.expire_all()
        (row,) = live_spells([academy.lena.id])
        return row

    return _spell


def waits() -> list[tuple[str, int]]:
    db.session.expire_all()
    return [(name.spellings[0], len(name.spells)) for name in employer_names.waiting()]


def test_a_known_name_is_linked_by_itself(
    hanbit: Employer, says: Callable[[str], None], spell: Callable[[], StatusSpell]
) -> None:
    says("한빛 데이터 주식회사")
    assert spell().employer is hanbit and waits() == []


def test_a_founder_is_linked_to_the_own_firm(
    hanbit: Employer, link: str, visitor: FlaskClient, spell: Callable[[], StatusSpell]
) -> None:
    visitor.post(link, data={"kind": "founder"})
    visitor.post(f"{link}/place", data={"since": "2026-04-01", "employer": "한빛데이터"})
    assert (spell().venture_id, spell().employer_id) == (hanbit.id, None)


def test_of_several_none_is_taken(
    hanbit: Employer, says: Callable[[str], None], spell: Callable[[], StatusSpell]
) -> None:
    careers.add_employer(name="한빛데이터", registry_number="1078783297", by=None)
    db.session.commit()
    says("한빛데이터")
    assert spell().employer is None and waits() == [("한빛데이터", 1)]
    assert len(employer_names.waiting()[0].near) == 2


def test_an_unknown_name_waits_and_is_linked(
    hanbit: Employer,
    says: Callable[[str], None],
    spell: Callable[[], StatusSpell],
    academy: SimpleNamespace,
    as_: Callable[..., FlaskClient],
) -> None:
    says("Hanbit Data")
    first = spell()
    assert first.employer is None and waits() == [("Hanbit Data", 1)]
    client = as_(academy.ada)
    assert "Match the names" in client.get("/careers/").text
    assert "Hanbit Data" in client.get(PAGE).text
    refused = client.post(PAGE, data={"key": "hanbitdata", "employer": "한빛"})
    assert refused.status_code == 422 and "(주)한빛데이터 (123-45-67891)" in refused.text
    assert spell().id == first.id, "nothing was changed"
    assert (
        client.post(PAGE, data={"key": "hanbitdata", "employer": "한빛데이터"}).status_code == 302
    )
    linked = spell()
    assert (linked.employer, linked.supersedes_id) == (hanbit, first.id)
    assert "Hanbit Data" in (linked.reason or "") and linked.recorded_by_id == academy.ada.id
    assert first.employer_id is None, "the fact of before stays as it was"
    event = db.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "employer-name-linked")
    ).one()
    assert event.whose == [academy.lena.id]
    assert waits() == []
    again = client.post(PAGE, data={"key": "hanbitdata", "employer": "한빛데이터"})
    assert again.status_code == 404 and "linked meanwhile" in again.text


def test_a_new_employer_is_made_and_linked_in_one_step(
    hanbit: Employer,
    says: Callable[[str], None],
    spell: Callable[[], StatusSpell],
    academy: SimpleNamespace,
    as_: Callable[..., FlaskClient],
) -> None:
    says("누리봄")
    client = as_(academy.ada)
    data = {"key": "누리봄", "employer": "㈜한빛데이터", "new": "y"}
    taken = client.post(PAGE, data=data)
    assert taken.status_code == 422 and spell().employer is None, "it is there already"
    assert client.post(PAGE, data={**data, "employer": "누리봄"}).status_code == 302
    assert spell().employer.name == "누리봄"


def test_what_was_made_of_a_name_stays_when_it_is_said_again(
    hanbit: Employer,
    says: Callable[[str], None],
    spell: Callable[[], StatusSpell],
    academy: SimpleNamespace,
) -> None:
    says("Hanbit Data")
    employer_names.link(employer_names.waiting()[0], hanbit, by=academy.ada)
    db.session.commit()
    says("hanbit data")
    assert spell().employer is hanbit, "said again"
    says("Another Ltd")
    assert spell().employer is None and waits() == [("Another Ltd", 1)]


def test_a_spell_with_evidence_is_linked_by_an_administrator_only(
    hanbit: Employer,
    says: Callable[[str], None],
    spell: Callable[[], StatusSpell],
    academy: SimpleNamespace,
) -> None:
    says("")
    assert waits() == [], "nothing was named"
    evidence = add_evidence(
        spell(), kind=EvidenceKind.CONTRACT, received_on=spell().valid_from, by=academy.ines
    )
    check_evidence(evidence, accepted=True, by=academy.ada)
    db.session.commit()
    says("한빛데이터")
    assert (spell().evidence_level, spell().employer) == (3, None)
    (name,) = employer_names.waiting()
    assert name.near[0].firm_id == hanbit.id
    employer_names.link(name, hanbit, by=academy.ada)
    assert (spell().evidence_level, spell().employer) == (3, hanbit)


def test_the_list_asks_as_much_for_many(
    hanbit: Employer, says: Callable[[str], None], counted: Callable[..., object]
) -> None:
    says("Hanbit Data")
    with counted() as statements:
        assert len(employer_names.waiting()) == 1
    assert len(statements) == 2
