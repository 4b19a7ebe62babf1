"""People's marks beside the machine's, and the release of results to trainees; nbgrader's files.

Marks and releases are never updated: a newer mark of the same question stands before an older one.
A grade is derived (queries.py), not stored.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.accounts.models import User
from lms.cohorts.models import Offering
from lms.coursework.models import Question, Submission
from lms.db import Base, Key, Now
from lms.recorded import RecordedNow


class Mark(Base):
    """Points and a comment a person gave to one question of one submission.

    `points` null means: a comment only, the machine's score stands.
    """

    __tablename__ = "mark"
    __table_args__ = (
        Index("ix_mark_submission_id_question_id", "submission_id", "question_id", "id"),
    )

    id: Mapped[Key]
    submission_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("submission.id"))
    question_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("question.id"))
    points: Mapped[float | None]
    comment: Mapped[str] = mapped_column(server_default="")
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    at: Mapped[RecordedNow]

    submission: Mapped[Submission] = relationship()
    question: Mapped[Question] = relationship()
    by: Mapped[User] = relationship()


class GradeRelease(Base):
    """The result of a submission was shown to its trainee."""

    __tablename__ = "grade_release"
    __table_args__ = (UniqueConstraint("submission_id"),)

    id: Mapped[Key]
    submission_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("submission.id"))
    released_at: Mapped[RecordedNow]
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))

    submission: Mapped[Submission] = relationship()


class GradebookExport(Base):
    """The grades of a course as nbgrader's gradebook.db, made in the background.

    The latest one of a course replaces those before it: a file full of grades is not kept for long.
    """

    __tablename__ = "gradebook_export"

    id: Mapped[Key]
    offering_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("offering.id"), index=True)
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    requested_at: Mapped[Now]
    made_at: Mapped[datetime | None]
    error: Mapped[str | None]
    size: Mapped[int | None]
    content: Mapped[bytes | None] = mapped_column(deferred=True)

    offering: Mapped[Offering] = relationship()


class GradebookImport(Base):
    """What a gradebook.db said, read and checked; `applied_at` when its grades became ours.

    The file itself is not kept: `grades` holds its values, `digest` is its SHA-256.
    """

    __tablename__ = "gradebook_import"

    id: Mapped[Key]
    offering_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("offering.id"), index=True)
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    at: Mapped[Now]
    name: Mapped[str]
    digest: Mapped[str]
    grades: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True)
    applied_at: Mapped[datetime | None]

    offering: Mapped[Offering] = relationship()


class ImportedSubmission(Base):
    """A submission whose files never were here: a gradebook.db says that it was, and its points."""

    __tablename__ = "imported_submission"

    submission_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("submission.id"), primary_key=True
    )
    import_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("gradebook_import.id"))
