"""The work of a cohort: assignments, what was handed in, and what the grader found.

A submission is never changed: its files are content-addressed and its row is written once. A run
of the grader leaves scores, which are machine marks; people's marks live in the gradebook.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.accounts.models import User
from lms.cohorts.models import Enrolment, Offering
from lms.curricula.models import Rules
from lms.db import Base, Bilingual, Key, Now, utcnow
from lms.storage import Manifest, ManifestType


class QuestionKind(StrEnum):
    AUTOGRADED = "autograded"
    MANUAL = "manual"


class Via(StrEnum):
    """Where a submission came in."""

    LAB = "lab"
    PAGE = "page"
    IMPORT = "import"  # of grades; its files never were here, so it cannot be graded again


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    GRADED = "graded"
    FAILED = "failed"


class RegradeState(StrEnum):
    PREPARING = "preparing"  # nbgrader makes the release version
    OPEN = "open"  # runs are made, to be compared
    FAILED = "failed"  # no release version could be made
    APPLIED = "applied"
    DISCARDED = "discarded"


class Assignment(Base):
    """An assignment given to a cohort: the source it was made from and the release trainees get.

    It is being prepared until `released_at`, when nbgrader's release version stands; `error` says
    why it could not be made. `rules` are where its scoring departs from nbgrader's. A regrade
    (below) puts other files, questions and rules in their place.
    """

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("offering_id", "name"),)

    id: Mapped[Key]
    offering_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("offering.id"))
    name: Mapped[str]
    title: Mapped[Bilingual]
    summary: Mapped[Bilingual]
    due_at: Mapped[datetime | None]
    source_files: Mapped[Manifest] = mapped_column(ManifestType)
    release_files: Mapped[Manifest | None] = mapped_column(ManifestType)
    rules: Mapped[Rules]
    published_at: Mapped[Now]
    released_at: Mapped[datetime | None]
    error: Mapped[str | None]

    offering: Mapped[Offering] = relationship()
    questions: Mapped[list[Question]] = relationship(
        primaryjoin="and_(Question.assignment_id == Assignment.id, Question.in_force)",
        back_populates="assignment",
        order_by="Question.position",
    )

    @property
    def notebooks(self) -> list[str]:
        """Names of the notebooks, without the ending, in order."""
        files = self.release_files or []
        return [file.path.removesuffix(".ipynb") for file in files if file.path.endswith(".ipynb")]

    @property
    def max_points(self) -> float:
        return sum(question.max_points for question in self.questions)

    def is_late(self, at: datetime) -> bool:
        return self.due_at is not None and at > self.due_at

    def time_left(self, now: datetime | None = None) -> timedelta | None:
        return self.due_at - (now or utcnow()) if self.due_at else None


class Question(Base):
    """A graded cell of an assignment. Not in force: one that a regrade would add, or took away.

    `changed_at`: a regrade gave it other full marks or another kind; notebooks given out before
    carry the former ones.
    """

    __tablename__ = "question"
    __table_args__ = (
        UniqueConstraint("assignment_id", "notebook", "grade_id"),
        CheckConstraint("max_points >= 0", name="points_not_negative"),
    )

    id: Mapped[Key]
    assignment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("assignment.id"))
    notebook: Mapped[str]
    grade_id: Mapped[str]
    kind: Mapped[QuestionKind]
    max_points: Mapped[float]
    position: Mapped[int]
    in_force: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    changed_at: Mapped[datetime | None]

    assignment: Mapped[Assignment] = relationship(back_populates="questions")

    def is_as(self, wanted: dict[str, Any]) -> bool:
        """Whether a regrade's question of the same name has the same kind and full marks."""
        return (self.kind, self.max_points) == (wanted["kind"], wanted["max_points"])


class Submission(Base):
    """What one person handed in at one moment. The same idempotency key is the same submission."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "idempotency_key"),
        Index("ix_submission_assignment_id_enrolment_id", "assignment_id", "enrolment_id", "id"),
    )

    id: Mapped[Key]
    assignment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("assignment.id"))
    enrolment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("enrolment.id"))
    received_at: Mapped[Now]
    via: Mapped[Via]
    idempotency_key: Mapped[UUID]
    files: Mapped[Manifest] = mapped_column(ManifestType)
    digest: Mapped[str]

    assignment: Mapped[Assignment] = relationship()
    enrolment: Mapped[Enrolment] = relationship()
    runs: Mapped[list[Run]] = relationship(back_populates="submission", order_by="Run.id")

    @property
    def is_late(self) -> bool:
        return self.assignment.is_late(self.received_at)

    @property
    def lateness(self) -> timedelta | None:
        due_at = self.assignment.due_at
        return self.received_at - due_at if due_at and self.is_late else None


class Regrade(Base):
    """Other files or rules for an assignment, tried on what was handed in.

    Nothing of it counts until it is applied: its runs stand beside those that do, its questions
    ({"notebook", "grade_id", "kind", "max_points", "position"}) beside the assignment's, which are
    kept as replaced_questions. An assignment has one open regrade at most.
    """

    __tablename__ = "regrade"
    __table_args__ = (
        Index(
            "uq_regrade_open",
            "assignment_id",
            unique=True,
            postgresql_where=text("applied_at IS NULL AND discarded_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    assignment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("assignment.id"))
    requested_at: Mapped[Now]
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    source_files: Mapped[Manifest] = mapped_column(ManifestType)
    rules: Mapped[Rules]
    release_files: Mapped[Manifest | None] = mapped_column(ManifestType)
    questions: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    replaced_questions: Mapped[list[dict[str, Any]] | None] = mapped_column(
        JSONB(none_as_null=True)
    )
    prepared_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]
    error: Mapped[str | None]

    assignment: Mapped[Assignment] = relationship()
    by: Mapped[User] = relationship()

    @property
    def state(self) -> RegradeState:
        if self.applied_at:
            return RegradeState.APPLIED
        if self.discarded_at:
            return RegradeState.FAILED if self.error else RegradeState.DISCARDED
        return RegradeState.OPEN if self.prepared_at else RegradeState.PREPARING

    @property
    def is_open(self) -> bool:
        return self.applied_at is None and self.discarded_at is None


class Run(Base):
    """One grading of a submission. `attempts` counts the tries and fences a late worker off.

    `executed_files` are the notebooks as they ran, `pages` the same as safe HTML; `events` what
    people should know of it (grading.Event), `cached` how many notebooks were graded before. A run
    of a regrade counts from when that is applied; what it replaces counts no more. The database says
    when it ended, and when a regrade was applied (lms/recorded.py).
    """

    __tablename__ = "run"
    __table_args__ = (Index("ix_run_submission_id_id", "submission_id", "id"),)

    id: Mapped[Key]
    submission_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("submission.id"))
    regrade_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("regrade.id"), index=True)
    counts: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    queued_at: Mapped[Now]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]
    notices: Mapped[str | None]
    events: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, default=list, server_default=text("'[]'")
    )
    cached: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    executed_files: Mapped[Manifest | None] = mapped_column(ManifestType)
    pages: Mapped[Manifest | None] = mapped_column(ManifestType)

    submission: Mapped[Submission] = relationship(back_populates="runs")
    regrade: Mapped[Regrade | None] = relationship()
    scores: Mapped[list[Score]] = relationship(back_populates="run")

    @property
    def state(self) -> RunState:
        if self.finished_at:
            return RunState.FAILED if self.error else RunState.GRADED
        return RunState.RUNNING if self.started_at else RunState.QUEUED

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None

    @property
    def awaits_pages(self) -> bool:
        """Graded, and the notebooks that ran are still being rendered."""
        return self.is_finished and bool(self.executed_files) and self.pages is None


class Score(Base):
    """The machine mark of one question in one run; points is null where a person must mark."""

    __tablename__ = "score"
    __table_args__ = (UniqueConstraint("run_id", "question_id"),)

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("run.id"))
    question_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("question.id"), index=True)
    points: Mapped[float | None]

    run: Mapped[Run] = relationship(back_populates="scores")
    question: Mapped[Question] = relationship()


class Feedback(Base):
    """The pages a trainee gets back: each notebook as it ran, with points and comments.

    They show the points of one run, and are shown only while that run is the one that counts.
    """

    __tablename__ = "feedback"

    id: Mapped[Key]
    submission_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("submission.id"), index=True)
    run_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("run.id"))
    made_at: Mapped[Now]
    pages: Mapped[Manifest] = mapped_column(ManifestType)


class GradingResult(Base):
    """What the grader found for a notebook, by everything that depends on (lms/coursework/cache.py)."""

    __tablename__ = "grading_result"

    key: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    made_at: Mapped[Now]
