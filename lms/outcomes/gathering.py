"""The people of some cohorts, and their spells, as columns: what counting.py counts.

A person is an enrolment that had begun by the day of the question; who takes part twice is two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lms.outcomes.columns import Source, pairs, taken
from lms.outcomes.contents import Contents
from lms.outcomes.days import number_of

Numbers = NDArray[Any]
Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """A row per person.

    cohort: position of their cohort.
    ended: whether they had completed or left by the day.
    end: position in `ends` of the day on which they did; of the others, of the day of the question.
    content: position in `contents` of what else is known of them.
    everybody: people by cohort, with those who had not begun.
    """

    cohort: Numbers
    ended: Truths
    end: Numbers
    ends: Numbers
    content: Numbers
    contents: Numbers
    everybody: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """A row per spell, in no order.

    person: position of whose it is.
    content: position in `contents` of what is known of it.
    measured: a column of each field whose median is asked for, NaN where it is not known.
    """

    person: Numbers
    valid_from: Numbers
    valid_to: Numbers
    content: Numbers
    contents: Numbers
    measured: dict[str, Numbers]


def gather(
    source: Source, *, of_person: Contents, of_spell: Contents, measured: Sequence[str]
) -> tuple[People, Spells]:
    rows = source.people(of_person)
    at, cohort = pairs(rows["cohort"], np.array(source.cohorts, np.int64))
    rows = {name: taken(column, at) for name, column in rows.items()}
    everybody = np.bincount(cohort, minlength=len(source.cohorts))
    valid_on = number_of(source.valid_on)
    begun = rows["enrolled_on"] <= valid_on
    rows = {name: column[begun] for name, column in rows.items()}
    if "intent" in of_person.digits:
        intents = source.intents(of_person)
        answers, at = pairs(intents["enrolment"], rows["enrolment"])
        rows["content"][at] += taken(intents["content"], answers)
    ended_on, content = rows["ended_on"], rows["content"]
    people = People(
        cohort[begun],
        ended_on <= valid_on,
        *_numbered(np.minimum(ended_on, valid_on)),
        *_numbered(content),
        everybody,
    )
    return people, _spells(source.spells(of_spell, measured), rows["user"], measured)


def _spells(rows: dict[str, Numbers], users: Numbers, measured: Sequence[str]) -> Spells:
    at, person = pairs(rows["user"], users)
    rows = {name: taken(column, at) for name, column in rows.items() if name != "user"}
    return Spells(
        person,
        rows["valid_from"],
        rows["valid_to"],
        *_numbered(rows["content"]),
        {field: rows[field] for field in measured},
    )


def _numbered(values: Numbers) -> tuple[Numbers, Numbers]:
    """Of each value which of the different ones it is, and those."""
    different = np.unique(values)
    return np.searchsorted(different, values), different
