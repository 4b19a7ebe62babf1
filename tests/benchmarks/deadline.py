"""A locustfile: everybody hands in within a minute. Run by test_storm.py with a plan in $STORM_PLAN.

The plan (JSON): `kind` lms or ngshare, `origin`, `seconds`, `trainees` (key or user name of each),
`submissions` (each trainee's number and moment), `readers` (session cookies), `pages`, `body`, `out`.
"""

from __future__ import annotations

import base64
import json
import os
import time
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import gevent
from locust import constant_pacing, events, task
from locust.contrib.fasthttp import FastHttpUser

PLAN: dict[str, Any] = json.loads(Path(os.environ["STORM_PLAN"]).read_text())
IS_LMS = PLAN["kind"] == "lms"
REST = 0.5
waiting = iter(range(len(PLAN["trainees"])))
began: list[float] = []
receipts: list[dict[str, Any]] = []
failures: list[str] = []
pages: list[dict[str, Any]] = []


def since_start() -> float:
    if not began:
        began.append(time.monotonic())
    return time.monotonic() - began[0]


class Trainee(FastHttpUser):
    """Hands in at the moments of the plan, again with the same key until there is a receipt."""

    host = PLAN["origin"]
    fixed_count = len(PLAN["trainees"])
    # Nbgrader's plugin for ngshare waits without end; a client that gives up would only ask again.
    network_timeout = connection_timeout = 30.0 if IS_LMS else PLAN["patience"]

    def on_start(self) -> None:
        self.number = next(waiting)

    @task
    def hand_in_all(self) -> None:
        for at in PLAN["submissions"][self.number]:
            gevent.sleep(max(0.0, at - since_start()))
            self._hand_in()
        gevent.sleep(3600)

    def _hand_in(self) -> None:
        key, first = str(uuid4()), time.monotonic()
        content = PLAN["body"].replace("MARK", key)
        while True:
            answer = self._send(key, content)
            if answer is not None:
                break
            gevent.sleep(REST)
        receipts.append(
            {"key": key, "seconds": time.monotonic() - first, "at": since_start(), "id": answer}
        )

    def _send(self, key: str, content: str) -> object | None:
        who = PLAN["trainees"][self.number]
        if IS_LMS:
            address = f"/coursework/exchange/{PLAN['code']}/storm/submissions"
            head = {"Authorization": f"Bearer {who}", "Idempotency-Key": key}
            head["Content-Type"] = "multipart/form-data; boundary=frontier"
            body = (
                '--frontier\r\nContent-Disposition: form-data; name="files"; filename="storm.ipynb"'
                f"\r\nContent-Type: application/octet-stream\r\n\r\n{content}\r\n--frontier--\r\n"
            )
            sent = {"data": body, "headers": head}
        else:
            address = "/api/submission/storms/storm"
            encoded = base64.encodebytes(content.encode()).decode()
            file = {"path": "storm.ipynb", "content": encoded, "checksum": ""}
            sent = {
                "data": {"files": json.dumps([file])},
                "headers": {"Authorization": f"token {who}"},
            }
        with self.client.post(address, name="submit", catch_response=True, **sent) as answer:
            if answer.status_code in (200, 201):
                value = answer.json()
                found = value.get("id") if IS_LMS else value.get("timestamp")
                if found:
                    answer.success()
                    return found  # type: ignore[no-any-return]
            failures.append(f"{answer.status_code} {str(answer.error or '')[:80]}")
            answer.failure("no receipt")
            return None


class Reader(FastHttpUser):
    """Looks at pages all the while, one a second."""

    host = PLAN["origin"]
    fixed_count = len(PLAN["readers"])
    wait_time = constant_pacing(1)
    network_timeout = connection_timeout = 30.0
    cookies = iter(PLAN["readers"])

    def on_start(self) -> None:
        self.random = Random(len(pages))
        self.cookie = next(Reader.cookies)

    @task
    def look(self) -> None:
        path, at, first = self.random.choice(PLAN["pages"]), since_start(), time.monotonic()
        head = {"Cookie": self.cookie, "Accept": "text/html"}
        answer = self.client.get(path, name="page", headers=head, allow_redirects=False)
        if at < PLAN["seconds"]:
            seconds = time.monotonic() - first
            pages.append({"path": path, "status": answer.status_code, "seconds": seconds})


if not PLAN["readers"]:
    del Reader


@events.init.add_listener
def end_when_all_have_receipts(environment: Any, **_: Any) -> None:
    wanted = sum(len(moments) for moments in PLAN["submissions"])

    def look() -> None:
        deadline = time.monotonic() + PLAN["patience"]
        while len(receipts) < wanted and time.monotonic() < deadline:
            gevent.sleep(0.1)
        found = {"receipts": receipts, "failures": failures, "pages": pages}
        Path(PLAN["out"]).write_text(json.dumps(found))
        environment.runner.quit()

    gevent.spawn(look)
