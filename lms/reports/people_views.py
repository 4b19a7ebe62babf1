"""The people behind a report's numbers, for whoever may see persons: where they are linked, and their list."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for

from lms import audit
from lms.access import Permission, actor, allow, can
from lms.outcomes.words import shown
from lms.reports.counted_people import counted_of, counted_people, part_of
from lms.reports.models import Report
from lms.reports.printed import counted_cells
from lms.reports.queries import definitions_of
from lms.reports.table import Absent, Cell
from lms.reports.tables.cells import class_names

bp = Blueprint("report_people", __name__, url_prefix="/reports", template_folder="templates")

Links = dict[str, dict[tuple[int, str], str]]  # by table, row and column


@bp.get("/<int:report_id>/people/<int:number>/<metric>/<part>")
@allow(Permission.OUTCOME_READ)
def people(report: Report, number: int, metric: str, part: str) -> Any:
    """Whose status was looked at is written down: it is personal data of somebody else."""
    counted = counted_of(report, cohort=number, metric=metric, part=part)
    if counted is None:
        abort(HTTPStatus.NOT_FOUND)
    found = counted_people(report, counted, viewer=actor(), number=request.args.get("page", 1, int))
    listed = {one.enrolment.user_id for one in found.page.rows if not one.gone}
    audit.record(
        "counted-people-listed", report, by=actor(), whose=listed, people=len(listed),
        number=report.number, cohort=number, metric=metric, part=part,
    )  # fmt: skip
    return render_template(
        "reports/people.html",
        report=report,
        found=found,
        part=part,
        counted=counted,
        class_names=class_names(found.definition),
        **shown(),
    )


def links_of(report: Report) -> Links:
    """Where each number's people are listed; empty for whoever may not see persons."""
    if not can(actor(), Permission.OUTCOME_READ, report):
        return {}
    used = definitions_of(report)
    found: Links = {}
    for table in report.tables:
        columns = {column.key: place for place, column in enumerate(table.columns)}
        for (row, key), counted in counted_cells(table, used).items():
            if _is_of_somebody(table.rows[row][columns[key]]):
                found.setdefault(table.id, {})[row, key] = url_for(
                    "report_people.people",
                    report_id=report.id,
                    number=counted.cohort,
                    metric=counted.metric,
                    part=part_of(counted, used[counted.metric]),
                )
    return found


def _is_of_somebody(cell: Cell) -> bool:
    """What is hidden is protected from readers, not from those who may see the persons."""
    return cell.absent is Absent.HIDDEN or bool(cell.value)
