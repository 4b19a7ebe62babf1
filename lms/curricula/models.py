"""What is taught, as published from courses/: course, lesson and the assignment a course brings.

Rows follow the files: publishing again replaces texts, and what a cohort was given stays as it
was, because coursework keeps its own manifests.
"""

from __future__ import annotations

from typing import Annotated

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.db import Base, Bilingual, Key, Now
from lms.storage import Manifest, ManifestType

# Names of the flags of grading.Rules that are on, in their order (outline.py).
Rules = Annotated[
    list[str], mapped_column(JSONB, default=list, server_default=text("'[]'"), nullable=False)
]


class Course(Base):
    __tablename__ = "course"

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[Bilingual]
    summary: Mapped[Bilingual]
    hours: Mapped[int]
    published_at: Mapped[Now]

    lessons: Mapped[list[Lesson]] = relationship(
        back_populates="course", order_by="Lesson.position", cascade="all, delete-orphan"
    )
    assignments: Mapped[list[CourseAssignment]] = relationship(
        back_populates="course", order_by="CourseAssignment.position"
    )


class Lesson(Base):
    __tablename__ = "lesson"
    __table_args__ = (UniqueConstraint("course_id", "slug"),)

    id: Mapped[Key]
    course_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("course.id"))
    slug: Mapped[str]
    position: Mapped[int]
    title: Mapped[Bilingual]
    minutes: Mapped[int]
    body: Mapped[Bilingual]

    course: Mapped[Course] = relationship(back_populates="lessons")


class CourseAssignment(Base):
    """An assignment as its authors wrote it: nbgrader source notebooks with solutions and tests."""

    __tablename__ = "course_assignment"
    __table_args__ = (UniqueConstraint("course_id", "slug"),)

    id: Mapped[Key]
    course_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("course.id"))
    slug: Mapped[str]
    position: Mapped[int]
    title: Mapped[Bilingual]
    summary: Mapped[Bilingual]
    after_lesson: Mapped[str | None]
    minutes: Mapped[int]
    files: Mapped[Manifest] = mapped_column(ManifestType)
    rules: Mapped[Rules]
    withdrawn: Mapped[bool] = mapped_column(server_default=text("false"))

    course: Mapped[Course] = relationship(back_populates="assignments")
