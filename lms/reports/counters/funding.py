"""What was recorded about costs and targets: with its words, so that a report can print and keep them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from lms.funding.models import Achievement, Cost, Target
from lms.funding.queries import facts_of
from lms.metrics.definition import Text
from lms.reports import facts


def funding(ids: Sequence[int], valid_on: date, known_at: datetime) -> dict[int, facts.Funding]:
    """By cohort id; of documents up to the day, the oldest first."""
    costs = facts_of(Cost, ids, day=valid_on, at=known_at)
    targets = facts_of(Target, ids, day=valid_on, at=known_at)
    achievements = facts_of(Achievement, ids, day=valid_on, at=known_at)
    return {
        key: facts.Funding(
            tuple(
                facts.Cost(row.kind.value, row.item, row.amount, row.source, row.dated_on.isoformat())
                for row in costs if row.cohort_id == key
            ),
            tuple(
                facts.Target(
                    row.measure, row.value, Text(row.definition_ko, row.definition_en),
                    row.source, row.dated_on.isoformat(),
                )
                for row in targets if row.cohort_id == key
            ),
            tuple(
                facts.Achievement(row.measure.value, row.value, row.source, row.dated_on.isoformat())
                for row in achievements if row.cohort_id == key
            ),
        )
        for key in ids
    }  # fmt: skip
