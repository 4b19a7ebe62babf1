"""nbgrader's gradebook.db, out and in: one page for a course with both directions."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from grading.gradebook_files import UnusableGradebook
from lms import downloads, tables
from lms.access import Permission, actor, allow
from lms.cohorts.models import Offering
from lms.gradebook import file_export, file_import
from lms.gradebook.forms import GradebookFileForm
from lms.gradebook.models import GradebookImport

bp = Blueprint(
    "gradebook_file",
    __name__,
    url_prefix="/gradebook/courses/<int:offering_id>/nbgrader",
    template_folder="templates",
)
SQLITE = "application/vnd.sqlite3"


@bp.get("")
@allow(Permission.GRADEBOOK_READ)
def index(offering: Offering) -> Any:
    """Asks again by itself while the file is being made."""
    return _page(offering, GradebookFileForm())


def _page(offering: Offering, form: GradebookFileForm) -> str:
    return render_template(
        "gradebook/file.html",
        offering=offering,
        form=form,
        export=file_export.latest_export(offering),
    )


@bp.post("/exports")
@allow(Permission.GRADEBOOK_READ)
def export(offering: Offering) -> Any:
    file_export.request_export(offering, by=actor())
    return redirect(url_for("gradebook_file.index", offering_id=offering.id))


@bp.route("/file", methods=["GET", "POST"])
@allow(Permission.GRADEBOOK_READ)
def download(offering: Offering) -> Any:
    export = file_export.latest_export(offering)
    if export is None or export.made_at is None:
        abort(HTTPStatus.NOT_FOUND)
    file = downloads.PersonalFile(
        title=_("Download gradebook.db"),
        action="gradebook-exported",
        about=offering,
        whose=file_export.whose(offering),
        back=url_for("gradebook_file.index", offering_id=offering.id),
        facts={"format": "gradebook.db"},
    )
    return downloads.give(
        file, lambda: tables.attachment(export.content or b"", SQLITE, "gradebook.db")
    )


@bp.post("/imports")
@allow(Permission.GRADEBOOK_IMPORT)
def upload(offering: Offering) -> Any:
    """Read a file and keep what it says; nothing becomes a grade yet."""
    form = GradebookFileForm()
    if form.validate_on_submit():
        try:
            kept = file_import.keep_upload(
                offering, form.file.data.read(), name=form.file.data.filename, by=actor()
            )
        except UnusableGradebook as unusable:
            form.file.errors = [_sentence(unusable)]
        else:
            address = url_for("gradebook_file.check", offering_id=offering.id, number=kept.id)
            return redirect(address)
    return _page(offering, form), HTTPStatus.UNPROCESSABLE_ENTITY


def _sentence(unusable: UnusableGradebook) -> str:
    where = unusable.where
    sentences: dict[str, str] = {
        "not-sqlite": _("This is no gradebook.db: choose the SQLite file of an nbgrader course."),
        "schema": _(
            "This is no gradebook of nbgrader 0.9 (%(where)s is not as it should be). Run "
            "“nbgrader db upgrade” in the course's folder and choose the file again.",
            where=where,
        ),
        "acts": _(
            "The file holds a view, trigger or virtual table (%(where)s), which nbgrader never "
            "makes. It is not read.",
            where=where,
        ),
        "large": _("The file holds more than can be read at once."),
        "time": _("Reading the file took too long."),
        "points": _("The points of the cell %(where)s are no usable number.", where=where),
        "text": _("The file holds a text that cannot be read: %(where)s", where=where),
    }
    return sentences.get(unusable.reason) or str(_("The file is damaged."))


@bp.get("/imports/<int:number>")
@allow(Permission.GRADEBOOK_IMPORT)
def check(offering: Offering, number: int) -> Any:
    """What importing would change, computed anew each time."""
    kept = _kept(offering, number)
    return render_template(
        "gradebook/file_import.html",
        offering=offering,
        kept=kept,
        plan=file_import.plan_import(kept),
    )


@bp.post("/imports/<int:number>/application")
@allow(Permission.GRADEBOOK_IMPORT)
def apply(offering: Offering, number: int) -> Any:
    plan = file_import.import_grades(_kept(offering, number), by=actor())
    flash(
        ngettext(
            "%(num)d submission is imported.", "%(num)d submissions are imported.", plan.writes
        ),
        "success",
    )
    return redirect(url_for("gradebook.table", offering_id=offering.id))


def _kept(offering: Offering, number: int) -> GradebookImport:
    kept = file_import.upload(number, of=offering)
    if kept is None:
        abort(HTTPStatus.NOT_FOUND)
    return kept
