"""A small LMS on a loopback port: the exchange as the contract says it, with failures on request."""

import hashlib
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from werkzeug.formparser import parse_form_data

KEY = "session-key"
COURSE, NAME = "python-programming-c3", "loops"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class FakeLms:
    """`fail` is a list of what happens to the next submissions: a status, "drop" after storing,
    "refuse" (the connection closes before anything is read) or "wrong" (a receipt of other files).
    """

    def __init__(self, port: int = 0) -> None:
        self.key = KEY
        self.teaches = True  # the key's person; False: the staff's doors stay closed
        self.released = True
        self.late: set[int] = set()
        self.release: dict[str, bytes] = {
            "loops.ipynb": b'{"cells": []}',
            "data/rain.csv": "날짜,mm\n".encode(),
        }
        self.listing: list[dict[str, Any]] | None = None
        self.submissions: dict[str, dict[str, Any]] = {}
        self.received: dict[str, dict[str, bytes]] = {}
        self.feedback: dict[int, dict[str, bytes]] = {}
        self.fail: list[int | str] = []
        self.seen: Counter[str] = Counter()
        self.lock = threading.Lock()
        lms = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                try:
                    lms.answer(self, self.rfile.read(length))
                except ConnectionAbortedError:
                    self.close_connection = True
                    self.connection.close()

            do_GET = do_POST = do_DELETE = do

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "FakeLms":
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        url = urlsplit(request.path)
        path = unquote(url.path)
        self.seen[f"{request.command} {path}"] += 1
        if not path.startswith(("/coursework/exchange/", "/gradebook/exchange/")):
            return problem(request, 404, "no such page")
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return problem(request, 401, "no such key")
        if path.startswith("/gradebook/exchange/"):
            return self.answer_staff(request, path.removeprefix("/gradebook/exchange/").split("/"))
        parts = path.removeprefix("/coursework/exchange/").split("/")
        course = parse_qs(url.query).get("course", [COURSE])[0]
        match parts:
            case ["assignments"]:
                rows = [assignment(COURSE, NAME)] if course == COURSE and self.released else []
                reply(request, 200, {"assignments": rows})
            case ["submissions"] if request.command == "GET":
                rows = list(self.submissions.values()) if course == COURSE else []
                reply(request, 200, {"submissions": [self.listed(row) for row in rows]})
            case ["submissions", number, "feedback", page]:
                html = self.feedback.get(int(number), {}).get(page.removesuffix(".html"))
                return (
                    raw(request, 200, html, "text/html") if html else problem(request, 404, "none")
                )
            case [_course, name, *_rest] if (_course, name) != (COURSE, NAME) or not self.released:
                problem(request, 404, "There is no such assignment.")
            case [_course, _name, "release"]:
                files = [
                    {"path": path, "sha256": digest(content), "size": len(content)}
                    for path, content in self.release.items()
                ]
                reply(request, 200, {"files": files if self.listing is None else self.listing})
            case [_course, _name, "release", *rest]:
                content = self.release.get("/".join(rest))
                if content is None:
                    problem(request, 404, "no such file")
                else:
                    raw(request, 200, content, "application/octet-stream")
            case [_course, _name, "submissions"]:
                self.submit(request, body)
            case _:
                problem(request, 404, "no such page")

    def answer_staff(self, request: BaseHTTPRequestHandler, parts: list[str]) -> None:
        match parts:
            case _ if not self.teaches:
                problem(request, 404, "You teach no such course.")
            case [course, name, "submissions"] if (course, name) == (COURSE, NAME):
                rows = [
                    {
                        "id": row["id"],
                        "student": row["student"],
                        "received_at": row["received_at"],
                        "late": row["id"] in self.late,
                        "files": row["files"],
                    }
                    for row in self.submissions.values()
                ]
                reply(request, 200, {"submissions": rows})
            case ["submissions", number, "files", *rest]:
                [content] = [
                    self.received[key]["/".join(rest)]
                    for key, row in self.submissions.items()
                    if row["id"] == int(number)
                ]
                raw(request, 200, content, "application/octet-stream")
            case _:
                problem(request, 404, "There is no such assignment.")

    def submit(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        failure = self.fail.pop(0) if self.fail else None
        if isinstance(failure, int):
            return problem(request, failure, f"The fake says {failure}.")
        if failure == "refuse":
            raise ConnectionAbortedError
        key = request.headers["Idempotency-Key"]
        new = key not in self.submissions
        if new:
            self.store(key, files_of(request.headers["Content-Type"], body))
        if failure == "drop":
            raise ConnectionAbortedError
        receipt = dict(self.submissions[key])
        if failure == "wrong":
            receipt["files"] = []
        reply(request, 201 if new else 200, receipt)

    def store(self, key: str, files: dict[str, bytes], student: str = "lena") -> None:
        number = len(self.submissions) + 1
        self.received[key] = files
        self.submissions[key] = {
            "id": number,
            "student": student,
            "course_id": COURSE,
            "assignment_id": NAME,
            "received_at": f"2026-11-21T08:14:{number:02}.123456+00:00",
            "late": False,
            "digest": "0" * 64,
            "url": f"{self.url}/coursework/assignments/1/submissions/{number}",
            "files": [
                {"path": path, "sha256": digest(content), "size": len(content)}
                for path, content in files.items()
            ],
        }

    def listed(self, row: dict[str, Any]) -> dict[str, Any]:
        pages = self.feedback.get(row["id"])
        released = {
            "released_at": "2026-11-22T00:00:00+00:00",
            "notebooks": {name: digest(html) for name, html in (pages or {}).items()},
        }
        kept = ("id", "course_id", "assignment_id", "received_at", "late", "digest")
        return {
            **{name: row[name] for name in kept},
            "notebooks": ["loops"],
            "feedback": released if pages else None,
        }


def assignment(course: str, name: str) -> dict[str, Any]:
    return {
        "course_id": course,
        "assignment_id": name,
        "title": "반복문",
        "due_at": None,
        "released_at": "2026-11-20T00:00:00+00:00",
        "notebooks": ["loops"],
    }


def files_of(content_type: str, body: bytes) -> dict[str, bytes]:
    """Read by what the LMS reads forms with."""
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    _stream, _form, files = parse_form_data(environ)
    return {str(part.filename): part.read() for part in files.getlist("files")}


def reply(request: BaseHTTPRequestHandler, status: int, value: object) -> None:
    raw(request, status, json.dumps(value).encode(), "application/json")


def problem(request: BaseHTTPRequestHandler, status: int, detail: str) -> None:
    body = json.dumps({"title": "Problem", "status": status, "detail": detail}).encode()
    raw(request, status, body, "application/problem+json")


def raw(request: BaseHTTPRequestHandler, status: int, body: bytes, kind: str) -> None:
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
