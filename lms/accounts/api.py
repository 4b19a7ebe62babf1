"""OpenID Connect endpoints: signing on to the hub with the LMS's own session, without a second log-in."""

from __future__ import annotations

import os
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Response, current_app, jsonify, request
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _

from lms import access, audit
from lms.access import Permission, allow, oauth, public
from lms.accounts import oidc
from lms.accounts.models import User
from lms.cohorts import queries as cohorts
from lms.errors import Invalid

bp = Blueprint("oidc", __name__)


@bp.record
def _allow_loopback_http(state: BlueprintSetupState) -> None:
    """Authlib insists on https; one machine talking to itself has no wire to listen on."""
    if state.app.config["LMS_ORIGIN"].startswith(("http://localhost:", "http://127.0.0.1:")):
        os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"


def claims(person: User, scope: str) -> dict[str, Any]:
    """What the hub learns of a person, by scope (OpenID Connect Core 1.0 §5.4, and `groups`)."""
    scopes = scope.split()
    found: dict[str, Any] = {"sub": str(person.id)}
    if "profile" in scopes:
        found["preferred_username"] = person.username
        found["name"] = person.name
        found["locale"] = person.locale
    if "groups" in scopes:
        found["groups"] = groups(person)
    return found


def groups(person: User) -> list[str]:
    """Role, cohorts and courses as group names of the hub."""
    mine = cohorts.memberships(person)
    found = {f"role:{role}" for role in access.roles(person) - {access.Role.PERSON}}
    for offering in cohorts.offerings_of(person):
        found |= {f"cohort:{offering.cohort.number}", f"course:{offering.code}"}
        if offering.cohort_id in mine.teaches:
            found.add(f"course:{offering.code}:staff")
    return sorted(found)


def _provider() -> AuthorizationServer:
    if "oidc" not in current_app.extensions:
        current_app.extensions["oidc"] = oidc.provider(claims)
    server: AuthorizationServer = current_app.extensions["oidc"]
    return server


@bp.get("/.well-known/openid-configuration")
@public
def discovery() -> Response:
    issuer = current_app.config["LMS_ORIGIN"]
    return jsonify(
        issuer=issuer,
        authorization_endpoint=f"{issuer}/accounts/oauth/authorize",
        token_endpoint=f"{issuer}/accounts/oauth/token",
        userinfo_endpoint=f"{issuer}/accounts/oauth/userinfo",
        jwks_uri=f"{issuer}/accounts/oauth/jwks",
        scopes_supported=sorted(oidc.SCOPES),
        response_types_supported=["code"],
        grant_types_supported=["authorization_code", "refresh_token"],
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=["RS256"],
        token_endpoint_auth_methods_supported=["client_secret_basic"],
        code_challenge_methods_supported=["S256"],
    )


@bp.get("/accounts/oauth/jwks")
@public
def jwks() -> Response:
    return jsonify(keys=[oidc.signing_key().as_dict(private=False)])


@bp.get("/accounts/oauth/authorize")
@allow(Permission.SIGN_ON)
def authorize() -> Any:
    """No consent page: the hub is the academy's own."""
    try:
        grant = _provider().get_consent_grant(end_user=access.actor())
    except OAuth2Error as error:
        raise Invalid(
            _("JupyterHub asked in a way we cannot answer: %(why)s", why=error.error)
        ) from error
    audit.record("signed-on-to-hub", by=access.actor())
    return _provider().create_authorization_response(grant_user=access.actor(), grant=grant)


@bp.post("/accounts/oauth/token")
@oauth
def token() -> Any:
    return _provider().create_token_response()


@bp.get("/accounts/oauth/userinfo")
@oauth
def userinfo() -> Any:
    bearer = request.authorization.token if request.authorization else None
    holder = oidc.holder_of(bearer) if bearer else None
    if holder is None:
        return Response(status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    person, scope = holder
    return jsonify(claims(person, scope))
