"""The notebook server's two doors for the LMS: open an assignment, submit what is in the home."""

import asyncio
import hashlib
import hmac
import json
import os
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError
from tornado import web
from tornado.ioloop import PeriodicCallback
from traitlets.config import Config

from grading.exchange.assignment_list import AssignmentList
from grading.exchange.busy import BusyKernels
from grading.exchange.fetch_assignment import ExchangeFetchAssignment
from grading.exchange.refusal import Refusal, in_both
from grading.exchange.submit import ExchangeSubmit

SUBMIT_SECONDS = 80  # the LMS waits 90
PAGE = """<!doctype html><html lang="ko"><meta charset="utf-8"><title>AI Academy</title>
<body style="font-family: sans-serif; max-width: 40rem; margin: 4rem auto; line-height: 1.6">
<p style="white-space: pre-line">{sentence}</p><p><a href="{lms}">LMS</a></p></body></html>"""
WHERE = "/(?P<course>[^/]+)/(?P<assignment>[^/]+)"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "grading.exchange.extension"}]


def _load_jupyter_server_extension(server: Any) -> None:
    executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix="exchange")
    shared = {"home": Path(server.root_dir), "executor": executor}
    base = server.web_app.settings["base_url"]
    server.web_app.add_handlers(
        ".*$",
        [
            (url_path_join(base, "academy/open") + WHERE, OpenHandler, shared),
            (url_path_join(base, "academy/submissions") + WHERE, SubmissionHandler, shared),
        ],
    )


async def _start_jupyter_server_extension(server: Any) -> None:
    """After all extensions are loaded, so that ours stays."""
    listing = AssignmentList(parent=server)
    listing.root_dir = server.root_dir
    server.web_app.settings["assignment_list_manager"] = listing
    busy = BusyKernels(server)
    PeriodicCallback(busy.look, 60_000).start()


class OpenHandler(JupyterHandler):
    """GET academy/open/COURSE/ASSIGNMENT: fetch what is missing, then go to the first notebook."""

    def initialize(self, home: Path, executor: ThreadPoolExecutor) -> None:
        self.home, self.executor = home, executor

    @web.authenticated
    async def get(self, course: str, assignment: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            path = await loop.run_in_executor(
                self.executor, partial(open_assignment, course, assignment, home=self.home)
            )
        except ExchangeError as error:
            self._say(status_of(error), str(error))
            return
        self.redirect(url_path_join(self.base_url, "lab/tree", quote(path)))

    def _say(self, status: int, sentence: str) -> None:
        """Jupyter's own error pages do not show what went wrong."""
        self.set_status(status)
        self.finish(
            PAGE.format(
                sentence=escape(sentence), lms=escape(os.environ.get("ACADEMY_LMS_URL", "/"))
            )
        )


@web.stream_request_body
class SubmissionHandler(web.RequestHandler):
    """POST academy/submissions/COURSE/ASSIGNMENT, by the LMS: submit what is in the home.

    It is no page of a browser: no cookie counts here, so no XSRF token either. The LMS proves
    itself by the digest of this server's session key, which nobody else knows.
    """

    def initialize(self, home: Path, executor: ThreadPoolExecutor) -> None:
        self.home, self.executor = home, executor

    def check_xsrf_cookie(self) -> None:
        """The digest in the header cannot be sent by a foreign page."""

    def prepare(self) -> None:
        key = os.environ.get("ACADEMY_SESSION_KEY", "")
        shown = self.request.headers.get("X-Academy-Key-Digest", "")
        expected = hashlib.sha256(key.encode()).hexdigest()
        if not key or not hmac.compare_digest(shown.encode(), expected.encode()):
            self._problem(403, "This address is for the LMS only.")

    def data_received(self, chunk: bytes) -> None:
        """A request has no body; what comes anyway is not kept."""

    @allow_unauthenticated
    async def post(self, course: str, assignment: str) -> None:
        loop = asyncio.get_running_loop()
        work: Awaitable[dict[str, Any]] = loop.run_in_executor(
            self.executor, partial(submit, course, assignment, home=self.home)
        )
        try:
            receipt = await asyncio.wait_for(work, SUBMIT_SECONDS)
        except ExchangeError as error:
            self._problem(status_of(error), str(error))
        except TimeoutError:
            self._problem(
                504,
                in_both(
                    "제출이 너무 오래 걸립니다. 잠시 뒤 제출 목록을 확인해 주세요.",
                    "Submitting takes too long. Look at your submissions in a minute.",
                ),
            )
        else:
            self.set_status(201)
            self.finish(receipt)

    def _problem(self, status: int, detail: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/problem+json")
        title = HTTPStatus(status).phrase
        self.finish(json.dumps({"title": title, "status": status, "detail": detail}))


def open_assignment(course: str, assignment: str, *, home: Path) -> str:
    """Fetch what is missing; the path of the first notebook below the home.

    Without the LMS, what was fetched before is opened all the same.
    """
    fetch = ExchangeFetchAssignment(
        coursedir=_coursedir(course, assignment), config=_config(home, replace_missing=True)
    )
    try:
        fetch.start()
    except ExchangeError as error:
        if status_of(error) != HTTPStatus.SERVICE_UNAVAILABLE or not fetch.folder.is_dir():
            raise
    notebooks = sorted(fetch.folder.rglob("*.ipynb"), key=lambda path: (len(path.parts), path))
    visible = [path for path in notebooks if ".ipynb_checkpoints" not in path.parts]
    return (visible or [fetch.folder])[0].relative_to(fetch.home).as_posix()


def submit(course: str, assignment: str, *, home: Path) -> dict[str, Any]:
    """The receipt, by the very code that Assignment List uses; raises ExchangeError."""
    exchange = ExchangeSubmit(coursedir=_coursedir(course, assignment), config=_config(home))
    exchange.start()
    assert exchange.receipt is not None
    return exchange.receipt


def status_of(error: ExchangeError) -> int:
    refusal = error.__context__
    return refusal.status if isinstance(refusal, Refusal) else 409


def _coursedir(course: str, assignment: str) -> Any:
    return CourseDirectory(course_id=course, assignment_id=assignment)


def _config(home: Path, *, replace_missing: bool = False) -> Config:
    config = Config()
    config.Exchange.assignment_dir = str(home)
    config.ExchangeFetchAssignment.replace_missing_files = replace_missing
    return config
