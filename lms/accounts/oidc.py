"""The LMS as OpenID Connect provider for the hub: code flow with PKCE, RS256 id tokens.

OpenID Connect Core 1.0 §3.1, RFC 6749 §4.1, RFC 7636, RFC 8414. Protocol by Authlib; codes and
tokens are rows that hold hashes only.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, InvalidRequestError, grants
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import current_app
from joserfc.jwk import RSAKey
from sqlalchemy import delete

from lms.accounts import queries
from lms.accounts.models import AuthorizationCode, OAuthToken, User
from lms.db import db, utcnow

CODE_LIFE = timedelta(minutes=2)
ACCESS_LIFE = timedelta(minutes=10)
REFRESH_LIFE = timedelta(days=7)
SCOPES = {"openid", "profile", "groups"}


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class HubClient(ClientMixin):
    """The one client: JupyterHub, from the settings."""

    client_id = "jupyterhub"

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return f"{current_app.config['HUB_ORIGIN']}/hub/oauth_callback"

    def get_allowed_scope(self, scope: str) -> str:
        return " ".join(sorted(set((scope or "").split()) & SCOPES))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.get_default_redirect_uri()

    def check_client_secret(self, client_secret: str) -> bool:
        return _hash(client_secret) == _hash(current_app.config["HUB_CLIENT_SECRET"])

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "refresh_token")


class Code:
    """An authorization code as Authlib asks for it, over its row."""

    def __init__(self, row: AuthorizationCode) -> None:
        self.row = row
        self.user = row.user
        self.code_challenge = row.code_challenge
        self.code_challenge_method = row.code_challenge_method

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return self.row.scope

    def get_nonce(self) -> str | None:
        return self.row.nonce

    def get_auth_time(self) -> int:
        return int(self.row.issued_at.timestamp())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

    def save_authorization_code(self, code: str, request: Any) -> None:
        asked = request.payload.data
        db.session.add(
            AuthorizationCode(
                code_hash=_hash(code),
                client_id=request.client.client_id,
                user_id=request.user.id,
                redirect_uri=request.payload.redirect_uri,
                scope=request.client.get_allowed_scope(request.payload.scope),
                nonce=asked.get("nonce"),
                code_challenge=asked.get("code_challenge"),
                code_challenge_method=asked.get("code_challenge_method"),
                expires_at=utcnow() + CODE_LIFE,
            )
        )

    def query_authorization_code(self, code: str, client: HubClient) -> Code | None:
        row = queries.authorization_code(_hash(code), client.client_id)
        return Code(row) if row and row.expires_at > utcnow() else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        db.session.execute(
            delete(AuthorizationCode).where(AuthorizationCode.id == authorization_code.row.id)
        )

    def authenticate_user(self, authorization_code: Code) -> User | None:
        return authorization_code.user if authorization_code.user.is_active else None


class Pkce(CodeChallenge):
    """PKCE with S256 from everybody; Authlib by itself asks it of clients without a secret only."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        if not grant.request.payload.data.get("code_challenge_method"):
            raise InvalidRequestError("Missing 'code_challenge_method'")
        super().validate_code_challenge(grant, redirect_uri)


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Any:
        row = queries.oauth_token(refresh_hash=_hash(refresh_token))
        return Token(row) if row else None

    def authenticate_user(self, refresh_token: Any) -> User | None:
        return refresh_token.row.user if refresh_token.row.user.is_active else None

    def revoke_old_credential(self, refresh_token: Any) -> None:
        refresh_token.row.revoked_at = utcnow()


class Token:
    """A token row as Authlib asks for it."""

    def __init__(self, row: OAuthToken) -> None:
        self.row = row

    def check_client(self, client: HubClient) -> bool:
        return self.row.client_id == client.client_id

    def get_scope(self) -> str:
        return self.row.scope


class IdToken(OpenIDCode):
    """The id token; what it says of a person comes from the rooms above, through `claims`."""

    def __init__(self, claims: Callable[[User, str], dict[str, Any]]) -> None:
        super().__init__()
        self.claims = claims

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return False  # a code is used once and dies in two minutes; PKCE binds it to its asker

    def resolve_client_private_key(self, client: HubClient) -> RSAKey:
        return signing_key()

    def get_client_algorithm(self, client: HubClient) -> str:
        return "RS256"

    def get_client_claims(self, client: HubClient) -> dict[str, str]:
        return {"iss": current_app.config["LMS_ORIGIN"]}

    def get_encode_header(self, client: HubClient) -> dict[str, str]:
        return {"alg": "RS256", "kid": str(signing_key().kid)}

    def generate_user_info(self, user: User, scope: str) -> UserInfo:
        return UserInfo(self.claims(user, scope))


def save_token(token: dict[str, Any], request: Any) -> None:
    refresh = token.get("refresh_token")
    db.session.add(
        OAuthToken(
            client_id=request.client.client_id,
            user_id=request.user.id,
            scope=token["scope"],
            access_hash=_hash(token["access_token"]),
            refresh_hash=_hash(refresh) if refresh else None,
            expires_at=utcnow() + timedelta(seconds=token["expires_in"]),
            refresh_expires_at=utcnow() + REFRESH_LIFE if refresh else None,
        )
    )


def holder_of(access_token: str) -> tuple[User, str] | None:
    """The active person an access token was issued for, and its scope."""
    row = queries.oauth_token(access_hash=_hash(access_token))
    return (row.user, row.scope) if row and row.user.is_active else None


def signing_key() -> RSAKey:
    return _signing_key(current_app.config["SIGNING_KEY"])


@cache
def _signing_key(pem: str) -> RSAKey:
    key = RSAKey.import_key(pem, {"use": "sig", "alg": "RS256"})
    key.ensure_kid()
    return key


def provider(claims: Callable[[User, str], dict[str, Any]]) -> AuthorizationServer:
    """The authorization server, PKCE required."""
    server = AuthorizationServer()
    server.init_app(current_app, query_client=_client, save_token=save_token)
    server.register_token_generator("default", _token_generator())
    server.register_grant(CodeGrant, [Pkce(), IdToken(claims)])
    server.register_grant(RefreshGrant, [])
    return server


def _client(client_id: str) -> HubClient | None:
    return HubClient() if client_id == HubClient.client_id else None


def _token_generator() -> BearerTokenGenerator:
    def random(**_context: Any) -> str:
        return secrets.token_urlsafe(32)

    return BearerTokenGenerator(random, random, int(ACCESS_LIFE.total_seconds()))
