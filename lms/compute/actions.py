"""Opening and ending the session of a notebook server: the key it gets from the LMS."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import update

from lms import audit
from lms.accounts.models import User
from lms.compute.models import NotebookSession
from lms.compute.queries import key_digest
from lms.db import db, utcnow

# Longer than a server runs (the hub stops idle ones), short enough that a copied key dies.
SESSION_LIFE = timedelta(days=7)


def open_session(person: User, *, server_name: str) -> tuple[str, NotebookSession]:
    """A new key for a server that starts; keys of its earlier runs end. The key is shown once."""
    end_sessions(person, server_name=server_name)
    key = secrets.token_urlsafe(32)
    session = NotebookSession(
        user_id=person.id,
        server_name=server_name,
        key_hash=key_digest(key),
        expires_at=utcnow() + SESSION_LIFE,
    )
    db.session.add(session)
    audit.record("notebook-session-opened", session, by=person)
    return key, session


def end_sessions(person: User, *, server_name: str | None = None) -> None:
    """End a person's live sessions: of one server, or of all."""
    live = update(NotebookSession).where(
        NotebookSession.user_id == person.id, NotebookSession.ended_at.is_(None)
    )
    if server_name is not None:
        live = live.where(NotebookSession.server_name == server_name)
    db.session.execute(live.values(ended_at=utcnow()))
