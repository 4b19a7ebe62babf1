"""Questions about people and about what they signed in with."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Select, and_, func, or_, select

from lms import audit
from lms.accounts.models import AuthorizationCode, FailedSignIn, OAuthToken, User
from lms.audit import AuditEvent
from lms.db import db, utcnow

FAILURE_WINDOW = timedelta(minutes=15)
FAILURES_PER_PERSON = 5
FAILURES_PER_ADDRESS = 50


def user(user_id: int) -> User | None:
    return db.session.get(User, user_id)


def user_by_session(identity: str) -> User | None:
    """The active person behind a session cookie's identity, unless that session was ended."""
    user_id, _, version = identity.partition(".")
    person = db.session.get(User, int(user_id)) if user_id.isdigit() else None
    return (
        person if person and person.is_active and str(person.session_version) == version else None
    )


def user_by_name(username: str) -> User | None:
    """By user name or e-mail address, whatever its case."""
    wanted = username.strip().lower()
    return db.session.scalar(
        select(User).where(or_(User.username == wanted, func.lower(User.email) == wanted))
    )


def people(search: str = "", *, only: str = "") -> Select[User]:
    """Everybody with an account, by name; `search` matches name, user name and e-mail, `only` keeps
    the "administrators" or the "deactivated"."""
    query = select(User).order_by(User.deactivated_at.is_not(None), User.name, User.id)
    if search:
        pattern = "%" + search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(
            or_(User.name.ilike(pattern), User.username.ilike(pattern), User.email.ilike(pattern))
        )
    if only == "administrators":
        query = query.where(User.is_administrator)
    if only == "deactivated":
        query = query.where(User.deactivated_at.is_not(None))
    return query


def users(ids: Collection[int]) -> dict[int, User]:
    return {
        person.id: person for person in db.session.scalars(select(User).where(User.id.in_(ids)))
    }


def trail_of(person: User | None) -> Select[AuditEvent]:
    """The audit trail, newest first: everything, or what a person did and what was done to them."""
    query = audit.events()
    if person is None:
        return query
    return query.where(
        or_(
            AuditEvent.actor_id == person.id,
            and_(AuditEvent.subject_type == User.__tablename__, AuditEvent.subject_id == person.id),
        )
    )


def must_wait(username: str, address: str) -> bool:
    """Whether so many sign-ins failed lately that this one is refused unseen."""
    failed = select(func.count()).select_from(FailedSignIn)
    recent = failed.where(
        FailedSignIn.at > utcnow() - FAILURE_WINDOW, FailedSignIn.address == address
    )
    by_person = recent.where(FailedSignIn.username == username.strip().lower())
    return (
        db.session.scalars(by_person).one() >= FAILURES_PER_PERSON
        or db.session.scalars(recent).one() >= FAILURES_PER_ADDRESS
    )


def authorization_code(code_hash: str, client_id: str) -> AuthorizationCode | None:
    return db.session.scalar(
        select(AuthorizationCode)
        .where(AuthorizationCode.code_hash == code_hash, AuthorizationCode.client_id == client_id)
        .with_for_update()
    )


def oauth_token(
    *, access_hash: str | None = None, refresh_hash: str | None = None
) -> OAuthToken | None:
    query = select(OAuthToken).where(OAuthToken.revoked_at.is_(None))
    if access_hash:
        query = query.where(OAuthToken.access_hash == access_hash, OAuthToken.expires_at > utcnow())
    else:
        query = query.where(
            OAuthToken.refresh_hash == refresh_hash, OAuthToken.refresh_expires_at > utcnow()
        )
    return db.session.scalar(query)
