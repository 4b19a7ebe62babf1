"""A cohort's outcomes come in from a file: chosen, its columns named, checked, then confirmed."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import ngettext

from lms.access import Permission, actor, allow
from lms.cohorts.models import Cohort
from lms.forms import tried
from lms.outcomes.facts_import import FactsChange, FactsPlan, import_facts, plan_facts
from lms.outcomes.facts_table import FACTS
from lms.outcomes.words import shown
from lms.table_import import ImportForm, taken

bp = Blueprint("outcome_import", __name__, url_prefix="/outcomes", template_folder="templates")


@bp.route("/cohorts/<int:cohort_id>/import", methods=["GET", "POST"])
@allow(Permission.OUTCOME_RECORD)
def upload(cohort: Cohort) -> Any:
    form = ImportForm()
    step = taken(form, FACTS)
    plan = plan_facts(cohort, step.table) if step.table else None
    if plan and form.apply.data and not plan.obstacles:
        with tried(form):
            import_facts(cohort, plan, source=form.source(), by=actor())
        if not form.errors:
            return _imported(cohort, plan)
    page = render_template(
        "outcomes/import.html", cohort=cohort, form=form, step=step, plan=plan, **shown()
    )
    wrong = bool(form.errors or step.missing or (plan and plan.obstacles))
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK


def _imported(cohort: Cohort, plan: FactsPlan) -> Any:
    new = plan.count(FactsChange.NEW)
    flash(ngettext("%(num)d status is imported.", "%(num)d statuses are imported.", new), "success")
    return redirect(url_for("outcome_records.people", cohort_id=cohort.id))
