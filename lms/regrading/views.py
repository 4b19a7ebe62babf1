"""Regrading an assignment: what changes, what that would do to everybody's points, then yes or no."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from lms import polling
from lms.access import Permission, actor, allow
from lms.coursework.models import Assignment, Regrade
from lms.coursework.queries import open_regrade
from lms.curricula.models import CourseAssignment
from lms.errors import DomainError
from lms.regrading import actions, queries
from lms.regrading.forms import RegradeForm
from lms.regrading.queries import Preview, PreviewRow

bp = Blueprint(
    "regrading",
    __name__,
    url_prefix="/regrading/assignments/<int:assignment_id>",
    template_folder="templates",
)

ORDERS: dict[str, Callable[[PreviewRow], Any]] = {
    "change": lambda row: -abs(row.more),
    "-change": lambda row: abs(row.more),
    "up": lambda row: -row.more,
    "down": lambda row: row.more,
    "name": lambda row: row.submission.enrolment.user.name,
}
SHOWN: dict[str, Callable[[PreviewRow], bool]] = {
    "changed": lambda row: row.is_changed,
    "unchanged": lambda row: row.is_done and not row.is_changed,
    "failed": lambda row: row.has_failed,
    "all": lambda row: True,
}


@bp.route("/", methods=["GET", "POST"])
@allow(Permission.REGRADE)
def new(assignment: Assignment) -> Any:
    """Choose the files and rules to try; an open regrade is gone on with."""
    is_open = open_regrade(assignment)
    if is_open is not None:
        return redirect(_page_of(is_open))
    authored = queries.authored_now(assignment)
    form = RegradeForm(data={"rules": assignment.rules})
    if form.validate_on_submit():
        try:
            regrade = _requested(assignment, authored, form)
        except DomainError as refusal:
            form.form_errors = [refusal.message]
        else:
            return redirect(_page_of(regrade))
    page = render_template(
        "regrading/new.html",
        assignment=assignment,
        authored=authored,
        fixed=queries.changed_files(assignment.source_files, authored.files) if authored else [],
        form=form,
        last=queries.latest_regrade(assignment),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _requested(
    assignment: Assignment, authored: CourseAssignment | None, form: RegradeForm
) -> Regrade:
    again = authored is not None and form.from_course.data
    files = authored.files if authored is not None and again else assignment.source_files
    uploads = [(part.filename, part.read()) for part in form.files.data or [] if part.filename]
    return actions.request_regrade(
        assignment,
        files=actions.replaced(files, uploads),
        rules=form.rules.data,
        by=actor(),
    )


@bp.get("/regrades/<int:regrade_id>")
@allow(Permission.REGRADE)
def regrade(assignment: Assignment, regrade: Regrade) -> Any:
    """What the regrade would do; the part that fills while the grader runs asks again by htmx."""
    if not regrade.is_open:
        if polling.is_fragment():
            return "", HTTPStatus.NO_CONTENT, {"HX-Refresh": "true"}
        return render_template("regrading/over.html", assignment=assignment, regrade=regrade)
    preview = queries.preview(regrade)
    shown, order = _choice("show", SHOWN), _choice("sort", ORDERS)
    context: dict[str, Any] = {
        "assignment": assignment,
        "regrade": regrade,
        "preview": preview,
        "rows": sorted(filter(SHOWN[shown], preview.rows), key=ORDERS[order]),
        "counts": {name: sum(map(test, preview.rows)) for name, test in SHOWN.items()},
        "shown": shown,
        "order": order,
        "version": _version(preview),
    }
    if polling.is_fragment():
        return polling.part("regrading/_preview.html", **context)
    return render_template("regrading/regrade.html", **context)


def _choice(name: str, known: dict[str, Any]) -> str:
    """The value of a parameter of the address; what is not known is the first."""
    wanted = request.args.get(name, "")
    return wanted if wanted in known else next(iter(known))


def _version(preview: Preview) -> str:
    return polling.version(
        preview.regrade.prepared_at,
        preview.waited_for,
        [(row.run.id, row.run.state, row.before, row.after) for row in preview.rows],
    )


@bp.post("/regrades/<int:regrade_id>/application")
@allow(Permission.REGRADE)
def application(assignment: Assignment, regrade: Regrade) -> Any:
    """Apply it."""
    changed = actions.apply(regrade, by=actor())
    text = ngettext(
        "The regrade is applied: %(num)d result changed.",
        "The regrade is applied: %(num)d results changed.",
        changed,
    )
    flash(text, "success")
    return redirect(url_for("gradebook.board", assignment_id=assignment.id))


@bp.post("/regrades/<int:regrade_id>/discard")
@allow(Permission.REGRADE)
def discard(assignment: Assignment, regrade: Regrade) -> Any:
    actions.discard(regrade, by=actor())
    flash(_("The regrade is discarded. Nothing has changed."), "success")
    return redirect(url_for("gradebook.board", assignment_id=assignment.id))


def _page_of(regrade: Regrade) -> str:
    return url_for("regrading.regrade", assignment_id=regrade.assignment_id, regrade_id=regrade.id)
