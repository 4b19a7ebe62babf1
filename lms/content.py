"""What people handed in, shown and downloaded from an origin of its own.

An address is signed, names one stored file and expires; no cookie is read there, the answer is
sandboxed (lms/headers.py), so a hostile notebook meets nothing it could steal.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, abort, current_app, send_from_directory, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer

from lms import assets, storage
from lms.access import public
from lms.errors import Gone
from lms.storage import StoredFile

bp = Blueprint("content", __name__)
LIFE_SECONDS = 15 * 60
TYPEFACE = "pretendard.css"
HEAD = b"<head>"


def page_url(file: StoredFile) -> str:
    """Where a stored HTML page can be framed for the next minutes."""
    return _url("content.page", {"sha256": file.sha256})


def download_url(file: StoredFile) -> str:
    """Where a stored file can be downloaded for the next minutes."""
    return _url("content.download", {"sha256": file.sha256, "path": file.path})


def _url(endpoint: str, named: dict[str, str]) -> str:
    token = _serializer().dumps(named)
    return f"{current_app.config['CONTENT_ORIGIN']}{url_for(endpoint, token=token)}"


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="content")


@bp.get("/pages/<token>")
@public
def page(token: str) -> Any:
    """The stored page in the academy's typeface, which whoever rendered it did not know of."""
    stylesheet = url_for("content.typeface", name=assets.path(TYPEFACE).name)
    link = f'<link rel="stylesheet" href="{stylesheet}">'.encode()
    stored = storage.get(_named(token)["sha256"])
    return Response(stored.replace(HEAD, HEAD + link, 1), mimetype="text/html")


@bp.get("/typeface/<name>")
@public
def typeface(name: str) -> Any:
    """Its stylesheet and the files that names; a sandboxed page has no origin of its own to ask from."""
    if not name.lower().startswith("pretendard"):
        abort(404)
    response = send_from_directory(assets.path(TYPEFACE).parent, name)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@bp.get("/files/<token>")
@public
def download(token: str) -> Any:
    named = _named(token)
    try:
        stored = storage.get(named["sha256"])
    except FileNotFoundError as error:
        raise Gone(_("This file is not kept any more: it was destroyed after the address was made.")) from error  # fmt: skip
    response = Response(stored, mimetype="application/octet-stream")
    name = quote(named["path"].rsplit("/", 1)[-1])
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


def _named(token: str) -> dict[str, str]:
    try:
        named: dict[str, str] = _serializer().loads(token, max_age=LIFE_SECONDS)
    except BadSignature:
        abort(404)
    return named
