"""What the hub asks of the LMS: a key for a server that starts, and word when it stops."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask_babel import gettext as _

from lms.access import hub_only
from lms.accounts.models import User
from lms.accounts.queries import user_by_name
from lms.compute import actions
from lms.errors import Forbidden, Invalid

bp = Blueprint("compute_api", __name__, url_prefix="/compute/api")


@bp.post("/sessions")
@hub_only
def open_session() -> Any:
    person, server_name = _asked()
    key, session = actions.open_session(person, server_name=server_name)
    answer = {"key": key, "expires_at": session.expires_at.isoformat(), "locale": person.locale}
    return jsonify(answer), 201


@bp.delete("/sessions")
@hub_only
def end_session() -> Any:
    person, server_name = _asked()
    actions.end_sessions(person, server_name=server_name)
    return "", 204


def _asked() -> tuple[User, str]:
    asked = request.get_json(silent=True)
    if not isinstance(asked, dict) or not isinstance(asked.get("username"), str):
        raise Invalid(_("Send JSON with username and server_name."))
    person = user_by_name(asked["username"])
    if person is None or not person.is_active:
        raise Forbidden(_("%(name)s has no active account.", name=asked["username"][:40]))
    return person, str(asked.get("server_name") or "")
