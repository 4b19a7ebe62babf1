"""A person's notebook server: start it, wait for it, go in, stop it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from lms.access import Permission, actor, allow
from lms.compute import hub
from lms.errors import Unavailable

# A start that the hub no longer has under way has failed; the first seconds may just be too early.
SECONDS_UNTIL_LOST = 5

bp = Blueprint("compute", __name__, url_prefix="/compute", template_folder="templates")


@bp.get("/server")
@allow(Permission.NOTEBOOK_SERVER)
def server() -> Any:
    try:
        state, problem = hub.server_of(actor()), None
    except Unavailable as error:
        state, problem = None, error.message
    return render_template("compute/server.html", state=state, problem=problem)


@bp.post("/server/start")
@allow(Permission.NOTEBOOK_SERVER)
def start() -> Any:
    hub.start_server(actor())
    target: dict[str, Any] = _target()
    return redirect(url_for("compute.waiting", **target))


@bp.get("/server/waiting")
@allow(Permission.NOTEBOOK_SERVER)
def waiting() -> Any:
    """Asks the hub again each second (htmx) and goes in when the server is ready."""
    state = hub.server_of(actor())
    if state.ready:
        address = _address(**_target())
        if request.headers.get("HX-Request") == "true":
            return "", 200, {"HX-Redirect": address}
        return redirect(address)
    waited = request.args.get("waited", 0, int)
    fragment = request.headers.get("HX-Request") == "true"
    lost = not state.pending and waited > SECONDS_UNTIL_LOST
    return render_template(
        "compute/_waiting.html" if fragment else "compute/waiting.html",
        waited=waited,
        target=_target(),
        lost=lost,
        reason=hub.why_not_started(actor()) if lost else None,
    )


@bp.post("/server/stop")
@allow(Permission.NOTEBOOK_SERVER)
def stop() -> Any:
    hub.stop_server(actor())
    flash(_("Your notebook server stops. Saved files stay."), "success")
    return redirect(url_for("compute.server"))


def _target() -> dict[str, str]:
    """The assignment to open, if one was asked for; the exchange checks whether it may be."""
    return {
        name: request.values[name] for name in ("course", "assignment") if request.values.get(name)
    }


def _address(course: str = "", assignment: str = "") -> str:
    server = f"{current_app.config['HUB_ORIGIN']}/user/{quote(actor().username)}"
    if course and assignment:
        return f"{server}/academy/open/{quote(course, safe='')}/{quote(assignment, safe='')}"
    return f"{server}/lab"
