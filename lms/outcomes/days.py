"""The days on which a metric looks at people, as numbers of days.

They follow from the day of a person's end alone, so metrics/classifying.py is asked once for each day
on which somebody ended.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from lms.metrics.classifying import Question
from lms.metrics.definition import Day
from lms.metrics.facts import Person
from lms.metrics.months import add_months
from lms.outcomes.keeping import kept

EPOCH = date(2000, 1, 1).toordinal()  # the day that PostgreSQL counts as 0
Days = NDArray[np.int32]


def number_of(day: date) -> int:
    return day.toordinal() - EPOCH


class Calendar:
    """For people who ended on these days; a row of each answer is one of them."""

    def __init__(self, question: Question, ends: Days) -> None:
        self.question = question
        self.people = [_ended(date.fromordinal(end + EPOCH)) for end in ends.tolist()]

    @kept
    def days(self, day: Day) -> tuple[Days, Days]:
        """The first and the last day of each."""
        found = [self.question.days(day, person) for person in self.people]
        last = np.array([number_of(one) for _, one in found], np.int32)
        if all(first is last for first, last in found):
            return last, last
        return np.array([number_of(one) for one, _ in found], np.int32), last

    @kept
    def after(self, day: Day, months: int) -> Days:
        """So many months after the (last) day of each."""
        lasts = self.days(day)[1].tolist()
        ends = [add_months(date.fromordinal(last + EPOCH), months) for last in lasts]
        return np.array([number_of(end) for end in ends], np.int32)


def _ended(on: date) -> Person:
    return Person(key="", cohort="", enrolled_on=on, completed_on=on)
