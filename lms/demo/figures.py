"""The public figures of the academy's cohorts, from figures.csv.

Sources: the audit of 4 November 2021 and press reports of the selections, the completion
ceremonies and the employment figures of December 2025. An empty cell was not published.
"""

import csv
from dataclasses import dataclass
from datetime import date
from importlib.resources import files


@dataclass(frozen=True, kw_only=True)
class PublishedCohort:
    """The funnel of one cohort and how many worked, and where, at the end of 2025."""

    number: int
    applied: int
    shortlisted: int | None
    tested: int | None
    selected: int
    completed: int
    ceremony_on: date
    in_gwangju: int
    elsewhere: int

    @property
    def left(self) -> int:
        return self.selected - self.completed


def published_cohort(number: int) -> PublishedCohort:
    with files("lms.demo").joinpath("figures.csv").open(encoding="utf-8") as lines:
        row = next(row for row in csv.DictReader(lines) if int(row["cohort"]) == number)
    return PublishedCohort(
        number=number,
        applied=int(row["applied"]),
        shortlisted=_count(row["shortlisted"]),
        tested=_count(row["tested"]),
        selected=int(row["selected"]),
        completed=int(row["completed"]),
        ceremony_on=date.fromisoformat(row["ceremony_on"]),
        in_gwangju=int(row["employed_in_gwangju"]),
        elsewhere=int(row["employed_elsewhere"]),
    )


def _count(cell: str) -> int | None:
    return int(cell) if cell else None
