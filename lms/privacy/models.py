"""What the Personal Information Protection Act (개인정보 보호법) wants on record, append-only by trigger:
consents, monthly reviews of the access log, and the register of destruction, which names nobody.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.accounts.models import User
from lms.db import Base, Key, Now


class Channel(StrEnum):
    """How a decision about a consent reached us."""

    PAGE = "page"  # the person's own page
    PAPER = "paper"  # signed, entered by an administrator
    TOLD = "told"  # said to an administrator, who entered it
    LINK = "link"  # by the link of a survey that was sent to them alone


class Consent(Base):
    """A person gave, refused or withdrew consent to a version of a purpose; the latest row counts."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("version > 0", name="version_counts"),
        Index("ix_consent_user_id_purpose_id", "user_id", "purpose", "id"),
    )

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    purpose: Mapped[str]
    version: Mapped[int]
    given: Mapped[bool]
    channel: Mapped[Channel]
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    at: Mapped[Now]


class AccessReview(Base):
    """An administrator looked through a month of the access log; `month` is its first day."""

    __tablename__ = "access_review"
    __table_args__ = (CheckConstraint("date_trunc('month', month) = month", name="month_begins"),)

    id: Mapped[Key]
    month: Mapped[date] = mapped_column(unique=True)
    accesses: Mapped[int]
    note: Mapped[str]
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    at: Mapped[Now]

    by: Mapped[User] = relationship()


class Destruction(Base):
    """Personal data was destroyed: what kind, of how many, when, by whom, on which basis."""

    __tablename__ = "destruction"
    __table_args__ = (CheckConstraint("people > 0", name="of_somebody"),)

    id: Mapped[Key]
    kind: Mapped[str]
    people: Mapped[int]
    legal_basis: Mapped[str]
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    at: Mapped[Now]

    by: Mapped[User] = relationship()


class DestroyedAccount(Base):
    """An account whose person nobody can tell any more, and the destruction that made it so."""

    __tablename__ = "destroyed_account"

    user_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("user_account.id"), primary_key=True
    )
    destruction_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("destruction.id"))
