"""A spell as a row, and what standards ask of a job or a business. All of it is invented."""

from datetime import date
from random import Random
from typing import Any

from lms.metrics.facts import Contract, FoundThrough, SpellKind

Spell = dict[str, Any]  # a row of StatusSpell

INSURED_FROM = 4  # the evidence level from which an employee is known to be insured
SHOWN_FROM = 3  # the level of papers: below it is people's own word
OWN_WORD = 1
UNSAID = (
    "valid_to", "region", "superseded_at", "reason", "employer_id", "venture_id", "in_field", "role",
    "hours", "contract", "contract_months", "insured", "subsidised", "base_pay", "registered", "sales",
    "income", "supersedes_id", "found_through",
)  # fmt: skip
# Seoul, Busan, Daejeon, Gyeonggi, South Chungcheong, South Jeolla
ELSEWHERE = {"11": 10, "26": 1, "30": 2, "41": 6, "44": 1, "46": 4}
WAYS: dict[FoundThrough | None, int] = {
    FoundThrough.JOB_FAIR: 16, FoundThrough.ACADEMY: 24, FoundThrough.PROJECT: 12,
    FoundThrough.OWN_SEARCH: 20, FoundThrough.OTHER: 4, None: 24,
}  # fmt: skip
ROLES = (
    "AI 엔지니어",
    "데이터 분석가",
    "데이터 엔지니어",
    "백엔드 개발자",
    "웹 개발자",
    "서비스 기획자",
)


def spell(user_id: int, kind: SpellKind, since: date, until: date | None, **values: Any) -> Spell:
    nothing = dict.fromkeys(UNSAID)
    said = {"evidence_level": OWN_WORD, **values}
    return {"user_id": user_id, "kind": kind, **nothing, "valid_from": since, "valid_to": until, **said}  # fmt: skip


def job(random: Random) -> Spell:
    """Insurance records know most employees; the pay is known of two in three."""
    level = random.choice((1, 3, 4, 5, 5, 5))
    is_permanent = random.random() < 0.72
    return {
        "evidence_level": level,
        "role": random.choice(ROLES),
        "hours": random.choice((40, 40, 40, 40, 35, 20)),
        "contract": Contract.PERMANENT if is_permanent else Contract.FIXED_TERM,
        "contract_months": None if is_permanent else random.choice((6, 12, 12, 24)),
        "insured": True if level >= INSURED_FROM else random.choice((True, None)),
        "subsidised": random.random() < 0.15,
        "base_pay": 10_000 * round(random.gauss(272, 38)) if random.random() < 2 / 3 else None,
    }


def way(random: Random) -> FoundThrough | None:
    """How a job was found; of one in four it is not known."""
    return random.choices([*WAYS], [*WAYS.values()])[0]


def business(random: Random) -> Spell:
    """Founders show a registration."""
    return {
        "evidence_level": random.choice((3, 3, 5)),
        "registered": True,
        "sales": 1_000_000 * random.randint(0, 90),
    }


def elsewhere(random: Random, count: int) -> list[str]:
    return random.choices([*ELSEWHERE], [*ELSEWHERE.values()], k=count)
