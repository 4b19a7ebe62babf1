"""How much was recorded since a report was made, of the facts that each of its tables counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from lms.careers.models import (
    EmployerRecord,
    Founder,
    Headcount,
    Investment,
    Mou,
    Tenancy,
    Venture,
    Waiting,
)
from lms.cohorts.attendance import Attendance
from lms.cohorts.models import Applicant, Application, ApplicationStage, Enrolment, EnrolmentRecord
from lms.compute.models import NotebookSession
from lms.coursework.models import Submission
from lms.db import db
from lms.gradebook.models import GradeRelease, Mark
from lms.metrics.definition import Text
from lms.outcomes.models import StatusSpell

NAMES: dict[Any, Text] = {
    ApplicationStage: Text("전형 단계", "admission steps"),
    Applicant: Text("지원서 내용", "answers in applications"),
    EnrolmentRecord: Text("입교와 수료", "enrolments and completions"),
    Attendance: Text("출석", "months of attendance"),
    StatusSpell: Text("현황", "statuses"),
    EmployerRecord: Text("기업", "employers"),
    Mou: Text("협약", "agreements"),
    Headcount: Text("고용 인원 집계", "head counts"),
    Venture: Text("창업 기업의 날짜", "dates of ventures"),
    Founder: Text("창업자", "founders"),
    Tenancy: Text("캠프 입주", "rooms in the camp"),
    Investment: Text("투자와 지원금", "money that ventures received"),
    Waiting: Text("캠프 대기", "waiting for the camp"),
    Mark: Text("채점", "marks"),
    GradeRelease: Text("결과 공개", "released results"),
    NotebookSession: Text("끝난 노트북 서버", "notebook servers that ended"),
}
_HIRED = (StatusSpell, EnrolmentRecord, EmployerRecord, Mou)
_ASKED = (ApplicationStage, Applicant, EnrolmentRecord)
OF_TABLES: dict[str, tuple[Any, ...]] = {
    "T1": (ApplicationStage, EnrolmentRecord),
    **dict.fromkeys(("T2s", "T2a", "T2r", "T2m", "T2j"), _ASKED),
    **dict.fromkeys(("T3", "T3w"), (EnrolmentRecord,)),
    "T3a": (Attendance, EnrolmentRecord),
    "T9": _HIRED,
    "T9b": (*_HIRED, Headcount),
    "T15": _HIRED,
    "T15b": (StatusSpell, EnrolmentRecord),
    "T11": (Founder, Venture, Headcount, Investment, EnrolmentRecord),
    "T11c": (Founder, Investment, EnrolmentRecord),
    "T11b": (Tenancy, Waiting),
    "T16": (StatusSpell, EnrolmentRecord, Mark, GradeRelease),
    "T16h": (StatusSpell, EnrolmentRecord, NotebookSession),
}


def recorded_since(
    ids: Iterable[str], cohort_ids: Sequence[int], *, since: datetime, until: datetime
) -> dict[str, list[tuple[Text, int]]]:
    """By table: of each kind of fact it counts, how many were recorded, corrected or withdrawn.

    Of the cohorts' people where the facts are of people; one query for all tables.
    """
    asked = {id: OF_TABLES.get(id, ()) for id in ids}
    kinds = [kind for kind in NAMES if any(kind in of for of in asked.values())]
    if not kinds:
        return {}
    counts = [_count(kind, cohort_ids, since, until) for kind in kinds]
    found: dict[str, int] = dict(db.session.execute(union_all(*counts)).all())
    return {
        id: [(NAMES[kind], number) for kind in of if (number := found[kind.__tablename__])]
        for id, of in asked.items()
    }


def _count(kind: Any, cohort_ids: Sequence[int], since: datetime, until: datetime) -> Select[Any]:
    """A correction closes a fact and begins another at the same moment: one change."""

    def within(moment: Any) -> ColumnElement[bool]:
        return and_(moment > since, moment <= until)

    changed: ColumnElement[bool] = within(_moment(kind))
    if hasattr(kind, "superseded_at"):
        next_ = aliased(kind)
        follows = select(next_.id).where(next_.recorded_at == kind.superseded_at).exists()
        changed = or_(changed, within(kind.superseded_at) & ~follows)
    of_cohorts = _of_cohorts(kind, cohort_ids)
    query = select(literal(kind.__tablename__), func.count()).select_from(kind).where(changed)
    return query if of_cohorts is None else query.where(of_cohorts)


def _moment(kind: Any) -> Any:
    of_their_own = {
        Mark: Mark.at,
        GradeRelease: GradeRelease.released_at,
        NotebookSession: NotebookSession.ended_at,
    }
    return of_their_own.get(kind) or kind.recorded_at


def _of_cohorts(kind: Any, ids: Sequence[int]) -> ColumnElement[bool] | None:
    """None: a fact about firms, whoever they employ."""
    if kind is EnrolmentRecord:
        return EnrolmentRecord.cohort_id.in_(ids)
    if kind in (StatusSpell, NotebookSession):
        people = select(EnrolmentRecord.user_id).where(EnrolmentRecord.cohort_id.in_(ids))
        return kind.user_id.in_(people)  # type: ignore[no-any-return]
    if kind is Attendance:
        enrolments = select(Enrolment.id).where(Enrolment.cohort_id.in_(ids))
        return Attendance.enrolment_id.in_(enrolments)
    if kind in (ApplicationStage, Applicant):
        applications = select(Application.id).where(Application.cohort_id.in_(ids))
        return kind.application_id.in_(applications)  # type: ignore[no-any-return]
    if kind in (Mark, GradeRelease):
        work = (
            select(Submission.id)
            .join(Enrolment, Enrolment.id == Submission.enrolment_id)
            .where(Enrolment.cohort_id.in_(ids))
        )
        return kind.submission_id.in_(work)  # type: ignore[no-any-return]
    return None
