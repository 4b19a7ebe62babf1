"""Personal data: one's own consents, and the administrator's duties."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from lms import downloads, tables
from lms.access import Permission, actor, allow
from lms.accounts.queries import user_by_name
from lms.cohorts.models import Cohort
from lms.errors import Invalid
from lms.i18n import SEOUL, current_locale, from_seoul, today
from lms.outcomes import evidence_files
from lms.privacy import access_log, actions, queries, retention
from lms.privacy.access_log import Affected
from lms.privacy.forms import BreachForm, ConsentForm, DestructionForm, ReviewForm, month_of
from lms.privacy.models import Channel
from lms.privacy.purpose_files import versions

bp = Blueprint("privacy", __name__, url_prefix="/privacy", template_folder="templates")
TELL_REGULATOR = 1000  # people: article 34 and its decree, article 39-40


@bp.get("/consents")
@allow(Permission.OWN_ACCOUNT)
def consents() -> Any:
    titles = {one.purpose: one.title.in_(current_locale()) for one in versions()}
    return render_template(
        "privacy/consents.html",
        consents=queries.consents_of(actor()),
        history=queries.consent_history(actor()),
        titles=titles,
    )


@bp.post("/consents/<purpose>")
@allow(Permission.OWN_ACCOUNT)
def decision(purpose: str) -> Any:
    form = ConsentForm()
    if not form.validate_on_submit():
        raise Invalid(_("Choose whether you agree."))
    given = form.given.data == "yes"
    actions.decide(
        actor(), purpose, version=form.version.data, given=given, channel=Channel.PAGE, by=actor()
    )
    flash(_("Your consent is recorded.") if given else _("Recorded: you do not agree."), "success")
    return redirect(url_for("privacy.consents", _anchor=purpose))


@bp.get("/")
@allow(Permission.PRIVACY_MANAGE)
def index() -> Any:
    return render_template(
        "privacy/index.html",
        counts=queries.consent_counts(),
        months=access_log.months_with_access(),
        unsigned=access_log.months_to_review(),
        due=retention.due(),
        found_files=len(evidence_files.findings()),
    )


@bp.route("/access-reviews/<month>", methods=["GET", "POST"])
@allow(Permission.PRIVACY_MANAGE)
def access_review(month: str) -> Any:
    """Who saw and took what in a month, and the signature under it."""
    first = month_of(month)
    if first is None:
        abort(HTTPStatus.NOT_FOUND)
    form = ReviewForm()
    if form.validate_on_submit():
        try:
            actions.sign_review(first, note=form.note.data or "", by=actor())
        except Invalid as refusal:
            form.note.errors = [refusal.message]
        else:
            flash(_("The month is signed."), "success")
            return redirect(url_for("privacy.access_review", month=month))
    page = render_template(
        "privacy/access_review.html",
        form=form,
        month=month,
        accesses=access_log.accesses(first),
        review=access_log.review_of(first),
        is_over=access_log.month_after(first) <= today(),
    )
    return page, _status(form)


@bp.route("/retention", methods=["GET", "POST"])
@allow(Permission.PRIVACY_MANAGE)
def due() -> Any:
    """What is due; chosen here, confirmed on the page that answers, and only then destroyed."""
    waiting = retention.due()
    form = DestructionForm()
    form.people.choices = [(one.person.id, one.person.name) for one in waiting]
    if form.validate_on_submit():
        if form.last_step.data:
            done = retention.destroy(form.people.data, by=actor())
            flash(
                ngettext(
                    "The personal data of %(num)d person is destroyed.",
                    "The personal data of %(num)d people is destroyed.",
                    done.people,
                ),
                "success",
            )
            return redirect(url_for("privacy.due"))
        return _confirmation(form, waiting)
    if form.confirmed.errors:
        return _confirmation(form, waiting), HTTPStatus.UNPROCESSABLE_ENTITY
    page = render_template(
        "privacy/retention.html",
        form=form,
        due=waiting,
        applications=retention.due_applications(),
        destructions=retention.destructions(),
    )
    return page, _status(form)


@bp.post("/retention/cohorts/<int:cohort_id>/applications")
@allow(Permission.PRIVACY_MANAGE)
def applications(cohort: Cohort) -> Any:
    done = retention.destroy_applications(cohort, by=actor())
    flash(
        ngettext(
            "What %(num)d application said is destroyed.",
            "What %(num)d applications said is destroyed.",
            done.people,
        ),
        "success",
    )
    return redirect(url_for("privacy.due"))


def _confirmation(form: DestructionForm, waiting: list[retention.Due]) -> str:
    chosen = [one for one in waiting if one.person.id in form.people.data]
    return render_template("privacy/destruction.html", form=form, chosen=chosen)


@bp.get("/breach")
@allow(Permission.PRIVACY_MANAGE)
def breach() -> Any:
    form = BreachForm(request.args)
    found = _affected(form) if request.args and form.validate() else None
    return render_template(
        "privacy/breach.html",
        form=form,
        affected=found,
        asked=_asked(form),
        tell_regulator=TELL_REGULATOR,
    )


@bp.route("/breach/file", methods=["GET", "POST"])
@allow(Permission.PRIVACY_MANAGE)
def breach_file() -> Any:
    form = BreachForm(request.args)
    if not form.validate():
        raise Invalid(_("Choose from when until when, then download the list."))
    found = _affected(form) or []
    file = downloads.PersonalFile(
        title=_("Affected people as CSV"),
        action="affected-exported",
        about=None,
        whose={one.person.id for one in found},
        back=url_for("privacy.breach", **_asked(form)),
        facts={"format": "csv"},
    )
    return downloads.give(file, lambda: tables.csv_response(_lines(found), name="affected.csv"))


def _asked(form: BreachForm) -> dict[str, Any]:
    """What the address asks for, and nothing else that a link could be made to carry."""
    return {name: value for name, value in request.args.items() if name in form}


def _affected(form: BreachForm) -> list[Affected] | None:
    """None, with an error in the form, where the account it names does not exist."""
    suspect = None
    if form.username.data:
        suspect = user_by_name(form.username.data)
        if suspect is None:
            form.username.errors = [_("There is no account of this name.")]
            return None
    since, until = from_seoul(form.since.data), from_seoul(form.until.data)
    assert since and until  # both are required
    address = (form.address.data or "").strip()
    return list(access_log.affected(since, until, actor=suspect, address=address))


def _lines(found: list[Affected]) -> list[list[Any]]:
    heading = [_("Name"), _("User name"), _("E-mail"), _("Accesses"), _("First"), _("Last"),
               _("By"), _("Actions")]  # fmt: skip
    return [heading] + [
        [
            one.person.name, one.person.username, one.person.email, one.events,
            one.first_at.astimezone(SEOUL).isoformat(), one.last_at.astimezone(SEOUL).isoformat(),
            " ".join(one.by), " ".join(one.actions),
        ]
        for one in found
    ]  # fmt: skip


def _status(form: Any) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
