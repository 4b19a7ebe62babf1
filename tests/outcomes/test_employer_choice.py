"""An administrator says which employer of the registry a spell is with, or leaves it open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from flask import Flask

from lms.careers import actions as careers
from lms.careers.choosing import NotInRegistry, SeveralCalledSo, employer_meant, label, normalised
from lms.careers.models import Employer
from lms.db import db
from lms.metrics.facts import SpellKind
from lms.outcomes import actions, records
from lms.outcomes.models import StatusSpell


@pytest.fixture
def garam(academy: SimpleNamespace) -> Employer:
    firm = careers.add_employer(name="(주)가람 소프트", registry_number="1234567891", by=None)
    db.session.commit()
    return firm


def live(academy: SimpleNamespace) -> StatusSpell:
    db.session.expire_all()
    return records.record_of(academy.lena).live[0].spell


def fields(**changed: str) -> dict[str, str]:
    """What the correction form sends for lena's job."""
    said = {"kind": "employee", "valid_from": "2026-02-10", "region": "29", "role": "developer",
            "source": "telephone", "reason": "told by telephone"}  # fmt: skip
    return {**said, **changed}


@pytest.mark.parametrize(
    "spelling",
    ["가람소프트", "주식회사 가람소프트", "㈜ 가람 소프트", "(주)가람소프트", "가람소프트(주)"],
)
def test_one_name_in_all_its_spellings(spelling: str) -> None:
    assert normalised(spelling) == "가람소프트"


def test_names_that_differ_stay_apart() -> None:
    assert normalised("AI Works, Inc.") == normalised("ai works inc") != normalised("AI Work")
    assert normalised("(주)") == "(주)"  # nothing would be left of it
    assert normalised("주식회사") != normalised("유한회사")


def test_a_name_a_number_or_the_whole_label_means_an_employer(
    garam: Employer, english: None
) -> None:
    for text in ("가람소프트", "123-45-67891", " 1234567891 ", label(garam)):
        assert employer_meant(text) is garam
    with pytest.raises(NotInRegistry, match=r"Do you mean one of these.*가람"):
        employer_meant("가람")
    with pytest.raises(NotInRegistry, match="as a new employer"):
        employer_meant("Nobody Ltd")
    second = careers.add_employer(name="가람소프트", registry_number="1078783297", by=None)
    with pytest.raises(SeveralCalledSo, match="107-87-83297"):
        employer_meant("가람소프트 주식회사")
    assert employer_meant(label(second)) is second


def test_a_duplicate_means_the_firm_it_is_the_same_as(
    garam: Employer, academy: SimpleNamespace
) -> None:
    twice = careers.add_employer(name="Garam Soft", by=None)
    careers.merge_employers(twice, garam, reason="one certificate", by=academy.ada)
    assert employer_meant("garam soft") is garam


def test_a_status_is_recorded_with_its_employer(
    academy: SimpleNamespace, garam: Employer, as_: Callable[..., object]
) -> None:
    address = f"/outcomes/people/{academy.lena.id}/spells/new"
    client = as_(academy.ada)
    assert f'<option value="{label(garam)}">' in client.get(address).text
    form = {"kind": "employee", "valid_from": "2026-03-02", "source": "telephone", "level": "1"}
    answer = client.post(address, data={**form, "employer": "가람"})
    assert answer.status_code == 422 and label(garam) in answer.text
    wrong = client.post(address, data={**form, "kind": "study", "employer": "가람소프트"})
    assert wrong.status_code == 422 and "Only somebody employed" in wrong.text
    assert client.post(address, data={**form, "employer": "가람소프트"}).status_code == 302
    assert live(academy).employer is garam
    assert "(주)가람 소프트" in client.get(f"/outcomes/people/{academy.lena.id}").text


def test_a_founder_is_with_what_they_founded(
    academy: SimpleNamespace, garam: Employer, as_: Callable[..., object]
) -> None:
    form = {"kind": "founder", "valid_from": "2026-03-02", "source": "telephone", "level": "1",
            "employer": "1234567891"}  # fmt: skip
    address = f"/outcomes/people/{academy.lena.id}/spells/new"
    assert as_(academy.ada).post(address, data=form).status_code == 302
    assert (live(academy).venture_id, live(academy).employer_id) == (garam.id, None)


def test_a_correction_sets_keeps_changes_and_empties_it(
    academy: SimpleNamespace, job: StatusSpell, garam: Employer, as_: Callable[..., object]
) -> None:
    client, hers = as_(academy.ada), f"/outcomes/people/{academy.lena.id}/spells"

    def correct(**changed: str) -> int:
        address = f"{hers}/{live(academy).id}/correction"
        return client.post(address, data=fields(**changed)).status_code

    assert correct(employer="가람소프트") == 302
    assert live(academy).employer is garam and live(academy).reason == "told by telephone"
    page = client.get(f"{hers}/{live(academy).id}/correction").text
    assert f'value="{label(garam)}"' in page.split("<datalist")[0], "it stands in the field"
    assert correct(employer=label(garam)) == 422, "nothing was changed"
    assert correct(employer=label(garam), role="engineer") == 302
    assert live(academy).employer is garam
    careers.add_employer(name="가람소프트", registry_number="1078783297", by=None)
    db.session.commit()
    assert correct(employer=label(garam), role="developer") == 302, "whatever else is called so"
    assert live(academy).employer is garam
    assert correct(employer="", role="developer") == 302
    assert live(academy).employer is None
    rows = records.record_of(academy.lena).live[0].rows
    assert [row.employer_id for row in rows] == [None, garam.id, garam.id, garam.id, None]


def test_agreeing_to_be_named_was_said_of_one_employer(
    academy: SimpleNamespace, job: StatusSpell, garam: Employer
) -> None:
    other = careers.add_employer(name="나래전자", by=None)
    first = actions.correct_spell(job, job.as_spell, reason="asked", firm=garam, by=academy.ada)
    assert first.may_name_employer is None
    agreed = StatusSpell(
        user_id=academy.omar.id, kind=SpellKind.EMPLOYEE, valid_from=job.valid_from, source="test",
        evidence_level=1, employer_id=garam.id, may_name_employer=True,
    )  # fmt: skip
    db.session.add(agreed)
    db.session.flush()
    kept = actions.correct_spell(agreed, agreed.as_spell, reason="x", role="a", by=academy.ada)
    assert (kept.employer_id, kept.may_name_employer) == (garam.id, True)
    moved = actions.correct_spell(kept, kept.as_spell, reason="x", firm=other, by=academy.ada)
    assert (moved.employer_id, moved.may_name_employer) == (other.id, None)


def test_only_who_works_has_a_firm(
    app: Flask, academy: SimpleNamespace, job: StatusSpell, garam: Employer
) -> None:
    linked = actions.correct_spell(job, job.as_spell, reason="asked", firm=garam, by=academy.ada)
    study = replace(linked.as_spell, kind=SpellKind.STUDY)
    with pytest.raises(actions.HasNoFirm):
        actions.correct_spell(linked, study, reason="x", firm=garam, by=academy.ada)
    db.session.rollback()
    linked = live(academy)
    moved = actions.correct_spell(
        linked, replace(linked.as_spell, kind=SpellKind.STUDY), reason="x", by=academy.ada
    )
    assert moved.employer_id is None, "of another kind now"


def test_an_employer_merged_since_is_kept_as_it_was_recorded(
    academy: SimpleNamespace, job: StatusSpell, garam: Employer, as_: Callable[..., object]
) -> None:
    twice = careers.add_employer(name="Garam Soft", by=None)
    actions.correct_spell(job, job.as_spell, reason="asked", firm=twice, by=academy.ada)
    careers.merge_employers(twice, garam, reason="one certificate", by=academy.ada)
    db.session.commit()
    address = f"/outcomes/people/{academy.lena.id}/spells/{live(academy).id}/correction"
    data = fields(employer="Garam Soft", role="engineer")
    assert as_(academy.ada).post(address, data=data).status_code == 302
    assert live(academy).employer_id == twice.id
