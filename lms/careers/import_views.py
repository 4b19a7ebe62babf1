"""Employers and MOUs come in from a file: chosen, its columns named, checked, then confirmed."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from lms.access import Permission, actor, allow
from lms.careers.employer_file import EMPLOYERS, offered
from lms.careers.employer_import import EmployersPlan, import_employers, plan_employers
from lms.forms import tried
from lms.table_import import ImportForm, taken

bp = Blueprint("career_import", __name__, url_prefix="/careers", template_folder="templates")


@bp.route("/employers/import", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def upload() -> Any:
    form = ImportForm()
    step = taken(form, EMPLOYERS)
    plan = plan_employers(step.table) if step.table else None
    if plan and form.apply.data and not plan.obstacles and _imported(form, plan):
        return redirect(url_for("careers.index"))
    page = render_template(
        "careers/import.html", form=form, step=step, plan=plan, ours=EMPLOYERS, offered=offered
    )
    wrong = bool(form.errors or step.missing or (plan and plan.obstacles))
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK


def _imported(form: ImportForm, plan: EmployersPlan) -> bool:
    """All of it, or nothing and the form says why."""
    with tried(form):
        import_employers(plan, source=form.source(), by=actor())
    if form.errors:
        return False
    flash(
        _("Imported: %(new)s new employers, %(filled)s filled in, %(mous)s MOUs.",
          new=plan.count("new"), filled=plan.count("filled"), mous=plan.mous),
        "success",
    )  # fmt: skip
    return True
