"""A cohort (기수): who applied, who takes part and who teaches, which courses, and when.

States are computed from dates: nothing here says "open" or "completed" in words of its own.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.accounts.models import User
from lms.curricula.models import Course
from lms.db import Base, Bilingual, Key, utcnow
from lms.errors import DomainError
from lms.metrics.facts import Leaving
from lms.recorded import Recorded, RecordedNow
from lms.resident_numbers import FreeText


class CohortState(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


class Stage(StrEnum):
    """The admission steps a cohort can count, in order."""

    APPLIED = "applied"
    SHORTLISTED = "shortlisted"
    TESTED = "tested"
    SELECTED = "selected"


class Standing(StrEnum):
    """What became of an enrolment."""

    TAKING_PART = "taking-part"
    LEFT = "left"
    COMPLETED = "completed"


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"


class Major(StrEnum):
    """The seven groups of the ministry's classification of fields (KEDI), computing apart."""

    COMPUTING = "computing"
    ENGINEERING = "engineering"
    SCIENCE = "science"
    HUMANITIES = "humanities"
    SOCIAL = "social"
    EDUCATION = "education"
    MEDICINE = "medicine"
    ARTS = "arts"
    NONE = "none"  # no degree course


class JobStatus(StrEnum):
    """What somebody did on the day they applied."""

    SEEKING = "seeking"
    STUDENT = "student"
    EMPLOYED = "employed"
    SELF_EMPLOYED = "self-employed"
    OTHER = "other"


class Cohort(Base):
    __tablename__ = "cohort"
    __table_args__ = (CheckConstraint("starts_on <= ends_on", name="dates_in_order"),)

    id: Mapped[Key]
    number: Mapped[int] = mapped_column(unique=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    seats: Mapped[int]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    offerings: Mapped[list[Offering]] = relationship(
        back_populates="cohort", order_by="Offering.starts_on"
    )

    @property
    def name(self) -> Bilingual:
        return Bilingual(ko=f"{self.number}기", en=f"Cohort {self.number}")

    @property
    def state(self) -> CohortState:
        if self.closed_at:
            return CohortState.CLOSED
        return CohortState.OPEN if self.opened_at else CohortState.PLANNED

    def open(self) -> None:
        if self.state is not CohortState.PLANNED:
            raise CohortNotPlanned(self)
        self.opened_at = utcnow()

    def close(self) -> None:
        if self.state is not CohortState.OPEN:
            raise CohortNotOpen(self)
        self.closed_at = utcnow()


class CohortNotPlanned(DomainError):
    def __init__(self, cohort: Cohort) -> None:
        super().__init__(_("Only a planned cohort can be opened."))


class CohortNotOpen(DomainError):
    def __init__(self, cohort: Cohort) -> None:
        super().__init__(_("Only an open cohort can be closed."))


class Application(Base):
    """One application, without a name: those not admitted are counted, never listed.

    number: by which the selection knows it, so that its file can come in twice.
    """

    __tablename__ = "application"
    __table_args__ = (UniqueConstraint("cohort_id", "number"),)

    id: Mapped[Key]
    cohort_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cohort.id"), index=True)
    number: Mapped[str | None]


class ApplicationStage(Base):
    """An application reached an admission step. A step nobody has a row for was not recorded."""

    __tablename__ = "application_stage"

    application_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("application.id"), primary_key=True
    )
    stage: Mapped[Stage] = mapped_column(primary_key=True)
    reached_on: Mapped[date | None]
    recorded_at: Mapped[RecordedNow]


class Applicant(Recorded, Base):
    """What was asked of whoever applied; None: not recorded. Destroyed when its period is over.

    region: si/do code of where they lived (lms/regions.py).
    """

    __tablename__ = "applicant"
    __table_args__ = (
        Index(
            "uq_applicant_live", "application_id", unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        CheckConstraint("region ~ '^[0-9]{2}$'", name="region_is_code"),
        CheckConstraint("birth_year BETWEEN 1900 AND 2100", name="birth_year_is_year"),
    )  # fmt: skip

    id: Mapped[Key]
    application_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("application.id"), index=True
    )
    sex: Mapped[Sex | None]
    birth_year: Mapped[int | None]
    region: Mapped[str | None]
    major: Mapped[Major | None]
    job_status: Mapped[JobStatus | None]


class Enrolment(Base):
    """A person takes part in a cohort, from enrolled_on until left_on or completed_on."""

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("cohort_id", "user_id"),
        UniqueConstraint("cohort_id", "student_number"),
        CheckConstraint("left_on IS NULL OR completed_on IS NULL", name="left_or_completed"),
    )

    id: Mapped[Key]
    cohort_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cohort.id"))
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), index=True)
    application_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("application.id"), unique=True
    )
    student_number: Mapped[str]
    enrolled_on: Mapped[date]
    left_on: Mapped[date | None]
    leaving: Mapped[Leaving | None]
    left_reason: Mapped[FreeText | None]
    completed_on: Mapped[date | None]

    cohort: Mapped[Cohort] = relationship()
    user: Mapped[User] = relationship()

    @property
    def standing(self) -> Standing:
        if self.completed_on:
            return Standing.COMPLETED
        return Standing.LEFT if self.left_on else Standing.TAKING_PART


class EnrolmentRecord(Recorded, Base):
    """An enrolment as it was known for a while; the database writes these whenever one changes."""

    __tablename__ = "enrolment_record"
    __table_args__ = (
        Index("ix_enrolment_record_cohort_id_enrolment_id", "cohort_id", "enrolment_id"),
        Index(
            "ix_enrolment_record_facts", "cohort_id", "id",
            postgresql_include=[
                "enrolment_id", "user_id", "enrolled_on", "left_on", "leaving", "completed_on",
                "recorded_at", "superseded_at",
            ],
        ),
        Index(
            "uq_enrolment_record_live", "enrolment_id", unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[Key]
    enrolment_id: Mapped[int] = mapped_column(BigInteger)
    cohort_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cohort.id"))
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), index=True)
    application_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    enrolled_on: Mapped[date]
    left_on: Mapped[date | None]
    leaving: Mapped[Leaving | None]
    completed_on: Mapped[date | None]


class Teaching(Base):
    """A person teaches a cohort, until `ended_at`."""

    __tablename__ = "teaching"
    __table_args__ = (
        Index(
            "uq_teaching_live", "cohort_id", "user_id", unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[Key]
    cohort_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cohort.id"))
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), index=True)
    ended_at: Mapped[datetime | None]

    cohort: Mapped[Cohort] = relationship()
    user: Mapped[User] = relationship()


class Offering(Base):
    """A course as taught to one cohort. `code` is the course id in JupyterLab and nbgrader."""

    __tablename__ = "offering"
    __table_args__ = (UniqueConstraint("cohort_id", "course_id"),)

    id: Mapped[Key]
    cohort_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cohort.id"))
    course_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("course.id"))
    code: Mapped[str] = mapped_column(unique=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]

    cohort: Mapped[Cohort] = relationship(back_populates="offerings")
    course: Mapped[Course] = relationship()


class Meeting(Base):
    """A class on the timetable."""

    __tablename__ = "meeting"
    __table_args__ = (
        Index("ix_meeting_offering_id_starts_at", "offering_id", "starts_at"),
        CheckConstraint("starts_at < ends_at", name="times_in_order"),
    )

    id: Mapped[Key]
    offering_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("offering.id"))
    title: Mapped[Bilingual]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    room: Mapped[str]
    lesson_slug: Mapped[str | None]

    offering: Mapped[Offering] = relationship()
