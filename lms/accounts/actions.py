"""What is done to accounts: sign-in, passwords, new people, roles, deactivation."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import delete, update

from lms import audit
from lms.accounts import queries
from lms.accounts.models import FailedSignIn, OAuthToken, User
from lms.db import db, utcnow
from lms.errors import DomainError, Invalid, TooMany

SHORTEST_PASSWORD = 10
INVITATION_SECONDS = 14 * 24 * 3600


class WrongPassword(DomainError):
    def __init__(self) -> None:
        super().__init__(_("The user name or the password is not right."))


class NameTaken(DomainError):
    def __init__(self, field: str, value: str) -> None:
        super().__init__(_("%(value)s is already in use by another account.", value=value))
        self.field = field


@cache
def hasher() -> PasswordHasher:
    """argon2id with the library's RFC 9106 low-memory parameters (64 MiB, 3 passes)."""
    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash that no password matches, so that an unknown name takes as long as a known one."""
    return hasher().hash(secrets.token_hex())


def sign_in(username: str, password: str, *, address: str) -> User:
    """The person with this name and password.

    Raises:
        TooMany: too many failures lately from this address.
        WrongPassword: no active account matches; the failure is counted by `record_failure`.
    """
    if queries.must_wait(username, address):
        raise TooMany(_("Too many failed attempts. Wait 15 minutes, then try again."))
    person = queries.user_by_name(username)
    known = person.password_hash if person and person.is_active else None
    if not _matches(known or _nobody(), password) or person is None or known is None:
        raise WrongPassword
    if hasher().check_needs_rehash(known):
        person.password_hash = hasher().hash(password)
    db.session.execute(delete(FailedSignIn).where(FailedSignIn.username == person.username))
    audit.record("signed-in", person, by=person)
    return person


def record_failure(username: str, *, address: str) -> None:
    name = username.strip().lower()[:64]
    db.session.add(FailedSignIn(username=name, address=address))
    audit.record("sign-in-refused", by=None, username=name)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return hasher().verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def change_password(person: User, *, current: str, new: str) -> None:
    """Set a new password and end every other session.

    Raises:
        Invalid: the current password is wrong.
    """
    if not person.password_hash or not _matches(person.password_hash, current):
        raise Invalid(_("The current password is not right."))
    _set_password(person, new)
    audit.record("password-changed", person, by=person)


def reset_password(person: User, *, by: User) -> str:
    """Give the person a new random password, ending their sessions; it is shown once."""
    password = new_password()
    _set_password(person, password)
    audit.record("password-reset", person, by=by)
    return password


def new_password() -> str:
    """Four groups easy to read aloud: about 80 bits."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _i in range(4)) for _g in range(4))


def invitation(person: User) -> str:
    """A token with which a person who has no password yet sets one; void once they have one."""
    return _invitations().dumps(person.id)


def invited(token: str) -> User | None:
    """Whom a token invites; None when it is forged, expired or used."""
    try:
        person_id = _invitations().loads(token, max_age=INVITATION_SECONDS)
    except BadSignature:
        return None
    person = queries.user(person_id)
    return person if person and person.is_active and not person.password_hash else None


def accept_invitation(person: User, *, password: str) -> None:
    _set_password(person, password)
    audit.record("invitation-accepted", person, by=person)


def _invitations() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="invitation")


def _set_password(person: User, password: str) -> None:
    person.password_hash = hasher().hash(password)
    person.end_sessions()
    revoke_tokens(person)


def add_person(
    *,
    username: str,
    name: str,
    email: str,
    locale: str = "ko",
    is_administrator: bool = False,
    password: str | None = None,
    by: User | None,
) -> User:
    """A new account, without a password unless one is given.

    Raises:
        NameTaken: the user name or the e-mail address belongs to somebody else.
    """
    username, email = username.strip().lower(), email.strip()
    if queries.user_by_name(username):
        raise NameTaken("username", username)
    if queries.user_by_name(email):
        raise NameTaken("email", email)
    person = User(
        username=username,
        name=name.strip(),
        email=email,
        locale=locale,
        is_administrator=is_administrator,
        password_hash=hasher().hash(password) if password else None,
    )
    db.session.add(person)
    audit.record("person-added", person, by=by, administrator=is_administrator)
    return person


def change_person(
    person: User, *, name: str, email: str, locale: str, is_administrator: bool, by: User
) -> None:
    """Raises:
    NameTaken: the e-mail address belongs to somebody else.
    Invalid: an administrator would take the right from themselves.
    """
    holder = queries.user_by_name(email)
    if holder is not None and holder is not person:
        raise NameTaken("email", email)
    if person is by and not is_administrator:
        raise Invalid(_("You cannot take the administrator role from yourself."))
    if person.is_administrator != is_administrator:
        audit.record("role-changed", person, by=by, administrator=is_administrator)
        person.end_sessions()
    person.name, person.email, person.locale = name.strip(), email.strip(), locale
    person.is_administrator = is_administrator
    audit.record("person-changed", person, by=by)


def deactivate(person: User, *, by: User) -> None:
    """Raises:
    Invalid: somebody would lock themselves out.
    """
    if person is by:
        raise Invalid(_("You cannot deactivate your own account."))
    person.deactivate()
    revoke_tokens(person)
    audit.record("person-deactivated", person, by=by)


def reactivate(person: User, *, by: User) -> None:
    person.reactivate()
    audit.record("person-reactivated", person, by=by)


def revoke_tokens(person: User) -> None:
    db.session.execute(
        update(OAuthToken)
        .where(OAuthToken.user_id == person.id, OAuthToken.revoked_at.is_(None))
        .values(revoked_at=utcnow())
    )
