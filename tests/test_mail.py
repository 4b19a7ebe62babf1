"""Mail: into the outbox without a server, and to a real SMTP conversation with one."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from lms import mail, queue
from lms.config import ConfigError, _smtp_url
from lms.db import db

LETTER = {"message_id": "<1@academy.example>", "date": "Wed, 25 Nov 2026 10:00:00 +0900",
          "to": "lena@academy.example", "subject": "안녕하세요", "text": "본문\n"}  # fmt: skip


def jobs(name: str) -> int:
    rows = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name")
    return int(db.session.execute(rows, {"name": name}).scalar_one())


@pytest.fixture
def outbox(app: Flask, tmp_path: Path) -> Iterator[Path]:
    before = app.config["OUTBOX"]
    app.config["OUTBOX"] = tmp_path / "outbox"
    yield tmp_path / "outbox"
    app.config["OUTBOX"] = before


def test_an_undone_act_sends_nothing(app: Flask) -> None:
    savepoint = db.session.begin_nested()
    mail.send("lena@academy.example", subject="x", text="y")
    assert jobs("lms.deliver") == 1
    savepoint.rollback()
    assert jobs("lms.deliver") == 0


def test_without_a_server_it_lies_in_the_outbox_once(app: Flask, outbox: Path) -> None:
    mail.deliver(**LETTER)
    mail.deliver(**LETTER)  # a job may run twice
    (path,) = outbox.iterdir()
    assert mail.lying_in_outbox() == 1 and path.stat().st_mode & 0o777 == 0o600
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert (message["Subject"], message.get_content()) == ("안녕하세요", "본문\n")


def test_a_subject_brings_no_header_of_its_own(app: Flask, outbox: Path) -> None:
    mail.deliver(**{**LETTER, "subject": "x\nBcc: everybody@evil.example"})
    (path,) = outbox.iterdir()
    assert email.message_from_bytes(path.read_bytes())["Bcc"] is None


class Conversation(socketserver.StreamRequestHandler):
    """The least of RFC 5321; `server.answer` is what RCPT is answered."""

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline().decode().strip():
            match line.split()[0].upper():
                case "RCPT":
                    self.say(self.server.answer)  # type: ignore[attr-defined]
                case "DATA":
                    self.say("354 go on")
                    while (text := self.rfile.readline()) != b".\r\n":
                        self.server.lines.append(text)  # type: ignore[attr-defined]
                    self.say("250 taken")
                case "QUIT":
                    return self.say("221 bye")
                case _:
                    self.say("250 yes")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def server(app: Flask) -> Iterator[Any]:
    with socketserver.TCPServer(("127.0.0.1", 0), Conversation) as smtp:
        smtp.answer, smtp.lines = "250 yes", []  # type: ignore[attr-defined]
        threading.Thread(target=smtp.serve_forever, daemon=True).start()
        app.config["SMTP_URL"] = f"smtp://127.0.0.1:{smtp.server_address[1]}"
        try:
            yield smtp
        finally:
            app.config["SMTP_URL"] = None
            smtp.shutdown()


def test_a_server_gets_it(server: Any) -> None:
    mail.deliver(**LETTER)
    message = email.message_from_bytes(b"".join(server.lines), policy=email.policy.default)
    assert (
        message["To"] == "lena@academy.example" and message["Message-ID"] == "<1@academy.example>"
    )


def test_a_refused_address_is_told_to_the_sender(server: Any) -> None:
    server.answer = "550 nobody of that name"
    mail.deliver(**LETTER, if_refused=["surveys.mail_refused", {"invitation_id": 7}])
    assert jobs("surveys.mail_refused") == 1


@pytest.mark.parametrize("answer", ["450 later", "421 closing"])
def test_later_means_later(server: Any, answer: str) -> None:
    server.answer = answer
    with pytest.raises(queue.NotNow):
        mail.deliver(**LETTER, if_refused=["surveys.mail_refused", {"invitation_id": 7}])
    assert jobs("surveys.mail_refused") == 0


def test_a_server_that_is_away_is_waited_for(app: Flask, server: Any) -> None:
    app.config["SMTP_URL"] = "smtp://127.0.0.1:9"
    with pytest.raises(queue.NotNow):
        mail.deliver(**LETTER)


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtps://x:port"]
)
def test_a_server_that_is_not_understood_is_no_start(url: str) -> None:
    with pytest.raises(ConfigError, match="SMTP_URL"):
        _smtp_url(url)


def test_the_worker_knows_every_job_that_is_enqueued(app: Flask) -> None:
    import importlib
    import re

    from lms.worker import ROOMS_WITH_JOBS

    for module in ROOMS_WITH_JOBS:
        importlib.import_module(module)
    root = Path(mail.__file__).parent
    names = {
        name
        for path in root.rglob("*.py")
        for name in re.findall(r'enqueue\(\s*"([a-z_.]+)"', path.read_text())
    }
    assert "lms.deliver" in names and names <= set(queue._tasks), names - set(queue._tasks)
