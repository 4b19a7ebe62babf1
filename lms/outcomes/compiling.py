"""A metric's words as SQL: its conditions, and what a spell counts for.

The same rules in Python are those of metrics/classifying.py; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_

from lms.metrics.definition import Condition, Value, When
from lms.outcomes.models import StatusSpell

Conditions = tuple[Condition, ...]
Columns = Mapping[str, ColumnElement[Any]]


def number(value: int) -> ColumnElement[int]:
    """A number of ours, written into the statement."""
    return literal_column(str(value))


def class_of_spell(whens: Iterable[When], person: Columns) -> ColumnElement[int] | None:
    """The position of the first class that the spell fits; None where no class asks for a spell."""
    return _first([[each for each in when if _asks_spell(each)] for when in whens], person)


def class_of_person(whens: Iterable[When], person: Columns) -> ColumnElement[int] | None:
    """The position of the first class that the person fits without a spell."""
    return _first([[each for each in when if not _asks_spell(each)] for when in whens], person)


def earlier(*positions: ColumnElement[int] | None) -> ColumnElement[int]:
    """The first class of those found; a NULL is none."""
    found = [position for position in positions if position is not None]
    return func.least(*found) if len(found) > 1 else found[0]


def _asks_spell(conditions: Conditions) -> bool:
    return any(not condition.of_person for condition in conditions)


def _first(whens: Iterable[list[Conditions]], person: Columns) -> ColumnElement[int] | None:
    branches = [
        (or_(*(_all(each, person) for each in when)), number(position))
        for position, when in enumerate(whens)
        if when
    ]
    return case(*branches) if branches else None


def _all(conditions: Conditions, person: Columns) -> ColumnElement[bool]:
    return and_(*(_holds(each, person) for each in conditions))


def _holds(condition: Condition, person: Columns) -> ColumnElement[bool]:
    of_spell = StatusSpell.__table__.c
    column = (person if condition.of_person else of_spell)[condition.field]
    known = [value for value in condition.values if value is not None]
    match condition.operator:
        case "in":
            return or_(*(_is(column, value) for value in condition.values))
        case "not in":
            return and_(*(_is_not(column, value) for value in condition.values))
        case "at least":
            return column >= known[0]
        case "under":
            return column < known[0]


def _is(column: ColumnElement[Any], value: Value) -> ColumnElement[bool]:
    return column.is_(value) if value is None or isinstance(value, bool) else column == value


def _is_not(column: ColumnElement[Any], value: Value) -> ColumnElement[bool]:
    """True where the column is not known, unless that is what it must not be."""
    if value is None or isinstance(value, bool):
        return column.is_not(value)
    return column.is_distinct_from(value)
