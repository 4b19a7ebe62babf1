"""One page of a long list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select

from lms.db import db

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of page `number` (from 1) of a query, and how many there are in all."""

    rows: Sequence[Row]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))

    @classmethod
    def of(cls, query: Select[Any], *, number: int, size: int = 30) -> Page[Any]:
        """Two queries, whatever the list's length; a number out of range shows the nearest page."""
        total = (
            db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery()))
            or 0
        )
        number = min(max(number, 1), max(1, -(-total // size)))
        rows = db.session.scalars(query.limit(size).offset((number - 1) * size)).all()
        return cls(rows, number, size, total)
