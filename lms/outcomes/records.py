"""A person's record: spells with what they were before, the evidence for them, intents, disputes.

A spell that was corrected keeps its evidence: it belongs to the whole line of rows that superseded
each other, of which at most the last is live.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from lms.accounts.models import User
from lms.accounts.queries import users
from lms.careers.models import Employer
from lms.cohorts import attendance
from lms.cohorts.attendance import Attendance, Attended
from lms.cohorts.models import Applicant, Cohort, Enrolment
from lms.cohorts.queries import enrolments, roster
from lms.db import db
from lms.metrics.facts import Spell, SpellKind
from lms.outcomes.models import (
    Dispute,
    Evidence,
    IntentAnswer,
    SpellWithdrawal,
    StatusSpell,
)
from lms.recorded import holds, known


@dataclass(frozen=True)
class SpellLine:
    """One spell as it stands and as it stood before, the latest first."""

    rows: Sequence[StatusSpell]
    evidence: Sequence[Evidence]
    withdrawal: SpellWithdrawal | None

    @property
    def spell(self) -> StatusSpell:
        return self.rows[0]

    @property
    def is_live(self) -> bool:
        return self.spell.superseded_at is None

    @property
    def level(self) -> int:
        """What the evidence comes to: evidence that supports it lifts what the spell was recorded with."""
        accepted = [item.level for item in self.evidence if item.supports]
        return max([self.rows[-1].evidence_level, *accepted])


@dataclass(frozen=True)
class Record:
    """All that the academy has recorded about what became of a person."""

    person: User
    lines: Sequence[SpellLine]
    enrolments: Sequence[Enrolment]
    intents: Sequence[IntentAnswer]
    disputes: Sequence[Dispute]
    applicants: Sequence[Applicant]
    attendance: Sequence[Attendance]

    @property
    def live(self) -> list[SpellLine]:
        return [line for line in self.lines if line.is_live]

    @property
    def withdrawn(self) -> list[SpellLine]:
        return [line for line in self.lines if not line.is_live]

    @property
    def open_disputes(self) -> list[Dispute]:
        return [dispute for dispute in self.disputes if dispute.answer is None]

    def line_of(self, spell_id: int | None) -> SpellLine | None:
        return next(
            (line for line in self.lines if any(row.id == spell_id for row in line.rows)), None
        )

    def intent(self, enrolment: Enrolment) -> IntentAnswer | None:
        """The answer that counts now."""
        mine = (answer for answer in self.intents if answer.enrolment_id == enrolment.id)
        return next((answer for answer in mine if answer.superseded_at is None), None)

    def applicant(self, enrolment: Enrolment) -> Applicant | None:
        """What is known now of what was asked when they applied for this cohort."""
        mine = (row for row in self.applicants if row.application_id == enrolment.application_id)
        return next((row for row in mine if row.superseded_at is None), None)

    def attended(self, enrolment: Enrolment) -> Attended | None:
        """The days of all months, as known now."""
        mine = [
            row
            for row in self.attendance
            if row.enrolment_id == enrolment.id and row.superseded_at is None
        ]
        if not mine:
            return None
        return Attended(
            len(mine), sum(row.days_held for row in mine), sum(row.days_attended for row in mine)
        )

    @cached_property
    def names(self) -> dict[int | None, str]:
        """The name of everybody who recorded, checked or answered something here, by their id."""
        ids = {row.recorded_by_id for line in self.lines for row in line.rows}
        ids |= {item.recorded_by_id for line in self.lines for item in line.evidence}
        ids |= {
            check.by_id for line in self.lines for item in line.evidence for check in item.checks
        }
        ids |= {line.withdrawal.by_id for line in self.lines if line.withdrawal}
        ids |= {dispute.answer.by_id for dispute in self.disputes if dispute.answer}
        ids |= {answer.recorded_by_id for answer in self.intents}
        return {key: person.name for key, person in users([key for key in ids if key]).items()}


def record_of(person: User) -> Record:
    """The same number of queries however long the record is."""
    spells = db.session.scalars(
        select(StatusSpell)
        .where(StatusSpell.user_id == person.id)
        .options(
            selectinload(StatusSpell.evidence).options(
                selectinload(Evidence.checks), joinedload(Evidence.destroyed)
            ),
            joinedload(StatusSpell.employer).joinedload(Employer.record),
            joinedload(StatusSpell.venture).joinedload(Employer.record),
        )
        .order_by(StatusSpell.valid_from.desc(), StatusSpell.id.desc())
    ).all()
    withdrawals = {
        found.spell_id: found
        for found in db.session.scalars(
            select(SpellWithdrawal)
            .join(StatusSpell, StatusSpell.id == SpellWithdrawal.spell_id)
            .where(StatusSpell.user_id == person.id)
        )
    }
    intents = db.session.scalars(
        select(IntentAnswer)
        .join(IntentAnswer.enrolment)
        .where(Enrolment.user_id == person.id)
        .order_by(IntentAnswer.id.desc())
    ).all()
    disputes = db.session.scalars(
        select(Dispute)
        .where(Dispute.user_id == person.id)
        .options(joinedload(Dispute.answer))
        .order_by(Dispute.id.desc())
    ).all()
    applicants = db.session.scalars(
        select(Applicant)
        .join(Enrolment, Enrolment.application_id == Applicant.application_id)
        .where(Enrolment.user_id == person.id)
        .order_by(Applicant.id.desc())
    ).all()
    lines = _lines(spells, withdrawals)
    return Record(
        person,
        lines,
        enrolments(person),
        intents,
        disputes,
        applicants,
        attendance.of_person(person),
    )


def _lines(
    spells: Sequence[StatusSpell], withdrawals: dict[int, SpellWithdrawal]
) -> list[SpellLine]:
    by_id = {spell.id: spell for spell in spells}
    followed = {spell.supersedes_id for spell in spells}
    lines = []
    for last in (spell for spell in spells if spell.id not in followed):
        rows, row = [last], last
        while row.supersedes_id is not None:
            row = by_id[row.supersedes_id]
            rows.append(row)
        evidence = sorted((item for row in rows for item in row.evidence), key=lambda item: item.id)
        lines.append(SpellLine(rows, evidence, withdrawals.get(last.id)))
    return lines


def spell_of(person: User, number: int) -> StatusSpell | None:
    """A spell of this person; nobody else's, whatever the number."""
    return db.session.scalar(
        select(StatusSpell).where(StatusSpell.id == number, StatusSpell.user_id == person.id)
    )


def evidence_of(person: User, number: int) -> Evidence | None:
    return db.session.scalar(
        select(Evidence)
        .join(Evidence.spell)
        .where(Evidence.id == number, StatusSpell.user_id == person.id)
        .options(joinedload(Evidence.spell), selectinload(Evidence.checks))
    )


def dispute_of(person: User, number: int) -> Dispute | None:
    return db.session.scalar(
        select(Dispute).where(Dispute.id == number, Dispute.user_id == person.id)
    )


def enrolment_of(person: User, number: int) -> Enrolment | None:
    return db.session.scalar(
        select(Enrolment)
        .where(Enrolment.id == number, Enrolment.user_id == person.id)
        .options(joinedload(Enrolment.cohort))
    )


def live_spells(user_ids: Sequence[int]) -> Sequence[StatusSpell]:
    return db.session.scalars(
        select(StatusSpell)
        .where(StatusSpell.user_id.in_(user_ids), known(StatusSpell))
        .order_by(StatusSpell.user_id, StatusSpell.valid_from, StatusSpell.id)
    ).all()


def clashes(spell: StatusSpell) -> Sequence[StatusSpell]:
    """Live spells of the same person and exclusive group that overlap with it in time."""
    return [
        other
        for other in live_spells([spell.user_id])
        if other is not spell and exclude_each_other(other, spell)
    ]


def exclude_each_other(one: StatusSpell | Spell, other: StatusSpell | Spell) -> bool:
    """What the table's exclusion constraint forbids two live spells of a person to do."""
    return (
        StatusSpell.group_of(one.kind) == StatusSpell.group_of(other.kind)
        and one.valid_from < (other.valid_to or date.max)
        and other.valid_from < (one.valid_to or date.max)
    )


def people(
    cohort: Cohort, *, on: date, kind: SpellKind | None = None, completers: bool = False
) -> Select[Enrolment]:
    """A cohort's people by student number; with a kind, those of that status on the day.

    Unknown are those without any other status, as in the report.
    """
    query = roster(cohort)
    if completers:
        query = query.where(Enrolment.completed_on <= on)
    if kind is None:
        return query
    status = select(StatusSpell.id).where(
        StatusSpell.user_id == Enrolment.user_id, holds(StatusSpell, on), known(StatusSpell)
    )
    if kind is SpellKind.UNKNOWN:
        return query.where(~status.where(StatusSpell.kind != SpellKind.UNKNOWN).exists())
    return query.where(status.where(StatusSpell.kind == kind).exists())


def statuses(user_ids: Sequence[int], *, on: date) -> dict[int, list[StatusSpell]]:
    """What each person (by id) is on a day, as known now; one query."""
    found: dict[int, list[StatusSpell]] = {user_id: [] for user_id in user_ids}
    for spell in db.session.scalars(
        select(StatusSpell)
        .where(StatusSpell.user_id.in_(user_ids), holds(StatusSpell, on), known(StatusSpell))
        .order_by(StatusSpell.exclusive_group, StatusSpell.id)
    ):
        found[spell.user_id].append(spell)
    return found


def disputed(user_ids: Sequence[int]) -> set[int]:
    """Who of these people waits for an answer to a dispute."""
    return set(
        db.session.scalars(
            select(Dispute.user_id).where(Dispute.user_id.in_(user_ids), ~Dispute.answer.has())
        )
    )
