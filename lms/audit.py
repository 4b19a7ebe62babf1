"""The audit trail: who did what to which row, when and from where.

Append-only: the database refuses UPDATE, DELETE and TRUNCATE (trigger in the first migration).
An event is written in the transaction of the act, so an undone act leaves none.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import has_request_context, request
from sqlalchemy import BigInteger, ForeignKey, Index, Select, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from lms.db import Base, Key, Now, db

if TYPE_CHECKING:
    from lms.accounts.models import User


class AuditEvent(Base):
    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_subject", "subject_type", "subject_id"),
        Index("ix_audit_event_access_at", "at", postgresql_where=text("whose IS NOT NULL")),
    )

    id: Mapped[Key]
    at: Mapped[Now] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("user_account.id"), index=True
    )
    action: Mapped[str]
    subject_type: Mapped[str | None]
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    address: Mapped[str | None]
    whose: Mapped[list[int] | None] = mapped_column(
        ARRAY(BigInteger), doc="ids of the people whose personal data was seen or taken"
    )

    actor: Mapped[User | None] = relationship()


def record(
    action: str,
    subject: Base | None = None,
    *,
    by: User | None,
    at: datetime | None = None,
    whose: Collection[int] | None = None,
    **detail: Any,
) -> None:
    """Add an event to the transaction. `detail` must be JSON and carries no secret.

    `whose`: the ids of the people whose personal data the actor saw or took with it.
    """
    if subject is not None and subject.id is None:  # type: ignore[attr-defined]
        db.session.flush()
    db.session.add(
        AuditEvent(
            action=action,
            actor_id=by.id if by else None,
            subject_type=subject.__tablename__ if subject is not None else None,
            subject_id=subject.id if subject is not None else None,  # type: ignore[attr-defined]
            detail=detail,
            address=request.remote_addr if has_request_context() else None,
            whose=sorted(whose) if whose else None,
            **({"at": at} if at else {}),
        )
    )


def events() -> Select[AuditEvent]:
    """Everything, the newest first."""
    return select(AuditEvent).options(joinedload(AuditEvent.actor)).order_by(AuditEvent.id.desc())
