"""Mail: a message is enqueued in the transaction of the act that sends it, so an undone act sends nothing.

Without a mail server (SMTP_URL) messages are written into the outbox, a folder of the state folder,
as .eml files: nothing is lost and an administrator sees how many lie there. A message is delivered
at least once; its Message-ID stays the same, by which a second copy is known.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app

from lms.db import utcnow
from lms.queue import NotNow, enqueue, given_up, task

TIMEOUT_SECONDS = 10
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


class Refused(Exception):
    """The mail server takes no message for this address, now or later."""


def init_app(app: Flask, *, outbox: Path, server: str | None, sender: str | None) -> None:
    host = app.config["LMS_HOST"].partition(":")[0]
    app.config.update(
        OUTBOX=outbox, SMTP_URL=server, MAIL_FROM=sender or f"AI Academy <academy@{host}>"
    )


def send(
    to: str, *, subject: str, text: str, if_refused: tuple[str, dict[str, Any]] | None = None
) -> None:
    """Enqueue a message; `if_refused` is a job, with its arguments, for when the address is no good."""
    enqueue(
        "lms.deliver",
        queue="mail",
        priority=-1,  # grading goes first, also while the mail server hangs
        message_id=make_msgid(domain=current_app.config["LMS_HOST"].partition(":")[0]),
        date=format_datetime(utcnow()),
        to=to,
        subject=subject,
        text=text,
        if_refused=if_refused,
    )


@task
def deliver(
    message_id: str, date: str, to: str, subject: str, text: str, if_refused: Any = None
) -> None:
    """Hand a message to the mail server or, without one, lay it into the outbox."""
    message = EmailMessage()
    message["From"] = current_app.config["MAIL_FROM"]
    message["To"] = to
    message["Subject"] = " ".join(subject.split())
    message["Date"] = date
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices, please
    message.set_content(text)
    if current_app.config["SMTP_URL"] is None:
        _lay_down(message)
        return
    try:
        _hand_over(message)
    except Refused:
        if if_refused is None:
            raise
        name, arguments = if_refused
        enqueue(name, **arguments)


@given_up(deliver)
def not_delivered(reason: str, if_refused: Any = None, **message: Any) -> None:
    """Something about the message itself cannot be sent: its sender hears of it as of a refusal."""
    current_app.logger.error("mail %s is given up: %s", message["message_id"], reason)
    if if_refused is not None:
        name, arguments = if_refused
        enqueue(name, **arguments)


def _hand_over(message: EmailMessage) -> None:
    """Raises:
    Refused: for good (5xx for the recipient). NotNow: the server does not answer, or says later.
    """
    try:
        with _connected(current_app.config["SMTP_URL"]) as server:
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code = min(code for code, _text in error.recipients.values())
        if code >= 500:
            raise Refused from error
        raise NotNow(f"the mail server answers {code}") from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotNow(f"mail server: {type(error).__name__}: {error}") from error


def _connected(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    secure = ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=secure)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
        if parts.scheme == "smtp+starttls":
            server.starttls(context=secure)
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _lay_down(message: EmailMessage) -> None:
    """Under the name of its Message-ID: a job that runs again writes the same file."""
    folder: Path = current_app.config["OUTBOX"]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = message["Message-ID"].strip("<>").replace("/", "-")
    fresh = folder / f"{name}.new"
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        file.write(message.as_bytes())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / f"{name}.eml")


def has_server() -> bool:
    return current_app.config["SMTP_URL"] is not None


def lying_in_outbox() -> int:
    """How many messages wait in the outbox for somebody to send or remove them."""
    folder: Path = current_app.config["OUTBOX"]
    return sum(1 for path in folder.glob("*.eml")) if folder.is_dir() else 0
