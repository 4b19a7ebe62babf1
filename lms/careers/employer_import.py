"""Employers and MOUs come in from a table: planned first, then written whole or not at all.

An employer is known by its business registration number, else by its name in any spelling. What the
registry says already stays; what it does not say yet is filled in by a correction. The same table twice
writes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from lms import audit
from lms.accounts.models import User
from lms.careers import actions, queries, recording
from lms.careers.choosing import MOST_NAMED, Entry, Registry
from lms.careers.employer_file import EMPLOYERS, EmployerRow, MouRow, Reader, Wrong
from lms.careers.models import Employer, EmployerRecord, Mou, MouKind, Site, SiteKind
from lms.cohorts.forms import RowError
from lms.db import db
from lms.recorded import known
from lms.table_files import Line

FACTS = ("registry_number", "size", "sector", "region")
MOST_LINES = 1_000


@dataclass
class PlannedEmployer:
    """A firm of the table: of the registry (`firm_id`), or new. `fills` is what is not recorded yet."""

    line: int
    name: str
    said: dict[str, Any]
    firm_id: int | None
    fills: dict[str, Any] = field(default_factory=dict)
    mous: list[MouRow] = field(default_factory=list)

    @property
    def change(self) -> str:
        if self.firm_id is None:
            return "new"
        return "filled" if self.fills else "unchanged"


@dataclass
class EmployersPlan:
    """What an import would write (`employers` with their new MOUs), or what stands in its way.

    known_mous: how many MOUs of the table are recorded already; notes: what stays as it is recorded.
    """

    employers: list[PlannedEmployer] = field(default_factory=list)
    known_mous: int = 0
    errors: list[RowError] = field(default_factory=list)
    conflicts: list[RowError] = field(default_factory=list)
    notes: list[RowError] = field(default_factory=list)

    def count(self, change: str) -> int:
        return sum(row.change == change for row in self.employers)

    @property
    def mous(self) -> int:
        return sum(len(row.mous) for row in self.employers)

    @property
    def obstacles(self) -> list[RowError]:
        return sorted([*self.errors, *self.conflicts])

    @property
    def writes(self) -> bool:
        return bool(self.count("new") or self.count("filled") or self.mous)


def plan_employers(lines: Sequence[Line]) -> EmployersPlan:
    """What importing the lines (EMPLOYERS.ordered: our columns, a heading first) would change.

    Four queries, whatever the table's length.
    """
    planning = _Planning()
    if len(lines) > MOST_LINES + 1:
        message = _("A file may hold %(n)s lines: divide it.", n=MOST_LINES)
        planning.plan.errors.append(RowError(lines[MOST_LINES + 1].number, message))
        return planning.plan
    reader = Reader()
    for line in lines[1:]:
        try:
            row = reader.row(line.number, dict(zip(EMPLOYERS.names, line.cells, strict=True)))
        except Wrong as wrong:
            planning.plan.errors += [RowError(line.number, text) for text in wrong.messages]
        else:
            planning.take(row)
    return planning.plan


class _Planning:
    def __init__(self) -> None:
        self.plan = EmployersPlan()
        self.registry = Registry()
        self.firms: dict[int, PlannedEmployer] = {}  # new ones under numbers below zero
        firm = queries.firms()
        self.records = {
            row.employer_id: row
            for row in db.session.scalars(select(EmployerRecord).where(known(EmployerRecord)))
        }
        offices = select(firm.c.firm_id, Site.region).join(
            Site, Site.employer_id == firm.c.employer_id
        )
        office = offices.where(known(Site), Site.kind == SiteKind.HEAD_OFFICE).order_by(
            Site.valid_from
        )
        self.offices: dict[int, str] = {
            row.firm_id: row.region for row in db.session.execute(office)
        }
        mous = select(firm.c.firm_id, Mou).join(Mou, Mou.employer_id == firm.c.employer_id)
        self.mous: dict[tuple[int, MouKind, date], date | None] = {
            (firm_id, mou.kind, mou.valid_from): mou.valid_to
            for firm_id, mou in db.session.execute(mous.where(known(Mou)))
        }  # fmt: skip

    def conflict(self, line: int, message: str) -> None:
        self.plan.conflicts.append(RowError(line, message))

    def take(self, row: EmployerRow) -> None:
        key = self.firm(row)
        if key is None:
            return
        if key not in self.firms:
            self.firms[key] = PlannedEmployer(row.line, row.name, {}, key if key > 0 else None)
            self.plan.employers.append(self.firms[key])
        planned = self.firms[key]
        for name in FACTS:
            if (value := getattr(row, name)) is None:
                continue
            if planned.said.setdefault(name, value) != value:
                self.conflict(row.line, _("Line %(n)s says something else about this employer (%(column)s).",
                                          n=planned.line, column=EMPLOYERS.heading(name)))  # fmt: skip
            elif planned.firm_id is not None:
                self.fill(row.line, planned, name, value)
        if row.mou:
            self.sign(row.line, key, planned, row.mou)

    def firm(self, row: EmployerRow) -> int | None:
        """Which firm the line is about: of the registry, of a line before, or a new one."""
        named = self.registry.named(row.name)
        if row.registry_number and (entry := self.registry.by_number.get(row.registry_number)):
            if named and entry.firm_id not in {one.firm_id for one in named}:
                self.conflict(
                    row.line,
                    _("The business registration number is that of “%(one)s”, but the name that of “%(other)s”.",
                      one=entry.name, other=named[0].label),
                )  # fmt: skip
                return None
            if not named and entry.firm_id not in self.firms:
                self.note(row.line, _("This number is recorded as “%(name)s”; the name stays.", name=entry.name))  # fmt: skip
            return entry.firm_id
        if row.registry_number:  # another of the same name has another number
            others, named = named, [one for one in named if not one.number]
            if others and not named:
                self.note(row.line, _("Another employer of this name has another number (%(name)s): this one is recorded beside it.", name=others[0].label))  # fmt: skip
        if len(named) > 1:
            labels = ", ".join(one.label for one in named[:MOST_NAMED])
            self.conflict(row.line, _("Several employers are called so: write the business registration number (%(names)s).", names=labels))  # fmt: skip
            return None
        key = named[0].firm_id if named else -len(self.plan.employers) - 1
        if row.registry_number or not named:
            self.registry.add(Entry(key, row.name, row.registry_number, own=True))
        return key

    def fill(self, line: int, planned: PlannedEmployer, name: str, value: Any) -> None:
        assert planned.firm_id is not None
        record = self.records[planned.firm_id]
        before = self.offices.get(planned.firm_id) if name == "region" else getattr(record, name)
        if before is None:
            planned.fills[name] = value
        elif before != value:
            self.note(line, _("%(column)s is recorded otherwise, and that stays.", column=EMPLOYERS.heading(name)))  # fmt: skip

    def note(self, line: int, message: str) -> None:
        if RowError(line, message) not in self.plan.notes:
            self.plan.notes.append(RowError(line, message))

    def sign(self, line: int, key: int, planned: PlannedEmployer, mou: MouRow) -> None:
        ends = _first_day_after(mou)
        place = (key, mou.kind, mou.signed_on)
        if place not in self.mous:
            self.mous[place] = ends
            planned.mous.append(mou)
        elif self.mous[place] == ends:
            self.plan.known_mous += 1
        else:
            self.conflict(line, _("This MOU has another last day: in the registry, or in a line before."))  # fmt: skip


def _first_day_after(mou: MouRow) -> date | None:
    return mou.last_day + timedelta(days=1) if mou.last_day else None


def import_employers(plan: EmployersPlan, *, source: str, by: User) -> None:
    """Carry a plan without obstacles out, whole.

    Raises:
        ValueError: the plan has obstacles.
        NoLongerLive: somebody recorded something in its way since it was planned.
    """
    if plan.obstacles:
        raise ValueError("a table with obstacles is not imported")
    for planned in plan.employers:
        if planned.firm_id is None:
            facts = dict.fromkeys(FACTS) | planned.said
            employer = actions.enter_employer(name=planned.name, **facts, by=by)
        else:
            employer = db.session.get_one(Employer, planned.firm_id)
            _fill(employer, planned.fills, source=source, by=by)
        for mou in planned.mous:
            actions.sign_mou(
                employer, kind=mou.kind, on=mou.signed_on, until=_first_day_after(mou), by=by
            )
    audit.record(
        "employers-imported", by=by, new=plan.count("new"), filled=plan.count("filled"),
        unchanged=plan.count("unchanged"), mous=plan.mous,
    )  # fmt: skip


def _fill(employer: Employer, fills: dict[str, Any], *, source: str, by: User) -> None:
    """What was not recorded yet is: by a correction that says where from."""
    columns = {name: value for name, value in fills.items() if name != "region"}
    if columns:
        name = employer.record.name
        recording.succeed(employer.record, by=by, reason=source, **columns)
        db.session.expire(employer, ["record"])
        audit.record("employer-corrected", employer, by=by, before=name, name=name)
    if region := fills.get("region"):
        actions.place_head_office(employer, region=region, by=by)
