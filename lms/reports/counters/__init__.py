"""What single tables count besides admission and metrics: each module asks for its own subjects.

`count(ids, valid_on, known_at)` gives, by cohort id, {subject: {what: how many}}; a subject of a cohort
that has nobody is there with zeros, one that was never recorded is missing. Integers only (people, firms,
won): they are sealed with the report. What is known at a moment never changes, so neither do they.
`count_together` gives what is of all the report's cohorts and cannot be added up from each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, exists, select

from lms.cohorts.models import EnrolmentRecord
from lms.outcomes.models import StatusSpell
from lms.outcomes.queries import WORKING
from lms.recorded import holds, known

Counts = dict[str, dict[str, int]]
Counter = Callable[[Sequence[int], date, datetime], Mapping[int, Counts]]
Together = Callable[[Sequence[int], date, datetime], Counts]


def completers(ids: Sequence[int], day: date, at: datetime) -> ColumnElement[bool]:
    """Of EnrolmentRecord: who had completed one of the cohorts by the day, as known at a moment."""
    record = EnrolmentRecord
    return and_(
        record.cohort_id.in_(ids),
        known(record, at),
        record.enrolled_on <= day,
        record.completed_on <= day,
    )


def completers_at_work(ids: Sequence[int], day: date, at: datetime) -> Select[int, int, bool]:
    """Cohort, enrolment, and whether they work: the numerator of the metric plain, an employee,
    founder or freelancer on the day."""
    record = EnrolmentRecord
    works = exists().where(
        StatusSpell.user_id == record.user_id,
        StatusSpell.kind.in_(WORKING),
        holds(StatusSpell, day),
        known(StatusSpell, at),
    )
    return select(record.cohort_id, record.enrolment_id, works).where(completers(ids, day, at))
