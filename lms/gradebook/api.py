"""The exchange for who teaches: what everybody handed in, asked for by `nbgrader collect`.

The notebook server's key names the person; only staff of the cohort get an answer.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from flask_babel import gettext as _

from lms import storage
from lms.access import Credential, Permission, actor, allow, can
from lms.cohorts import queries as cohorts
from lms.coursework import queries as coursework
from lms.errors import NotFound
from lms.gradebook import queries

bp = Blueprint("staff_exchange", __name__, url_prefix="/gradebook/exchange")


@bp.get("/<code>/<name>/submissions")
@allow(Permission.EXCHANGE, by=Credential.KEY)
def submissions(code: str, name: str) -> Response:
    offering = cohorts.offering_by_code(code)
    if offering is None or not can(actor(), Permission.BOARD_READ, offering):
        raise NotFound(_("You teach no course %(code)s.", code=code[:60]))
    assignment = coursework.assignment_by_name(offering, name)
    if assignment is None:
        raise NotFound(_("This course has no released assignment %(name)s.", name=name[:60]))
    return jsonify(
        submissions=[
            {
                "id": row.id,
                "student": row.enrolment.user.username,
                "received_at": row.received_at.isoformat(),
                "late": assignment.is_late(row.received_at),
                "files": [file._asdict() for file in row.files],
            }
            for row in queries.handed_in(assignment)
        ]
    )


@bp.get("/submissions/<int:number>/files/<path:path>")
@allow(Permission.EXCHANGE, by=Credential.KEY)
def file(number: int, path: str) -> Response:
    submission = coursework.submission(number)
    if submission is None or not can(actor(), Permission.BOARD_READ, submission.assignment):
        raise NotFound(_("There is no such submission in a course that you teach."))
    for found in submission.files:
        if found.path == path:
            return Response(storage.get(found.sha256), mimetype="application/octet-stream")
    raise NotFound(_("This submission has no file %(path)s.", path=path[:80]))
