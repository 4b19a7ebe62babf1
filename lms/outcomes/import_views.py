"""A cohort's outcomes come in from a file: chosen, its columns named, checked, then confirmed."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import ngettext

from lms.access import Permission, actor, allow
from lms.cohorts.models import Cohort
from lms.errors import DomainError
from lms.metrics.facts_file import COLUMNS
from lms.outcomes import facts_table
from lms.outcomes.facts_import import FactsChange, FactsPlan, import_facts, plan_facts
from lms.outcomes.facts_table import Line
from lms.outcomes.record_forms import ImportForm, tried
from lms.outcomes.words import shown

bp = Blueprint("outcome_import", __name__, url_prefix="/outcomes", template_folder="templates")


@bp.route("/cohorts/<int:cohort_id>/import", methods=["GET", "POST"])
@allow(Permission.OUTCOME_RECORD)
def upload(cohort: Cohort) -> Any:
    """What was read goes from step to step as text and is checked again in each."""
    form = ImportForm()
    if not form.validate_on_submit():
        return _page(cohort, form)
    try:
        lines = facts_table.read_table(*form.content())
    except DomainError as refusal:
        form.file.errors = [refusal.message]
        return _page(cohort, form)
    columns = _chosen() or facts_table.matched(lines[0].cells)
    asked = _chosen() is not None or facts_table.is_ours(lines[0].cells)
    missing = [name for name in facts_table.NEEDED if name not in columns]
    if missing or not asked:
        return _page(cohort, form, lines=lines, columns=columns, missing=missing if asked else [])
    table = facts_table.ordered(lines, columns)
    plan = plan_facts(cohort, table)
    if form.apply.data and not plan.obstacles:
        with tried(form):
            import_facts(cohort, plan, source=form.source(), by=actor())
        if not form.errors:
            return _imported(cohort, plan)
    return _page(cohort, form, plan=plan, table=table)


def _chosen() -> dict[str, int] | None:
    """Our column -> its place in the file, as somebody chose on the page."""
    chosen = {name: request.form.get(f"column-{name}", type=int) for name in COLUMNS}
    if "column-person" not in request.form:
        return None
    return {name: place for name, place in chosen.items() if place is not None and place >= 0}


def _imported(cohort: Cohort, plan: FactsPlan) -> Any:
    new = plan.count(FactsChange.NEW)
    flash(ngettext("%(num)d status is imported.", "%(num)d statuses are imported.", new), "success")
    return redirect(url_for("outcome_records.people", cohort_id=cohort.id))


def _page(
    cohort: Cohort,
    form: ImportForm,
    *,
    lines: list[Line] | None = None,
    columns: dict[str, int] | None = None,
    missing: list[str] | None = None,
    plan: FactsPlan | None = None,
    table: list[Line] | None = None,
) -> Any:
    wrong = bool(form.errors or missing or (plan and plan.obstacles))
    page = render_template(
        "outcomes/import.html",
        cohort=cohort,
        form=form,
        lines=lines,
        columns=columns,
        missing=missing,
        plan=plan,
        text=facts_table.as_text(lines or table or []),
        ours=COLUMNS,
        needed=facts_table.NEEDED,
        **shown(),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
