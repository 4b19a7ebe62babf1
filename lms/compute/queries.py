"""Who holds the key that a notebook server shows."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from lms.accounts.models import User
from lms.compute.models import NotebookSession
from lms.db import db, utcnow


def key_digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def holder_of(key: str) -> User | None:
    """The active person whose live notebook session has this key."""
    return db.session.scalar(
        select(User)
        .join(NotebookSession, NotebookSession.user_id == User.id)
        .where(
            NotebookSession.key_hash == key_digest(key),
            NotebookSession.ended_at.is_(None),
            NotebookSession.expires_at > utcnow(),
            User.deactivated_at.is_(None),
        )
    )


def live_session(person: User, *, server_name: str = "") -> NotebookSession | None:
    """The latest session of a person's server that has not ended."""
    return db.session.scalars(
        select(NotebookSession)
        .where(
            NotebookSession.user_id == person.id,
            NotebookSession.server_name == server_name,
            NotebookSession.ended_at.is_(None),
            NotebookSession.expires_at > utcnow(),
        )
        .order_by(NotebookSession.id.desc())
    ).first()
