"""What became of the graduates, as spells with two times: when it was true, and when we knew it.

Facts are never updated (the database refuses it): a correction closes a row by `superseded_at`
and adds another. Live spells of one person do not overlap.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.accounts.models import User
from lms.db import Base, Key, Now


class SpellKind(StrEnum):
    EMPLOYEE = "employee"
    FOUNDER = "founder"
    FREELANCE = "freelance"
    STUDY = "study"
    MILITARY = "military"
    UNABLE = "unable"
    SEEKING = "seeking"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


class StatusSpell(Base):
    """A person's status in [valid_from, valid_to), known in [recorded_at, superseded_at)."""

    __tablename__ = "status_spell"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="valid_in_order"),
        CheckConstraint("evidence_level BETWEEN 0 AND 5", name="evidence_level_known"),
        ExcludeConstraint(
            (text("int8range(user_id, user_id, '[]')"), "="),
            (text("daterange(valid_from, valid_to)"), "&&"),
            name="ex_status_spell_live_overlap",
            where=text("superseded_at IS NULL"),
        ),
        Index("ix_status_spell_user_id_valid_from", "user_id", "valid_from"),
    )

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    kind: Mapped[SpellKind]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    recorded_at: Mapped[Now]
    superseded_at: Mapped[datetime | None]
    recorded_by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    region: Mapped[str | None] = mapped_column(
        doc="si/do code of the place of work, KOSTAT 2-digit"
    )
    evidence_level: Mapped[int]
    source: Mapped[str]

    user: Mapped[User] = relationship(foreign_keys=[user_id])
