"""Facts as columns of numbers, as they were known at a moment.

The database packs each column of all rows into one value that numpy reads as it lies, so of a million
people no row becomes a Python object. Such a value holds 1 GB: the spells of thirty million people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    Float,
    LargeBinary,
    and_,
    any_,
    case,
    cast,
    func,
    literal,
    select,
    true,
)

from lms.cohorts.models import Cohort, EnrolmentRecord
from lms.db import db
from lms.outcomes.contents import Contents
from lms.outcomes.models import IntentAnswer, StatusSpell
from lms.recorded import known

Columns = dict[str, NDArray[Any]]
Ids = NDArray[np.int64]
Positions = NDArray[np.intp]
Sent = tuple[ColumnElement[bytes], str]  # the value as the database sends it, and as numpy calls that


def _whole(column: ColumnElement[Any]) -> Sent:
    return func.int8send(cast(column, BigInteger)), "i8"


def _real(column: ColumnElement[Any]) -> Sent:
    """NaN where it is not known."""
    return func.float8send(func.coalesce(cast(column, Float), literal("NaN", Float))), "f8"


def _day(column: ColumnElement[Any]) -> Sent:
    """As days.py counts them; one that is not known is later than all."""
    return func.date_send(func.coalesce(column, cast(literal("infinity"), Date))), "i4"


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is known at a moment, of some cohorts, as far as metrics can tell it apart."""

    cohorts: Sequence[int]
    valid_on: date
    recorded: datetime | None

    def people(self, contents: Contents) -> Columns:
        """Enrolments: cohort, user, enrolment, enrolled_on, ended_on; content: as seen on the day."""
        record = EnrolmentRecord
        ended_on = func.coalesce(record.completed_on, record.left_on)
        ended = and_(record.enrolled_on <= self.valid_on, ended_on <= self.valid_on)
        seen: dict[str, ColumnElement[Any]] = {
            "enrolled_on": record.enrolled_on,
            "completed_on": case((ended, record.completed_on)),
            "left_on": case((ended, record.left_on)),
            "leaving": case((ended, record.leaving)),
        }
        return self._read(
            record,
            record.enrolment_id,
            cohort=_whole(record.cohort_id),
            user=_whole(record.user_id),
            enrolment=_whole(record.enrolment_id),
            enrolled_on=_day(record.enrolled_on),
            ended_on=_day(ended_on),
            content=_whole(contents.column(seen)),
        )

    def intents(self, contents: Contents) -> Columns:
        """Answers: enrolment, content."""
        return self._read(
            IntentAnswer,
            IntentAnswer.enrolment_id,
            enrolment=_whole(IntentAnswer.enrolment_id),
            content=_whole(contents.column({"intent": IntentAnswer.answer})),
        )

    def spells(self, contents: Contents, measured: Sequence[str]) -> Columns:
        """Spells that had begun: user, valid_from, valid_to, content, and what is measured."""
        spell = StatusSpell
        return self._read(
            spell,
            spell.user_id,
            spell.valid_from <= self.valid_on,
            user=_whole(spell.user_id),
            valid_from=_day(spell.valid_from),
            valid_to=_day(spell.valid_to),
            content=_whole(contents.column(spell.__table__.c)),
            **{field: _real(getattr(spell, field)) for field in measured},
        )

    def _read(self, fact: Any, of: Any, *where: ColumnElement[bool], **columns: Sent) -> Columns:
        packed = [func.string_agg(sent, literal(b""), type_=LargeBinary) for sent, _ in columns.values()]
        row = db.session.execute(
            select(*packed).where(known(fact, self.recorded), self._is_asked(of), *where),
            execution_options={"as_bytes": True},
        ).one()
        return {
            name: np.frombuffer(value or b"", f">{form}").astype(form)
            for (name, (_, form)), value in zip(columns.items(), row, strict=True)
        }

    def _is_asked(self, of: Any) -> ColumnElement[bool]:
        """Whose facts are read: of a few cohorts by looking them up. Of most cohorts a table is read
        from end to end, which is faster, and who was not asked for is left out afterwards."""
        if self._are_most:
            return true()
        ids = literal(list(self.cohorts), ARRAY(BigInteger))
        asked = select(getattr(EnrolmentRecord, of.key)).where(EnrolmentRecord.cohort_id == any_(ids))
        return of.in_(asked)  # type: ignore[no-any-return]

    @cached_property
    def _are_most(self) -> bool:
        every = db.session.scalar(select(func.count()).select_from(Cohort)) or 0
        return 2 * len(self.cohorts) >= every


def pairs(some: Ids, others: Ids) -> tuple[Positions, Positions]:
    """Where the ids of two columns are the same: positions in one and in the other.

    Ids are counted from 1, so an array from the least to the greatest finds them.
    """
    least, size = (others.min(), np.ptp(others) + 1) if len(others) else (0, 0)
    key = np.minimum((some - least).view(np.uint64), np.uint64(size)).astype(np.intp)
    found = [(key[:0], key[:0])]
    rest = np.arange(len(others))
    while len(rest):  # again for ids that others have twice, and so on
        position = np.full(size + 1, -1)
        position[others[rest] - least] = rest
        rest = rest[position[others[rest] - least] != rest]
        of_some = position[key]
        at = np.flatnonzero(of_some >= 0)
        found.append((at, of_some[at]))
    left, right = (np.concatenate(each) for each in zip(*found, strict=True))
    return left, right
