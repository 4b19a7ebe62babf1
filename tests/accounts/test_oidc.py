"""Signing on to the hub: the authorization code flow with PKCE, round and round, and its refusals."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select
from werkzeug.test import TestResponse

from lms.accounts.actions import deactivate
from lms.accounts.models import AuthorizationCode, OAuthToken
from lms.db import db

ISSUER = "http://localhost:8000"
CALLBACK = "http://127.0.0.1:9/hub/oauth_callback"
VERIFIER = "a-code-verifier-of-at-least-43-characters-0123456789"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
ASKED = {
    "response_type": "code",
    "client_id": "jupyterhub",
    "redirect_uri": CALLBACK,
    "scope": "openid profile groups",
    "state": "state-1",
    "nonce": "nonce-1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
As = Callable[..., FlaskClient]


class Hub:
    """What the hub does: it sends a browser to authorize and talks to the other endpoints itself."""

    def __init__(self, as_: As, secret: str = "hub-secret") -> None:
        self.http = as_(None)
        self.headers = {
            "Authorization": "Basic " + base64.b64encode(f"jupyterhub:{secret}".encode()).decode()
        }

    def token(self, **form: str) -> TestResponse:
        return self.http.post("/accounts/oauth/token", data=form, headers=self.headers)

    def redeem(self, code: str, *, verifier: str = VERIFIER) -> TestResponse:
        return self.token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=CALLBACK,
            code_verifier=verifier,
        )

    def refresh(self, token: str) -> TestResponse:
        return self.token(grant_type="refresh_token", refresh_token=token)

    def userinfo(self, access_token: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.http.get("/accounts/oauth/userinfo", headers=headers)


def authorize(client: FlaskClient, **changes: str | None) -> TestResponse:
    asked = {name: value for name, value in (ASKED | changes).items() if value is not None}
    return client.get("/accounts/oauth/authorize", query_string=asked)


def code_for(client: FlaskClient, **changes: str | None) -> str:
    answer = authorize(client, **changes)
    assert answer.status_code == 302 and answer.location.startswith(f"{CALLBACK}?")
    found = parse_qs(urlsplit(answer.location).query)
    assert found["state"] == ["state-1"]
    return found["code"][0]


@pytest.fixture
def hub(as_: As) -> Hub:
    return Hub(as_)


@pytest.fixture
def code(academy: SimpleNamespace, as_: As) -> str:
    return code_for(as_(academy.lena))


@pytest.fixture
def tokens(hub: Hub, code: str) -> dict[str, str]:
    answer = hub.redeem(code)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_the_round_trip_names_the_person(
    tokens: dict[str, str], hub: Hub, academy: SimpleNamespace
) -> None:
    assert tokens["token_type"] == "Bearer" and set(tokens["scope"].split()) == set(
        ASKED["scope"].split()
    )
    keys = KeySet.import_key_set(hub.http.get("/accounts/oauth/jwks").get_json())
    token = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"])
    assert token.header["kid"] == keys.keys[0].kid
    claims = token.claims
    assert claims["iss"] == ISSUER and claims["nonce"] == "nonce-1"
    assert claims["aud"] in ("jupyterhub", ["jupyterhub"])
    assert time.time() < claims["exp"] <= time.time() + 3600
    assert claims["sub"] == str(academy.lena.id) and claims["preferred_username"] == "lena"
    found = hub.userinfo(tokens["access_token"]).get_json()
    assert found["sub"] == claims["sub"] and found["name"] == "Lena"
    assert found["groups"] == ["cohort:1", "course:python-c1", "role:trainee"]


def test_an_instructor_is_staff_of_the_course(hub: Hub, academy: SimpleNamespace, as_: As) -> None:
    tokens = hub.redeem(code_for(as_(academy.ines))).get_json()
    groups = hub.userinfo(tokens["access_token"]).get_json()["groups"]
    assert "course:python-c1:staff" in groups and "role:instructor" in groups


def test_a_narrow_scope_tells_little(hub: Hub, academy: SimpleNamespace, as_: As) -> None:
    tokens = hub.redeem(code_for(as_(academy.lena), scope="openid")).get_json()
    found = hub.userinfo(tokens["access_token"]).get_json()
    assert set(found) == {"sub"}


def test_the_published_keys_hold_no_secret(hub: Hub) -> None:
    (key,) = hub.http.get("/accounts/oauth/jwks").get_json()["keys"]
    assert key["use"] == "sig" and not {"d", "p", "q", "dp", "dq", "qi"} & set(key)


def test_discovery_names_every_endpoint(hub: Hub) -> None:
    found = hub.http.get("/.well-known/openid-configuration").get_json()
    assert found["issuer"] == ISSUER and found["code_challenge_methods_supported"] == ["S256"]
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        assert found[name].startswith(f"{ISSUER}/accounts/oauth/")


def test_codes_and_tokens_are_kept_as_hashes(tokens: dict[str, str], code: str) -> None:
    stored = str([vars(row) for row in db.session.scalars(select(OAuthToken))])
    assert tokens["access_token"] not in stored and tokens["refresh_token"] not in stored
    assert db.session.scalar(select(AuthorizationCode)) is None


def test_a_code_works_once(tokens: dict[str, str], hub: Hub, code: str) -> None:
    answer = hub.redeem(code)
    assert answer.status_code == 400 and answer.get_json()["error"] == "invalid_grant"


def test_an_old_code_is_refused(hub: Hub, code: str) -> None:
    row = db.session.scalars(select(AuthorizationCode)).one()
    row.expires_at = row.issued_at
    db.session.commit()
    assert hub.redeem(code).get_json()["error"] == "invalid_grant"


@pytest.mark.parametrize("verifier", [VERIFIER + "x", "", "short"])
def test_another_verifier_is_refused(verifier: str, hub: Hub, code: str) -> None:
    answer = hub.redeem(code, verifier=verifier)
    assert answer.status_code == 400 and "access_token" not in answer.get_json()


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain", "code_challenge": VERIFIER},
        {"response_type": "token"},
    ],
)
def test_a_question_without_pkce_gets_no_code(
    changes: dict[str, str | None], academy: SimpleNamespace, as_: As
) -> None:
    answer = authorize(as_(academy.lena), **changes)
    assert "code=" not in (answer.location or "") and answer.status_code in (302, 400)
    assert db.session.scalar(select(AuthorizationCode)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://evil.example/hub/oauth_callback"},
        {"redirect_uri": CALLBACK + "/x"},
        {"client_id": "somebody-else"},
    ],
)
def test_nobody_is_sent_elsewhere(
    changes: dict[str, str], academy: SimpleNamespace, as_: As
) -> None:
    answer = authorize(as_(academy.lena), **changes)
    assert answer.status_code == 400 and answer.location is None


def test_a_stranger_signs_in_first_and_comes_back(academy: SimpleNamespace, as_: As) -> None:
    answer = authorize(as_(None))
    assert answer.status_code == 302 and answer.location.startswith("/accounts/sign-in?next=")
    (back,) = parse_qs(urlsplit(answer.location).query)["next"]
    assert as_(academy.lena).get(back).location.startswith(f"{CALLBACK}?code=")


def test_a_wrong_client_secret_gets_nothing(code: str, as_: As, hub: Hub) -> None:
    answer = Hub(as_, secret="guess").redeem(code)
    assert answer.status_code == 401 and answer.get_json()["error"] == "invalid_client"
    assert hub.redeem(code).status_code == 200, "the right client can still use the code"


def test_the_secret_belongs_into_the_header(code: str, hub: Hub) -> None:
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER, "client_id": "jupyterhub", "client_secret": "hub-secret",
    }  # fmt: skip
    assert hub.http.post("/accounts/oauth/token", data=form).status_code == 401


def test_a_refresh_token_rotates(tokens: dict[str, str], hub: Hub) -> None:
    answer = hub.refresh(tokens["refresh_token"])
    assert answer.status_code == 200
    fresh = answer.get_json()
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert hub.userinfo(fresh["access_token"]).status_code == 200
    assert hub.userinfo(tokens["access_token"]).status_code == 401
    assert hub.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_a_deactivated_person_is_out_at_once(
    tokens: dict[str, str], hub: Hub, academy: SimpleNamespace
) -> None:
    deactivate(academy.lena, by=academy.ada)
    db.session.commit()
    assert hub.userinfo(tokens["access_token"]).status_code == 401
    assert hub.refresh(tokens["refresh_token"]).status_code == 400


def test_deactivation_between_code_and_token(code: str, hub: Hub, academy: SimpleNamespace) -> None:
    deactivate(academy.lena, by=academy.ada)
    db.session.commit()
    assert hub.redeem(code).get_json()["error"] == "invalid_grant"


@pytest.mark.parametrize("bearer", ["", "made-up"])
def test_userinfo_wants_a_live_token(bearer: str, hub: Hub, academy: SimpleNamespace) -> None:
    answer = hub.userinfo(bearer)
    assert answer.status_code == 401 and "invalid_token" in answer.headers["WWW-Authenticate"]
