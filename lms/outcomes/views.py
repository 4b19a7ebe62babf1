"""The funnel and the outcome report of the cohorts: as page, CSV and XLSX, from the same lines."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from lms import audit, tables
from lms.access import Permission, actor, allow
from lms.cohorts.models import Cohort, CohortState
from lms.cohorts.queries import Funnel, funnels
from lms.db import utcnow
from lms.i18n import local, percent, today
from lms.outcomes import queries
from lms.outcomes.forms import ReportForm
from lms.outcomes.words import kind_names

bp = Blueprint("outcomes", __name__, url_prefix="/outcomes", template_folder="templates")


@bp.get("/")
@allow(Permission.OUTCOME_READ)
def index() -> Any:
    day = _day()
    rows = funnels(on=day)
    outcomes = queries.cohort_outcomes(_finished(rows), valid_on=day)
    return render_template(
        "outcomes/index.html",
        form=ReportForm(data={"on": day}),
        day=day,
        computed_at=utcnow(),
        funnels=rows,
        outcomes=outcomes,
        together=queries.together(outcomes),
        definitions=definitions(),
        kind_names=kind_names(),
    )


@bp.get("/report.csv")
@allow(Permission.OUTCOME_READ)
def report_csv() -> Response:
    day = _day()
    audit.record("outcomes-exported", by=actor(), format="csv", on=day.isoformat())
    return tables.csv_response(_report_lines(day), name=f"outcomes-{day}.csv")


@bp.get("/report.xlsx")
@allow(Permission.OUTCOME_READ)
def report_xlsx() -> Response:
    day = _day()
    audit.record("outcomes-exported", by=actor(), format="xlsx", on=day.isoformat())
    sheets: dict[str, list[list[Any]]] = {
        _("Outcomes"): _report_lines(day),
        _("Funnel"): _funnel_lines(funnels(on=day)),
        _("Definitions"): [[_("Term"), _("Definition")], *map(list, definitions())],
    }
    return tables.xlsx_response(sheets, name=f"outcomes-{day}.xlsx")


def _day() -> date:
    form = ReportForm(request.args)
    return form.on.data if form.validate() and form.on.data else today()


def _finished(rows: list[Funnel]) -> list[Cohort]:
    return [row.cohort for row in rows if row.cohort.state is CohortState.CLOSED]


def definitions() -> list[tuple[str, str]]:
    """What each term of the report means, printed with it in every format."""
    return [
        (_("As of"), _("The day the statuses are counted on. It is the same for every cohort, so a "
                       "younger cohort has had less time to find work.")),
        (_("Completers"), _("People who completed the cohort by the day of the report. They are the "
                            "denominator of every rate; nobody is left out.")),
        (_("Employed or founded"), _("Completers whose recorded status on the day is employed, founded "
                                     "a company or freelance, whatever the evidence.")),
        (_("In Gwangju"), _("Of those employed or founded, the place of work is Gwangju (region code 29).")),
        (_("Unknown"), _("Completers without a recorded status on the day. They stay in the denominator.")),
        (_("Rate"), _("Employed or founded divided by completers, in percent, rounded to one decimal.")),
        (_("Lowest and highest possible rate"),
         _("The rate if none, or all, of the unknown were employed or founded.")),
        (_("Not recorded"), _("The academy has no count of this step; it is not zero.")),
    ]  # fmt: skip


def _report_lines(day: date) -> list[list[Any]]:
    names = kind_names()
    heading = [_("Cohort"), _("As of"), _("Completers"), *names.values(), _("Employed or founded"),
               _("In Gwangju"), _("Elsewhere"), _("Region unknown"), _("Rate"), _("Lowest possible rate"),
               _("Highest possible rate"), _("Denominator")]  # fmt: skip
    return [heading] + [
        [
            local(row.cohort.name), day.isoformat(), row.completers,
            *(row.by_kind[kind] for kind in names), row.working, row.in_gwangju, row.elsewhere,
            row.region_unknown, percent(row.working, row.completers),
            percent(row.working, row.completers), percent(row.working + row.unknown, row.completers),
            _("%(n)s completers", n=row.completers),
        ]
        for row in queries.cohort_outcomes(_finished(funnels(on=day)), valid_on=day)
    ]  # fmt: skip


def _funnel_lines(rows: list[Funnel]) -> list[list[Any]]:
    heading = [_("Cohort"), _("Applied"), _("Short-listed"), _("Tested"), _("Selected"), _("Enrolled"),
               _("Left early"), _("Completed")]  # fmt: skip
    missing = _("not recorded")
    return [heading] + [
        [
            local(row.cohort.name),
            *(missing if n is None else n for n in (row.applied, row.shortlisted, row.tested, row.selected)),
            row.enrolled, row.left, row.completed,
        ]
        for row in rows
    ]  # fmt: skip
