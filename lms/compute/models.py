"""A person's notebook server, as far as the LMS must know it: the key the server holds.

The key names the person and expires; the LMS keeps only its SHA-256.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.accounts.models import User
from lms.db import Base, Key, Now, utcnow


class NotebookSession(Base):
    __tablename__ = "notebook_session"
    __table_args__ = (Index("ix_notebook_session_user_id_server_name", "user_id", "server_name"),)

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    server_name: Mapped[str] = mapped_column(server_default="")
    key_hash: Mapped[str] = mapped_column(unique=True)
    issued_at: Mapped[Now]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()

    def end(self) -> None:
        self.ended_at = self.ended_at or utcnow()
