"""Counts of what became of a cohort's completers, as of a day and as known at a moment.

Every count comes with its denominator and what is unknown stays in it: nobody is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, false, func, select

from lms.cohorts.models import Cohort, Enrolment
from lms.db import db, utcnow
from lms.metrics.facts import GWANGJU, SpellKind
from lms.outcomes.models import StatusSpell
from lms.recorded import holds, known

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
    cohorts: list[Cohort], *, valid_on: date, recorded_by: datetime | None = None
) -> list[CohortOutcomes]:
    """Raises nothing: a completer without a spell on the day counts as unknown.

    Whoever does several things at once is counted once, as the first of SpellKind that they do, and
    in Gwangju where any of their work is: the classes of the metrics plain and local-of-completers.
    """
    moment = recorded_by or utcnow()
    spell = and_(
        StatusSpell.user_id == Enrolment.user_id,
        holds(StatusSpell, valid_on),
        known(StatusSpell, moment),
    )
    order = list(SpellKind)
    place = case({kind.value: order.index(kind) for kind in order}, value=StatusSpell.kind)
    works = StatusSpell.kind.in_(WORKING)
    person = (
        select(
            Enrolment.cohort_id,
            func.coalesce(func.min(place), order.index(SpellKind.UNKNOWN)).label("place"),
            func.coalesce(func.bool_or(StatusSpell.region == GWANGJU).filter(works), false()).label(
                "local"
            ),
            func.count(StatusSpell.region).filter(works).label("regions"),
        )
        .outerjoin(StatusSpell, spell)
        .where(
            Enrolment.cohort_id.in_([cohort.id for cohort in cohorts]),
            Enrolment.completed_on <= valid_on,
        )
        .group_by(Enrolment.id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            person.c.cohort_id,
            person.c.place,
            func.count(),
            func.count().filter(person.c.local),
            func.count().filter(person.c.regions == 0),
        ).group_by(person.c.cohort_id, person.c.place)
    ).all()
    named = [(cohort_id, order[place], *counts) for cohort_id, place, *counts in rows]
    return [_outcomes(cohort, named, valid_on, moment) for cohort in cohorts]


def _outcomes(cohort: Cohort, rows: list[Any], valid_on: date, moment: datetime) -> CohortOutcomes:
    by_kind = dict.fromkeys(SpellKind, 0)
    in_gwangju = region_unknown = 0
    for cohort_id, kind, count, local, regionless in rows:
        if cohort_id != cohort.id:
            continue
        by_kind[kind] += count
        if kind in WORKING:
            in_gwangju += local
            region_unknown += regionless
    return CohortOutcomes(by_kind, in_gwangju, region_unknown, cohort, valid_on, moment)
