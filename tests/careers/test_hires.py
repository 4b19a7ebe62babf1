"""Who hired graduates, which of those are partners, and who stayed: every number by hand."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

from sqlalchemy import select, text

from lms.careers import actions, venture_actions
from lms.db import db
from lms.metrics.facts import Spell, SpellKind
from lms.outcomes import actions as outcomes
from lms.outcomes import employer_queries
from lms.outcomes.employer_queries import Employed, Founders, NamedHires
from lms.outcomes.models import StatusSpell
from lms.recorded import settled_moment, supersede

DAY = date(2026, 3, 1)


def lines(day: date = DAY, **options: object) -> list[tuple[object, ...]]:
    rows = employer_queries.hires(day, **options)
    return [(row.name, row.partner, row.graduates, row.so_far, row.in_gwangju, row.in_field, row.in_field_known) for row in rows]  # fmt: skip


def test_partners_that_hired_graduates(world: SimpleNamespace) -> None:
    assert lines() == [("가람소프트", True, 3, 4, 2, 1, 2), ("나래전자", False, 1, 1, 1, 0, 0)]
    assert employer_queries.employed(DAY) == Employed(7, 5, 4, 3)


def test_before_the_agreement_it_is_no_partner(world: SimpleNamespace) -> None:
    assert employer_queries.employed(date(2026, 2, 15)).by_partners == 4
    assert employer_queries.employed(date(2026, 2, 9)) == Employed(7, 0, 0, 0)
    assert employer_queries.employed(date(2026, 1, 31)) == Employed(0, 0, 0, 0)


def test_who_stayed(world: SimpleNamespace) -> None:
    found = employer_queries.stay(DAY)
    assert found.counts == {
        (True, True): 3,  # two at the partner, the founder
        (True, False): 1,  # for the firm of Seoul
        (False, True): 1,
        (False, None): 1,
    }
    assert (found.working, found.where(True), found.where(False), found.where(None)) == (6, 4, 2, 0)


def test_a_firm_that_moved_is_of_its_old_region_before(world: SimpleNamespace) -> None:
    from lms.careers.models import SiteKind

    move = date(2026, 2, 25)
    actions.open_site(world.other, kind=SiteKind.HEAD_OFFICE, region="29", on=move, by=world.ada)
    assert employer_queries.stay(DAY).counts[True, True] == 4
    assert employer_queries.stay(date(2026, 2, 24)).counts[True, False] == 1


def test_founders_with_a_venture(world: SimpleNamespace) -> None:
    assert employer_queries.founders(DAY) == Founders(1, 1)


def test_what_is_published_names_nobody_of_few(world: SimpleNamespace) -> None:
    rows = employer_queries.published_hires(employer_queries.hires(DAY))
    assert rows == [NamedHires("가람소프트", 1, 3), NamedHires(None, 1, 1)]


def test_with_everybodys_consent_an_employer_is_named(world: SimpleNamespace) -> None:
    [spell] = db.session.scalars(
        select(StatusSpell).where(StatusSpell.employer_id == world.other.id)
    )
    supersede(spell)
    agreed = {"kind": spell.kind, "valid_from": spell.valid_from, "employer_id": world.other.id}
    db.session.add(
        StatusSpell(user_id=spell.user_id, evidence_level=3, source="test", may_name_employer=True, **agreed)
    )  # fmt: skip
    db.session.flush()
    rows = employer_queries.published_hires(employer_queries.hires(DAY))
    assert rows == [NamedHires("가람소프트", 1, 3), NamedHires("나래전자", 1, 1)]


def test_the_file_to_publish_leaves_no_name_of_few(
    world: SimpleNamespace, as_: Callable[..., object]
) -> None:
    answer = as_(world.ada).get(f"/careers/hires.csv?on={DAY}")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert rows[1][1:] == ["가람소프트", "1", "3"]
    assert rows[-1][2:] == ["1", "1"] and "나래전자" not in answer.get_data(as_text=True)


def test_a_merger_counts_once_and_the_past_stays_as_known(world: SimpleNamespace) -> None:
    before = settled_moment()
    _next_moment()
    actions.merge_employers(world.partner, world.venture, reason="같은 회사", by=world.ada)
    assert [row[:4] for row in lines()] == [("다온랩", True, 3, 4), ("나래전자", False, 1, 1)]
    assert [row[0] for row in lines(at=before)] == ["가람소프트", "나래전자"]


def _next_moment() -> None:
    """All facts of a transaction have one moment; a test is one transaction: let time go on."""
    db.session.execute(text("SELECT set_config('academy.recording_moment', '', true)"))


def test_pages_ask_as_much_for_many_as_for_few(
    world: SimpleNamespace,
    as_: Callable[..., object],
    counted: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    client, counts = as_(world.ada), []
    for names in ("abc", "defghijklmnopqrstu"):
        for name in names:
            firm = actions.add_employer(name=name, region="29", by=world.ada)
            venture_actions.record_venture(firm, founded_on=date(2026, 2, 1), by=world.ada)
            venture_actions.give_place(firm, camp=1, room=name, on=date(2026, 2, 2), by=world.ada)
        db.session.commit()
        db.session.expire_all()
        with counted() as statements:
            for path in ("", "ventures", "camp", f"employers/{world.partner.id}"):
                assert client.get(f"/careers/{path}?on={DAY}").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 80


def test_who_may_not_see_outcomes_sees_numbers_but_no_names(
    world: SimpleNamespace, as_: Callable[..., object], monkeypatch: object
) -> None:
    from lms.access import GRANTS, Permission, Role

    path = f"/careers/employers/{world.partner.id}?on={DAY}"
    assert "졸업0" in as_(world.ada).get(path).get_data(as_text=True)
    fewer = GRANTS[Role.ADMINISTRATOR] - {Permission.OUTCOME_READ}
    monkeypatch.setitem(GRANTS, Role.ADMINISTRATOR, fewer)
    page = as_(world.ada).get(path)
    assert page.status_code == 200 and "졸업0" not in page.get_data(as_text=True)


def test_a_correction_keeps_whom_the_work_is_with(academy: SimpleNamespace) -> None:
    """Of another kind, the work is with nobody until somebody says so."""
    firm = actions.add_employer(name="Firm", by=None)
    spell = Spell(kind=SpellKind.EMPLOYEE, valid_from=date(2026, 2, 1))
    row = StatusSpell(
        user_id=academy.stan.id, kind=spell.kind, valid_from=spell.valid_from, evidence_level=1,
        source="telephone", employer_id=firm.id, may_name_employer=True,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    ended = outcomes.end_spell(row, on=date(2026, 5, 1), by=academy.ada)
    assert (ended.employer_id, ended.may_name_employer) == (firm.id, True)
    freelance = replace(ended.as_spell, kind=SpellKind.FREELANCE)
    other = outcomes.correct_spell(ended, freelance, reason="He invoices.", by=academy.ada)
    assert other.employer_id is None
