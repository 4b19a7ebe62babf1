"""A course as its cohort sees it: lessons, assignments, handing in, and what became of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from lms import audit, content, markdown, polling
from lms.access import Permission, actor, allow, may
from lms.cohorts import queries as cohorts
from lms.cohorts.models import Enrolment, Offering
from lms.compute import hub
from lms.compute.queries import live_session
from lms.coursework import actions, queries
from lms.coursework.forms import PublishForm, SubmitForm
from lms.coursework.models import Assignment, Submission, Via
from lms.curricula import queries as curricula
from lms.db import utcnow
from lms.errors import DomainError, Forbidden, Unavailable
from lms.gradebook import queries as gradebook
from lms.i18n import from_seoul, local, to_seoul

bp = Blueprint("coursework", __name__, url_prefix="/coursework", template_folder="templates")


@bp.get("/courses/<int:offering_id>")
@allow(Permission.COURSE_READ)
def course(offering: Offering) -> Any:
    """Lessons and assignments; trainees see their own standing, staff how many handed in."""
    published = queries.assignments(offering)
    names = {assignment.name for assignment in published if not assignment.error}
    return render_template(
        "coursework/course.html",
        offering=offering,
        lessons=curricula.lessons(offering.course),
        assignments=published
        if may(Permission.BOARD_READ, offering)
        else [a for a in published if a.released_at],
        unpublished=[
            a for a in curricula.authored_assignments(offering.course) if a.slug not in names
        ],
        mine=gradebook.standings(actor(), offering),
        counts=gradebook.counts_by_assignment(offering)
        if may(Permission.BOARD_READ, offering)
        else {},
    )


@bp.get("/courses/<int:offering_id>/lessons/<slug>")
@allow(Permission.COURSE_READ)
def lesson(offering: Offering, slug: str) -> Any:
    found = curricula.lesson(offering.course, slug)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return render_template(
        "coursework/lesson.html",
        offering=offering,
        lesson=found,
        lessons=curricula.lessons(offering.course),
        body=markdown.render(local(found.body)),
    )


@bp.route("/courses/<int:offering_id>/publication/<slug>", methods=["GET", "POST"])
@allow(Permission.ASSIGNMENT_PUBLISH)
def publication(offering: Offering, slug: str) -> Any:
    """Publish one of the course's assignments to the cohort."""
    authored = next(
        (a for a in curricula.authored_assignments(offering.course) if a.slug == slug), None
    )
    if authored is None:
        abort(HTTPStatus.NOT_FOUND)
    form = PublishForm()
    if form.validate_on_submit():
        actions.publish_assignment(
            offering, authored, due_at=from_seoul(form.due_at.data), by=actor()
        )
        flash(
            _("nbgrader is making the release version. Trainees see it when it is ready."),
            "success",
        )
        return redirect(url_for("coursework.course", offering_id=offering.id))
    page = render_template(
        "coursework/publication.html", offering=offering, authored=authored, form=form
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


@bp.route("/assignments/<int:assignment_id>/due-date", methods=["GET", "POST"])
@allow(Permission.ASSIGNMENT_PUBLISH)
def due_date(assignment: Assignment) -> Any:
    form = PublishForm(data={"due_at": to_seoul(assignment.due_at)})
    if form.validate_on_submit():
        actions.change_due_date(assignment, due_at=from_seoul(form.due_at.data), by=actor())
        flash(_("The due date is changed."), "success")
        return redirect(url_for("gradebook.board", assignment_id=assignment.id))
    page = render_template("coursework/due_date.html", assignment=assignment, form=form)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


@bp.get("/assignments/<int:assignment_id>")
@allow(Permission.ASSIGNMENT_READ)
def assignment(assignment: Assignment) -> Any:
    """One's own work on an assignment; staff go to its board."""
    if may(Permission.BOARD_READ, assignment):
        return redirect(url_for("gradebook.board", assignment_id=assignment.id))
    return _own_work(assignment, SubmitForm(data={"key": str(uuid4())}))


@bp.get("/assignments/<int:assignment_id>/attempts")
@allow(Permission.ASSIGNMENT_READ)
def attempts(assignment: Assignment) -> Any:
    """The part of the page that changes while the grader works (asked again by htmx)."""
    return polling.part("coursework/_attempts.html", assignment=assignment, **_attempts(assignment))


@bp.post("/assignments/<int:assignment_id>/submissions")
@allow(Permission.SUBMIT)
def submit(assignment: Assignment) -> Any:
    """Hand in files chosen in the browser."""
    form = SubmitForm()
    if not form.validate_on_submit():
        return _own_work(assignment, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        submission, _new = actions.submit(
            assignment,
            _enrolment(assignment),
            [(part.filename or "", part.read()) for part in form.files.data],
            via=Via.PAGE,
            key=UUID(form.key.data),
            by=actor(),
        )
    except DomainError as refusal:
        form.files.errors = [refusal.message]
        return _own_work(assignment, form), refusal.status
    return redirect(_page_of(submission, assignment))


@bp.post("/assignments/<int:assignment_id>/submissions/from-home")
@allow(Permission.SUBMIT)
def submit_from_home(assignment: Assignment) -> Any:
    """Hand in what lies in one's notebook server: the server sends it, as Assignment List does."""
    session = live_session(actor())
    form = SubmitForm(data={"key": str(uuid4())})
    try:
        if session is None:
            raise Unavailable(_("Your notebook server is not running. Open the notebook first."))
        receipt = hub.submit_from_home(
            actor(), assignment.offering.code, assignment.name, key_hash=session.key_hash
        )
    except DomainError as refusal:
        form.form_errors = [refusal.message]
        return _own_work(assignment, form), refusal.status
    return redirect(
        url_for("coursework.submission", assignment_id=assignment.id, submission_id=receipt["id"])
    )


@bp.get("/assignments/<int:assignment_id>/submissions/<int:submission_id>")
@allow(Permission.SUBMISSION_READ)
def submission(assignment: Assignment, submission: Submission) -> Any:
    """The receipt of a submission and, once released, its result."""
    grade = gradebook.result_for(actor(), submission)
    run = queries.latest_runs([submission.id]).get(submission.id)
    context: dict[str, Any] = {
        "assignment": assignment,
        "submission": submission,
        "grade": grade,
        "run": run,
        "version": polling.version(run and run.state, grade and grade.state),
    }
    if polling.is_fragment():
        return polling.part("coursework/_progress.html", **context)
    whose = submission.enrolment.user_id
    if whose != actor().id:
        audit.record("submission-viewed", submission, by=actor(), whose=[whose])
    commented = queries.feedback([submission.id] if grade and grade.released_at else [])
    pages = [file for feedback in commented.values() for file in feedback.pages]
    return render_template(
        "coursework/submission.html",
        pages=[(file.path.removesuffix(".html"), content.page_url(file)) for file in pages],
        **context,
    )


@bp.post("/assignments/<int:assignment_id>/submissions/<int:submission_id>/runs")
@allow(Permission.RUN_AGAIN)
def run_again(assignment: Assignment, submission: Submission) -> Any:
    actions.run_again(submission, by=actor())
    flash(_("The grader runs this submission again."), "success")
    return redirect(
        url_for("gradebook.submission", assignment_id=assignment.id, submission_id=submission.id)
    )


def _own_work(assignment: Assignment, form: SubmitForm) -> str:
    if assignment.released_at is None:
        raise actions.NotReleased
    return render_template(
        "coursework/assignment.html",
        assignment=assignment,
        form=form,
        has_server=live_session(actor()) is not None,
        is_over=assignment.is_late(utcnow()),
        **_attempts(assignment),
    )


def _attempts(assignment: Assignment) -> dict[str, Any]:
    found = queries.submissions(_enrolment(assignment), assignment)
    grades = gradebook.grades_of(found)
    version = polling.version([(row.id, grades[row.id].state) for row in found])
    return {"submissions": found, "grades": grades, "version": version}


def _enrolment(assignment: Assignment) -> Enrolment:
    enrolment = cohorts.enrolment_of(actor(), assignment.offering.cohort_id)
    if enrolment is None:
        raise Forbidden(_("Only trainees of this cohort can submit."))
    return enrolment


def _page_of(submission: Submission, assignment: Assignment) -> str:
    return url_for(
        "coursework.submission", assignment_id=assignment.id, submission_id=submission.id
    )
