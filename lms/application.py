"""The application is put together here: extensions, rooms, and one transaction per request."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, abort, current_app, request
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from lms import access, downloads, errors, headers, i18n, mail, navigation, storage
from lms.accounts.queries import user_by_session
from lms.config import Config
from lms.db import db
from lms.redaction import WithoutTokens
from lms.reports import pages as report_pages

csrf = CSRFProtect()


def build(config: Config) -> Flask:
    app = Flask("lms")
    app.config.update(
        SECRET_KEY=config.secret_key,
        SIGNING_KEY=config.signing_key,
        DATABASE_URL=config.database_url,
        SQLALCHEMY_ENGINES={"default": config.database_url},
        LMS_ORIGIN=config.lms_origin,
        LMS_HOST=config.lms_host,
        CONTENT_ORIGIN=config.content_origin,
        CONTENT_HOST=config.content_host,
        HUB_ORIGIN=config.hub_origin,
        HUB_CLIENT_SECRET=config.hub_client_secret,
        HUB_API_TOKEN=config.hub_api_token,
        GRADING_KERNELS=config.kernels,
        MAX_CONTENT_LENGTH=config.upload_bytes,
        MAX_FORM_MEMORY_SIZE=config.upload_bytes,
        MAX_FORM_PARTS=1000,
        SEND_FILE_MAX_AGE_DEFAULT=365 * 24 * 3600,  # static addresses change with their content
        SESSION_COOKIE_NAME="academy_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.secure_cookies,
        PERMANENT_SESSION_LIFETIME=config.session_seconds,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        TESTING=config.testing,
        BABEL_TRANSLATION_DIRECTORIES="translations",
    )
    app.jinja_env.undefined = StrictUndefined
    for logger in (app.logger, logging.getLogger("werkzeug")):  # the latter is `flask run`'s
        logger.addFilter(WithoutTokens())
    if config.secure_cookies:  # TLS ends at a proxy before us, which says who asked and how
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    db.init_app(app)
    storage.init_app(app, folder=config.state / "blobs")
    mail.init_app(
        app, outbox=config.state / "outbox", server=config.smtp_url, sender=config.mail_from
    )
    _init_login(app)
    csrf.init_app(app)
    i18n.init_app(app)
    headers.init_app(app)
    errors.init_app(app)
    navigation.init_app(app)
    report_pages.init_app(app)
    downloads.init_app(app)
    _add_rooms(app)
    _init_transaction(app)
    app.before_request(_keep_hosts_apart)
    return app


def _init_login(app: Flask) -> None:
    manager = LoginManager(app)
    manager.session_protection = (
        None  # sessions end by version (User.session_version), not by address
    )
    manager.user_loader(user_by_session)


def _add_rooms(app: Flask) -> None:
    from lms import content
    from lms.accounts import api as oidc
    from lms.accounts import views as accounts
    from lms.careers import import_views as career_import
    from lms.careers import venture_views as ventures
    from lms.careers import views as careers
    from lms.cohorts import attendance_views as attendance
    from lms.cohorts import views as cohorts
    from lms.compute import api as compute_api
    from lms.compute import views as compute
    from lms.coursework import api as exchange
    from lms.coursework import views as coursework
    from lms.curricula import cli as curricula_cli
    from lms.demo import cli as demo_cli
    from lms.funding import views as funding
    from lms.gradebook import api as staff_exchange
    from lms.gradebook import file_views as gradebook_file
    from lms.gradebook import views as gradebook
    from lms.home import views as home
    from lms.migrations import cli as migrations_cli
    from lms.outcomes import cli as outcomes_cli
    from lms.outcomes import import_cli
    from lms.outcomes import import_views as outcome_import
    from lms.outcomes import own_record_views as own_record
    from lms.outcomes import record_views as outcome_records
    from lms.outcomes import views as outcomes
    from lms.privacy import cli as privacy_cli
    from lms.privacy import file_views as privacy_files
    from lms.privacy import views as privacy
    from lms.regrading import views as regrading
    from lms.reports import claim_views as claims
    from lms.reports import people_views as report_people
    from lms.reports import views as reports
    from lms.surveys import answer_views as survey_answers
    from lms.surveys import views as surveys
    from lms.worker import worker

    rooms = (
        home,
        accounts,
        oidc,
        cohorts,
        attendance,
        compute,
        compute_api,
        coursework,
        exchange,
        gradebook,
    )
    outcome_rooms = (
        outcomes,
        outcome_records,
        own_record,
        outcome_import,
        reports,
        claims,
        report_people,
        careers,
        career_import,
        ventures,
        funding,
        surveys,
        survey_answers,
        privacy,
        privacy_files,
    )
    for room in (*rooms, gradebook_file, staff_exchange, regrading, *outcome_rooms, content):
        app.register_blueprint(room.bp)
    for commands in (curricula_cli, demo_cli, migrations_cli, outcomes_cli, privacy_cli):
        app.cli.add_command(commands.commands)
    outcomes_cli.commands.add_command(import_cli.import_outcomes)
    app.cli.add_command(worker)
    for endpoint, view in app.view_functions.items():
        door = getattr(view, "door", None)
        if door and door.credential in access.COOKIELESS:
            csrf.exempt(view)  # no cookie is read there, so there is nothing to forge
        elif door is None and endpoint != "static":
            raise RuntimeError(
                f"{endpoint} has no door: put @allow or @public on it (lms/access.py)"
            )


def _init_transaction(app: Flask) -> None:
    """Returning commits; raising undoes (lms/errors.py)."""

    @app.after_request
    def commit(response: Response) -> Response:
        db.session.commit()
        return response


def _keep_hosts_apart() -> None:
    """User content answers on its own host and nothing else does, and the other way round.

    Any other Host header is refused: links in answers are made from it.
    """
    is_content = (request.endpoint or "").startswith("content.")
    if request.host != current_app.config["CONTENT_HOST" if is_content else "LMS_HOST"]:
        abort(HTTPStatus.NOT_FOUND)
