"""What metrics can tell apart in a fact, as one number that the database makes of the row.

Each field is a digit of the number: values that no condition treats differently share one. Of which
digits a condition holds is asked of metrics/classifying.py, so what a definition means is written once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from itertools import groupby
from math import inf, nextafter
from operator import add, attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, case, cast, literal_column

from lms.metrics.classifying import holds
from lms.metrics.definition import Condition, Value


class Digit(NamedTuple):
    """One field: 0 where it is not known, then each value that is named, what is neither named nor
    reaches a bound, and each bound that is reached. It counts `place`s."""

    named: tuple[Value, ...]
    bounds: tuple[Any, ...]
    place: int

    @property
    def examples(self) -> list[Any]:
        """A value of each digit, and it is none of the named where the digit is not theirs."""
        neither = -inf if self.bounds else object()
        return [None, *self.named, neither, *(nextafter(bound, inf) for bound in self.bounds)]

    def column(self, value: ColumnElement[Any]) -> ColumnElement[int]:
        neither = len(self.named) + 1
        tests: list[tuple[ColumnElement[bool], int]] = [(value.is_(None), 0)]
        for digit, one in enumerate(self.named, start=1):
            tests.append((value.is_(one) if isinstance(one, bool) else value == one, digit))
        for digit, bound in reversed([*enumerate(self.bounds, start=neither + 1)]):
            tests.append((value >= bound, digit))
        return case(
            *((test, self._written(digit)) for test, digit in tests), else_=self._written(neither)
        )

    def _written(self, digit: int) -> ColumnElement[int]:
        return literal_column(str(digit * self.place))


class Contents:
    """The numbers of one kind of fact, for these conditions; at most 2^63 of them."""

    def __init__(self, conditions: Iterable[Condition]) -> None:
        self.conditions = dict.fromkeys(conditions)
        self.digits: dict[str, Digit] = {}
        place = 1
        by_field = attrgetter("field")
        for field, asked in groupby(sorted(self.conditions, key=by_field), key=by_field):
            digit = _digit(list(asked), place)
            self.digits[field] = digit
            place *= len(digit.examples)

    def column(self, row: Mapping[str, ColumnElement[Any]]) -> ColumnElement[int]:
        """The number of a row, as far as it has the fields."""
        digits = [one.column(row[field]) for field, one in self.digits.items() if field in row]
        return reduce(add, digits, cast(literal_column("0"), BigInteger))

    def holds(self, condition: Condition, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Of which numbers one of the conditions holds."""
        assert condition in self.conditions, "numbers do not tell apart what it asks"
        digit = self.digits[condition.field]
        of_digit = np.array([holds(condition, example) for example in digit.examples])
        return of_digit[numbers // digit.place % len(of_digit)]


def _digit(conditions: list[Condition], place: int) -> Digit:
    named: dict[Value, None] = {}
    bounds: dict[Value, None] = {}
    for one in conditions:
        kind = named if one.operator in ("in", "not in") else bounds
        kind |= dict.fromkeys(value for value in one.values if value is not None)
    return Digit(tuple(named), tuple(sorted(bounds, key=float)), place)
