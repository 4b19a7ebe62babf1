"""Facts as columns of numbers, as they were known at a moment.

The database packs each column of all rows into one value that numpy reads as it lies, so of a million
people no row becomes a Python object. Such a value holds 1 GB: the spells of thirty million people.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    null,
    select,
)

from lms.cohorts.models import Cohort, EnrolmentRecord
from lms.db import db
from lms.outcomes.contents import Contents
from lms.outcomes.models import IntentAnswer, StatusSpell
from lms.recorded import known

Columns = dict[str, NDArray[Any]]
Ids = NDArray[np.int64]
Positions = NDArray[np.intp]
Sent = tuple[
    ColumnElement[bytes], str
]  # the value as the database sends it, and numpy's word for it


def _whole(column: Any) -> Sent:
    return func.int8send(cast(column, BigInteger)), ">i8"


def _real(column: Any) -> Sent:
    """NaN where it is not known."""
    return func.float8send(func.coalesce(cast(column, Float), literal("NaN", Float))), ">f8"


def _day(column: Any) -> Sent:
    """Counted as in days.py; one that is not known is later than all."""
    return func.date_send(func.coalesce(column, cast(literal("infinity"), Date))), ">i4"


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is known at a moment (None: now) of some cohorts, as far as metrics can tell it apart."""

    cohorts: Sequence[int]
    valid_on: date
    recorded: datetime | None

    def people(self, contents: Contents) -> Columns:
        """Enrolments: cohort, user, enrolment, enrolled_on, ended_on; content: as seen on the day."""
        record = EnrolmentRecord.__table__.c
        ended_on = func.coalesce(record.completed_on, record.left_on)
        ended = and_(record.enrolled_on <= self.valid_on, ended_on <= self.valid_on)
        seen = {
            name: case((ended, record[name])) for name in ("completed_on", "left_on", "leaving")
        }
        return self._read(
            EnrolmentRecord,
            self._is_asked,
            cohort=_whole(record.cohort_id),
            user=_whole(record.user_id),
            enrolment=_whole(record.enrolment_id),
            enrolled_on=_day(record.enrolled_on),
            ended_on=_day(ended_on),
            content=_whole(contents.column({"enrolled_on": record.enrolled_on, **seen})),
        )

    def intents(self, contents: Contents) -> Columns:
        """Answers: enrolment, content."""
        answer = IntentAnswer.__table__.c
        return self._read(
            IntentAnswer,
            answer.enrolment_id.in_(select(EnrolmentRecord.enrolment_id).where(self._is_asked)),
            enrolment=_whole(answer.enrolment_id),
            content=_whole(contents.column({"intent": answer.answer})),
        )

    def spells(self, contents: Contents, measured: Sequence[str]) -> Columns:
        """Spells that had begun: user, valid_from, valid_to, content, and each field to measure."""
        spell = StatusSpell.__table__.c
        return self._read(
            StatusSpell,
            spell.user_id.in_(select(EnrolmentRecord.user_id).where(self._is_asked)),
            spell.valid_from <= self.valid_on,
            user=_whole(spell.user_id),
            valid_from=_day(spell.valid_from),
            valid_to=_day(spell.valid_to),
            content=_whole(contents.column(dict(spell))),
            **{field: _real(spell[field]) for field in measured},
        )

    def _read(
        self, fact: Any, asked: ColumnElement[bool], *where: ColumnElement[bool], **columns: Sent
    ) -> Columns:
        """Those of a few cohorts are looked up. For most cohorts a table is read from end to end,
        which costs less, and whom nobody asked for is left out afterwards (`pairs`)."""
        nothing = cast(null(), LargeBinary)  # stands between two values
        packed = [func.string_agg(sent, nothing, type_=LargeBinary) for sent, _ in columns.values()]
        where = (known(fact, self.recorded), *where, *(() if self._are_most else [asked]))
        found = db.session.execute(
            select(*packed).where(*where), execution_options={"as_bytes": True}
        ).one()
        return {
            name: np.frombuffer(value or b"", form)
            for (name, (_, form)), value in zip(columns.items(), found, strict=True)
        }

    @property
    def _is_asked(self) -> ColumnElement[bool]:
        ids = literal(list(self.cohorts), ARRAY(BigInteger))
        return EnrolmentRecord.cohort_id == any_(ids)

    @cached_property
    def _are_most(self) -> bool:
        every = db.session.scalar(select(func.count()).select_from(Cohort)) or 0
        return 2 * len(self.cohorts) >= every


def taken(column: NDArray[Any], rows: Positions) -> NDArray[Any]:
    """Rows of a column, as this machine writes numbers."""
    found = column[rows]
    if found.dtype.isnative:
        return found
    return found.byteswap(inplace=True).view(found.dtype.newbyteorder("="))


def pairs(some: Ids, others: Ids) -> tuple[Positions, Positions]:
    """Where the ids of two columns are the same: positions in one and in the other.

    Ids are counted from 1, so an array from the least to the greatest finds them.
    """
    least, size = (others.min(), int(np.ptp(others)) + 1) if len(others) else (0, 0)
    key = some - least
    outside = key.view(np.uint64)  # below the least is far above the greatest
    np.minimum(outside, np.uint64(size), out=outside)
    found: list[tuple[Positions, Positions]] = []
    rest = np.arange(len(others))
    while len(rest) or not found:  # again for the ids that are there twice, and so on
        position = np.full(size + 1, -1)
        position[others[rest] - least] = rest
        rest = rest[position[others[rest] - least] != rest]
        of_some = position[key]
        at = np.flatnonzero(of_some >= 0)
        found.append((at, of_some[at]))
    if len(found) == 1:
        return found[0]
    return np.concatenate([at for at, _ in found]), np.concatenate([of for _, of in found])
