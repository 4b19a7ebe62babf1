"""What a cell of FACTS.csv says, by its column; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from lms.metrics.facts import Contract, FoundThrough, Intent, Leaving, SpellKind

# Also masked, and without the dash where the first six digits are a day.
RESIDENT_NUMBER = re.compile(
    r"(?<!\d)(\d{6}\s?[-‐–—]\s?\d[\d*]{6}|\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])[1-8]\d{6})(?!\d)"
)
YEARS = range(1900, 2201)
FORMULA_STARTS = ("=", "+", "-", "@")


def looks_like_resident_number(cell: str) -> bool:
    return RESIDENT_NUMBER.search(cell) is not None


class Unreadable(Exception):
    """Nobody understands the cell; the message is what to write instead."""


def _key(cell: str) -> str:
    if cell.startswith(FORMULA_STARTS):
        raise Unreadable(
            "write it without a sign in front, which a spreadsheet takes for a formula"
        )
    return cell


def _date(cell: str) -> date:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", cell, re.ASCII):
        raise Unreadable("write a date as 2026-02-28")
    try:
        day = date.fromisoformat(cell)
    except ValueError:
        raise Unreadable("there is no such day: write a date as 2026-02-28") from None
    if day.year not in YEARS:
        raise Unreadable(
            f"write a year from {YEARS[0]} to {YEARS[-1]}, and nothing where there is no end"
        )
    return day


def _yes_or_no(cell: str) -> bool:
    if cell not in ("yes", "no"):
        raise Unreadable("write yes or no, or nothing where it is not known")
    return cell == "yes"


def _level(cell: str) -> int:
    if not re.fullmatch(r"[0-5]", cell):
        raise Unreadable("write a level from 0 to 5")
    return int(cell)


def _count(cell: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", cell):
        raise Unreadable("write a whole number of digits only, such as 2400000")
    return int(cell)


def _hours(cell: str) -> float:
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,9})?", cell) or float(cell) > 168:
        raise Unreadable("write the hours of a week, such as 40 or 17.5")
    return float(cell)


def _region(cell: str) -> str:
    if not re.fullmatch(r"[0-9]{2}", cell):
        raise Unreadable("write the two digits of the si/do code, such as 29, or 99 abroad")
    return cell


def _one_of(
    kinds: type[SpellKind | Contract | FoundThrough | Leaving | Intent],
) -> Callable[[str], object]:
    def read(cell: str) -> object:
        try:
            return kinds(cell)
        except ValueError:
            raise Unreadable(f"write one of {', '.join(kinds)}") from None

    return read


READERS: dict[str, Callable[[str], object]] = {
    "person": _key,
    "cohort": _key,
    "enrolled_on": _date,
    "left_on": _date,
    "leaving": _one_of(Leaving),
    "completed_on": _date,
    "intent": _one_of(Intent),
    "kind": _one_of(SpellKind),
    "valid_from": _date,
    "valid_to": _date,
    "evidence_level": _level,
    "in_field": _yes_or_no,
    "hours": _hours,
    "contract": _one_of(Contract),
    "contract_months": _count,
    "insured": _yes_or_no,
    "subsidised": _yes_or_no,
    "hired_by_academy": _yes_or_no,
    "region": _region,
    "registered": _yes_or_no,
    "sales": _count,
    "income": _count,
    "base_pay": _count,
    "found_through": _one_of(FoundThrough),
}
