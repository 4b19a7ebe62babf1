"""Marking and grades: the submissions board, one submission, the release of results, the gradebook."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from lms import audit, content, downloads, polling, tables
from lms.access import Permission, actor, allow
from lms.cohorts.models import Offering
from lms.coursework import queries as coursework
from lms.coursework.models import Assignment, Submission
from lms.errors import DomainError
from lms.gradebook import actions, queries
from lms.gradebook.forms import MarkForm
from lms.gradebook.queries import BoardRow, Gradebook, WorkState
from lms.i18n import local, points

bp = Blueprint("gradebook", __name__, url_prefix="/gradebook", template_folder="templates")


@bp.get("/assignments/<int:assignment_id>/board")
@allow(Permission.BOARD_READ)
def board(assignment: Assignment) -> Any:
    """Who has not started, submitted, is late, is graded, failed."""
    rows = queries.board(assignment)
    shown = request.args.get("state", "")
    seen = [(row.enrolment.id, row.submission and row.submission.id, row.state) for row in rows]
    context: dict[str, Any] = {
        "assignment": assignment,
        "rows": [row for row in rows if _matches(row, shown)],
        "counts": queries.state_counts(rows),
        "late": sum(row.is_late for row in rows),
        "total": len(rows),
        "shown": shown,
        "version": polling.version(assignment.released_at, assignment.error, seen),
    }
    if polling.is_fragment():
        return polling.part("gradebook/_board.html", **context)
    return render_template("gradebook/board.html", **context)


def _matches(row: BoardRow, shown: str) -> bool:
    return not shown or row.state == shown or (shown == "late" and row.is_late)


@bp.get("/assignments/<int:assignment_id>/submissions/<int:submission_id>")
@allow(Permission.BOARD_READ)
def submission(assignment: Assignment, submission: Submission) -> Any:
    """One submission to read and to mark; while the grader runs the page asks whether it is done."""
    if polling.is_fragment():
        run = coursework.latest_runs([submission.id]).get(submission.id)
        is_ready = run is not None and run.is_finished and not run.awaits_pages
        return "", 204, {"HX-Refresh": "true"} if is_ready else {}
    audit.record("submission-viewed", submission, by=actor(), whose=[submission.enrolment.user_id])
    return _submission_page(assignment, submission)


def _submission_page(
    assignment: Assignment, submission: Submission, wrong: tuple[int, MarkForm] | None = None
) -> str:
    grade = queries.grade_of(submission)
    pages = [(file.path.removesuffix(".html"), content.page_url(file))
             for file in (grade.run.pages if grade.run else None) or []]  # fmt: skip
    forms = {
        question.question.id: MarkForm(
            formdata=None,
            prefix=f"q{question.question.id}",
            data={"points": question.mark, "comment": question.comment},
        )
        for question in grade.questions
    }
    if wrong:
        forms[wrong[0]] = wrong[1]
    return render_template(
        "gradebook/submission.html",
        assignment=assignment,
        submission=submission,
        grade=grade,
        pages=pages,
        page=next((page for page in pages if page[0] == request.args.get("notebook")), None)
        or next(iter(pages), None),
        files=[(file, content.download_url(file)) for file in submission.files],
        attempts=coursework.submissions(submission.enrolment, assignment),
        forms_of=forms,
        neighbours=_neighbours(assignment, submission),
    )


def _neighbours(assignment: Assignment, submission: Submission) -> dict[str, Submission | None]:
    """The submissions before and after this one on the board, and the next that a person must mark."""
    rows = [row for row in queries.board(assignment) if row.submission]
    ids = [row.submission.id for row in rows if row.submission]
    here = ids.index(submission.id) if submission.id in ids else -1
    after = rows[here + 1 :] + rows[: max(here, 0)]
    return {
        "previous": rows[here - 1].submission if here > 0 else None,
        "next": rows[here + 1].submission if 0 <= here < len(rows) - 1 else None,
        "to_mark": next((row.submission for row in after if row.state is WorkState.TO_MARK), None),
    }


@bp.post("/assignments/<int:assignment_id>/submissions/<int:submission_id>/marks/<int:question>")
@allow(Permission.MARK_WRITE)
def mark(assignment: Assignment, submission: Submission, question: int) -> Any:
    row = next((found for found in assignment.questions if found.id == question), None)
    if row is None:
        abort(HTTPStatus.NOT_FOUND)
    form = MarkForm(prefix=f"q{question}")
    if form.validate_on_submit():
        try:
            actions.mark(
                submission,
                row,
                points=form.points.data,
                comment=form.comment.data or "",
                by=actor(),
            )
        except DomainError as refusal:
            form.points.errors = [refusal.message]
        else:
            flash(_("Saved: %(question)s.", question=row.grade_id), "success")
            return redirect(_after_mark(assignment, submission, question))
    page = _submission_page(assignment, submission, wrong=(question, form))
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


def _after_mark(assignment: Assignment, submission: Submission, question: int) -> str:
    """The next submission to mark, if that was asked for; else the same question."""
    shown, anchor = submission, f"question-{question}"
    if "next" in request.form and (following := _neighbours(assignment, submission)["to_mark"]):
        shown, anchor = following, ""
    return url_for(
        "gradebook.submission",
        assignment_id=assignment.id,
        submission_id=shown.id,
        _anchor=anchor or None,
    )


@bp.post("/assignments/<int:assignment_id>/release")
@allow(Permission.GRADE_RELEASE)
def release(assignment: Assignment) -> Any:
    released = actions.release_grades(assignment, by=actor())
    flash(
        ngettext("%(num)d result is released.", "%(num)d results are released.", len(released)),
        "success",
    )
    return redirect(url_for("gradebook.board", assignment_id=assignment.id))


@bp.get("/courses/<int:offering_id>")
@allow(Permission.COURSE_READ)
def table(offering: Offering) -> Any:
    """The gradebook: everybody's for staff, one's own for a trainee."""
    return render_template(
        "gradebook/table.html",
        gradebook=queries.gradebook_for(actor(), offering),
        mine=queries.standings(actor(), offering),
    )


@bp.route("/courses/<int:offering_id>/grades-file", methods=["GET", "POST"])
@allow(Permission.GRADEBOOK_READ)
def export(offering: Offering) -> Any:
    gradebook = queries.gradebook_for(actor(), offering)
    file = downloads.PersonalFile(
        title=_("Gradebook as CSV"),
        action="gradebook-exported",
        about=offering,
        whose={row.enrolment.user_id for row in gradebook.rows},
        back=url_for("gradebook.table", offering_id=offering.id),
        facts={"format": "csv"},
    )
    name = f"grades-{offering.code}.csv"
    return downloads.give(file, lambda: tables.csv_response(_lines(gradebook), name=name))


def _lines(gradebook: Gradebook) -> list[list[Any]]:
    heading = [_("Student number"), _("Name"), _("User name")]
    for assignment in gradebook.assignments:
        heading += [f"{local(assignment.title)} (/{points(assignment.max_points)})", _("State")]
    lines: list[list[Any]] = [[*heading, f"{_('Total')} (/{points(gradebook.max_points)})"]]
    for row in gradebook.rows:
        person = row.enrolment.user
        line: list[Any] = [row.enrolment.student_number, person.name, person.username]
        for assignment in gradebook.assignments:
            grade = row.grades.get(assignment.id)
            line += [grade.points, grade.state.value] if grade else [None, "not-started"]
        lines.append([*line, row.points])
    return lines
