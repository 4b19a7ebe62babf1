"""How long people's notebook servers ran while they took part in a cohort.

Counted are sessions that had ended by a moment. The database sets the end, once, at the moment it is
recorded (trigger of migration 0018), so the answer for a moment stays. Which device a server had is
not recorded: these are hours of a server, idle ones and those of two servers at once included.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Select, and_, cast, func, select

from lms.cohorts.models import EnrolmentRecord
from lms.compute.models import NotebookSession
from lms.recorded import known


def seconds_by_enrolment(cohort_ids: Sequence[int], *, at: datetime) -> Select[Any]:
    """Enrolment and whole seconds from its first to its last day (Seoul), as known at a moment.

    Somebody without a session is missing. A session whose end came late is counted until its key died
    (`expires_at`).
    """
    record, session = EnrolmentRecord, NotebookSession
    begins = func.greatest(session.issued_at, _midnight(record.enrolled_on))
    last_day = func.coalesce(record.completed_on, record.left_on)
    ends = func.least(session.ended_at, session.expires_at, _midnight(last_day + 1))
    seconds = func.floor(func.sum(func.extract("epoch", ends - begins)))
    return (
        select(record.enrolment_id, seconds)
        .join(session, and_(session.user_id == record.user_id, session.ended_at <= at))
        .where(record.cohort_id.in_(cohort_ids), known(record, at), ends > begins)
        .group_by(record.enrolment_id)
    )


def _midnight(day: Any) -> Any:
    return func.timezone("Asia/Seoul", cast(day, DateTime()))
