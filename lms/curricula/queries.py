"""Questions about courses."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import defer, selectinload

from lms.curricula.models import Course, CourseAssignment, Lesson
from lms.db import db


def courses() -> Sequence[Course]:
    return db.session.scalars(select(Course).order_by(Course.slug)).all()


def course_by_slug(slug: str) -> Course | None:
    return db.session.scalar(
        select(Course)
        .where(Course.slug == slug)
        .options(selectinload(Course.lessons), selectinload(Course.assignments))
    )


def lessons(course: Course) -> Sequence[Lesson]:
    """The lessons in order, without their texts."""
    return db.session.scalars(
        select(Lesson)
        .where(Lesson.course_id == course.id)
        .options(defer(Lesson.body))
        .order_by(Lesson.position)
    ).all()


def lesson(course: Course, slug: str) -> Lesson | None:
    return db.session.scalar(
        select(Lesson).where(Lesson.course_id == course.id, Lesson.slug == slug)
    )


def authored_assignments(course: Course) -> Sequence[CourseAssignment]:
    """What the course brings and was not withdrawn, in order."""
    return db.session.scalars(
        select(CourseAssignment)
        .where(CourseAssignment.course_id == course.id, CourseAssignment.withdrawn.is_(False))
        .order_by(CourseAssignment.position)
    ).all()
