"""A cohort's people one by one, as known at a moment: the facts that metrics/classifying.py places.

computing.py counts the same people without looking at any of them; who looks at one by one has to be
somebody who may.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lms.cohorts.models import EnrolmentRecord
from lms.db import db
from lms.metrics.facts import Intent, Person
from lms.outcomes.models import IntentAnswer, StatusSpell
from lms.recorded import known


@dataclass(frozen=True)
class Known:
    """An enrolment with its person's facts; `spells` are the rows that `person.spells` are made of."""

    enrolment_id: int
    user_id: int
    person: Person
    spells: tuple[StatusSpell, ...]


def persons(
    cohort_ids: Collection[int],
    *,
    recorded: datetime | None,
    user_ids: Collection[int] | None = None,
) -> list[Known]:
    """Everybody of these cohorts, or only some people (by id); three queries.

    recorded: as known at this moment; None: as known now.
    """
    found = (
        select(EnrolmentRecord)
        .where(EnrolmentRecord.cohort_id.in_(cohort_ids), known(EnrolmentRecord, recorded))
        .order_by(EnrolmentRecord.enrolment_id)
    )
    if user_ids is not None:
        found = found.where(EnrolmentRecord.user_id.in_(user_ids))
    records = db.session.scalars(found).all()
    spells = _spells({record.user_id for record in records}, recorded)
    intents = _intents([record.enrolment_id for record in records], recorded)
    return [
        _known(record, tuple(spells.get(record.user_id, ())), intents.get(record.enrolment_id))
        for record in records
    ]


def _known(
    record: EnrolmentRecord, spells: tuple[StatusSpell, ...], intent: Intent | None
) -> Known:
    person = Person(
        key=str(record.enrolment_id),
        cohort=str(record.cohort_id),
        enrolled_on=record.enrolled_on,
        left_on=record.left_on,
        leaving=record.leaving,
        completed_on=record.completed_on,
        intent=intent,
        spells=tuple(spell.as_spell for spell in spells),
    )
    return Known(record.enrolment_id, record.user_id, person, spells)


def _spells(user_ids: Collection[int], recorded: datetime | None) -> dict[int, list[StatusSpell]]:
    found: dict[int, list[StatusSpell]] = {}
    for spell in db.session.scalars(
        select(StatusSpell)
        .where(StatusSpell.user_id.in_(user_ids), known(StatusSpell, recorded))
        .order_by(StatusSpell.id)
    ):
        found.setdefault(spell.user_id, []).append(spell)
    return found


def _intents(enrolment_ids: Sequence[int], recorded: datetime | None) -> dict[int, Intent]:
    rows = db.session.execute(
        select(IntentAnswer.enrolment_id, IntentAnswer.answer).where(
            IntentAnswer.enrolment_id.in_(enrolment_ids), known(IntentAnswer, recorded)
        )
    )
    return dict(rows.all())
