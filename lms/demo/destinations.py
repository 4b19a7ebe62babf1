"""What became of the graduates: status spells, so that the published counts hold on their days.

Published: of cohort 1 on 4 November 2021 founders, employees, students and people seeking work (no
places); of cohorts 1 to 5 at the end of 2025 how many were employed or had founded, in Gwangju and
elsewhere: 724 of 1,221. How many of these had founded was not published: cohort 1 keeps its founders of
2021, and the numbers of the others are invented, as is all that standards ask of a job (hours, contract,
insurance, pay). Everybody else's status at the end of 2025 is unknown, and says so.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from lms.demo.admissions import Participant
from lms.demo.careers import give_workplaces
from lms.demo.figures import PublishedCohort
from lms.demo.rows import backdated, chance, insert_rows
from lms.metrics.facts import GWANGJU, Contract, SpellKind
from lms.outcomes.models import StatusSpell
from lms.outcomes.queries import WORKING

Spell = dict[str, Any]  # a row of StatusSpell

AUDIT_ON = date(2021, 11, 4)
WORKING_BY = date(2025, 11, 30)
AUDIT_RECORDED = datetime(2021, 11, 5, tzinfo=UTC)
SURVEY_RECORDED = datetime(2025, 12, 31, tzinfo=UTC)
AUDIT_SOURCE = "2021년 11월 4일 행정사무감사 공표 인원에 맞춘 가상 자료"
SURVEY_SOURCE = "2025년 12월 공표 취·창업 인원에 맞춘 가상 자료 (취업·창업 구분은 임의)"
UNKNOWN_SOURCE = "2025년 12월 공표 자료에서 현황이 확인되지 않음"

# Graduate school 4 and still students 82 are study; seeking 25 and preparing a start-up 5 are seeking.
AUDIT_OF_COHORT_1 = {
    SpellKind.FOUNDER: 6,
    SpellKind.EMPLOYEE: 33,
    SpellKind.STUDY: 86,
    SpellKind.SEEKING: 30,
}
FOUNDERS = {2: 4, 3: 9, 4: 9, 5: 8}
INSURED_FROM = 4  # the evidence level from which an employee is known to be insured
UNSAID = (
    "valid_to", "region", "superseded_at", "employer_id", "venture_id", "in_field", "hours", "contract",
    "contract_months", "insured", "subsidised", "base_pay", "registered", "sales",
)  # fmt: skip
# Seoul, Busan, Daejeon, Gyeonggi, South Chungcheong, South Jeolla
ELSEWHERE = {"11": 10, "26": 1, "30": 2, "41": 6, "44": 1, "46": 4}


def record_destinations(
    figures: PublishedCohort, graduates: Sequence[Participant], *, recorded_by_id: int
) -> None:
    """Write the spells of a finished cohort's graduates."""
    random = chance(f"destinations of cohort {figures.number}")
    people = [graduate.user_id for graduate in graduates]
    random.shuffle(people)
    if figures.number == 1:
        audit = _audit(people, figures.ceremony_on, random)
        survey = _survey(people, figures, AUDIT_OF_COHORT_1[SpellKind.FOUNDER], AUDIT_ON, random)
        spells = audit + _audit_until_survey(audit, survey) + survey
    else:
        spells = _survey(people, figures, FOUNDERS[figures.number], figures.ceremony_on, random)
    give_workplaces(spells, cohort=figures.number)
    with backdated(StatusSpell):
        insert_rows(StatusSpell, [{**spell, "recorded_by_id": recorded_by_id} for spell in spells])


def _audit(people: Sequence[int], completed_on: date, random: Random) -> list[Spell]:
    """What was known in 2021, founders and employees first; superseded by the survey."""
    kinds = [kind for kind, count in AUDIT_OF_COHORT_1.items() for _place in range(count)]
    return [
        _spell(
            user_id,
            kind,
            _day_between(completed_on, AUDIT_ON, random) if kind in WORKING else completed_on,
            recorded_at=AUDIT_RECORDED,
            superseded_at=SURVEY_RECORDED,
            evidence_level=random.choice((1, 2, 3)),
            source=AUDIT_SOURCE,
        )
        for user_id, kind in zip(people, kinds, strict=True)
    ]


def _audit_until_survey(audit: list[Spell], survey: list[Spell]) -> list[Spell]:
    """The audit's spells again, ending where the survey's begin."""
    return [
        {
            **before,
            "valid_to": after["valid_from"],
            "recorded_at": SURVEY_RECORDED,
            "superseded_at": None,
        }
        for before, after in zip(audit, survey, strict=True)
    ]


def _survey(
    people: Sequence[int], figures: PublishedCohort, founders: int, seen_on: date, random: Random
) -> list[Spell]:
    """What was known at the end of 2025: founders, then employees, then the unknown."""
    regions = [GWANGJU] * figures.in_gwangju
    regions += random.choices([*ELSEWHERE], [*ELSEWHERE.values()], k=figures.elsewhere)
    random.shuffle(regions)
    working, others = people[: len(regions)], people[len(regions) :]
    kinds = [SpellKind.FOUNDER] * founders + [SpellKind.EMPLOYEE] * (len(working) - founders)
    found = [
        _found_at_survey(user_id, kind, _soon_after(seen_on, random), region, random)
        for user_id, kind, region in zip(working, kinds, regions, strict=True)
    ]
    return found + [_unknown_at_survey(user_id, seen_on + timedelta(days=1)) for user_id in others]


def _found_at_survey(
    user_id: int, kind: SpellKind, since: date, region: str, random: Random
) -> Spell:
    # Insurance and tax records know most employees; founders show a registration.
    levels = (3, 3, 5) if kind is SpellKind.FOUNDER else (1, 3, 4, 5, 5, 5)
    level = random.choice(levels)
    terms = _business(random) if kind is SpellKind.FOUNDER else _job(level, random)
    return _spell(
        user_id,
        kind,
        since,
        region=region,
        recorded_at=SURVEY_RECORDED,
        evidence_level=level,
        source=SURVEY_SOURCE,
        **terms,
    )


def _job(level: int, random: Random) -> Spell:
    """Pay is known of two in three."""
    is_permanent = random.random() < 0.72
    return {
        "hours": random.choice((40, 40, 40, 40, 35, 20)),
        "contract": Contract.PERMANENT if is_permanent else Contract.FIXED_TERM,
        "contract_months": None if is_permanent else random.choice((6, 12, 12, 24)),
        "insured": True if level >= INSURED_FROM else random.choice((True, None)),
        "subsidised": random.random() < 0.15,
        "base_pay": 10_000 * round(random.gauss(272, 38)) if random.random() < 2 / 3 else None,
    }


def _business(random: Random) -> Spell:
    return {"registered": True, "sales": 1_000_000 * random.randint(0, 90)}


def _unknown_at_survey(user_id: int, since: date) -> Spell:
    return _spell(
        user_id,
        SpellKind.UNKNOWN,
        since,
        recorded_at=SURVEY_RECORDED,
        evidence_level=0,
        source=UNKNOWN_SOURCE,
    )


def _spell(user_id: int, kind: SpellKind, since: date, **values: Any) -> Spell:
    nothing = dict.fromkeys(UNSAID)
    return {"user_id": user_id, "kind": kind, "valid_from": since, **nothing, **values}


def _day_between(first: date, last: date, random: Random) -> date:
    """A day after the first, up to the last."""
    return first + timedelta(days=random.randint(1, (last - first).days))


def _soon_after(day: date, random: Random) -> date:
    """Up to the day of the count, most in the first half of the time."""
    days = (WORKING_BY - day).days
    return day + timedelta(days=1 + int((days - 1) * random.betavariate(1, 2.5)))
