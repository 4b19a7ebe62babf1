"""Employers by what people type: a name in any of its spellings, or a business registration number."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from lms.careers.models import Employer, EmployerRecord
from lms.careers.registry import written
from lms.db import db
from lms.errors import Invalid
from lms.recorded import known

# Legal forms, which stand before or after a name and which people leave out.
FORM = r"(?:\((?:주|유)\)|주식회사|유한책임회사|유한회사)"
AROUND = re.compile(rf"^{FORM}|{FORM}$")
NUMBER = re.compile(r"\d{3}-?\d{2}-?\d{5}")
MOST_NAMED = 5  # in a message


def normalised(name: str) -> str:
    """A name as it is compared: without its legal form, spaces and dots, and whatever its case and width."""
    bare = re.sub(r"[\s.,·]", "", unicodedata.normalize("NFKC", name).casefold())
    return AROUND.sub("", bare) or bare


@dataclass(frozen=True)
class Entry:
    """A name in the registry and the firm it stands for, which may be called otherwise now."""

    firm_id: int
    name: str
    number: str | None
    own: bool  # the firm's own name, not that of a duplicate

    @property
    def label(self) -> str:
        """What people choose by: unique as far as the registry can tell employers apart."""
        return f"{self.name} ({written(self.number)})" if self.number else self.name


class Registry:
    """Every name that is known now; one query, whatever is looked up in it then."""

    def __init__(self) -> None:
        rows = db.session.execute(
            select(
                EmployerRecord.employer_id, EmployerRecord.same_as_id, EmployerRecord.name,
                EmployerRecord.registry_number,
            )
            .where(known(EmployerRecord))
            .order_by(EmployerRecord.name, EmployerRecord.id)
        )  # fmt: skip
        self.entries = [
            Entry(same_as or key, name, number, own=same_as is None)
            for key, same_as, name, number in rows
        ]
        self.by_name: dict[str, dict[int, Entry]] = defaultdict(dict)
        self.by_number: dict[str, Entry] = {}
        for entry in sorted(self.entries, key=lambda entry: entry.own):
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Know this name too; a firm's own goes before that of its duplicate."""
        self.by_name[normalised(entry.name)][entry.firm_id] = entry
        if entry.number:
            self.by_number[entry.number] = entry

    @property
    def firms(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.own]

    def named(self, text: str) -> list[Entry]:
        """The firms that are called so, each once."""
        return list(self.by_name.get(normalised(text), {}).values())

    def meant(self, text: str) -> list[Entry]:
        """The firms that a label, a name or a number may mean; a number means one at most."""
        if numbers := NUMBER.findall(text):
            entry = self.by_number.get(numbers[-1].replace("-", ""))
            return [entry] if entry else []
        return self.named(text)

    def holding(self, text: str) -> list[Entry]:
        """Firms whose name holds the text or is held by it."""
        word = normalised(text)
        return [
            entry
            for entry in self.firms
            if len(word) > 1 and (word in (name := normalised(entry.name)) or name in word)
        ]


class NotInRegistry(Invalid):
    def __init__(self, text: str, near: list[Entry]) -> None:
        message = _("No employer in the registry is called “%(text)s”.", text=text[:80])
        if near:
            names = ", ".join(entry.label for entry in near[:MOST_NAMED])
            message += " " + _("Do you mean one of these? %(names)s", names=names)
        else:
            message += " " + _("Look at the spelling, or add it to the registry as a new employer.")
        super().__init__(message)


class SeveralCalledSo(Invalid):
    def __init__(self, found: list[Entry]) -> None:
        names = ", ".join(entry.label for entry in found[:MOST_NAMED])
        super().__init__(
            _("Several employers are called so. Write the whole of one of these: %(names)s", names=names)
        )  # fmt: skip


def employer_meant(text: str) -> Employer:
    """The firm that somebody typed or chose from the list.

    Raises:
        NotInRegistry, SeveralCalledSo
    """
    registry = Registry()
    found = registry.meant(text)
    if len(found) > 1:
        found = [entry for entry in found if entry.label == text.strip()] or found
    if not found:
        raise NotInRegistry(text.strip(), registry.holding(text))
    if len(found) > 1:
        raise SeveralCalledSo(found)
    return db.session.get_one(Employer, found[0].firm_id)


def label(employer: Employer) -> str:
    """How `employer_meant` finds it again."""
    record = employer.record
    return Entry(employer.id, record.name, record.registry_number, own=True).label
