"""What the Personal Information Protection Act (개인정보 보호법) wants on record, append-only by trigger:
consents, monthly reviews of the access log, the register of destruction, which names nobody, and what
was found in files that may not be kept.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.accounts.models import User
from lms.db import Base, Key, Now
from lms.resident_numbers import FreeText


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
    file: Mapped[DestroyedFile | None] = relationship(viewonly=True)


class DestroyedAccount(Base):
    """An account whose person nobody can tell any more, and the destruction that made it so."""

    __tablename__ = "destroyed_account"

    user_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("user_account.id"), primary_key=True
    )
    destruction_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("destruction.id"))


class DestroyedFile(Base):
    """A file of evidence whose bytes were destroyed, why, and the destruction; the rows that name it stay."""

    __tablename__ = "destroyed_file"

    file_sha256: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[FreeText]
    destruction_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("destruction.id"), unique=True
    )

    destruction: Mapped[Destruction] = relationship()


class FileScan(Base):
    """All files of evidence were looked through for resident registration numbers."""

    __tablename__ = "file_scan"

    id: Mapped[Key]
    files: Mapped[int]
    at: Mapped[Now]


class FindingKind(StrEnum):
    RESIDENT_NUMBER = "resident-number"
    UNREADABLE = "unreadable"  # it could not be looked through to the end
    MISSING = "missing"  # its bytes are not in storage


class FileFinding(Base):
    """What a scan found in a file."""

    __tablename__ = "file_finding"

    scan_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("file_scan.id"), primary_key=True)
    file_sha256: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[FindingKind]
