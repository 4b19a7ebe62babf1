"""The LMS as the hub knows it: OpenID Connect with PKCE, session keys, and the fake exchange."""

import base64
import hashlib
import time
from http.server import BaseHTTPRequestHandler
from json import loads
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.grading.exchange import fake_lms
from tests.grading.exchange.fake_lms import problem, reply

USER = "lena"
CLIENT = "Basic " + base64.b64encode(b"jupyterhub:client-secret").decode()


class FakeLmsWithSignIn(fake_lms.FakeLms):
    """Whoever comes is signed in as USER. `sessions` maps a server to its key."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.signing_key = RSAKey.generate_key(2048)
        self.challenges: dict[str, str] = {}
        self.sessions: dict[str, str] = {}
        self.ended: list[str] = []
        self.refuse_sessions = False
        self.access = "access"
        self.refresh: str | None = "refresh"
        self.groups = ["role:trainee", "cohort:3", f"course:{fake_lms.COURSE}"]

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        url = urlsplit(request.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        match (request.command, url.path):
            case ("GET", "/accounts/oauth/authorize"):
                self.authorize(request, asked)
            case ("POST", "/accounts/oauth/token"):
                form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
                self.token(request, form)
            case ("GET", "/accounts/oauth/userinfo"):
                if request.headers.get("Authorization") == f"Bearer {self.access}":
                    reply(request, 200, self.claims())
                else:
                    problem(request, 401, "invalid_token")
            case (_, "/compute/api/sessions"):
                self.session(request, loads(body))
            case _:
                super().answer(request, body)

    def authorize(self, request: BaseHTTPRequestHandler, asked: dict[str, str]) -> None:
        assert asked["code_challenge_method"] == "S256"
        assert asked["scope"].split() == ["openid", "profile", "groups"]
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = asked["code_challenge"]
        back = urlencode({"code": code, "state": asked["state"]})
        request.send_response(302)
        request.send_header("Location", f"{asked['redirect_uri']}?{back}")
        request.send_header("Content-Length", "0")
        request.end_headers()

    def token(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        if request.headers.get("Authorization") != CLIENT:
            return problem(request, 401, "invalid_client")
        if form["grant_type"] == "refresh_token":
            known = form["refresh_token"] == self.refresh
        else:
            proof = hashlib.sha256(form["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
            known = challenge == self.challenges.pop(form["code"])
        if not known:
            return problem(request, 400, "invalid_grant")
        reply(
            request,
            200,
            {
                "access_token": self.access,
                "refresh_token": self.refresh,
                "token_type": "Bearer",
                "expires_in": 3600,
                "id_token": jwt.encode({"alg": "RS256"}, self.claims(), self.signing_key),
            },
        )

    def claims(self) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self.url,
            "aud": "jupyterhub",
            "iat": now,
            "exp": now + 300,
            "sub": "7",
            "preferred_username": USER,
            "name": "김레나",
            "groups": self.groups,
        }

    def session(self, request: BaseHTTPRequestHandler, asked: dict[str, str]) -> None:
        if request.headers.get("Authorization") != CLIENT:
            return problem(request, 401, "who are you?")
        if request.command == "DELETE":
            self.ended.append(asked["username"])
            request.send_response(204)
            request.end_headers()
        elif self.refuse_sessions:
            problem(request, 403, "lena has no active account.")
        else:
            self.sessions[asked["username"]] = self.key
            reply(
                request,
                201,
                {"key": self.key, "expires_at": "2026-11-28T00:00:00+00:00", "locale": "ko"},
            )
