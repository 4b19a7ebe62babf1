"""A file of applications, planned, then recorded whole or not at all; twice is once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from lms import audit
from lms.accounts.models import User
from lms.cohorts.application_file import ApplicationRow
from lms.cohorts.forms import RowError
from lms.cohorts.models import Applicant, Application, ApplicationStage, Cohort, Enrolment, Stage
from lms.cohorts.words import QUESTIONS
from lms.db import db
from lms.recorded import known, supersede

CORRECTED = "the file of applications came in again"


@dataclass
class _Stored:
    """What is recorded of one application, as far as it is."""

    application: Application
    steps: dict[Stage, date | None] = field(default_factory=dict)
    applicant: Applicant | None = None


@dataclass
class ApplicationsPlan:
    """The lines that are new, those that change what is recorded, and how many stay as they are."""

    new: list[ApplicationRow] = field(default_factory=list)
    changed: list[ApplicationRow] = field(default_factory=list)
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)


def plan_applications(cohort: Cohort, rows: list[ApplicationRow]) -> ApplicationsPlan:
    """What recording the rows would change; a step, once recorded, stays."""
    stored, enrolled = _stored(cohort), _enrolled(cohort)
    came_from = {
        one.application_id: one for one in enrolled.values() if one.application_id is not None
    }
    plan = ApplicationsPlan()
    for row in rows:
        before, enrolment = stored.get(row.number), enrolled.get(row.student_number)
        application_id = before.application.id if before else None
        if row.student_number and enrolment is None:
            message = _("Nobody is enrolled under student number %(n)s: import the roster first.",
                        n=row.student_number)  # fmt: skip
        elif enrolment and enrolment.application_id not in (None, application_id):
            message = _("Student number %(n)s came from another application.", n=row.student_number)
        elif (
            enrolment and application_id in came_from and came_from[application_id] is not enrolment
        ):
            message = _("This application is that of student number %(n)s.",
                        n=came_from[application_id].student_number)  # fmt: skip
        elif before and any(row.steps.get(step, day) != day for step, day in before.steps.items()):
            message = _("A step of this application is recorded with another day. What is recorded stays: "
                        "write the same days.")  # fmt: skip
        else:
            linked = enrolment is None or enrolment.application_id == application_id
            if before is None:
                plan.new.append(row)
            elif linked and _says(before.applicant, row) and not _more(before, row):
                plan.unchanged += 1
            else:
                plan.changed.append(row)
            continue
        plan.errors.append(RowError(row.line, message))
    return plan


def import_applications(cohort: Cohort, plan: ApplicationsPlan, *, by: User) -> None:
    """Carry a plan without errors out, whole.

    Raises:
        ValueError: the plan has errors.
    """
    if plan.errors:
        raise ValueError("a file with errors is not imported")
    stored, enrolled = _stored(cohort), _enrolled(cohort)
    for row in plan.new:
        stored[row.number] = _Stored(Application(cohort_id=cohort.id, number=row.number))
        db.session.add(stored[row.number].application)
    db.session.flush()
    for row in (*plan.new, *plan.changed):
        before = stored[row.number]
        key = before.application.id
        db.session.add_all(
            ApplicationStage(application_id=key, stage=step, reached_on=day)
            for step, day in _more(before, row).items()
        )
        if not _says(before.applicant, row):
            answers: dict[str, Any] = dict.fromkeys(QUESTIONS)
            reason = None
            if before.applicant:
                answers = {name: getattr(before.applicant, name) for name in QUESTIONS}
                reason = CORRECTED
                supersede(before.applicant)
            answers |= row.answers
            db.session.add(
                Applicant(application_id=key, reason=reason, recorded_by_id=by.id, **answers)
            )
        if row.student_number:
            enrolled[row.student_number].application_id = key
    counts: dict[str, Any] = {
        "new": len(plan.new),
        "changed": len(plan.changed),
        "unchanged": plan.unchanged,
    }
    audit.record("applications-imported", cohort, by=by, **counts)


def _says(applicant: Applicant | None, row: ApplicationRow) -> bool:
    """Whether this is recorded already; an application without any answer needs no row."""
    return all(getattr(applicant, name, None) == value for name, value in row.answers.items())


def _more(before: _Stored, row: ApplicationRow) -> dict[Stage, date]:
    """The steps it has reached beyond those recorded."""
    return {step: day for step, day in row.steps.items() if day and step not in before.steps}


def _stored(cohort: Cohort) -> dict[str, _Stored]:
    """By the application's number."""
    by_id = {
        one.id: _Stored(one)
        for one in db.session.scalars(
            select(Application).where(
                Application.cohort_id == cohort.id, Application.number.is_not(None)
            )
        )
    }
    for step in db.session.scalars(
        select(ApplicationStage)
        .join(Application, Application.id == ApplicationStage.application_id)
        .where(Application.cohort_id == cohort.id, Application.number.is_not(None))
    ):
        by_id[step.application_id].steps[step.stage] = step.reached_on
    for applicant in db.session.scalars(
        select(Applicant)
        .join(Application, Application.id == Applicant.application_id)
        .where(
            Application.cohort_id == cohort.id, Application.number.is_not(None), known(Applicant)
        )
    ):
        by_id[applicant.application_id].applicant = applicant
    return {str(one.application.number): one for one in by_id.values()}


def _enrolled(cohort: Cohort) -> dict[str, Enrolment]:
    rows = select(Enrolment).where(Enrolment.cohort_id == cohort.id)
    return {one.student_number: one for one in db.session.scalars(rows)}
