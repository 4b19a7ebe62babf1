"""The exchange: what nbgrader's plugin in a notebook server asks of the LMS, with that server's key.

The key names the person; an id that the client sends is never believed.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, request, url_for
from flask_babel import gettext as _

from lms import storage
from lms.access import Credential, Permission, actor, allow, can
from lms.cohorts import queries as cohorts
from lms.cohorts.models import Enrolment
from lms.coursework import actions, queries
from lms.coursework.models import Assignment, Submission, Via
from lms.errors import Forbidden, Invalid, NotFound
from lms.gradebook.queries import grades_of

bp = Blueprint("exchange", __name__, url_prefix="/coursework/exchange")


@bp.get("/assignments")
@allow(Permission.EXCHANGE, by=Credential.KEY)
def assignments() -> Response:
    found = queries.released_assignments(actor(), course=request.args.get("course"))
    return jsonify(
        assignments=[
            {
                "course_id": assignment.offering.code,
                "assignment_id": assignment.name,
                "title": assignment.title.in_(actor().locale),
                "due_at": assignment.due_at.isoformat() if assignment.due_at else None,
                "released_at": assignment.released_at.isoformat()
                if assignment.released_at
                else None,
                "notebooks": assignment.notebooks,
            }
            for assignment in found
        ]
    )


@bp.get("/<code>/<name>/release")
@allow(Permission.EXCHANGE, by=Credential.KEY)
def release(code: str, name: str) -> Response:
    return jsonify(files=[file._asdict() for file in _assignment(code, name).release_files or []])


@bp.get("/<code>/<name>/release/<path:path>")
@allow(Permission.EXCHANGE, by=Credential.KEY)
def release_file(code: str, name: str, path: str) -> Response:
    for file in _assignment(code, name).release_files or []:
        if file.path == path:
            return Response(storage.get(file.sha256), mimetype="application/octet-stream")
    raise NotFound(_("This assignment has no file %(path)s.", path=path[:80]))


@bp.post("/<code>/<name>/submissions")
@allow(Permission.EXCHANGE, by=Credential.KEY)
def submit(code: str, name: str) -> tuple[Response, int]:
    assignment = _assignment(code, name)
    try:
        key = UUID(request.headers.get("Idempotency-Key", ""))
    except ValueError:
        raise Invalid(_("Send a UUID in the header Idempotency-Key.")) from None
    submission, new = actions.submit(
        assignment,
        _enrolment(assignment),
        [(part.filename or "", part.read()) for part in request.files.getlist("files")],
        via=Via.LAB,
        key=key,
        by=actor(),
    )
    return jsonify(_receipt(submission, assignment)), 201 if new else 200


@bp.get("/submissions")
@allow(Permission.EXCHANGE, by=Credential.KEY)
def submissions() -> Response:
    found = queries.submissions_by(actor(), course=request.args.get("course"))
    grades = grades_of(found)
    feedback = queries.feedback(row.id for row in found if grades[row.id].released_at)
    return jsonify(
        submissions=[
            {
                "id": row.id,
                "course_id": row.assignment.offering.code,
                "assignment_id": row.assignment.name,
                "received_at": row.received_at.isoformat(),
                "late": row.is_late,
                "digest": row.digest,
                "notebooks": row.assignment.notebooks,
                "feedback": {
                    "released_at": str(grades[row.id].released_at),
                    "notebooks": {
                        file.path.removesuffix(".html"): file.sha256
                        for file in feedback[row.id].pages
                    },
                }
                if row.id in feedback
                else None,
            }
            for row in found
        ]
    )


@bp.get("/submissions/<int:number>/feedback/<path:page>")
@allow(Permission.EXCHANGE, by=Credential.KEY)
def feedback(number: int, page: str) -> Response:
    submission = queries.submission(number)
    if submission is None or not can(actor(), Permission.SUBMISSION_READ, submission):
        raise NotFound(_("There is no such submission of yours."))
    found = queries.feedback([number]).get(number)
    if found and grades_of([submission])[number].released_at:
        for file in found.pages:
            if file.path == page:
                return Response(storage.get(file.sha256), mimetype="text/html")
    raise NotFound(_("There is no feedback for this notebook yet."))


def _assignment(code: str, name: str) -> Assignment:
    """The assignment, looked up through its course, if this person may have it."""
    offering = cohorts.offering_by_code(code)
    if offering is None or not can(actor(), Permission.ASSIGNMENT_READ, offering):
        raise NotFound(_("You have no course %(code)s.", code=code[:60]))
    assignment = queries.assignment_by_name(offering, name)
    if assignment is None or assignment.released_at is None:
        raise NotFound(_("This course has no released assignment %(name)s.", name=name[:60]))
    return assignment


def _enrolment(assignment: Assignment) -> Enrolment:
    enrolment = cohorts.enrolment_of(actor(), assignment.offering.cohort_id)
    if enrolment is None:
        raise Forbidden(_("Only trainees of this cohort can submit."))
    return enrolment


def _receipt(submission: Submission, assignment: Assignment) -> dict[str, Any]:
    return {
        "id": submission.id,
        "course_id": assignment.offering.code,
        "assignment_id": assignment.name,
        "received_at": submission.received_at.isoformat(),
        "late": assignment.is_late(submission.received_at),
        "digest": submission.digest,
        "url": url_for(
            "coursework.submission",
            assignment_id=assignment.id,
            submission_id=submission.id,
            _external=True,
        ),
        "files": [file._asdict() for file in submission.files],
    }
