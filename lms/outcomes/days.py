"""The day on which a metric looks at a person, as a column.

It follows from the day of the person's end alone, so metrics/classifying.py computes it once for
every day between the first end and the last, and the statement looks it up in an array.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Date, bindparam, literal
from sqlalchemy.sql.elements import Grouping

from lms.metrics.classifying import Question
from lms.metrics.definition import AsOf, Day
from lms.metrics.facts import Person
from lms.outcomes.compiling import number


class Days:
    """The days of these rules, for people whose ends lie between `first` and `last`."""

    def __init__(self, question: Question, rules: list[Day], *, first: date, last: date) -> None:
        self.question = question
        self.rules = rules
        self.first = first
        self.people = [_ended(first + timedelta(after)) for after in range((last - first).days + 1)]

    def of(self, rule: Day, ended_on: date) -> tuple[date, date]:
        """The first and the last day of somebody who ended then."""
        return self.question.days(rule, _ended(ended_on))

    def columns(self, ended_on: ColumnElement[date]) -> Iterator[ColumnElement[date]]:
        """Of a subquery: every day that has to be looked up."""
        for name, days in self._arrays.items():
            yield Grouping(days)[ended_on - literal(self.first, Date) + number(1)].label(name)

    def first_of(self, people: Any, rule: Day) -> ColumnElement[date]:
        name = f"first_{self.rules.index(rule)}"
        return people.c[name] if name in self._arrays else self.last_of(people, rule)

    def last_of(self, people: Any, rule: Day) -> ColumnElement[date]:
        name = f"last_{self.rules.index(rule)}"
        return people.c[name] if name in self._arrays else literal(self.question.valid_on, Date)

    @cached_property
    def _arrays(self) -> dict[str, ColumnElement[Any]]:
        """None is after the day of the question; where first and last are one day, only the last."""
        valid_on = self.question.valid_on
        arrays: dict[str, ColumnElement[Any]] = {}
        for position, rule in enumerate(self.rules):
            if isinstance(rule, AsOf):
                continue
            days = [self.question.days(rule, person) for person in self.people]
            lasts = [min(last, valid_on) for _, last in days]
            arrays[f"last_{position}"] = bindparam(None, lasts, type_=ARRAY(Date))
            if any(first != last for first, last in days):
                firsts = [min(first, valid_on) for first, _ in days]
                arrays[f"first_{position}"] = bindparam(None, firsts, type_=ARRAY(Date))
        return arrays


def _ended(on: date) -> Person:
    return Person(key="", cohort="", enrolled_on=on, completed_on=on)
