"""Every setting of the LMS, read once from the environment: the only reader of os.environ.

A process started by hand (`flask --app wsgi …`) finds the same settings in STATE/web.json, which
the supervisor writes. A missing secret means no start.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
SMTP_SCHEMES = ("smtp", "smtps", "smtp+starttls")


class ConfigError(Exception):
    """A setting is missing or wrong; the message says which one and what to do."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one running LMS. Sizes are bytes, durations seconds."""

    state: Path
    database_url: str
    secret_key: str
    signing_key: str
    lms_origin: str
    content_origin: str
    hub_origin: str
    hub_client_secret: str
    hub_api_token: str
    kernels: Path | None = None
    smtp_url: str | None = None
    mail_from: str | None = None
    upload_bytes: int = 50 * 1024 * 1024
    session_seconds: int = 12 * 3600
    testing: bool = False

    @property
    def lms_host(self) -> str:
        return urlsplit(self.lms_origin).netloc

    @property
    def content_host(self) -> str:
        return urlsplit(self.content_origin).netloc

    @property
    def secure_cookies(self) -> bool:
        return self.lms_origin.startswith("https://")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> Config:
        """Read the settings.

        Raises:
            ConfigError: a setting is missing.
        """
        state = Path(environ.get("ACADEMY_STATE", ROOT / ".academy"))
        settings = {**_written_by_supervisor(state), **environ}

        def need(name: str) -> str:
            if value := settings.get(name):
                return value
            raise ConfigError(
                f"{name} is not set: start the academy with `make up`, or set it yourself "
                "(README.md, section Settings)."
            )

        kernels = settings.get("GRADING_KERNELS")
        return cls(
            state=state,
            database_url=need("DATABASE_URL"),
            secret_key=need("LMS_SECRET_KEY"),
            signing_key=need("LMS_SIGNING_KEY"),
            lms_origin=need("LMS_ORIGIN").rstrip("/"),
            content_origin=need("CONTENT_ORIGIN").rstrip("/"),
            hub_origin=need("HUB_ORIGIN").rstrip("/"),
            hub_client_secret=need("HUB_CLIENT_SECRET"),
            hub_api_token=need("HUB_API_TOKEN"),
            kernels=Path(kernels) if kernels else None,
            smtp_url=_smtp_url(settings.get("SMTP_URL")),
            mail_from=settings.get("MAIL_FROM"),
        )


def _smtp_url(url: str | None) -> str | None:
    """The mail server, where there is one: smtps://user:password@host:465, smtp+starttls://…:587, or
    smtp://localhost:25 for a relay on the same machine."""
    if not url:
        return None
    parts = urlsplit(url)
    try:
        known = parts.scheme in SMTP_SCHEMES and parts.hostname and parts.port != 0
    except ValueError:  # the port is no number
        known = False
    if not known:
        raise ConfigError(
            "SMTP_URL is not understood: write smtps://user:password@host:465 or "
            "smtp+starttls://user:password@host:587, or leave it out to keep mails in the outbox."
        )
    return url


def _written_by_supervisor(state: Path) -> dict[str, str]:
    try:
        settings: dict[str, str] = json.loads((state / "web.json").read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{state / 'web.json'} cannot be read ({error}): run `make up`."
        ) from error
    return settings
