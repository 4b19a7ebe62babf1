"""Publishing a course: what courses/ says becomes rows."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import func

from lms import audit, storage
from lms.accounts.models import User
from lms.curricula.files import CourseFiles
from lms.curricula.models import Course, CourseAssignment, Lesson
from lms.curricula.queries import course_by_slug
from lms.db import Bilingual, db

Row = TypeVar("Row", Lesson, CourseAssignment)


def publish_course(files: CourseFiles, *, by: User | None = None) -> Course:
    """Make the rows of a course equal to its files. An assignment that vanished is withdrawn, not
    deleted: cohorts may have it."""
    course = course_by_slug(files.slug) or Course(slug=files.slug)
    course.title, course.summary = Bilingual(*files.title), Bilingual(*files.summary)
    course.hours, course.published_at = files.hours, func.now()
    db.session.add(course)

    lessons = {lesson.slug: lesson for lesson in course.lessons}
    course.lessons = [
        _filled(
            lessons.get(lesson.slug) or Lesson(slug=lesson.slug),
            position=position,
            title=Bilingual(*lesson.title),
            minutes=lesson.minutes,
            body=Bilingual(*lesson.body),
        )
        for position, lesson in enumerate(files.lessons, start=1)
    ]
    authored = {assignment.slug: assignment for assignment in course.assignments}
    for assignment in authored.values():
        assignment.withdrawn = True
    for position, assignment_files in enumerate(files.assignments, start=1):
        slug = assignment_files.slug
        row = authored.get(slug)
        if row is None:
            row = CourseAssignment(slug=slug)
            course.assignments.append(row)
        _filled(
            row,
            position=position,
            title=Bilingual(*assignment_files.title),
            summary=Bilingual(*assignment_files.summary),
            after_lesson=assignment_files.after,
            minutes=assignment_files.minutes,
            rules=assignment_files.rules,
            files=storage.put_all(assignment_files.files),
            withdrawn=False,
        )
    audit.record("course-published", course, by=by, slug=files.slug)
    return course


def _filled(row: Row, **values: object) -> Row:
    for name, value in values.items():
        setattr(row, name, value)
    return row
