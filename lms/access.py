"""Who may do what: the only place that decides.

`GRANTS` says which role has which permission. A role is what a person is to a row: somebody is an
instructor *of a cohort* and the owner *of a submission*. `@allow` stands on every route: it turns
the ids of the URL into rows (a child is looked up through its parent) and lets in only who may.
A stranger to a row sees 404, a member without the right 403.
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import Any, NamedTuple, cast

from flask import (
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_login import current_user

from lms.accounts import queries as accounts
from lms.accounts.models import LOCALES, User
from lms.careers import queries as careers
from lms.careers.models import Employer
from lms.cohorts import queries as cohorts
from lms.compute import queries as compute
from lms.coursework import queries as coursework
from lms.coursework.models import Submission
from lms.reports import queries as reports
from lms.reports.models import Report
from lms.surveys import actions as survey_actions
from lms.surveys import queries as surveys
from lms.surveys.models import Link


class Role(StrEnum):
    PERSON = "person"  # anybody signed in
    TRAINEE = "trainee"
    OWNER = "owner"  # of the row itself
    INSTRUCTOR = "instructor"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    HOME_READ = "home.read"
    OWN_ACCOUNT = "own-account"
    SIGN_ON = "sign-on"  # to the hub, with the LMS as OpenID provider
    NOTEBOOK_SERVER = "notebook-server"
    PEOPLE_MANAGE = "people.manage"
    AUDIT_READ = "audit.read"
    COHORT_READ = "cohort.read"
    COHORT_MANAGE = "cohort.manage"
    ROSTER_IMPORT = "roster.import"
    APPLICATION_MANAGE = "application.manage"  # what was asked of those who applied
    COURSE_READ = "course.read"
    ASSIGNMENT_READ = "assignment.read"
    ASSIGNMENT_PUBLISH = "assignment.publish"
    SUBMIT = "submit"
    SUBMISSION_READ = "submission.read"
    BOARD_READ = "board.read"
    EXCHANGE = "exchange"  # by a notebook server, for its own person
    RUN_AGAIN = "run.again"
    REGRADE = "regrade"
    MARK_WRITE = "mark.write"
    GRADE_RELEASE = "grade.release"
    GRADEBOOK_READ = "gradebook.read"
    GRADEBOOK_IMPORT = "gradebook.import"
    OUTCOME_READ = "outcome.read"
    REPORT_READ = "report.read"
    REPORT_WRITE = "report.write"
    REPORT_APPROVE = "report.approve"
    OUTCOME_RECORD = "outcome.record"
    OWN_RECORD = "own-record"
    CAREERS_READ = "careers.read"
    CAREERS_MANAGE = "careers.manage"
    PRIVACY_MANAGE = "privacy.manage"


P = Permission
EVERYBODY = {
    P.HOME_READ, P.OWN_ACCOUNT, P.OWN_RECORD, P.SIGN_ON, P.NOTEBOOK_SERVER, P.EXCHANGE,
}  # fmt: skip

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.PERSON: frozenset(EVERYBODY),
    Role.TRAINEE: frozenset({P.COURSE_READ, P.ASSIGNMENT_READ, P.SUBMIT}),
    Role.OWNER: frozenset({P.SUBMISSION_READ}),
    Role.INSTRUCTOR: frozenset(
        {
            P.COHORT_READ, P.COURSE_READ, P.ASSIGNMENT_READ, P.ASSIGNMENT_PUBLISH,
            P.SUBMISSION_READ, P.BOARD_READ, P.RUN_AGAIN, P.REGRADE, P.MARK_WRITE,
            P.GRADE_RELEASE, P.GRADEBOOK_READ, P.GRADEBOOK_IMPORT,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            P.PEOPLE_MANAGE, P.AUDIT_READ, P.COHORT_READ, P.COHORT_MANAGE,
            P.ROSTER_IMPORT, P.APPLICATION_MANAGE, P.COURSE_READ, P.ASSIGNMENT_READ, P.SUBMISSION_READ, P.BOARD_READ,
            P.GRADEBOOK_READ, P.GRADEBOOK_IMPORT, P.OUTCOME_READ, P.OUTCOME_RECORD,
            P.REPORT_READ, P.REPORT_WRITE, P.REPORT_APPROVE, P.CAREERS_READ, P.CAREERS_MANAGE, P.PRIVACY_MANAGE,
        }
    ),
}  # fmt: skip


class Credential(StrEnum):
    """How a route recognises who is asking."""

    COOKIE = "session cookie"
    KEY = "notebook session key"
    HUB = "hub's client secret"
    OAUTH = "client secret or access token, checked by the OpenID provider"
    LINK = "survey link"
    NONE = "public"


COOKIELESS = {Credential.KEY, Credential.HUB, Credential.OAUTH, Credential.LINK}


class Door(NamedTuple):
    """What stands on a route, read by the structural tests."""

    credential: Credential
    permission: Permission | None


# URL argument -> how its row is found; `parents` are the rows already loaded from the same URL.
LOADERS: dict[str, Callable[[int, dict[str, Any]], Any]] = {
    "person_id": lambda key, parents: accounts.user(key),
    "cohort_id": lambda key, parents: cohorts.cohort(key),
    "enrolment_id": lambda key, parents: cohorts.enrolment(key, of=parents.get("cohort")),
    "offering_id": lambda key, parents: cohorts.offering(key),
    "assignment_id": lambda key, parents: coursework.assignment(key),
    "submission_id": lambda key, parents: coursework.submission(key, of=parents.get("assignment")),
    "report_id": lambda key, parents: reports.report(key),
    "employer_id": lambda key, parents: careers.employer(key),
    "regrade_id": lambda key, parents: coursework.regrade(key, of=parents.get("assignment")),
}


def actor() -> User:
    """The person this request is from."""
    return cast(User, g.actor)


def roles(person: User, subject: Any = None) -> set[Role]:
    """What the person is to a row; without a row, what they are to anything at all."""
    found = {Role.ADMINISTRATOR} if person.is_administrator else set()
    memberships = _memberships(person)
    if subject is None or isinstance(subject, User | Employer):
        found.add(Role.PERSON)
        if memberships.teaches:
            found.add(Role.INSTRUCTOR)
        if memberships.takes_part:
            found.add(Role.TRAINEE)
        return found
    if isinstance(subject, Report):  # of several cohorts: an administrator's
        return found
    cohort_id = cohorts.cohort_id_of(subject)
    if cohort_id in memberships.teaches:
        found.add(Role.INSTRUCTOR)
    if isinstance(subject, Submission):
        if subject.enrolment.user_id == person.id:
            found.add(Role.OWNER)
    elif cohort_id in memberships.takes_part:
        found.add(Role.TRAINEE)
    return found


def can(person: User, permission: Permission, subject: Any = None) -> bool:
    return any(permission in GRANTS[role] for role in roles(person, subject))


def may(permission: Permission, subject: Any = None) -> bool:
    """For templates: may the person of this request?"""
    return bool(g.get("actor")) and can(actor(), permission, subject)


def allow(permission: Permission, *, by: Credential = Credential.COOKIE) -> Callable[..., Any]:
    """Let in who has the permission on the row that the URL names."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def entered(**arguments: Any) -> Any:
            if (refusal := _recognise(by)) is not None:
                return refusal
            subject = None
            rows: dict[str, Any] = {}
            for name in [name for name in arguments if name in LOADERS]:
                subject = LOADERS[name](arguments.pop(name), rows)
                _know(subject)
                rows[name.removesuffix("_id")] = subject
            if not can(actor(), permission, subject):
                abort(HTTPStatus.FORBIDDEN)
            return view(**rows, **arguments)

        entered.door = Door(by, permission)  # type: ignore[attr-defined]
        return entered

    return decorate


def public(view: Callable[..., Any]) -> Callable[..., Any]:
    """A route for everybody, signed in or not."""
    view.door = Door(Credential.NONE, None)  # type: ignore[attr-defined]
    return view


def oauth(view: Callable[..., Any]) -> Callable[..., Any]:
    """An OAuth endpoint: the provider (lms/accounts/oidc.py) checks who asks."""
    view.door = Door(Credential.OAUTH, None)  # type: ignore[attr-defined]
    return view


def hub_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """A route for the hub itself (HTTP Basic with its client secret)."""

    @functools.wraps(view)
    def entered(**arguments: Any) -> Any:
        given = request.authorization
        expected = current_app.config["HUB_CLIENT_SECRET"]
        if not given or not hmac.compare_digest((given.password or "").encode(), expected.encode()):
            abort(HTTPStatus.UNAUTHORIZED)
        return view(**arguments)

    entered.door = Door(Credential.HUB, None)  # type: ignore[attr-defined]
    return entered


def by_survey_link(view: Callable[..., Any]) -> Callable[..., Any]:
    """A route for whoever holds the link of its address, signed in or not, in the language of the
    person it was sent to. No search engine may list the page and no other site hears its address."""

    @functools.wraps(view)
    def entered(token: str, **arguments: Any) -> Any:
        link = None
        if surveys.must_wait(request.remote_addr or ""):
            status, message = HTTPStatus.TOO_MANY_REQUESTS, _(
                "Too many addresses were tried that lead nowhere. Wait 15 minutes, then open the link "
                "in your mail again."
            )  # fmt: skip
        elif (link := surveys.link(token)) is None:
            survey_actions.refuse_link(request.remote_addr or "")
            status, message = HTTPStatus.NOT_FOUND, _(
                "This link is not good any more: the survey has ended or a newer link took its place. "
                "Look for a newer mail of ours, or tell the academy how you are."
            )  # fmt: skip
        if link is None:
            page = render_template("error.html", status=int(status), message=message)
            response = make_response(page, status)  # not raised: the attempt is counted
        else:
            with force_locale(_language(link)):
                response = make_response(view(link=link, token=token, **arguments))
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    entered.door = Door(Credential.LINK, None)  # type: ignore[attr-defined]
    return entered


def _language(link: Link) -> str:
    """Chosen on the page, else that of the person who was written to."""
    if (chosen := request.args.get("language")) in LOCALES:
        session["locale"] = chosen
    return str(session.get("locale") or link.invitation.person.locale)


def _recognise(credential: Credential) -> Any:
    if credential is Credential.KEY:
        key = request.authorization.token if request.authorization else None
        holder = compute.holder_of(key or "")
        if holder is None:
            abort(
                HTTPStatus.UNAUTHORIZED,
                "The key of this notebook server is not valid any more: stop the server and start it again.",
            )
        g.actor = holder
        return None
    if not current_user.is_authenticated:
        if request.headers.get("HX-Request") == "true":
            abort(HTTPStatus.UNAUTHORIZED, "signed out")
        return redirect(url_for("accounts.sign_in", next=_here()))
    g.actor = current_user._get_current_object()
    return None


def _here() -> str | None:
    return request.full_path.rstrip("?") if request.method == "GET" else None


def _know(subject: Any) -> None:
    """A row that is not there and a row one is nothing to look the same."""
    if subject is None or not roles(actor(), subject) - {Role.PERSON}:
        abort(HTTPStatus.NOT_FOUND)


def _memberships(person: User) -> cohorts.Memberships:
    cache = g.setdefault("memberships", {})
    if person.id not in cache:
        cache[person.id] = cohorts.memberships(person)
    return cast(cohorts.Memberships, cache[person.id])
