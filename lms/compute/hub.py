"""The LMS's words with JupyterHub's REST API, as its service `lms`. One module knows the addresses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from flask import current_app
from flask_babel import gettext as _

from lms.accounts.models import User
from lms.errors import DomainError, Unavailable

SUBMIT_SECONDS = 90


@dataclass(frozen=True)
class Server:
    """What the hub says of a person's server."""

    ready: bool
    pending: bool
    stopping: bool = False


class HubRefused(DomainError):
    """The notebook server could not do it; the message is its own."""


def server_of(person: User) -> Server:
    """Raises:
    Unavailable: the hub does not answer.
    """
    answer = _ask("GET", f"/users/{person.username}")
    if answer.status_code == 404:
        return Server(ready=False, pending=False)
    found = answer.json().get("servers", {}).get("", {})
    pending = found.get("pending")
    return Server(
        ready=bool(found.get("ready")), pending=pending == "spawn", stopping=pending == "stop"
    )


def why_not_started(person: User) -> str | None:
    """The hub's reason for the last start that failed, in its own words; None where it has none."""
    try:
        with (
            _client() as client,
            client.stream("GET", f"/users/{person.username}/server/progress", timeout=3) as answer,
        ):
            for line in answer.iter_lines():
                event = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if event.get("failed"):
                    return str(event.get("message", "")).removeprefix("Spawn failed: ") or None
    except (httpx.HTTPError, ValueError):
        return None
    return None


def start_server(person: User) -> None:
    """Make sure the person's server is running or on its way.

    Raises:
        Unavailable: the hub does not answer or would not start it; the message says why.
    """
    if _ask("GET", f"/users/{person.username}").status_code == 404:
        _ask("POST", f"/users/{person.username}")
    answer = _ask("POST", f"/users/{person.username}/server")
    already_running = answer.status_code == 400
    if answer.is_error and not already_running:
        raise Unavailable(
            _("JupyterHub could not start your notebook server: %(why)s", why=_reason(answer))
        )


def stop_server(person: User) -> None:
    """Raises:
    Unavailable: the hub does not answer.
    """
    _ask("DELETE", f"/users/{person.username}/server")


def submit_from_home(
    person: User, course: str, assignment: str, *, key_hash: str
) -> dict[str, Any]:
    """Have the person's own server hand in what lies in its home; the receipt comes back.

    Raises:
        HubRefused: the server said no; its message.
        Unavailable: the server does not answer.
    """
    url = (
        f"{current_app.config['HUB_ORIGIN']}/user/{quote(person.username)}"
        f"/academy/submissions/{quote(course)}/{quote(assignment)}"
    )
    try:
        answer = httpx.post(
            url,
            headers={"X-Academy-Key-Digest": key_hash},
            timeout=SUBMIT_SECONDS,
            follow_redirects=False,
        )
    except httpx.HTTPError as error:
        raise Unavailable(
            _("Your notebook server does not answer. Start it and try again.")
        ) from error
    if answer.is_error or answer.is_redirect:
        raise HubRefused(_reason(answer))
    receipt: dict[str, Any] = answer.json()
    return receipt


def _ask(method: str, path: str) -> httpx.Response:
    try:
        with _client() as client:
            return client.request(method, path)
    except httpx.HTTPError as error:
        raise Unavailable(
            _("JupyterHub does not answer. Try again in a minute; the rest of the academy works.")
        ) from error


def _client() -> httpx.Client:
    config = current_app.config
    return httpx.Client(
        base_url=f"{config['HUB_ORIGIN']}/hub/api",
        headers={"Authorization": f"token {config['HUB_API_TOKEN']}"},
        timeout=15,
    )


def _reason(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        return str(problem.get("detail") or problem.get("message") or answer.reason_phrase)
    except ValueError:
        return answer.reason_phrase
