"""The page of what a cohort costs and what was promised for it, and the forms to record and correct it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from lms.access import Permission, actor, allow
from lms.cohorts.models import Cohort
from lms.forms import tried
from lms.funding import actions, forms, queries, words
from lms.funding.models import Achievement, Cost, CostKind, Target
from lms.metrics.definition_files import versions

bp = Blueprint("funding", __name__, url_prefix="/funding", template_folder="templates")


@dataclass(frozen=True)
class Kind:
    """What can be recorded, with its form and its words."""

    model: Any
    form: Any
    new: Any
    correct: Any
    withdraw: Any


KINDS = {
    "costs": Kind(
        Cost, forms.CostForm,
        _l("Record a cost"), _l("Correct a cost"), _l("Take back a cost"),
    ),
    "targets": Kind(
        Target, forms.TargetForm,
        _l("Record a target"), _l("Correct a target"), _l("Take back a target"),
    ),
    "achievements": Kind(
        Achievement, forms.AchievementForm,
        _l("Record an achievement"), _l("Correct an achievement"), _l("Take back an achievement"),
    ),
}  # fmt: skip


@bp.get("/cohorts/<int:cohort_id>")
@allow(Permission.COHORT_MANAGE)
def cohort(cohort: Cohort) -> Any:
    costs = queries.live(Cost, cohort)
    return render_template(
        "funding/cohort.html",
        cohort=cohort,
        costs=costs,
        totals={kind: sum(row.amount for row in costs if row.kind is kind) for kind in CostKind},
        targets=queries.live(Target, cohort),
        achievements=queries.live(Achievement, cohort),
        kinds=words.KINDS,
        names=words.names({one.id: one for one in versions().values()}),
        unit_of=words.unit_of,
    )


@bp.route("/cohorts/<int:cohort_id>/<kind>/new", methods=["GET", "POST"])
@allow(Permission.COHORT_MANAGE)
def new(cohort: Cohort, kind: str) -> Any:
    chosen = _kind(kind)
    form = chosen.form()
    del form.reason
    return _asked(
        form,
        lambda: actions.record(chosen.model, cohort, by=actor(), **form.values),
        cohort=cohort,
        title=chosen.new,
        done=_("It is recorded."),
    )


@bp.route("/cohorts/<int:cohort_id>/<kind>/<int:number>/correction", methods=["GET", "POST"])
@allow(Permission.COHORT_MANAGE)
def correction(cohort: Cohort, kind: str, number: int) -> Any:
    chosen, fact = _kind(kind), _fact(cohort, kind, number)
    form = chosen.form(data={name: getattr(fact, name) for name in chosen.form.order if name != "reason"})  # fmt: skip
    return _asked(
        form,
        lambda: actions.correct(
            fact, cohort, reason=form.reason.data.strip(), by=actor(), **form.values
        ),
        cohort=cohort,
        title=chosen.correct,
        hint=_("Reports made before keep what was known then."),
        done=_("The correction is recorded."),
    )


@bp.route("/cohorts/<int:cohort_id>/<kind>/<int:number>/withdrawal", methods=["GET", "POST"])
@allow(Permission.COHORT_MANAGE)
def withdrawal(cohort: Cohort, kind: str, number: int) -> Any:
    chosen, fact = _kind(kind), _fact(cohort, kind, number)
    form = forms.WithdrawalForm()
    return _asked(
        form,
        lambda: actions.withdraw(fact, cohort, reason=form.reason.data.strip(), by=actor()),
        cohort=cohort,
        title=chosen.withdraw,
        hint=_("It was never so. Reports made before keep it: %(source)s, %(day)s.", source=fact.source, day=fact.dated_on),
        done=_("It is taken back."),
    )  # fmt: skip


def _kind(name: str) -> Kind:
    return KINDS.get(name) or abort(HTTPStatus.NOT_FOUND)


def _fact(cohort: Cohort, kind: str, number: int) -> Any:
    return queries.fact(_kind(kind).model, number, of=cohort) or abort(HTTPStatus.NOT_FOUND)


def _asked(
    form: Any,
    act: Callable[[], Any],
    *,
    cohort: Cohort,
    title: str,
    done: str,
    hint: str = "",
) -> Any:
    """A form, until it is in order and its action takes it: all of it or, when refused, nothing."""
    if form.validate_on_submit():
        with tried(form):
            act()
        if not form.errors:
            flash(done, "success")
            return redirect(url_for("funding.cohort", cohort_id=cohort.id))
    page = render_template("funding/form.html", form=form, cohort=cohort, title=title, hint=hint)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
