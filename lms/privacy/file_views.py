"""Files of evidence in which something was found that may not be kept, and their destruction."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from lms.access import Permission, actor, allow
from lms.db import db
from lms.forms import tried
from lms.outcomes import evidence_files
from lms.outcomes.words import evidence_names
from lms.privacy.forms import FileDestructionForm

bp = Blueprint(
    "privacy_files", __name__, url_prefix="/privacy/evidence-files", template_folder="templates"
)


@bp.get("")
@allow(Permission.PRIVACY_MANAGE)
def index() -> Any:
    return render_template(
        "privacy/evidence_files.html",
        scan=evidence_files.last_scan(),
        findings=evidence_files.findings(),
        evidence_names=evidence_names(),
    )


@bp.route("/<int:number>", methods=["GET", "POST"])
@allow(Permission.PRIVACY_MANAGE)
def destruction(number: int) -> Any:
    """The file of some evidence: who is in it, and why it is destroyed."""
    evidence = evidence_files.evidence(number)
    form = FileDestructionForm()
    if not evidence.destroyed and form.validate_on_submit():
        with tried(form):
            evidence_files.destroy_file(evidence, reason=form.reason.data, by=actor())
        if not form.errors:
            flash(_("The file is destroyed. The evidence stays and says so."), "success")
            return redirect(url_for("privacy_files.index"))
        db.session.expire(evidence)  # what was undone still stands on the row
    page = render_template(
        "privacy/file_destruction.html",
        form=form,
        evidence=evidence,
        rows=evidence_files.evidence_of([str(evidence.sha256)])[str(evidence.sha256)],
        evidence_names=evidence_names(),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
