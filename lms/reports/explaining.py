"""Why a report counts otherwise by now: of each person whose class changed, what was recorded since.

Only people of whom something was recorded between the two moments are looked at, one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, or_, select, union

from lms.cohorts.models import EnrolmentRecord
from lms.db import db
from lms.metrics.classifying import Question
from lms.metrics.definition import Definition, Incidence, Text
from lms.outcomes.models import IntentAnswer, StatusSpell
from lms.outcomes.persons import Known, persons
from lms.reports.models import Report
from lms.reports.queries import Difference, definitions_of
from lms.reports.tables.cells import class_names


class Cause(StrEnum):
    """In the order in which they are told; of several, a person's change is put down to the first."""

    LATE = "late"
    EVIDENCE = "evidence"
    EVIDENCE_LOST = "evidence-lost"
    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"
    ENDED = "ended"
    ENROLLED = "enrolled"
    REMOVED = "removed"
    ENROLMENT = "enrolment"
    INTENT = "intent"
    PROGRAM = "program"


CAUSES = {
    Cause.LATE: Text("늦게 도착한 근거", "Late evidence"),
    Cause.EVIDENCE: Text("이후 인정된 증빙", "Evidence accepted since"),
    Cause.EVIDENCE_LOST: Text("인정이 취소된 증빙", "Evidence no longer accepted"),
    Cause.WITHDRAWN: Text("취소된 기록(사실이 아님)", "Withdrawn, as it was never so"),
    Cause.CORRECTED: Text("이후 정정된 기록", "Corrected since"),
    Cause.ENDED: Text("이후 확인된 종료", "An end recorded since"),
    Cause.ENROLLED: Text("늦게 기록된 입교", "Enrolled in a record made since"),
    Cause.REMOVED: Text(
        "기수에서 삭제(중복 등)", "Removed from the cohort (a duplicate or a mistake)"
    ),
    Cause.ENROLMENT: Text("입교·수료 정정", "Enrolment or completion corrected"),
    Cause.INTENT: Text("희망 진로 정정", "Intent corrected"),
    Cause.PROGRAM: Text("프로그램의 집계 차이", "Counted otherwise by today's program"),
}


@dataclass(frozen=True)
class Explained:
    """One cohort's metrics (ids) that changed alike: by cause, how many more each class has."""

    cohort: int
    metrics: tuple[str, ...]
    causes: Mapping[Cause, Mapping[str, int]]


def explained(
    report: Report, differences: Sequence[Difference], *, known_at: datetime
) -> list[Explained]:
    """Every difference put down to causes; the curves of waits are told by their counts alone.

    The queries are as many whatever has changed.
    """
    if not differences:
        return []
    used = definitions_of(report)
    changes = _Changes(report, used, known_at=known_at)
    told: dict[tuple[int, Any], list[str]] = {}
    of_metric: dict[tuple[int, str], dict[str, int]] = {}
    for one in differences:
        if not isinstance(used[one.metric].measure, Incidence):
            of_metric.setdefault((one.cohort, one.metric), {})[one.code] = one.more
    for (cohort, metric), more in of_metric.items():
        causes = changes.of(used[metric], cohort)
        rest = Counter(more)
        for counts in causes.values():
            rest.subtract(counts)
        causes[Cause.PROGRAM] = rest
        key = tuple(
            (cause, tuple((code, n) for code, n in causes[cause].items() if n))
            for cause in Cause
            if any(causes.get(cause, {}).values())
        )
        told.setdefault((cohort, key), []).append(metric)
    found = [
        Explained(
            cohort,
            tuple(sorted(metrics, key=_rank)),
            {cause: dict(counts) for cause, counts in key},
        )
        for (cohort, key), metrics in told.items()
    ]
    return sorted(found, key=lambda one: (one.cohort, _rank(one.metrics[0])))


def _rank(metric: str) -> bool:
    """What everybody asks for first stands first; the others keep their order."""
    return metric != "plain"


class _Changes:
    """The people of whom something was recorded since a report was made, as known then and later."""

    def __init__(
        self, report: Report, used: Mapping[str, Definition], *, known_at: datetime
    ) -> None:
        self.question = Question(report.valid_on, used)
        self.numbers = {str(cohort.id): cohort.number for cohort in report.cohorts}
        ids = [cohort.id for cohort in report.cohorts]
        users = _recorded_since(ids, report.known_at, known_at)
        self.before, self.after = (
            {one.enrolment_id: one for one in persons(ids, recorded=moment, user_ids=users)}
            for moment in (report.known_at, known_at)
        )
        self.parents: dict[int, int | None] = dict(
            db.session.execute(
                select(StatusSpell.id, StatusSpell.supersedes_id).where(
                    StatusSpell.user_id.in_(users)
                )
            ).all()
        )

    def of(self, definition: Definition, cohort: int) -> dict[Cause, Counter[str]]:
        """How many more each class has, by cause."""
        before, after = (
            self._codes(definition, cohort, known_then) for known_then in (self.before, self.after)
        )
        found: dict[Cause, Counter[str]] = {}
        for key in before.keys() | after.keys():
            then, now = before.get(key), after.get(key)
            if then != now:
                more = found.setdefault(self._cause(key), Counter())
                more.update([now] if now else [])
                more.subtract([then] if then else [])
        return {
            cause: Counter({code: more[code] for code in class_names(definition) if more[code]})
            for cause, more in found.items()
        }

    def _codes(
        self, definition: Definition, cohort: int, everybody: Mapping[int, Known]
    ) -> dict[int, str]:
        people = [
            one.person for one in everybody.values() if self.numbers[one.person.cohort] == cohort
        ]
        placed = self.question.placed(definition, self.question.seen(people))
        return {int(one.person.key): one.code for one in placed}

    def _cause(self, key: int) -> Cause:
        before, after = self.before.get(key), self.after.get(key)
        if before is None:
            return Cause.ENROLLED
        if after is None:
            return Cause.REMOVED
        facts = [replace(one.person, spells=(), intent=None) for one in (before, after)]
        if facts[0] != facts[1]:
            return Cause.ENROLMENT
        return min(self._of_spells(before, after), key=[*Cause].index, default=Cause.INTENT)

    def _of_spells(self, before: Known, after: Known) -> set[Cause]:
        """What was done to the spells that had begun by the day of the report."""
        day = self.question.valid_on
        old, new = (
            {spell.id: spell for spell in one.spells if spell.valid_from <= day}
            for one in (before, after)
        )
        found, followed = set(), set()
        for key in new.keys() - old.keys():
            origin = self._origin(key, old)
            if origin is not None:
                followed.add(origin.id)
            found.add(_kind(origin, new[key]))
        if old.keys() - new.keys() - followed:
            found.add(Cause.WITHDRAWN)
        return found

    def _origin(self, key: int, old: Mapping[int, StatusSpell]) -> StatusSpell | None:
        """What the spell was when the report was made; None: it was not recorded yet."""
        parent = self.parents.get(key)
        while parent is not None and parent not in old:
            parent = self.parents.get(parent)
        return old[parent] if parent is not None else None


def _kind(before: StatusSpell | None, after: StatusSpell) -> Cause:
    if before is None:
        return Cause.LATE
    then, now = before.as_spell, after.as_spell
    if replace(now, evidence_level=then.evidence_level) == then:
        lifted = now.evidence_level > then.evidence_level
        return Cause.EVIDENCE if lifted else Cause.EVIDENCE_LOST
    return Cause.ENDED if replace(now, valid_to=then.valid_to) == then else Cause.CORRECTED


def _recorded_since(cohort_ids: Collection[int], since: datetime, until: datetime) -> Sequence[int]:
    """Whose enrolment, spells or intent were recorded or superseded between the moments."""

    def within(fact: Any) -> ColumnElement[bool]:
        return or_(
            fact.recorded_at.between(since, until) & (fact.recorded_at != since),
            fact.superseded_at.between(since, until) & (fact.superseded_at != since),
        )

    of_cohorts = EnrolmentRecord.cohort_id.in_(cohort_ids)
    members = select(EnrolmentRecord.user_id).where(of_cohorts)
    enrolments = select(EnrolmentRecord.enrolment_id).where(of_cohorts)
    answered = select(EnrolmentRecord.user_id).join(
        IntentAnswer, IntentAnswer.enrolment_id == EnrolmentRecord.enrolment_id
    )
    return db.session.scalars(
        union(
            members.where(within(EnrolmentRecord)),
            select(StatusSpell.user_id).where(
                StatusSpell.user_id.in_(members), within(StatusSpell)
            ),
            answered.where(EnrolmentRecord.enrolment_id.in_(enrolments), within(IntentAnswer)),
        )
    ).all()
