"""Counts of what became of a cohort's completers, as of a day and as known at a moment.

Every count comes with its denominator and what is unknown stays in it: nobody is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lms.cohorts.models import Cohort
from lms.db import utcnow
from lms.metrics.definition import OTHER
from lms.metrics.definition_files import definitions
from lms.metrics.facts import SpellKind
from lms.outcomes.computing import figures

STATUS, PLACE = "plain", "local-of-completers"
WORKING = (SpellKind.EMPLOYEE, SpellKind.FOUNDER, SpellKind.FREELANCE)


@dataclass(frozen=True)
class Outcomes:
    """Completers by status on a day. The counts of all kinds add up to `completers`."""

    by_kind: dict[SpellKind, int]
    in_gwangju: int
    region_unknown: int

    @property
    def completers(self) -> int:
        return sum(self.by_kind.values())

    @property
    def working(self) -> int:
        """Employed, founded or freelance."""
        return sum(self.by_kind[kind] for kind in WORKING)

    @property
    def elsewhere(self) -> int:
        return self.working - self.in_gwangju - self.region_unknown

    @property
    def unknown(self) -> int:
        return self.by_kind[SpellKind.UNKNOWN]


@dataclass(frozen=True)
class CohortOutcomes(Outcomes):
    """The outcomes of one cohort."""

    cohort: Cohort
    valid_on: date
    recorded_by: datetime


def together(outcomes: list[CohortOutcomes]) -> Outcomes:
    """The outcomes of several cohorts added up."""
    return Outcomes(
        by_kind={kind: sum(row.by_kind[kind] for row in outcomes) for kind in SpellKind},
        in_gwangju=sum(row.in_gwangju for row in outcomes),
        region_unknown=sum(row.region_unknown for row in outcomes),
    )


def cohort_outcomes(
    cohorts: Sequence[Cohort], *, valid_on: date, recorded_by: datetime | None = None
) -> list[CohortOutcomes]:
    """The classes of the metrics plain and local-of-completers, in which everybody is counted once.

    A completer without a spell on the day is unknown. recorded_by: as known then; None: as known now.
    """
    held = definitions(on=valid_on)
    metrics = {metric: held[metric] for metric in (STATUS, PLACE) if metric in held}
    counted = {
        (figure.cohort, figure.metric): figure.classes
        for figure in figures(cohorts, valid_on=valid_on, recorded=recorded_by, metrics=metrics)
    }
    moment = recorded_by or utcnow()

    def classes(cohort: Cohort, metric: str) -> Counter[str]:
        return Counter(counted.get((str(cohort.number), metric)))

    return [
        CohortOutcomes(
            _by_kind(classes(cohort, STATUS)),
            classes(cohort, PLACE)["in-gwangju"],
            classes(cohort, PLACE)["region-unknown"],
            cohort,
            valid_on,
            moment,
        )
        for cohort in cohorts
    ]


def _by_kind(status: Counter[str]) -> dict[SpellKind, int]:
    by_kind = {kind: status[kind] for kind in SpellKind}
    by_kind[SpellKind.UNKNOWN] += status[OTHER]
    return by_kind
