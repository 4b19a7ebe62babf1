"""The administrator's cohort pages: list, one cohort, imports, opening and closing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf import FlaskForm
from sqlalchemy import select

from lms import downloads, tables
from lms.access import Permission, actor, allow
from lms.accounts import actions as accounts
from lms.accounts.models import User
from lms.cohorts import actions, queries
from lms.cohorts.application_file import heading, read_applications
from lms.cohorts.application_import import ApplicationsPlan, import_applications, plan_applications
from lms.cohorts.forms import (
    CohortForm,
    CompletionsForm,
    InstructorForm,
    LeavingForm,
    OfferingForm,
    RosterForm,
    RowError,
    decoded,
    read_roster,
)
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.words import ANSWERS
from lms.curricula.models import Course
from lms.curricula.queries import courses
from lms.db import db
from lms.errors import DomainError
from lms.i18n import local
from lms.pages import Page

bp = Blueprint("cohorts", __name__, url_prefix="/cohorts", template_folder="templates")


@bp.get("/")
@allow(Permission.COHORT_MANAGE)
def index() -> Any:
    return render_template("cohorts/index.html", funnels=queries.funnels())


@bp.route("/new", methods=["GET", "POST"])
@allow(Permission.COHORT_MANAGE)
def new() -> Any:
    form = CohortForm()
    if form.validate_on_submit():
        try:
            cohort = actions.plan_cohort(
                number=form.number.data,
                starts_on=form.starts_on.data,
                ends_on=form.ends_on.data,
                seats=form.seats.data,
                by=actor(),
            )
        except actions.NumberTaken as refusal:
            form.number.errors = [refusal.message]
        else:
            db.session.flush()
            flash(_("%(cohort)s is planned.", cohort=local(cohort.name)), "success")
            return redirect(url_for("cohorts.cohort", cohort_id=cohort.id))
    return render_template("cohorts/new.html", form=form), _status(form)


@bp.get("/<int:cohort_id>")
@allow(Permission.COHORT_READ)
def cohort(cohort: Cohort) -> Any:
    return render_template(
        "cohorts/cohort.html",
        cohort=cohort,
        funnel=queries.funnel(cohort),
        waiting=len(queries.without_password(cohort)),
        roster=Page.of(queries.roster(cohort), number=request.args.get("page", 1, int), size=50),
        instructors=queries.instructors(cohort),
        courses=queries.offered_courses(cohort),
    )


@bp.post("/<int:cohort_id>/opening")
@allow(Permission.COHORT_MANAGE)
def opening(cohort: Cohort) -> Any:
    actions.open_cohort(cohort, by=actor())
    flash(_("%(cohort)s is open.", cohort=local(cohort.name)), "success")
    return redirect(url_for("cohorts.cohort", cohort_id=cohort.id))


@bp.route("/<int:cohort_id>/closure", methods=["GET", "POST"])
@allow(Permission.COHORT_MANAGE)
def closure(cohort: Cohort) -> Any:
    """Closing cannot be undone, so it asks first and says what it ends."""
    form = FlaskForm()
    if form.validate_on_submit():
        actions.close_cohort(cohort, by=actor())
        flash(_("%(cohort)s is closed.", cohort=local(cohort.name)), "success")
        return redirect(url_for("cohorts.cohort", cohort_id=cohort.id))
    return render_template(
        "cohorts/closure.html", cohort=cohort, form=form, funnel=queries.funnel(cohort)
    )


@bp.route("/<int:cohort_id>/roster-import", methods=["GET", "POST"])
@allow(Permission.ROSTER_IMPORT)
def roster_import(cohort: Cohort) -> Any:
    def done(plan: actions.RosterPlan) -> Any:
        return _("The roster is imported: %(new)s new people, %(enrolled)s enrolled, %(same)s unchanged.",
                 new=plan.count(actions.RosterChange.NEW),
                 enrolled=plan.count(actions.RosterChange.ENROLLED),
                 same=plan.count(actions.RosterChange.UNCHANGED))  # fmt: skip

    return _import(
        cohort, read_roster, actions.plan_roster, actions.import_roster, done,
        page=partial(render_template, "cohorts/roster_import.html"),
    )  # fmt: skip


@bp.route("/<int:cohort_id>/applications-import", methods=["GET", "POST"])
@allow(Permission.APPLICATION_MANAGE)
def applications_import(cohort: Cohort) -> Any:
    def done(plan: ApplicationsPlan) -> Any:
        return _("The applications are recorded: %(new)s new, %(changed)s changed, %(same)s unchanged.",
                 new=len(plan.new), changed=len(plan.changed), same=plan.unchanged)  # fmt: skip

    return _import(
        cohort, read_applications, plan_applications, import_applications, done,
        page=partial(render_template, "cohorts/applications_import.html", answers=ANSWERS, heading=heading),
    )  # fmt: skip


def _import(
    cohort: Cohort,
    read: Callable[[bytes], tuple[list[Any], list[RowError]]],
    plan_of: Callable[[Cohort, list[Any]], Any],
    carry_out: Callable[..., None],
    done: Callable[[Any], str],
    *,
    page: Callable[..., str],
) -> Any:
    """A file, checked first, imported on demand: whole or not at all."""
    form, plan, checked = RosterForm(), None, ""
    if form.validate_on_submit():
        content = form.content()
        rows, errors = read(content)
        plan = plan_of(cohort, rows)
        plan.errors = sorted([*errors, *plan.errors])
        if form.apply.data and not plan.errors:
            carry_out(cohort, plan, by=actor())
            flash(done(plan), "success")
            return redirect(url_for("cohorts.cohort", cohort_id=cohort.id))
        checked = "" if plan.errors else decoded(content)
    wrong = bool(form.errors or (plan and plan.errors))
    answer = page(cohort=cohort, form=form, plan=plan, checked=checked)
    return answer, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK


@bp.route("/<int:cohort_id>/invitations", methods=["GET", "POST"])
@allow(Permission.ROSTER_IMPORT)
def invitations(cohort: Cohort) -> Any:
    """A link for everybody who cannot sign in yet, to set a first password; for a mail merge."""
    waiting = queries.without_password(cohort)
    file = downloads.PersonalFile(
        title=_("Invitations as CSV"),
        action="invitations-exported",
        about=cohort,
        whose={enrolment.user_id for enrolment in waiting},
        back=url_for("cohorts.cohort", cohort_id=cohort.id),
        facts={"format": "csv"},
    )
    name = f"invitations-{cohort.number}.csv"
    return downloads.give(file, lambda: tables.csv_response(_invitations(waiting), name=name))


def _invitations(waiting: Sequence[Enrolment]) -> list[list[Any]]:
    lines: list[list[Any]] = [
        [_("Student number"), _("Name"), _("E-mail"), _("User name"), _("Invitation")]
    ]
    for enrolment in waiting:
        person = enrolment.user
        link = url_for("accounts.welcome", token=accounts.invitation(person), _external=True)
        lines.append([enrolment.student_number, person.name, person.email, person.username, link])
    return lines


@bp.route("/<int:cohort_id>/enrolments/<int:enrolment_id>/leaving", methods=["GET", "POST"])
@allow(Permission.COHORT_MANAGE)
def leaving(cohort: Cohort, enrolment: Enrolment) -> Any:
    form = LeavingForm()
    if form.validate_on_submit():
        try:
            actions.record_leaving(enrolment, on=form.on.data, reason=form.reason.data, by=actor())
        except DomainError as refusal:
            form.on.errors = [refusal.message]
        else:
            flash(_("Recorded: %(name)s left.", name=enrolment.user.name), "success")
            return redirect(url_for("cohorts.cohort", cohort_id=cohort.id, _anchor="roster"))
    page = render_template("cohorts/leaving.html", cohort=cohort, enrolment=enrolment, form=form)
    return page, _status(form)


@bp.route("/<int:cohort_id>/completions", methods=["GET", "POST"])
@allow(Permission.COHORT_MANAGE)
def completions(cohort: Cohort) -> Any:
    """Who completed, all at once: everybody taking part is ticked until somebody unticks them."""
    people = {enrolment.id: enrolment for enrolment in queries.taking_part(cohort)}
    form = CompletionsForm(data={"on": cohort.ends_on, "enrolments": list(people)})
    form.enrolments.choices = [(key, row.user.name) for key, row in people.items()]
    if form.validate_on_submit():
        chosen = [people[key] for key in form.enrolments.data]
        try:
            actions.record_completions(chosen, on=form.on.data, by=actor())
        except DomainError as refusal:
            form.on.errors = [refusal.message]
        else:
            flash(
                ngettext("%(num)d person completed.", "%(num)d people completed.", len(chosen)),
                "success",
            )
            return redirect(url_for("cohorts.cohort", cohort_id=cohort.id, _anchor="roster"))
    page = render_template(
        "cohorts/completions.html", cohort=cohort, form=form, people=list(people.values())
    )
    return page, _status(form)


@bp.route("/<int:cohort_id>/offerings/new", methods=["GET", "POST"])
@allow(Permission.COHORT_MANAGE)
def new_offering(cohort: Cohort) -> Any:
    form = OfferingForm(data={"starts_on": cohort.starts_on, "ends_on": cohort.ends_on})
    offered = {offering.course_id for offering in cohort.offerings}
    form.course_id.choices = [
        (course.id, local(course.title)) for course in courses() if course.id not in offered
    ]
    if form.validate_on_submit():
        course = db.session.get_one(Course, form.course_id.data)
        actions.offer_course(
            cohort, course, starts_on=form.starts_on.data, ends_on=form.ends_on.data, by=actor()
        )
        flash(_("%(course)s is part of this cohort now.", course=local(course.title)), "success")
        return redirect(url_for("cohorts.cohort", cohort_id=cohort.id))
    return render_template("cohorts/new_offering.html", cohort=cohort, form=form), _status(form)


@bp.route("/<int:cohort_id>/instructors/new", methods=["GET", "POST"])
@allow(Permission.COHORT_MANAGE)
def new_instructor(cohort: Cohort) -> Any:
    form = InstructorForm()
    candidates = db.session.scalars(queries.possible_instructors(cohort)).all()
    form.user_id.choices = [
        (person.id, f"{person.name} ({person.username})") for person in candidates
    ]
    if form.validate_on_submit():
        person = db.session.get_one(User, form.user_id.data)
        try:
            actions.appoint_instructor(cohort, person, by=actor())
        except DomainError as refusal:
            form.user_id.errors = [refusal.message]
        else:
            flash(_("%(name)s teaches this cohort now.", name=person.name), "success")
            return redirect(url_for("cohorts.cohort", cohort_id=cohort.id))
    return render_template("cohorts/new_instructor.html", cohort=cohort, form=form), _status(form)


@bp.post("/<int:cohort_id>/instructors/<username>/dismissal")
@allow(Permission.COHORT_MANAGE)
def dismissal(cohort: Cohort, username: str) -> Any:
    person = db.session.scalar(select(User).where(User.username == username))
    if person is None:
        abort(HTTPStatus.NOT_FOUND)
    actions.dismiss_instructor(cohort, person, by=actor())
    flash(_("%(name)s no longer teaches this cohort.", name=person.name), "success")
    return redirect(url_for("cohorts.cohort", cohort_id=cohort.id))


def _status(form: Any) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
