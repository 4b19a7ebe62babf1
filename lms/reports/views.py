"""Reports: the list, a new one, one with its tables, the decisions on it, its files, its verification."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from lms import audit, storage, tables
from lms.access import Permission, actor, allow, can
from lms.db import Bilingual, db, utcnow
from lms.errors import DomainError
from lms.i18n import local, today
from lms.pages import Page
from lms.reports import actions, explaining, publishing, queries, since
from lms.reports.forms import CorrectionForm, DecisionForm, ReportForm
from lms.reports.models import Report
from lms.reports.people_views import links_of

PROPOSED_TITLE = Bilingual("수료생 성과 보고", "Outcomes of the graduates")
bp = Blueprint("reports", __name__, url_prefix="/reports", template_folder="templates")


@bp.get("/")
@allow(Permission.REPORT_READ)
def index() -> Any:
    page = Page.of(queries.reports(), number=request.args.get("page", 1, int))
    return render_template("reports/index.html", page=page)


@bp.route("/new", methods=["GET", "POST"])
@allow(Permission.REPORT_WRITE)
def new() -> Any:
    return _make(ReportForm(data=_proposal()))


@bp.route("/<int:report_id>/correction", methods=["GET", "POST"])
@allow(Permission.REPORT_WRITE)
def correction(report: Report) -> Any:
    """The same question again, with today's knowledge, to supersede this report."""
    form = CorrectionForm(
        data={
            "cohorts": [cohort.id for cohort in report.cohorts],
            "valid_on": report.valid_on,
            "title_ko": report.title.ko,
            "title_en": report.title.en,
            "recipient": report.recipient,
            "legal_basis": report.legal_basis,
            "policy": report.policy.partition("/")[0],
        }
    )
    return _make(form, supersedes=report)


def _proposal() -> dict[str, Any]:
    wanted = request.args.get("cohort", type=int)
    return {
        "valid_on": today(),
        "cohorts": [wanted] if wanted else [],
        "title_ko": PROPOSED_TITLE.ko,
        "title_en": PROPOSED_TITLE.en,
    }


def _make(form: ReportForm, *, supersedes: Report | None = None) -> Any:
    cohorts = {cohort.id: cohort for cohort in queries.reportable_cohorts()}
    form.cohorts.choices = [(cohort.id, local(cohort.name)) for cohort in cohorts.values()]
    form.policy.choices = publishing.policy_choices()
    if form.validate_on_submit():
        try:
            report = actions.make_report(
                [cohort for key, cohort in cohorts.items() if key in form.cohorts.data],
                title=Bilingual(form.title_ko.data, form.title_en.data),
                recipient=form.recipient.data,
                legal_basis=form.legal_basis.data,
                valid_on=form.valid_on.data,
                policy=form.policy.data,
                by=actor(),
                supersedes=supersedes,
                correction=form.correction.data if isinstance(form, CorrectionForm) else None,
            )
        except DomainError as refusal:
            form.form_errors = [refusal.message]
        else:
            db.session.flush()
            flash(_("The report is counted. Two people have to approve it before it is public."), "success")  # fmt: skip
            return redirect(url_for("reports.report", report_id=report.id))
    page = render_template("reports/new.html", form=form, supersedes=supersedes)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


@bp.get("/<int:report_id>")
@allow(Permission.REPORT_READ)
def report(report: Report) -> Any:
    return _page(report, DecisionForm())


def _page(report: Report, form: DecisionForm) -> Any:
    page = render_template(
        "reports/report.html",
        report=report,
        document=publishing.document_of(report),
        links=links_of(report),
        form=form,
        decided=report.is_decided_by(actor()),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


@bp.post("/<int:report_id>/decisions")
@allow(Permission.REPORT_APPROVE)
def decisions(report: Report) -> Any:
    form = DecisionForm()
    decision = request.form.get("decision")
    if not form.validate_on_submit() or decision not in ("approve", "refuse"):
        return _page(report, form)
    actions.decide(report, approved=decision == "approve", note=form.note.data, by=actor())
    flash(_("Your decision is recorded."), "success")
    return redirect(url_for("reports.report", report_id=report.id))


@bp.get("/<int:report_id>/verification")
@allow(Permission.REPORT_READ)
def verification(report: Report) -> Any:
    """Counted again with the knowledge of then, which must be equal, and with that of now.

    What changed since concerns few people: it is told to whoever may see persons.
    """
    now = utcnow()
    sees_people = can(actor(), Permission.OUTCOME_READ, report)
    return render_template(
        "reports/verification.html",
        report=report,
        verification=queries.verification(report),
        now=now,
        sees_people=sees_people,
        since=since.since(report, known_at=now) if sees_people else None,
        causes=explaining.CAUSES,
        destroyed=since.destroyed_since(report) if sees_people else 0,
        names=publishing.class_names_of(report),
    )


@bp.get("/<int:report_id>/files/<path:name>")
@allow(Permission.REPORT_READ)
def file(report: Report, name: str) -> Any:
    """A published report is public: its files name nobody, so no reason is asked."""
    found = next((one for one in report.publication.files if one.path == name), None) if report.publication else None  # fmt: skip
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    audit.record("report-downloaded", report, by=actor(), file=name)
    return tables.attachment(storage.get(found.sha256), publishing.media_type(name), name)
