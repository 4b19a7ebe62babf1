"""A cohort's attendance: the table of it, and the file it comes in from."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from lms import audit
from lms.access import Permission, actor, allow
from lms.cohorts import attendance
from lms.cohorts.attendance_file import ATTENDANCE
from lms.cohorts.attendance_import import AttendancePlan, import_attendance, plan_attendance
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.queries import roster
from lms.forms import tried
from lms.pages import Page
from lms.table_import import ImportForm, taken

bp = Blueprint("attendance", __name__, url_prefix="/cohorts", template_folder="templates")


@bp.get("/<int:cohort_id>/attendance")
@allow(Permission.COHORT_MANAGE)
def table(cohort: Cohort) -> Any:
    """Whose attendance was seen is written down: it is personal data of others."""
    page: Page[Enrolment] = Page.of(
        roster(cohort), number=request.args.get("page", 1, int), size=50
    )
    found = attendance.totals([row.id for row in page.rows])
    if seen := {row.user_id for row in page.rows if row.id in found}:
        audit.record("attendance-seen", cohort, by=actor(), whose=seen)
    return render_template("cohorts/attendance.html", cohort=cohort, page=page, totals=found)


@bp.route("/<int:cohort_id>/attendance/import", methods=["GET", "POST"])
@allow(Permission.COHORT_MANAGE)
def upload(cohort: Cohort) -> Any:
    form = ImportForm()
    step = taken(form, ATTENDANCE)
    plan = plan_attendance(cohort, step.table) if step.table else None
    if plan and form.apply.data and not plan.errors and _imported(cohort, form, plan):
        return redirect(url_for("attendance.table", cohort_id=cohort.id))
    page = render_template(
        "cohorts/attendance_import.html", cohort=cohort, form=form, step=step, plan=plan, ours=ATTENDANCE
    )  # fmt: skip
    wrong = bool(form.errors or step.missing or (plan and plan.errors))
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK


def _imported(cohort: Cohort, form: ImportForm, plan: AttendancePlan) -> bool:
    """All of it, or nothing and the form says why."""
    with tried(form):
        import_attendance(cohort, plan, source=form.source(), by=actor())
    if form.errors:
        return False
    flash(
        _("Attendance is recorded: %(new)s new, %(changed)s changed, %(same)s unchanged.",
          new=plan.count("new"), changed=plan.count("changed"), same=plan.count("unchanged")),
        "success",
    )  # fmt: skip
    return True
