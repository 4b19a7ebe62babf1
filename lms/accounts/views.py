"""Sign-in, one's own account, and the administrator's pages of people and audit trail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user

from lms import audit
from lms.access import Permission, actor, allow, public
from lms.accounts import actions, queries
from lms.accounts.forms import (
    NewPersonForm,
    PasswordForm,
    PeopleSearch,
    PersonForm,
    ProfileForm,
    SignInForm,
    WelcomeForm,
)
from lms.accounts.models import LOCALES, User
from lms.audit import AuditEvent
from lms.cohorts import queries as cohorts
from lms.compute import actions as compute
from lms.compute import hub
from lms.errors import Invalid, NotFound, TooMany, Unavailable
from lms.pages import Page

bp = Blueprint("accounts", __name__, url_prefix="/accounts", template_folder="templates")


@bp.get("/sign-in")
@public
def sign_in() -> Any:
    if current_user.is_authenticated:
        return redirect(_next_page())
    return render_template("accounts/sign_in.html", form=SignInForm(), error=None)


@bp.post("/sign-in")
@public
def sign_in_post() -> Any:
    form = SignInForm()
    error, status = None, HTTPStatus.UNPROCESSABLE_ENTITY
    if form.validate_on_submit():
        address = request.remote_addr or ""
        try:
            person = actions.sign_in(form.username.data, form.password.data, address=address)
        except actions.WrongPassword as refusal:
            actions.record_failure(form.username.data, address=address)
            error, status = refusal.message, HTTPStatus.UNAUTHORIZED
        except TooMany as refusal:
            error, status = refusal.message, HTTPStatus.TOO_MANY_REQUESTS
        else:
            session.clear()  # nothing of the time before signing in is carried over
            session.permanent = True
            login_user(person)
            return redirect(_next_page())
    return render_template("accounts/sign_in.html", form=form, error=error), status


@bp.post("/sign-out")
@public
def sign_out() -> Any:
    if current_user.is_authenticated:
        audit.record("signed-out", current_user, by=current_user)
        logout_user()
    session.clear()
    return redirect(url_for("accounts.sign_in"))


@bp.route("/welcome/<token>", methods=["GET", "POST"])
@public
def welcome(token: str) -> Any:
    """Where an invitation leads: the person sets a first password and is signed in."""
    person = actions.invited(token)
    if person is None:
        raise NotFound(
            _(
                "This invitation is not valid any more. Sign in if you have a password, or ask the "
                "academy for a new invitation."
            )
        )
    form = WelcomeForm()
    if form.validate_on_submit():
        actions.accept_invitation(person, password=form.new.data)
        session.clear()
        session.permanent = True
        login_user(person)
        return redirect(url_for("home.index"))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_template("accounts/welcome.html", form=form, person=person), status


@bp.post("/language")
@public
def language() -> Any:
    """Switch the language for this session; a signed-in person keeps it."""
    chosen = request.form.get("locale", "")
    if chosen not in LOCALES:
        raise Invalid(_("This language is not offered."))
    session["locale"] = chosen
    if current_user.is_authenticated:
        current_user.locale = chosen
    return redirect(_safe(request.form.get("next")) or url_for("home.index"))


@bp.get("/profile")
@allow(Permission.OWN_ACCOUNT)
def profile() -> Any:
    return _profile(PasswordForm())


@bp.post("/profile/password")
@allow(Permission.OWN_ACCOUNT)
def password() -> Any:
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            actions.change_password(actor(), current=form.current.data, new=form.new.data)
        except Invalid as refusal:
            form.current.errors = [refusal.message]
        else:
            login_user(actor())
            flash(_("Your password is changed. Other devices are signed out."), "success")
            return redirect(url_for("accounts.profile"))
    return _profile(form), HTTPStatus.UNPROCESSABLE_ENTITY


def _profile(form: PasswordForm) -> str:
    return render_template(
        "accounts/profile.html",
        language=ProfileForm(obj=actor()),
        form=form,
        parts=cohorts.parts([actor()])[actor().id],
    )


@bp.get("/people")
@allow(Permission.PEOPLE_MANAGE)
def people() -> Any:
    form = PeopleSearch(request.args)
    found = queries.people(form.q.data or "", only=form.only.data or "")
    page = Page.of(found, number=request.args.get("page", 1, int))
    return render_template(
        "accounts/people.html", form=form, page=page, parts=cohorts.parts(page.rows)
    )


@bp.route("/people/new", methods=["GET", "POST"])
@allow(Permission.PEOPLE_MANAGE)
def new_person() -> Any:
    form = NewPersonForm()
    if form.validate_on_submit():
        secret = actions.new_password()
        try:
            person = actions.add_person(
                username=form.username.data,
                name=form.name.data,
                email=form.email.data,
                locale=form.locale.data,
                is_administrator=form.is_administrator.data,
                password=secret,
                by=actor(),
            )
        except actions.NameTaken as refusal:
            form[refusal.field].errors = [refusal.message]
        else:
            return render_template("accounts/password_given.html", person=person, secret=secret)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_template("accounts/new_person.html", form=form), status


@bp.route("/people/<int:person_id>", methods=["GET", "POST"])
@allow(Permission.PEOPLE_MANAGE)
def person(person: User) -> Any:
    form = PersonForm(obj=person)
    if form.validate_on_submit():
        try:
            actions.change_person(
                person,
                name=form.name.data,
                email=form.email.data,
                locale=form.locale.data,
                is_administrator=form.is_administrator.data,
                by=actor(),
            )
        except actions.NameTaken as refusal:
            form.email.errors = [refusal.message]
        except Invalid as refusal:
            form.is_administrator.errors = [refusal.message]
        else:
            flash(_("The changes are saved."), "success")
            return redirect(url_for("accounts.person", person_id=person.id))
    if person.id != actor().id:
        audit.record("person-viewed", person, by=actor(), whose=[person.id])
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    parts = cohorts.parts([person])[person.id]
    return render_template("accounts/person.html", person=person, form=form, parts=parts), status


@bp.post("/people/<int:person_id>/password-reset")
@allow(Permission.PEOPLE_MANAGE)
def password_reset(person: User) -> Any:
    secret = actions.reset_password(person, by=actor())
    return render_template("accounts/password_given.html", person=person, secret=secret)


@bp.post("/people/<int:person_id>/deactivation")
@allow(Permission.PEOPLE_MANAGE)
def deactivation(person: User) -> Any:
    """The account, its sessions and tokens end; so does its notebook server."""
    actions.deactivate(person, by=actor())
    compute.end_sessions(person)
    try:
        hub.stop_server(person)
    except Unavailable:
        current_app.logger.warning(
            "the hub did not answer: a server of %s may still run", person.username
        )
        flash(
            _("JupyterHub did not answer: a notebook server of this person may still run."),
            "warning",
        )
    flash(_("%(name)s can no longer sign in.", name=person.name), "success")
    return redirect(url_for("accounts.person", person_id=person.id))


@bp.post("/people/<int:person_id>/reactivation")
@allow(Permission.PEOPLE_MANAGE)
def reactivation(person: User) -> Any:
    actions.reactivate(person, by=actor())
    flash(_("%(name)s can sign in again.", name=person.name), "success")
    return redirect(url_for("accounts.person", person_id=person.id))


@bp.get("/audit-trail")
@allow(Permission.AUDIT_READ)
def audit_trail() -> Any:
    person = queries.user(request.args.get("person", 0, int))
    number = request.args.get("page", 1, int)
    page = Page.of(queries.trail_of(person), number=number, size=50)
    return render_template(
        "accounts/audit_trail.html", page=page, person=person, people=_subjects(page.rows)
    )


def _subjects(events: Sequence[AuditEvent]) -> dict[int, User]:
    """The person that each event (by id) is about, where it is about one; at most three queries."""
    loaders: dict[str, Callable[[set[int]], dict[int, User]]] = {
        "user_account": queries.users,
        "enrolment": cohorts.people_enrolled,
        "teaching": cohorts.people_teaching,
    }
    found: dict[int, User] = {}
    for kind, load in loaders.items():
        about = {e.id: e.subject_id for e in events if e.subject_type == kind and e.subject_id}
        people = load(set(about.values())) if about else {}
        found |= {event: people[row] for event, row in about.items() if row in people}
    return found


def _next_page() -> str:
    return _safe(request.args.get("next")) or url_for("home.index")


def _safe(target: str | None) -> str | None:
    """A path of our own and nothing else: no scheme, no host, no backslash or control trick."""
    if not target or not target.isprintable() or "\\" in target or not target.startswith("/"):
        return None
    parts = urlsplit(target)
    return target if not (parts.scheme or parts.netloc or target.startswith("//")) else None
