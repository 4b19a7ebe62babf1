"""Outcomes come in from a table: planned first, then written whole or not at all.

A line that says what is recorded already changes nothing, so the same file twice writes nothing the
second time. What contradicts the record is never written over it: it is told, line by line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from lms import audit
from lms.accounts.models import User
from lms.cohorts.actions import record_completions, record_leaving
from lms.cohorts.forms import RowError
from lms.cohorts.models import Cohort, Enrolment, Standing
from lms.db import db
from lms.metrics.facts import Intent, Leaving, Spell, SpellKind
from lms.metrics.facts_file import COLUMNS, PERSON, SPELL
from lms.outcomes import records
from lms.outcomes.actions import Overlap, record_intent
from lms.outcomes.facts_values import Values, read_values
from lms.outcomes.models import IntentAnswer, StatusSpell
from lms.outcomes.words import leaving_names, spell_name
from lms.recorded import known
from lms.table_files import Line


class FactsChange(StrEnum):
    NEW = "new"
    UNCHANGED = "unchanged"


@dataclass
class PersonChange:
    """What a file says about an enrolment that is not recorded yet."""

    enrolled_on: date | None = None
    left_on: date | None = None
    leaving: Leaving | None = None
    completed_on: date | None = None
    intent: Intent | None = None

    def __bool__(self) -> bool:
        return any(value is not None for value in asdict(self).values())


@dataclass
class FactsPlan:
    """What an import would write, or what stands in its way.

    errors: what cannot be read or cannot be; conflicts: what contradicts the record or the file.
    notes: what is left as it is.
    """

    spells: list[tuple[int, Enrolment, Spell, FactsChange]] = field(default_factory=list)
    people: dict[int, PersonChange] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    conflicts: list[RowError] = field(default_factory=list)
    notes: list[RowError] = field(default_factory=list)
    enrolments: dict[int, Enrolment] = field(default_factory=dict)

    def count(self, change: FactsChange | str) -> int:
        return sum(1 for _line, _who, _spell, found in self.spells if found == change)

    @property
    def changed_people(self) -> dict[int, PersonChange]:
        return {key: change for key, change in self.people.items() if change}

    @property
    def obstacles(self) -> list[RowError]:
        return sorted([*self.errors, *self.conflicts])

    @property
    def writes(self) -> bool:
        return bool(self.count(FactsChange.NEW) or self.changed_people)


def plan_facts(cohort: Cohort, lines: Sequence[Line]) -> FactsPlan:
    """What importing the lines (FACTS.ordered: our columns, a heading first) would change.

    Three queries, whatever the file's length.
    """
    return _Planning(cohort).plan(lines)


class _Planning:
    def __init__(self, cohort: Cohort) -> None:
        self.cohort = cohort
        rows = db.session.scalars(
            select(Enrolment)
            .where(Enrolment.cohort_id == cohort.id)
            .options(joinedload(Enrolment.user), joinedload(Enrolment.cohort))
        ).all()
        self.enrolments = {row.student_number: row for row in rows}
        self.spells: dict[int, list[StatusSpell]] = {row.user_id: [] for row in rows}
        for spell in records.live_spells(list(self.spells)):
            self.spells[spell.user_id].append(spell)
        answers = select(IntentAnswer).where(
            IntentAnswer.enrolment_id.in_([row.id for row in rows]), known(IntentAnswer)
        )
        self.intents = {row.enrolment_id: row.answer for row in db.session.scalars(answers)}
        self.read: dict[int, list[tuple[int, Spell]]] = {row.id: [] for row in rows}
        self.said: dict[int, tuple[int, Values]] = {}
        self.result = FactsPlan(enrolments={row.id: row for row in rows})

    def plan(self, lines: Sequence[Line]) -> FactsPlan:
        for line in lines[1:]:
            cells = dict(zip(COLUMNS, line.cells, strict=True))
            values, mistakes = read_values(cells)
            self.result.errors += [RowError(line.number, message) for message in mistakes]
            if mistakes:
                continue
            if (enrolment := self.enrolment(line.number, values)) is None:
                continue
            self.person(line.number, enrolment, values)
            if spell := self.spell(line.number, values):
                self.place(line.number, enrolment, spell)
        return self.result

    def wrong(self, line: int, message: str) -> None:
        self.result.errors.append(RowError(line, message))

    def conflict(self, line: int, message: str) -> None:
        self.result.conflicts.append(RowError(line, message))

    def enrolment(self, line: int, values: Values) -> Enrolment | None:
        number = values.get("person")
        found = self.enrolments.get(number or "")
        if not number:
            self.wrong(line, _("The student number (person) is missing."))
        elif found is None:
            self.wrong(line, _("Nobody in this cohort has the student number %(n)s.", n=number))
        named = "".join(sign for sign in values.get("cohort", "") if sign.isdecimal())
        if named and int(named[:9]) != self.cohort.number:
            self.wrong(line, _("This line is about another cohort: %(cohort)s.", cohort=values["cohort"]))  # fmt: skip
            return None
        return found

    def person(self, line: int, enrolment: Enrolment, values: Values) -> None:
        """What the line says about the enrolment; every line of a person must say the same."""
        said = {name: values[name] for name in PERSON[2:] if name in values}
        first_line, first = self.said.setdefault(enrolment.id, (line, said))
        if first != said:
            self.conflict(line, _("Line %(n)s says something else about this enrolment.", n=first_line))  # fmt: skip
        if first_line != line:
            return
        change = self.result.people[enrolment.id] = PersonChange()
        if "left_on" in said and "completed_on" in said:
            self.wrong(line, _("Somebody either left or completed: empty one of the two days."))
            return
        if "leaving" in said and "left_on" not in said:
            self.wrong(line, _("There is a reason for leaving, but no day: write left_on."))
            return
        self.enrolled(line, enrolment, said, change)
        self.ended(line, enrolment, said, change)
        intent = self.intents.get(enrolment.id)
        if intent is None:
            change.intent = said.get("intent")
        elif said.get("intent", intent) != intent:
            self.conflict(line, _("Another intent is recorded (%(intent)s), and it is locked.", intent=intent.value))  # fmt: skip

    def enrolled(self, line: int, enrolment: Enrolment, said: Values, change: PersonChange) -> None:
        """An earlier first day is taken while nothing else is recorded of the enrolment: a roster of
        the past is imported today. Otherwise the roster's day stays."""
        day = said.get("enrolled_on", enrolment.enrolled_on)
        if day == enrolment.enrolled_on:
            return
        if enrolment.standing is Standing.TAKING_PART and day < enrolment.enrolled_on:
            change.enrolled_on = day
            return
        message = _(
            "The roster says enrolled on %(day)s, and that stays.", day=enrolment.enrolled_on
        )
        self.result.notes.append(RowError(line, message))

    def ended(self, line: int, enrolment: Enrolment, said: Values, change: PersonChange) -> None:
        recorded = {"left_on": enrolment.left_on, "completed_on": enrolment.completed_on}
        for name, before in recorded.items():
            if (day := said.get(name)) in (None, before):
                continue
            if day < (change.enrolled_on or enrolment.enrolled_on):
                self.conflict(line, _("%(column)s is before the first day of the enrolment.", column=name))  # fmt: skip
            elif enrolment.standing is not Standing.TAKING_PART:
                ended = enrolment.left_on or enrolment.completed_on
                self.conflict(line, _("The roster says that the enrolment ended on %(day)s.", day=ended))  # fmt: skip
            elif name == "left_on":
                change.left_on, change.leaving = day, said.get("leaving")
            else:
                change.completed_on = day

    def spell(self, line: int, values: Values) -> Spell | None:
        said = {name: values[name] for name in SPELL if name in values}
        if "kind" not in said:
            if said:
                self.wrong(
                    line, _("kind is empty, but there is more about a status: write its kind.")
                )
            return None
        if "valid_from" not in said:
            self.wrong(line, _("valid_from is missing: write the first day."))
            return None
        if said.get("valid_to", date.max) <= said["valid_from"]:
            self.wrong(line, _("valid_to is not after valid_from: write the first day on which it is no longer so."))  # fmt: skip
            return None
        if "found_through" in said and said["kind"] is not SpellKind.EMPLOYEE:
            self.wrong(line, _("found_through is how a job was found: only an employee has one."))
            return None
        return Spell(**said)

    def place(self, line: int, enrolment: Enrolment, spell: Spell) -> None:
        """New, known already, or in the way of something."""
        earlier = self.read[enrolment.id]
        change = FactsChange.NEW
        if any(row.as_spell == spell for row in self.spells[enrolment.user_id]) or any(
            other == spell for _line, other in earlier
        ):
            change = FactsChange.UNCHANGED
        else:
            for row in self.spells[enrolment.user_id]:
                if records.exclude_each_other(row, spell):
                    self.conflict(line, _("This overlaps with “%(spell)s”, which is recorded already.", spell=spell_name(row)))  # fmt: skip
                    return
            for other_line, other in earlier:
                if records.exclude_each_other(other, spell):
                    self.conflict(line, _("This overlaps with line %(n)s.", n=other_line))
                    return
        earlier.append((line, spell))
        self.result.spells.append((line, enrolment, spell, change))


def import_facts(cohort: Cohort, plan: FactsPlan, *, source: str, by: User | None) -> None:
    """Carry a plan without obstacles out, whole.

    Raises:
        ValueError: the plan has obstacles.
        Overlap: somebody recorded something in its way since it was planned.
    """
    if plan.obstacles:
        raise ValueError("a table with obstacles is not imported")
    if not plan.writes:
        return
    for key, change in plan.changed_people.items():
        _change_person(plan.enrolments[key], change, by=by)
    rows = [
        StatusSpell(
            user_id=enrolment.user_id,
            source=source,
            recorded_by_id=by.id if by else None,
            **asdict(spell),
        )
        for _line, enrolment, spell, change in plan.spells
        if change is FactsChange.NEW
    ]
    try:
        with db.session.begin_nested():
            db.session.add_all(rows)
    except IntegrityError as error:
        if "ex_status_spell_live_overlap" not in str(error.orig):
            raise
        raise Overlap(next(found[0] for row in rows if (found := records.clashes(row)))) from error
    audit.record(
        "outcomes-imported", cohort, by=by, new=len(rows), unchanged=plan.count("unchanged"),
        people=len(plan.changed_people),
    )  # fmt: skip


def _change_person(enrolment: Enrolment, change: PersonChange, *, by: User | None) -> None:
    if change.enrolled_on:
        audit.record("enrolment-corrected", enrolment, by=by, before=enrolment.enrolled_on.isoformat(), after=change.enrolled_on.isoformat())  # fmt: skip
        enrolment.enrolled_on = change.enrolled_on
    if change.intent:
        record_intent(enrolment, change.intent, reason=_("Imported"), by=by)
    if change.left_on:
        why = leaving_names()[change.leaving] if change.leaving else ""
        record_leaving(enrolment, on=change.left_on, reason=why, by=by)
        enrolment.leaving = change.leaving
    if change.completed_on:
        record_completions([enrolment], on=change.completed_on, by=by)
