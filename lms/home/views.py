"""The first page of each role, and the health check."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, render_template
from sqlalchemy import text

from lms import access, queue
from lms.access import Permission, actor, allow, public
from lms.accounts.models import User
from lms.cohorts import queries as cohorts
from lms.coursework.queries import assignments
from lms.db import db
from lms.home import queries
from lms.i18n import seoul_day, today
from lms.privacy.access_log import months_to_review
from lms.privacy.queries import consents_of
from lms.reports.queries import current_reports

bp = Blueprint("home", __name__, template_folder="templates")


@bp.get("/")
@allow(Permission.HOME_READ)
def index() -> Any:
    """What waits for this person; somebody with two roles sees both parts."""
    person, found = actor(), access.roles(actor())
    teaching = []
    if access.Role.INSTRUCTOR in found:
        mine = cohorts.memberships(person)
        offerings = [o for o in cohorts.offerings_of(person) if o.cohort_id in mine.teaches]
        teaching = queries.teaching_load(offerings, assignments(*offerings))
    funnels = cohorts.funnels() if access.Role.ADMINISTRATOR in found else []
    return render_template(
        "home/index.html",
        roles=found,
        Role=access.Role,
        today=today(),
        day=queries.trainee_day(person, day=seoul_day()),
        teaching=teaching,
        undecided=_undecided(person) if access.Role.TRAINEE in found else 0,
        funnels=funnels,
        reports=current_reports([row.cohort.id for row in funnels]) if funnels else {},
        unreviewed=months_to_review() if access.Role.ADMINISTRATOR in found else [],
        waiting=queue.waiting() if access.Role.ADMINISTRATOR in found else None,
    )


def _undecided(person: User) -> int:
    """How many uses of their data the person has yet to say something about."""
    return sum(own.waits for own in consents_of(person))


@bp.get("/healthz")
@public
def healthz() -> Any:
    """200 when the database answers."""
    db.session.execute(text("SELECT 1"))
    return jsonify(status="ok")
