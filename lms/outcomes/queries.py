"""Counts of what became of a cohort's completers, as of a day and as known at a moment.

Every count comes with its denominator and what is unknown stays in it: nobody is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select

from lms.cohorts.models import Cohort, Enrolment
from lms.db import db, utcnow
from lms.metrics.facts import SpellKind
from lms.outcomes.models import StatusSpell

GWANGJU = "29"  # KOSTAT si/do code
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
    """Raises nothing: a completer without a spell on the day counts as unknown."""
    known = recorded_by or utcnow()
    spell = and_(
        StatusSpell.user_id == Enrolment.user_id,
        StatusSpell.valid_from <= valid_on,
        or_(StatusSpell.valid_to.is_(None), StatusSpell.valid_to > valid_on),
        StatusSpell.recorded_at <= known,
        or_(StatusSpell.superseded_at.is_(None), StatusSpell.superseded_at > known),
    )
    kind = func.coalesce(StatusSpell.kind, SpellKind.UNKNOWN.value)
    rows = db.session.execute(
        select(
            Enrolment.cohort_id,
            kind,
            func.count(),
            func.count().filter(StatusSpell.region == GWANGJU),
            func.count().filter(StatusSpell.region.is_(None)),
        )
        .outerjoin(StatusSpell, spell)
        .where(
            Enrolment.cohort_id.in_([cohort.id for cohort in cohorts]),
            Enrolment.completed_on <= valid_on,
        )
        .group_by(Enrolment.cohort_id, kind)
    ).all()
    return [_outcomes(cohort, rows, valid_on, known) for cohort in cohorts]


def _outcomes(cohort: Cohort, rows: object, valid_on: date, known: datetime) -> CohortOutcomes:
    by_kind = dict.fromkeys(SpellKind, 0)
    in_gwangju = region_unknown = 0
    for cohort_id, kind, count, local, regionless in rows:  # type: ignore[attr-defined]
        if cohort_id != cohort.id:
            continue
        by_kind[SpellKind(kind)] += count
        if SpellKind(kind) in WORKING:
            in_gwangju += local
            region_unknown += regionless
    return CohortOutcomes(by_kind, in_gwangju, region_unknown, cohort, valid_on, known)
