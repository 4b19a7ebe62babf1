"""The LMS as a notebook server sees it: its addresses, one session key, one sentence per failure."""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from grading.exchange.refusal import Refusal, Unreachable, in_both

PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds before the second, third, … try
TRAINEES, STAFF = "coursework/exchange", "gradebook/exchange"  # where the LMS answers whom
TIMEOUT = httpx.Timeout(15.0, connect=3.0)


@dataclass(frozen=True)
class Lms:
    """`url` has no slash at its end; `key` is the session key that the hub got for this server."""

    url: str
    key: str
    pauses: tuple[float, ...] = PAUSES

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Lms":
        """Raises Refusal when this is no server that the academy's hub started."""
        try:
            return cls(environ["ACADEMY_LMS_URL"].rstrip("/"), environ["ACADEMY_SESSION_KEY"])
        except KeyError as missing:
            raise Refusal(
                in_both(
                    "이 노트북 서버는 LMS에 연결되어 있지 않습니다. LMS에서 노트북을 시작해 주세요.",
                    f"This notebook server is not connected to the LMS ({missing} is not set). "
                    "Start it from the LMS.",
                ),
                status=503,
            ) from None

    def assignments(self, *, course: str = "") -> list[dict[str, Any]]:
        return self._list("assignments", course=course)

    def submissions(self, *, course: str = "") -> list[dict[str, Any]]:
        return self._list("submissions", course=course)

    def release(self, course: str, assignment: str) -> list[dict[str, Any]]:
        """The released files as {path, sha256, size}; the paths are still to be distrusted."""
        answer = self._ask("GET", [course, assignment, "release"])
        return _rows(answer, "files")

    def release_file(self, course: str, assignment: str, path: str) -> bytes:
        return self._ask("GET", [course, assignment, "release", *path.split("/")]).content

    def submit(
        self, course: str, assignment: str, files: Iterable[tuple[str, bytes]], *, key: str
    ) -> dict[str, Any]:
        """The receipt. The key makes every repetition of this call the same submission."""
        parts = [("files", (path, content)) for path, content in files]
        answer = self._ask(
            "POST",
            [course, assignment, "submissions"],
            headers={"Idempotency-Key": key},
            files=parts,
        )
        return _json(answer)

    def feedback(self, submission: object, notebook: str) -> bytes:
        path = ["submissions", str(submission), "feedback", *f"{notebook}.html".split("/")]
        return self._ask("GET", path).content

    def handed_in(self, course: str, assignment: str) -> list[dict[str, Any]]:
        """Every trainee's attempts, for who teaches them: {id, student, received_at, late, files}."""
        answer = self._ask("GET", [course, assignment, "submissions"], room=STAFF)
        return _rows(answer, "submissions")

    def handed_in_file(self, submission: object, path: str) -> bytes:
        parts = ["submissions", str(submission), "files", *path.split("/")]
        return self._ask("GET", parts, room=STAFF).content

    def _list(self, what: str, *, course: str) -> list[dict[str, Any]]:
        params = {"course": course} if course else {}
        return _rows(self._ask("GET", [what], params=params), what)

    def _ask(
        self, method: str, path: list[str], *, room: str = TRAINEES, **request: Any
    ) -> httpx.Response:
        """One answer below 300; no answer and 5xx are tried again, a 4xx is final."""
        url = "/".join([self.url, room, *(quote(part, safe="") for part in path)])
        headers = {"Authorization": f"Bearer {self.key}", **request.pop("headers", {})}
        # Neither a proxy nor ~/.netrc of the trainee may come between: the key is in the header.
        with httpx.Client(timeout=TIMEOUT, trust_env=False) as client:
            for pause in (*self.pauses, None):
                try:
                    answer = client.request(method, url, headers=headers, **request)
                except httpx.TransportError:
                    answer = None
                if answer is not None and answer.status_code < 500:
                    break
                if pause is None:
                    raise Unreachable
                time.sleep(pause)
        assert answer is not None
        if not answer.is_success:
            raise _refusal(answer)
        return answer


def _refusal(answer: httpx.Response) -> Refusal:
    if answer.status_code == 401:
        sentence = in_both(
            "이 노트북 서버의 세션이 끝났습니다. LMS에서 노트북을 멈췄다가 다시 시작해 주세요.",
            "The session of this notebook server has ended. Stop it in the LMS and start it again.",
        )
        return Refusal(sentence, status=401)
    try:
        problem = answer.json()
        detail = str(problem.get("detail") or problem.get("title"))
    except (ValueError, AttributeError):
        detail = in_both(
            f"LMS가 요청을 거절했습니다({answer.status_code}).",
            f"The LMS refused the request ({answer.status_code}).",
        )
    return Refusal(detail, status=answer.status_code if answer.is_client_error else 502)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        raise Unreachable from None
    if not isinstance(found, dict):
        raise Unreachable
    return found


def _rows(answer: httpx.Response, name: str) -> list[dict[str, Any]]:
    rows = _json(answer).get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreachable
    return rows
