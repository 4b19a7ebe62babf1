"""Cohorts of known figures, as the FACTS.csv an auditor would write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import count

import pytest

from lms.metrics.facts_file import COLUMNS

# 180 enrolled, 23 left, 157 completed: how many, and what each of them does since completion.
SIX_ANSWERS: list[tuple[int, dict[str, str]]] = [
    (70, {"kind": "employee", "evidence_level": "5", "in_field": "yes", "hours": "40", "contract": "permanent", "insured": "yes", "region": "29", "base_pay": "2600000"}),
    (16, {"kind": "employee", "evidence_level": "5", "in_field": "no", "hours": "40", "contract": "permanent", "insured": "yes", "region": "11", "base_pay": "2200000"}),
    (6, {"kind": "employee", "evidence_level": "5", "in_field": "yes", "hours": "20", "contract": "fixed-term", "contract_months": "2", "insured": "yes", "region": "29", "base_pay": "1100000"}),
    (4, {"kind": "employee", "evidence_level": "4", "in_field": "yes", "hours": "40", "contract": "permanent", "insured": "no", "region": "11"}),
    (5, {"kind": "founder", "evidence_level": "5", "registered": "yes", "sales": "12000000", "region": "29"}),
    (4, {"kind": "founder", "evidence_level": "3", "registered": "yes", "sales": "0", "region": "29"}),
    (3, {"kind": "freelance", "evidence_level": "5", "in_field": "yes", "income": "3266670"}),
    (3, {"kind": "freelance", "evidence_level": "5", "in_field": "yes", "income": "3266669"}),
    (10, {"kind": "study", "evidence_level": "3", "intent": "further-study"}),
    (4, {"kind": "study", "evidence_level": "3"}),
    (5, {"kind": "military", "evidence_level": "3"}),
    (1, {"kind": "unable", "evidence_level": "3"}),
    (14, {"kind": "seeking", "evidence_level": "1"}),
    (6, {"kind": "unknown"}),
    (6, {}),
]  # fmt: skip
COMPLETED = "2024-11-26"
LEFT = "2024-07-10"


def facts_csv(lines: list[dict[str, str]]) -> bytes:
    rows = [COLUMNS, *([line.get(name, "") for name in COLUMNS] for line in lines)]
    return "\n".join(",".join(row) for row in rows).encode()


def _people() -> Iterator[dict[str, str]]:
    key = count(1)
    for number, cells in SIX_ANSWERS:
        begins = {"valid_from": COMPLETED} if cells else {}
        for _ in range(number):
            yield _person(next(key), completed_on=COMPLETED, **cells, **begins)
    job = SIX_ANSWERS[0][1]
    for _ in range(6):
        yield _person(next(key), left_on=LEFT, leaving="early-job", **job, valid_from="2024-07-11")
    for _ in range(17):
        yield _person(next(key), left_on=LEFT, leaving="personal")


def _person(number: int, **cells: str) -> dict[str, str]:
    return {"person": f"p{number}", "cohort": "5", "enrolled_on": "2024-01-29", **cells}


@pytest.fixture(scope="session")
def six_answers() -> bytes:
    """180 enrolled, 157 completed on 2024-11-26; by definition, six different rates."""
    return facts_csv(list(_people()))


@pytest.fixture(scope="session")
def waiting() -> Callable[[str], bytes]:
    """Ten who completed on a given day: E0 E1 E2 C2 S3 E4 C5 E6 C6 C6, in months after it."""

    def build(completed: str) -> bytes:
        begin = date.fromisoformat(completed)

        def after(months: int) -> str:
            year, month = divmod(begin.year * 12 + begin.month - 1 + months, 12)
            return begin.replace(year=year, month=month + 1).isoformat()

        lines = []
        for number, (ending, months) in enumerate(
            [("E", 0), ("E", 1), ("E", 2), ("C", 2), ("S", 3), ("E", 4), ("C", 5), ("E", 6), ("C", 6), ("C", 6)]
        ):  # fmt: skip
            person = {
                "person": f"w{number}", "cohort": "1", "enrolled_on": "2020-06-01",
                "completed_on": completed, "evidence_level": "1",
            }  # fmt: skip
            if ending != "E" or months:
                lines.append({
                    **person, "kind": "seeking", "valid_from": completed,
                    "valid_to": "" if number == 9 else after(months),
                })  # fmt: skip
            if ending != "C":
                kind = {"E": "employee", "S": "study"}[ending]
                lines.append({**person, "kind": kind, "valid_from": after(months)})
        return facts_csv(lines)

    return build
