"""What is recorded about employers, ventures and the camp: refused when it cannot be, never changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from lms.audit import AuditEvent
from lms.careers import actions, queries, recording, venture_actions
from lms.careers.models import (
    EmployerRecord,
    Headcount,
    Mou,
    SiteKind,
    Tenancy,
    VentureState,
    Waiting,
)
from lms.careers.queries import PartnerCounts, VentureTotals
from lms.careers.registry import NoRegistryNumber, registry_number
from lms.db import db
from lms.errors import NoLongerLive
from lms.resident_numbers import ResidentNumberFound

DAY = date(2026, 3, 1)
SOON = date(2026, 2, 15)


def test_registry_numbers_are_checked() -> None:
    assert registry_number("124-81-00998") == registry_number(" 1248100998 ") == "1248100998"
    assert registry_number(" ") is None
    for digit in "01234567":
        with pytest.raises(NoRegistryNumber):
            registry_number(f"124-81-0099{digit}")
    for wrong in ("124-81-0099", "12481009980", "124-81-O0998", "１２４-81-00998"):
        with pytest.raises(NoRegistryNumber):
            registry_number(wrong)
    with pytest.raises(ResidentNumberFound):
        registry_number("900101-1234567")


def test_every_single_digit_mistyped_is_noticed() -> None:
    right = "1248100998"
    for place in (
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        9,
    ):  # the ninth counts twice; the rule lets few slip there
        for digit in "0123456789":
            if digit != right[place]:
                with pytest.raises(NoRegistryNumber):
                    registry_number(right[:place] + digit + right[place + 1 :])


def test_an_employer_is_there_once(world: SimpleNamespace) -> None:
    with pytest.raises(actions.NameTaken):
        actions.add_employer(name=" 가람소프트 ", by=world.ada)
    one = actions.add_employer(name="라온", registry_number="1248100998", by=world.ada)
    with pytest.raises(actions.NumberTaken):
        actions.add_employer(name="라온테크", registry_number="1248100998", by=world.ada)
    assert queries.employer_by_registry_number("1248100998") is one


def test_a_correction_leaves_what_was_known(world: SimpleNamespace) -> None:
    values = {"registry_number": None, "size": None, "sector": None, "by": world.ada}
    actions.correct_employer(world.partner, name="가람AI", reason="이름 변경", **values)
    actions.correct_employer(world.partner, name="가람AI", reason="again", **values)  # nothing new
    records = db.session.scalars(
        select(EmployerRecord)
        .where(EmployerRecord.employer_id == world.partner.id)
        .order_by(EmployerRecord.id)
    ).all()
    assert [row.name for row in records] == ["가람소프트", "가람AI"]
    assert records[0].superseded_at == records[1].recorded_at
    assert world.partner.name == "가람AI" and records[1].reason == "이름 변경"
    assert db.session.scalar(
        select(func.count()).where(AuditEvent.action == "employer-corrected")
    ) == 1  # fmt: skip


def test_a_venture_is_not_merged_away(world: SimpleNamespace) -> None:
    with pytest.raises(actions.CannotMerge):
        actions.merge_employers(world.venture, world.other, reason="x", by=world.ada)
    with pytest.raises(actions.CannotMerge):  # of Gwangju and of Seoul at once
        actions.merge_employers(world.other, world.partner, reason="x", by=world.ada)


def test_duplicates_of_a_duplicate_follow(world: SimpleNamespace) -> None:
    one, two, three = (actions.add_employer(name=name, by=world.ada) for name in "마바사")
    actions.merge_employers(one, two, reason="x", by=world.ada)
    actions.merge_employers(two, three, reason="x", by=world.ada)
    assert {row.employer_id for row in queries.duplicates(three)} == {one.id, two.id}
    with pytest.raises(actions.CannotMerge):
        actions.merge_employers(one, world.partner, reason="x", by=world.ada)


def test_partners_are_counted_on_a_day(world: SimpleNamespace) -> None:
    actions.count_heads(world.partner, on=SOON, jobs=30, source="4대보험", by=world.ada)
    actions.count_heads(world.partner, on=SOON, jobs=31, source="정정", by=world.ada)
    assert queries.partner_counts("29", DAY) == PartnerCounts(1, 1, 1, 31, 1)
    [mou] = queries.facts(Mou, world.partner, Mou.id)
    recording.end(mou, on=date(2026, 2, 20), by=world.ada)
    assert queries.partner_counts("29", DAY) == PartnerCounts(1, 0, 0, 0, 0)
    assert queries.partner_counts("29", date(2026, 2, 19)).in_force == 1
    with pytest.raises(NoLongerLive):
        recording.end(mou, on=date(2026, 2, 21), by=world.ada)


def test_a_head_office_moves_only_forward(world: SimpleNamespace) -> None:
    head = SiteKind.HEAD_OFFICE
    actions.open_site(world.other, kind=head, region="29", on=SOON, by=world.ada)
    with pytest.raises(recording.Overlaps):
        actions.open_site(world.other, kind=head, region="41", on=date(2026, 1, 1), by=world.ada)
    regions = {day: queries.regions_of([world.other.id], day) for day in (date(2026, 2, 14), SOON)}
    assert [found[world.other.id] for found in regions.values()] == ["11", "29"]


def test_founder_to_venture_to_camp_to_jobs(world: SimpleNamespace) -> None:
    ada, founder = world.ada, world.people[5]
    venture_actions.queue_for_camp(founder, camp=1, since=date(2026, 1, 20), by=ada)
    venture_actions.give_place(world.venture, camp=1, room="201호", on=SOON, origin="46", by=ada)
    actions.count_heads(world.venture, on=date(2026, 2, 20), jobs=2, source="x", by=ada)
    [row] = queries.ventures(DAY)
    assert (row.name, row.jobs, row.tenancy.room, row.waiting) == ("다온랩", 2, "201호", None)
    assert [person.user for person in row.founders] == [founder]
    assert row.state is VentureState.FOUNDED
    assert [place.name for place in queries.places(Waiting, date(2026, 2, 14))] == [founder.name]
    assert queries.places(Waiting, SOON) == [] and queries.ever_supported(DAY) == 1
    [early] = queries.ventures(date(2026, 2, 14))
    assert (early.tenancy, early.jobs) == (None, None)
    assert queries.ventures(date(2026, 2, 9)) == []


def test_founders_are_no_jobs_and_closed_ventures_have_none(world: SimpleNamespace) -> None:
    def totals(day: date) -> VentureTotals:
        return VentureTotals.of(queries.ventures(day), day)

    assert totals(DAY) == VentureTotals(1, 0, 0, 0, jobs=0, counted=0)
    actions.count_heads(world.venture, on=SOON, jobs=3, source="x", by=world.ada)
    venture_actions.give_place(world.venture, camp=2, room="1", on=SOON, by=world.ada)
    closing = {"founded_on": date(2026, 2, 10), "closed_on": date(2026, 2, 25)}
    venture_actions.record_venture(world.venture, **closing, by=world.ada)
    assert totals(date(2026, 2, 24)).jobs == 3
    assert totals(DAY) == VentureTotals(1, 0, 0, 1, jobs=0, counted=0)
    assert queries.places(Tenancy, DAY) == [] and not queries.ventures(DAY)[0].founders


def test_a_room_is_one_ventures(world: SimpleNamespace) -> None:
    second = actions.add_employer(name="아라", by=world.ada)
    venture_actions.record_venture(second, founded_on=SOON, by=world.ada)
    venture_actions.give_place(
        world.venture, camp=1, room="201호", on=SOON, until=DAY, by=world.ada
    )
    for wrong in ({"room": "201호", "camp": 1}, {"room": " 201호 ", "camp": 1}):
        with pytest.raises(recording.Overlaps):
            venture_actions.give_place(second, **wrong, on=date(2026, 2, 28), by=world.ada)
    with pytest.raises(recording.Overlaps):
        venture_actions.give_place(world.venture, camp=2, room="5", on=SOON, by=world.ada)
    venture_actions.give_place(second, camp=1, room="201호", on=DAY, by=world.ada)
    # who checks nothing first is refused by the database
    with pytest.raises(NoLongerLive):
        recording.add(
            Tenancy(venture_id=world.venture.id, camp=1, room="201호", valid_from=DAY), by=None
        )


def test_what_was_recorded_by_mistake_is_taken_back(
    world: SimpleNamespace, as_: Callable[..., object]
) -> None:
    count = actions.count_heads(world.partner, on=SOON, jobs=300, source="x", by=world.ada)
    db.session.commit()
    path = f"/careers/employers/{world.partner.id}/head-counts/{count.id}"
    client = as_(world.ada)
    assert client.post(f"{path}/take-back", data={"reason": "다른 회사", "sure": ""}).status_code == 422  # fmt: skip
    assert client.post(f"{path}/take-back", data={"reason": "다른 회사", "sure": "y"}).status_code == 302  # fmt: skip
    assert queries.facts(Headcount, world.partner, Headcount.id) == []
    assert client.get(f"{path}/take-back").status_code == 404
    assert client.get(f"{path}/end").status_code == 404


NEW = "/careers/employers/new"


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (NEW, {"name": ""}),
        (NEW, {"name": "가람소프트"}),
        (NEW, {"name": "새 회사", "registry_number": "1234567890"}),
        (NEW, {"name": "김철수 900101-1234567"}),
        (NEW, {"name": "새 회사", "region": "00"}),
        ("mous/new", {"kind": "hire", "on": "2026-03-01", "until": "2026-02-01"}),
        ("mous/new", {"kind": "bribe", "on": "2026-03-01"}),
        ("head-counts/new", {"on": "2026-03-01", "jobs": "-1", "source": "x"}),
        ("founders/new", {"username": "nobody-here", "since": "2026-03-01"}),
        ("founders/new", {"username": "grad-5", "since": "2026-03-01"}),
        ("tenancies/new", {"camp": "3", "room": "1", "on": "2026-03-01"}),
        ("venture", {"founded_on": "2026-03-01", "closed_on": "2026-02-01"}),
    ],
)
def test_what_cannot_be_is_told_and_not_recorded(
    world: SimpleNamespace, as_: Callable[..., object], path: str, data: dict[str, str]
) -> None:
    address = path if path == NEW else f"/careers/employers/{world.venture.id}/{path}"
    before = db.session.scalar(select(func.count()).select_from(AuditEvent))
    answer = as_(world.ada).post(address, data=data)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == before


def test_an_administrator_records_a_firm_and_its_agreement(
    world: SimpleNamespace, as_: Callable[..., object]
) -> None:
    client = as_(world.ada)
    data = {"name": "자람", "registry_number": "124-81-00998", "size": "small", "sector": "energy", "region": "29"}  # fmt: skip
    home = client.post(NEW, data=data).location
    assert client.post(f"{home}/mous/new", data={"kind": "attract", "on": "2026-02-01"}).status_code == 302  # fmt: skip
    page = client.get(f"{home}?on={DAY}").get_data(as_text=True)
    assert "자람" in page and "124-81-00998" in page
    found = client.get("/careers/?q=124-81&only=partners").get_data(as_text=True)
    assert "자람" in found and "나래전자" not in found
