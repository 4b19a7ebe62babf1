"""What the hub asks of the LMS: a session key for a server that starts, and word that it stopped."""

import json
from dataclasses import dataclass
from typing import Any

from jupyterhub.spawner import SpawnException
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse

TIMEOUT_SECONDS = 10
CLIENT_ID = "jupyterhub"


@dataclass(frozen=True)
class Session:
    """What a starting server gets: its key, and the language of its person (ko or en)."""

    key: str
    locale: str


@dataclass(frozen=True)
class LmsClient:
    origin: str
    secret: str

    async def open_session(self, username: str, server_name: str) -> Session:
        """The session of a server that is about to start.

        Raises:
            SpawnException: the LMS refuses or does not answer; the message is for the trainee.
        """
        try:
            answer = await self._sessions("POST", username, server_name)
            opened = json.loads(answer.body)
            return Session(str(opened["key"]), str(opened["locale"]))
        except HTTPClientError as error:
            if error.code in (403, 404):
                raise _refused(_detail(error.response)) from None
            raise _silent(f"the LMS answered {error.code}") from None
        except (OSError, ValueError, KeyError) as error:
            raise _silent(repr(error)) from None

    async def end_session(self, username: str, server_name: str) -> None:
        """Raises HTTPClientError or OSError when the LMS was not told."""
        await self._sessions("DELETE", username, server_name)

    async def _sessions(self, method: str, username: str, server_name: str) -> HTTPResponse:
        request = HTTPRequest(
            f"{self.origin}/compute/api/sessions",
            method=method,
            headers={"Content-Type": "application/json"},
            body=json.dumps({"username": username, "server_name": server_name}),
            auth_username=CLIENT_ID,
            auth_password=self.secret,
            request_timeout=TIMEOUT_SECONDS,
            connect_timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            allow_nonstandard_methods=True,  # a DELETE with a body
        )
        return await AsyncHTTPClient().fetch(request)


def _refused(detail: str) -> SpawnException:
    return SpawnException(
        f"LMS가 노트북 시작을 허락하지 않았습니다: {detail} "
        f"(The LMS does not let this notebook start: {detail})",
        reason="lms-refused",
        status_code=403,
    )


def _silent(what: str) -> SpawnException:
    return SpawnException(
        "LMS가 응답하지 않아 노트북을 시작하지 못했습니다. 잠시 뒤 다시 시도해 주세요. "
        "(The LMS does not answer, so the notebook could not start. Try again in a minute.)",
        reason="lms-silent",
        log_message=f"No session key from the LMS: {what}",
        status_code=503,
    )


def _detail(answer: HTTPResponse | None) -> str:
    try:
        problem: dict[str, Any] = json.loads(answer.body) if answer else {}
        return str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        return "403"
