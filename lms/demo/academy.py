"""The whole demonstration, put together in one transaction that the caller commits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial

from flask import Flask, current_app
from sqlalchemy import select, text

from lms import audit
from lms.cohorts.models import Cohort
from lms.curricula.models import CourseAssignment
from lms.curricula.queries import authored_assignments, course_by_slug
from lms.db import db, utcnow
from lms.demo.answers import Material, prepare
from lms.demo.careers import load_employers
from lms.demo.finished import load_finished_cohort, load_grades
from lms.demo.money import load_money
from lms.demo.people import Register
from lms.demo.publication import publish_report
from lms.demo.rows import seoul
from lms.demo.running import load_running_cohort

COURSE = "python-programming"
FINISHED = (1, 2, 3, 4, 5)
FOUNDED_ON = date(2020, 6, 1)


class CourseMissing(Exception):
    """The demonstration teaches a course that is not published; the message says what to do."""


def has_cohorts() -> bool:
    return db.session.scalar(select(Cohort.id).limit(1)) is not None


def load_academy() -> None:
    """Raises:
    CourseMissing: nothing was written.
    """
    course = course_by_slug(COURSE)
    if course is None:
        raise CourseMissing(
            f"There is no course {COURSE}: publish the courses first with "
            "`flask --app wsgi curricula publish courses`."
        )
    # nbgrader works in processes of its own, for each assignment; meanwhile the people are written.
    # The proxy of the application does not reach into other threads.
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with ThreadPoolExecutor() as pool:
        preparing = pool.map(partial(_prepare, app), authored_assignments(course))
        register = Register()
        # Two, as a report is approved and evidence accepted by somebody else than who brought it.
        administrators = register.add(
            ["admin", "admin2"], at=seoul(FOUNDED_ON, 9), is_administrator=True
        )
        load_employers()
        now = utcnow()
        finished = [
            load_finished_cohort(
                number, course, register=register, administrator_id=administrators[0], now=now
            )
            for number in FINISHED
        ]
        materials = list(preparing)
    for cohort in finished:
        load_grades(cohort, materials)
    load_running_cohort(course, materials, register=register, now=now)
    load_money()
    # Rows of this transaction are in no statistics yet; a report planned without takes minutes.
    db.session.execute(text("ANALYZE"))
    publish_report(administrators)
    audit.record("demo-loaded", by=None)


def _prepare(app: Flask, authored: CourseAssignment) -> Material:
    with app.app_context():
        return prepare(authored)
