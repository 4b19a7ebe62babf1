"""What goes wrong by rule, and how it is told: as a page to a browser, as problem+json (RFC 9457)
to a program. Raising undoes the transaction.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from lms.db import db

DATABASE_GONE = (OperationalError, InterfaceError, NoConnection)
RETRY_SECONDS = 10
PASSING = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE}


class DomainError(Exception):
    """A rule of the academy says no. `message` is shown to the person as it is."""

    status = HTTPStatus.CONFLICT

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(DomainError):
    status = HTTPStatus.NOT_FOUND


class Forbidden(DomainError):
    status = HTTPStatus.FORBIDDEN


class Invalid(DomainError):
    """The input has the wrong shape; nothing was stored."""

    status = HTTPStatus.BAD_REQUEST


class Gone(DomainError):
    """It was there and is destroyed; it will not come back."""

    status = HTTPStatus.GONE


class NoLongerLive(DomainError):
    """What was to be changed is not what is in force any more."""

    def __init__(self) -> None:
        super().__init__(_("Somebody corrected this meanwhile. Reload the page and look again."))


class TooMany(DomainError):
    status = HTTPStatus.TOO_MANY_REQUESTS


class Unavailable(DomainError):
    """A part of the academy that this needs (the hub) does not answer now."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


def init_app(app: Flask) -> None:
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    for error in DATABASE_GONE:
        app.register_error_handler(error, _database_gone)
    app.register_error_handler(Exception, _unforeseen)


def _domain_error(error: DomainError) -> Response:
    return _answer(error.status, error.message)


def _csrf_error(error: CSRFError) -> Response:
    return _answer(
        HTTPStatus.BAD_REQUEST,
        _("This page was open for too long. Go back, reload it and send the form again."),
    )


def _http_error(error: HTTPException) -> Response:
    cause = getattr(error, "original_exception", None)  # of what raised while committing
    if isinstance(cause, DATABASE_GONE):
        return _database_gone(cause)
    status = HTTPStatus(error.code or 500)
    if status < HTTPStatus.BAD_REQUEST:
        return error.get_response()  # type: ignore[return-value]
    messages = {
        HTTPStatus.NOT_FOUND: _("There is no such page, or it is not yours to see."),
        HTTPStatus.FORBIDDEN: _("You may not do this. Ask an administrator if you should."),
        HTTPStatus.METHOD_NOT_ALLOWED: _("This address cannot be used in that way."),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _(
            "The upload is larger than %(megabytes)s MB. Remove large files and try again.",
            megabytes=current_app.config["MAX_CONTENT_LENGTH"] // 2**20,
        ),
        HTTPStatus.BAD_REQUEST: _("The request could not be read. Go back and try again."),
    }
    return _answer(status, messages.get(status, error.description or status.phrase))


def _database_gone(error: Exception) -> Response:
    current_app.logger.error("no database at %s %s: %s", request.method, request.path, error)
    g._login_user = AnonymousUserMixin()  # without it nobody can be recognised: do not ask again
    g.pop("actor", None)
    return _answer(
        HTTPStatus.SERVICE_UNAVAILABLE,
        _(
            "The academy's database does not answer just now. Nothing is lost that you have a receipt "
            "for. Please send it again in a minute; it will not count twice."
        ),
    )


def _unforeseen(error: Exception) -> Response:
    current_app.logger.exception("unforeseen error at %s %s", request.method, request.path)
    return _answer(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        _("Something broke on our side. Nothing was changed; please try again in a minute."),
    )


def _answer(status: HTTPStatus, message: str) -> Response:
    db.session.rollback()
    if _wants_json():
        response = jsonify(title=status.phrase, status=int(status), detail=message)
        response.mimetype = "application/problem+json"
    else:
        fragment = request.headers.get("HX-Request") == "true"
        page = "error_fragment.html" if fragment else "error.html"
        response = Response(render_template(page, status=int(status), message=message))
    response.status_code = status
    if status in PASSING:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _wants_json() -> bool:
    accepts = request.accept_mimetypes
    return "Authorization" in request.headers or (
        accepts.best_match(["text/html", "application/json"]) == "application/json"
    )
