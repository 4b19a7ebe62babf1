"""Where the graduates of the demonstration work, and what they founded. Every firm is invented.

Public is only how many worked, and where: who hired them, the MOUs, rooms and head counts are not.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from faker import Faker
from sqlalchemy import select

from lms.careers.models import (
    Employer,
    EmployerRecord,
    Founder,
    Headcount,
    Mou,
    MouKind,
    Sector,
    Site,
    SiteKind,
    Size,
    Tenancy,
    Venture,
    Waiting,
)
from lms.careers.registry import check_digit
from lms.db import db
from lms.demo.rows import SEED, backdated, chance, insert_rows, seoul
from lms.metrics.facts import GWANGJU, SpellKind

RECORDED = datetime(2025, 12, 31, tzinfo=UTC)  # at the latest: by the count of the graduates
FIRST_LISTED = date(2020, 6, 1)
HEARD_OF = timedelta(days=21)
COUNTED_ON = (date(2023, 12, 31), date(2024, 12, 31), date(2025, 11, 30))
SOURCE = "가상 자료"
EMPLOYERS = 14
PARTNERS = 8
KNOWN_SHARE = 0.7  # of the employed, whose employer is recorded


def load_employers() -> None:
    """Employers, half of them of Gwangju; the first ones have an MOU."""
    random = chance("employers")
    names = _company_names()
    known_at = [seoul(FIRST_LISTED, 9)] * EMPLOYERS
    ids = _insert_employers([next(names) for _place in range(EMPLOYERS)], "employers", known_at)
    regions = [
        GWANGJU if place % 2 == 0 else random.choice(("11", "41")) for place in range(EMPLOYERS)
    ]
    _insert(
        Site,
        [
            {"employer_id": firm, "kind": SiteKind.HEAD_OFFICE, "region": region, "valid_from": None}
            for firm, region in zip(ids, regions, strict=True)
        ]
        + [  # a partner from elsewhere that opened a laboratory here
            {"employer_id": ids[1], "kind": SiteKind.LABORATORY, "region": GWANGJU, "valid_from": date(2022, 4, 1)}
        ],
    )  # fmt: skip
    signed = [
        date(2019, 10, 1) + timedelta(days=random.randint(0, 1500)) for _firm in range(PARTNERS)
    ]
    _insert(
        Mou,
        [
            {
                "employer_id": firm,
                "kind": list(MouKind)[place % 3],
                "valid_from": day,
                "valid_to": day + timedelta(days=1095) if place == PARTNERS - 1 else None,
            }
            for place, (firm, day) in enumerate(zip(ids, signed, strict=False))
        ],
    )
    _count(dict.fromkeys(ids[:PARTNERS], COUNTED_ON[0]), most=40)


def give_workplaces(spells: Sequence[dict[str, Any]], *, cohort: int) -> None:
    """Name the employers of employees and found the ventures of founders."""
    random = chance(f"workplaces of cohort {cohort}")
    firms: dict[bool, list[int]] = {True: [], False: []}
    for firm, region in db.session.execute(
        select(Site.employer_id, Site.region)
        .where(Site.kind == SiteKind.HEAD_OFFICE)
        .order_by(Site.employer_id)
        .limit(EMPLOYERS)
    ):
        firms[region == GWANGJU].append(firm)
    for row in spells:
        if row["kind"] is SpellKind.EMPLOYEE and random.random() < KNOWN_SHARE:
            near = firms[row["region"] == GWANGJU]
            row["employer_id"] = near[min(int(random.expovariate(0.6)), len(near) - 1)]
            row["in_field"] = random.random() < 0.8
    founders = [row for row in spells if row["kind"] is SpellKind.FOUNDER]
    teams = [founders[:2], *([row] for row in founders[2:])]
    ids = _found(teams, cohort)
    for venture, team in zip(ids, teams, strict=True):
        for row in team:
            row["venture_id"] = venture
    _settle(ids, [team[0]["valid_from"] for team in teams], cohort, waiter=spells[-1]["user_id"])


def _found(teams: list[list[dict[str, Any]]], cohort: int) -> list[int]:
    names = _company_names(cohort)
    founded = [min(row["valid_from"] for row in team) for team in teams]
    ids = _insert_employers(
        [next(names) for _team in teams],
        f"ventures of cohort {cohort}",
        [seoul(day + HEARD_OF, 9) for day in founded],
    )
    _insert(
        Site,
        [
            {"employer_id": firm, "kind": SiteKind.HEAD_OFFICE, "region": team[0]["region"], "valid_from": day}
            for firm, team, day in zip(ids, teams, founded, strict=True)
        ],
    )  # fmt: skip
    _insert(
        Venture,
        [
            {
                "venture_id": firm,
                "founded_on": day,
                "registered_on": day + timedelta(days=14),
                "first_sale_on": day + timedelta(days=240) if place % 3 else None,
                "closed_on": None,
            }
            for place, (firm, day) in enumerate(zip(ids, founded, strict=True))
        ],
    )
    _insert(
        Founder,
        [
            {"venture_id": firm, "user_id": row["user_id"], "valid_from": row["valid_from"], "valid_to": None}
            for firm, team in zip(ids, teams, strict=True)
            for row in team
        ],
    )  # fmt: skip
    _count(dict(zip(ids[:-1], founded, strict=False)), most=6)  # the last was never counted
    return ids


def _settle(ventures: list[int], founded: list[date], cohort: int, *, waiter: int) -> None:
    """Most get a room in a camp, the last one and somebody who has not founded yet wait for one."""
    *placed, last = ventures
    _insert(
        Tenancy,
        [
            {
                "venture_id": venture, "camp": 1 + place % 2, "room": f"{200 + 10 * cohort + place}호",
                "origin": GWANGJU if place % 2 else "46", "valid_from": day + timedelta(days=30), "valid_to": None,
            }
            for place, (venture, day) in enumerate(zip(placed, founded, strict=False))
        ],
    )  # fmt: skip
    since = date(2025, 9, 1)
    nobody = {"venture_id": None, "user_id": None, "camp": 1, "valid_to": None}
    _insert(
        Waiting,
        [
            {**nobody, "venture_id": last, "valid_from": max(since, founded[-1])},
            {**nobody, "user_id": waiter, "valid_from": since + timedelta(days=cohort)},
        ],
    )


def _count(since: dict[int, date], *, most: int) -> None:
    """Yearly head counts that grow a little, from the day a firm is there."""
    random = chance(f"head counts of {most}")
    rows = []
    for firm, day in since.items():
        jobs = random.randint(0, most)
        for counted_on in COUNTED_ON:
            if counted_on >= day:
                rows.append({"employer_id": firm, "counted_on": counted_on, "jobs": jobs, "source": SOURCE})  # fmt: skip
                jobs += random.randint(0, 1 + most // 5)
    _insert(Headcount, rows)


def _insert_employers(
    names: Sequence[str], purpose: str, known_at: Sequence[datetime]
) -> list[int]:
    random = chance(purpose)
    ids = insert_rows(Employer, [{"created_at": moment} for moment in known_at])
    _insert(
        EmployerRecord,
        [
            {
                "employer_id": firm,
                "name": name,
                "registry_number": _registry_number(random.randint(100_000_000, 999_999_999)),
                "size": Size.SMALL if purpose != "employers" else random.choice(list(Size)[:4]),
                "sector": random.choice(list(Sector)),
                "recorded_at": moment,
            }
            for firm, name, moment in zip(ids, names, known_at, strict=True)
        ],
    )
    return ids


def _registry_number(nine: int) -> str:
    return f"{nine}{check_digit(str(nine))}"


def _company_names(cohort: int = 0) -> Iterator[str]:
    faker = Faker("ko_KR")
    faker.seed_instance(SEED + 100 + cohort)
    while True:
        yield f"{faker.unique.company()} (가상)"


def _insert(model: Any, rows: list[dict[str, Any]]) -> None:
    """Known some weeks after the day it was so."""
    with backdated(model):
        insert_rows(model, [{"recorded_at": _heard_of(row), **row} for row in rows])


def _heard_of(row: dict[str, Any]) -> datetime:
    day = row.get("valid_from") or row.get("counted_on") or row.get("founded_on") or FIRST_LISTED
    return min(seoul(max(day + HEARD_OF, FIRST_LISTED), 9), RECORDED)
