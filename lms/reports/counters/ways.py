"""How the jobs that graduates have were found, by cohort: everybody employed on the day, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import func, select

from lms.cohorts.models import EnrolmentRecord
from lms.db import db
from lms.metrics.facts import FoundThrough, SpellKind
from lms.outcomes.models import StatusSpell
from lms.recorded import holds, known
from lms.reports.counters import Counts, completers

SUBJECT = "found-through"
UNKNOWN = "unknown"
WAYS = (*(way.value for way in FoundThrough), UNKNOWN)


def count(ids: Sequence[int], valid_on: date, known_at: datetime) -> Mapping[int, Counts]:
    record = EnrolmentRecord
    rows = db.session.execute(
        select(record.cohort_id, StatusSpell.found_through, func.count())
        .join(StatusSpell, StatusSpell.user_id == record.user_id)
        .where(
            completers(ids, valid_on, known_at),
            known(StatusSpell, known_at),
            holds(StatusSpell, valid_on),
            StatusSpell.kind == SpellKind.EMPLOYEE,
        )
        .group_by(record.cohort_id, StatusSpell.found_through)
    )
    found: dict[int, Counts] = {key: {SUBJECT: dict.fromkeys(WAYS, 0)} for key in ids}
    for cohort_id, way, people in rows:
        found[cohort_id][SUBJECT][way.value if way else UNKNOWN] = people
    return found
