"""What a report counts otherwise with the knowledge of a later moment, and what that comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from lms.cohorts.models import EnrolmentRecord
from lms.db import db
from lms.metrics.definition import Text
from lms.privacy.models import DestroyedAccount, Destruction
from lms.recorded import known
from lms.reports.changes import (
    ChangedDocument,
    ChangedTable,
    changed_documents,
    changed_tables,
)
from lms.reports.explaining import Explained, explained
from lms.reports.facts import Facts
from lms.reports.models import Report
from lms.reports.queries import Difference, counted_again, definitions_of, differences
from lms.reports.recorded_since import recorded_since


@dataclass(frozen=True)
class Since:
    """What the report's question gives otherwise at a later moment, and what that comes from.

    `recorded`: by table, how many facts of which kind were recorded since.
    """

    differences: Sequence[Difference]
    metrics: Sequence[Explained]
    tables: Sequence[ChangedTable]
    recorded: Mapping[str, Sequence[tuple[Text, int]]]
    documents: Sequence[ChangedDocument]

    def __bool__(self) -> bool:
        return bool(self.differences or self.tables or self.documents)


def since(report: Report, *, known_at: datetime) -> Since:
    before, after = Facts.from_json(report.facts), counted_again(report, known_at=known_at)
    used = definitions_of(report)
    differing, tables = differences(before, after), changed_tables(before, after, used)
    return Since(
        differing,
        explained(report, differing, known_at=known_at),
        tables,
        recorded_since(
            [one.id for one in tables],
            [cohort.id for cohort in report.cohorts],
            since=report.known_at,
            until=known_at,
        ),
        changed_documents(before, after, used),
    )


def destroyed_since(report: Report) -> int:
    """Of how many people whom the report counts the personal data was destroyed since; they stay counted."""
    people = select(EnrolmentRecord.user_id).where(
        EnrolmentRecord.cohort_id.in_([cohort.id for cohort in report.cohorts]),
        known(EnrolmentRecord, report.known_at),
    )
    return (
        db.session.scalar(
            select(func.count())
            .select_from(DestroyedAccount)
            .join(Destruction, Destruction.id == DestroyedAccount.destruction_id)
            .where(DestroyedAccount.user_id.in_(people), Destruction.at > report.known_at)
        )
        or 0
    )
