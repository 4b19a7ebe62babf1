"""People and what proves who they are: accounts, failed sign-ins, OpenID Connect codes and tokens.

A password and every token is kept as a hash only.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.db import Base, Key, Now, utcnow

LOCALES = ("ko", "en")


class User(Base):
    """A person who can sign in. `username` is also the name on the hub."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("username ~ '^[a-z][a-z0-9-]{1,30}$'", name="username_form"),
        CheckConstraint("locale IN ('ko', 'en')", name="locale_known"),
        Index("uq_user_account_email", func.lower(text("email")), unique=True),
    )

    id: Mapped[Key]
    username: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str]
    name: Mapped[str]
    locale: Mapped[str] = mapped_column(server_default="ko")
    password_hash: Mapped[str | None]
    is_administrator: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Now]
    deactivated_at: Mapped[datetime | None]
    session_version: Mapped[int] = mapped_column(server_default=text("1"))

    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        return self.deactivated_at is None

    def get_id(self) -> str:
        """The identity in a session cookie; `end_sessions` makes all earlier ones void."""
        return f"{self.id}.{self.session_version}"

    def end_sessions(self) -> None:
        self.session_version += 1

    def deactivate(self) -> None:
        self.deactivated_at = self.deactivated_at or utcnow()
        self.end_sessions()

    def reactivate(self) -> None:
        self.deactivated_at = None


class FailedSignIn(Base):
    """A refused password, counted to slow guessing down."""

    __tablename__ = "failed_sign_in"
    __table_args__ = (Index("ix_failed_sign_in_address_at", "address", "at"),)

    id: Mapped[Key]
    at: Mapped[Now]
    username: Mapped[str]
    address: Mapped[str]


class AuthorizationCode(Base):
    """A one-time OpenID Connect code (RFC 6749 §4.1), with its PKCE challenge (RFC 7636)."""

    __tablename__ = "authorization_code"

    id: Mapped[Key]
    code_hash: Mapped[str] = mapped_column(unique=True)
    client_id: Mapped[str]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    redirect_uri: Mapped[str]
    scope: Mapped[str]
    nonce: Mapped[str | None]
    code_challenge: Mapped[str | None]
    code_challenge_method: Mapped[str | None]
    issued_at: Mapped[Now]
    expires_at: Mapped[datetime]

    user: Mapped[User] = relationship()


class OAuthToken(Base):
    """An access token and its refresh token, issued to a client for a person."""

    __tablename__ = "oauth_token"

    id: Mapped[Key]
    client_id: Mapped[str]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), index=True)
    scope: Mapped[str]
    access_hash: Mapped[str] = mapped_column(unique=True)
    refresh_hash: Mapped[str | None] = mapped_column(unique=True)
    issued_at: Mapped[Now]
    expires_at: Mapped[datetime]
    refresh_expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
