"""Survey waves of a cohort: who is asked, by which links, how often they were reached for, what they said.

What was tried and answered is append-only or superseded; only an unfinished answer (draft) changes. An
invitation's outcome is computed from those (`queries.outcomes`), never stored.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.accounts.models import User
from lms.cohorts.models import Cohort, Enrolment
from lms.db import Base, Key, Now, utcnow
from lms.recorded import Recorded
from lms.resident_numbers import FreeText

MONTHS = (3, 6, 12, 24)  # after completion
PURPOSE = "outcome-tracking"  # in lms/privacy/purposes: what people agree to who are asked
QUESTIONNAIRE = "1"


class Channel(StrEnum):
    MAIL = "mail"
    PHONE = "phone"
    SMS = "sms"
    EMPLOYER = "employer"
    OTHER = "other"


class Outcome(StrEnum):
    """What came of asking somebody. Only COMPLETE is a response; nobody leaves the list."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    REFUSED = "refused"
    OPTED_OUT = "opted-out"  # the consent to be asked is withdrawn or was refused
    NO_CONSENT = "no-consent"  # and nothing was tried
    NO_ANSWER = "no-answer"
    BAD_CONTACT = "bad-contact"
    DECEASED = "deceased"
    OUT_OF_SCOPE = "out-of-scope"


BY_HAND = (
    Outcome.NO_ANSWER, Outcome.BAD_CONTACT, Outcome.REFUSED, Outcome.OPTED_OUT, Outcome.DECEASED,
    Outcome.OUT_OF_SCOPE,
)  # fmt: skip
# An attempt of these ends asking in its wave. Opting out ends it in every wave: it is a consent withdrawn.
FINAL = {Outcome.REFUSED, Outcome.DECEASED, Outcome.OUT_OF_SCOPE}
REACHED = {Outcome.COMPLETE, Outcome.PARTIAL, Outcome.REFUSED, Outcome.OPTED_OUT}
NOT_ELIGIBLE = {Outcome.DECEASED, Outcome.OUT_OF_SCOPE}


class Wave(Base):
    """A cohort is asked, so many months after completion; one row once it has been opened."""

    __tablename__ = "survey_wave"
    __table_args__ = (
        UniqueConstraint("cohort_id", "months"),
        CheckConstraint("months IN (3, 6, 12, 24)", name="months_known"),
    )

    id: Mapped[Key]
    cohort_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cohort.id"))
    months: Mapped[int]
    census_on: Mapped[date]
    questionnaire: Mapped[str]
    opened_at: Mapped[Now]
    opened_by_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("user_account.id"), doc="nobody: it was opened by schedule"
    )
    closes_at: Mapped[datetime]

    cohort: Mapped[Cohort] = relationship()

    @property
    def is_open(self) -> bool:
        return utcnow() < self.closes_at


class Invitation(Base):
    """One person is asked in one wave, once."""

    __tablename__ = "survey_invitation"
    __table_args__ = (UniqueConstraint("wave_id", "enrolment_id"),)

    id: Mapped[Key]
    wave_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("survey_wave.id"))
    enrolment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("enrolment.id"), index=True)

    wave: Mapped[Wave] = relationship()
    enrolment: Mapped[Enrolment] = relationship()
    attempts: Mapped[list[Attempt]] = relationship(order_by="Attempt.id")

    @property
    def person(self) -> User:
        return self.enrolment.user


class Link(Base):
    """A signed link: who holds the token answers for the invitation. Only its SHA-256 is kept."""

    __tablename__ = "survey_link"

    id: Mapped[Key]
    invitation_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("survey_invitation.id"), index=True
    )
    token_hash: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[Channel]
    issued_at: Mapped[Now]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    invitation: Mapped[Invitation] = relationship()


class Attempt(Base):
    """Somebody was written to or called. Append-only; without an outcome while none is known."""

    __tablename__ = "survey_attempt"

    id: Mapped[Key]
    invitation_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("survey_invitation.id"), index=True
    )
    channel: Mapped[Channel]
    outcome: Mapped[Outcome | None]
    note: Mapped[FreeText] = mapped_column(server_default=text("''"))
    at: Mapped[Now]
    by_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("user_account.id"), doc="nobody: by schedule, or the mail server"
    )

    by: Mapped[User | None] = relationship()


class Draft(Base):
    """What somebody has said so far and not yet sent in: kept, so that nothing is asked twice."""

    __tablename__ = "survey_draft"

    invitation_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("survey_invitation.id"), primary_key=True
    )
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    saved_at: Mapped[datetime]


class Response(Recorded, Base):
    """What somebody sent in. Answering again supersedes it."""

    __tablename__ = "survey_response"
    __table_args__ = (
        Index(
            "uq_survey_response_live", "invitation_id", unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[Key]
    invitation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("survey_invitation.id"))
    channel: Mapped[Channel]
    unchanged: Mapped[bool]
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)


class RefusedLink(Base):
    """A link that leads nowhere was opened, counted to slow guessing down."""

    __tablename__ = "survey_refused_link"
    __table_args__ = (Index("ix_survey_refused_link_address_at", "address", "at"),)

    id: Mapped[Key]
    at: Mapped[Now]
    address: Mapped[str]
