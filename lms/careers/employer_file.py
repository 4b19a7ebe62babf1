"""A table of employers and their MOUs: what its columns are called, and what a cell of each says.

A line is an employer and, where it has a day of signing, one of its MOUs. Nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from lms.accounts.models import LOCALES
from lms.careers import words
from lms.careers.models import MouKind, Sector, Size
from lms.careers.registry import registry_number
from lms.cohorts.words import answer
from lms.errors import Invalid
from lms.resident_numbers import ResidentNumberFound, holds_one
from lms.table_files import Columns
from lms.tables import FORMULA_STARTS

EMPLOYERS = Columns(
    ("name", "registry_number", "size", "sector", "region", "mou_kind", "mou_signed_on", "mou_last_day"),
    ("name",),
    {
        "기업명": "name", "회사명": "name", "업체명": "name", "기관명": "name", "상호": "name",
        "company": "name", "employer": "name",
        "사업자등록번호": "registry_number", "사업자번호": "registry_number",
        "business number": "registry_number", "business registration number": "registry_number",
        "기업규모": "size", "규모": "size", "기업구분": "size",
        "업종": "sector", "산업": "sector", "분야": "sector",
        "소재지": "region", "본사소재지": "region", "본사": "region", "지역": "region",
        "협약구분": "mou_kind", "협약내용": "mou_kind", "mou구분": "mou_kind",
        "협약일": "mou_signed_on", "협약체결일": "mou_signed_on", "체결일": "mou_signed_on", "mou체결일": "mou_signed_on",
        "협약만료일": "mou_last_day", "만료일": "mou_last_day", "협약종료일": "mou_last_day", "mou만료일": "mou_last_day",
    },
)  # fmt: skip
DAY = re.compile(r"(\d{4})[-./] ?(\d{1,2})[-./] ?(\d{1,2})\.?", re.ASCII)
LONGEST_NAME = 200


@dataclass(frozen=True)
class MouRow:
    kind: MouKind
    signed_on: date
    last_day: date | None


@dataclass(frozen=True)
class EmployerRow:
    """What a line says; None where it says nothing."""

    line: int
    name: str
    registry_number: str | None
    size: Size | None
    sector: Sector | None
    region: str | None
    mou: MouRow | None


class Wrong(Invalid):
    """A line that cannot be read; `messages` says what is wrong with which cell."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__(" ".join(messages))
        self.messages = messages


class Reader:
    """Reads lines; the words of every language are looked up once."""

    def __init__(self) -> None:
        self.said = {column: _in_all_languages(names) for column, names in NAMES.items()}

    def row(self, line: int, cells: Mapping[str, str]) -> EmployerRow:
        """Raises:
        Wrong
        """
        messages: list[str] = []
        values: dict[str, Any] = dict.fromkeys(EMPLOYERS.names)
        for name, cell in cells.items():
            if not cell:
                continue
            try:
                values[name] = self.value(name, cell)
            except Invalid as refusal:
                messages.append(f"{EMPLOYERS.heading(name)}: {refusal.message}")
        if not cells.get("name"):
            messages.append(_("The name of the employer is missing."))
        if not messages:
            messages = _mou_messages(values)
        if messages:
            raise Wrong(messages)
        signed_on = values["mou_signed_on"]
        mou = MouRow(values["mou_kind"], signed_on, values["mou_last_day"]) if signed_on else None
        return EmployerRow(
            line=line,
            name=values["name"],
            registry_number=values["registry_number"],
            size=values["size"],
            sector=values["sector"],
            region=values["region"],
            mou=mou,
        )

    def value(self, name: str, cell: str) -> Any:
        """Raises:
        Invalid: the message says how the cell is written.
        """
        if name == "registry_number":
            return registry_number(cell)
        if holds_one(cell):
            raise ResidentNumberFound
        if cell.startswith(FORMULA_STARTS):
            raise Invalid(_("It begins like a formula: write its value."))
        if name == "name" and len(cell) > LONGEST_NAME:
            raise Invalid(_("It is too long."))
        if name == "region":
            return answer("region", cell) or _refuse(cell, _("write the region, such as Gwangju or 29."))  # fmt: skip
        if name in self.said:
            found = self.said[name].get(_plain(cell))
            return found or _refuse(cell, _("write one of %(words)s.", words=offered(name)))
        return _day(cell) if name in ("mou_signed_on", "mou_last_day") else cell


NAMES: dict[str, Callable[[], Mapping[Any, str]]] = {
    "size": words.size_names,
    "sector": words.sector_names,
    "mou_kind": words.mou_names,
}


def offered(column: str) -> str:
    """The words that a column takes, in the language of the request."""
    return ", ".join(NAMES[column]().values())


def _in_all_languages(names: Callable[[], Mapping[Any, str]]) -> dict[str, Any]:
    """A word in any language, or our own code -> what it means."""
    found: dict[str, Any] = {}
    for locale in LOCALES:
        with force_locale(locale):
            for value, word in names().items():
                found |= {_plain(word): value, _plain(value.value): value}
    return found


def _plain(word: str) -> str:
    return "".join(word.casefold().split())


def _refuse(cell: str, how: str) -> Any:
    raise Invalid(_("“%(value)s” is not known: %(how)s", value=cell[:40], how=how))


def _day(cell: str) -> date:
    try:
        found = DAY.fullmatch(cell)
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2200:
        return _refuse(cell, _("write a day as 2026-02-28."))  # type: ignore[no-any-return]
    return day


def _mou_messages(values: Mapping[str, Any]) -> list[str]:
    """What does not fit together of an MOU."""
    kind, signed_on, last_day = (
        values["mou_kind"],
        values["mou_signed_on"],
        values["mou_last_day"],
    )
    if signed_on and not kind:
        return [_("There is a day of signing, but not what the MOU is about: write mou_kind.")]
    if (kind or last_day) and not signed_on:
        return [_("There is an MOU without the day it was signed on: write mou_signed_on.")]
    if last_day and last_day < signed_on:
        return [_("The last day of the MOU is before the day it was signed on.")]
    return []
