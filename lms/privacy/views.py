"""Personal data: one's own consents, and the administrator's duties."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from lms.access import Permission, actor, allow
from lms.errors import Invalid
from lms.i18n import local
from lms.privacy import actions, queries
from lms.privacy.forms import ConsentForm
from lms.privacy.models import Channel
from lms.privacy.purpose_files import versions

bp = Blueprint("privacy", __name__, url_prefix="/privacy", template_folder="templates")


@bp.get("/consents")
@allow(Permission.OWN_ACCOUNT)
def consents() -> Any:
    titles = {one.purpose: local(one.title) for one in versions()}
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
    return render_template("privacy/index.html", counts=queries.consent_counts())
