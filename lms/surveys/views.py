"""An administrator's pages of the survey: a cohort's waves, who is asked, and what was tried."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from lms import audit, mail
from lms.access import Permission, actor, allow
from lms.careers.actions import add_employer
from lms.careers.choosing import Registry, employer_meant
from lms.cohorts.models import Cohort
from lms.forms import tried
from lms.pages import Page
from lms.privacy.queries import has_consent
from lms.surveys import actions, answering, employer_names, queries, words
from lms.surveys.forms import AttemptForm, EmployerNameForm, OutcomeFilter, ReasonedForm
from lms.surveys.models import PURPOSE, Invitation, Outcome, Wave

bp = Blueprint("surveys", __name__, url_prefix="/surveys", template_folder="templates")


@bp.get("/cohorts/<int:cohort_id>")
@allow(Permission.OUTCOME_READ)
def waves(cohort: Cohort) -> Any:
    planned = queries.schedule(cohort)
    counts = queries.counts([item.wave for item in planned if item.wave])
    return _show("waves", cohort=cohort, planned=planned, counts=counts)


@bp.post("/cohorts/<int:cohort_id>/waves/<int:months>/opening")
@allow(Permission.OUTCOME_RECORD)
def opening(cohort: Cohort, months: int) -> Any:
    planned = next((item for item in queries.schedule(cohort) if item.months == months), None)
    if planned is None:
        abort(HTTPStatus.NOT_FOUND)
    wave = actions.open_wave(planned, by=actor())
    counts = queries.counts([wave])[wave.id]
    mails = counts.by_outcome[Outcome.NO_ANSWER]
    flash(
        _("Open. %(mails)s of %(people)s people agreed to be asked; the mails are on their way.",
          mails=mails, people=counts.asked),
        "success",
    )  # fmt: skip
    return redirect(url_for("surveys.wave", cohort_id=cohort.id, months=months))


@bp.post("/cohorts/<int:cohort_id>/waves/<int:months>/closure")
@allow(Permission.OUTCOME_RECORD)
def closure(cohort: Cohort, months: int) -> Any:
    actions.close_wave(_wave(cohort, months), by=actor())
    flash(_("Closed. No link of this wave is good any more."), "success")
    return redirect(url_for("surveys.wave", cohort_id=cohort.id, months=months))


@bp.get("/cohorts/<int:cohort_id>/waves/<int:months>")
@allow(Permission.OUTCOME_READ)
def wave(cohort: Cohort, months: int) -> Any:
    found = _wave(cohort, months)
    form = OutcomeFilter(request.args)
    query = queries.invitations(found, only=form.only)
    page: Page[Invitation] = Page.of(query, number=request.args.get("page", 1, int), size=50)
    return _show(
        "wave",
        cohort=cohort,
        wave=found,
        counts=queries.counts([found])[found.id],
        form=form,
        page=page,
        outcomes=queries.outcomes([row.id for row in page.rows]),
    )


@bp.route(
    "/cohorts/<int:cohort_id>/waves/<int:months>/people/<int:number>", methods=["GET", "POST"]
)
@allow(Permission.OUTCOME_RECORD)
def invitation(cohort: Cohort, months: int, number: int) -> Any:
    """One person in one wave; sending the form records an attempt."""
    row = _invitation(cohort, months, number)
    form = AttemptForm()
    if form.validate_on_submit():
        channel, outcome = form.said()
        with tried(form):
            note = form.note.data or ""
            actions.record_attempt(row, channel=channel, outcome=outcome, note=note, by=actor())
        if not form.errors:
            return _back(row, _("The attempt is recorded."))
    if request.method == "GET":
        audit.record("survey-answer-opened", row.person, by=actor(), wave=row.wave.id)
    return _invitation_page(row, form)


@bp.post("/cohorts/<int:cohort_id>/waves/<int:months>/people/<int:number>/mail")
@allow(Permission.OUTCOME_RECORD)
def mail_again(cohort: Cohort, months: int, number: int) -> Any:
    row = _invitation(cohort, months, number)
    actions.mail_again(row, by=actor())
    return _back(row, _("A new mail is on its way; earlier links are void."))


@bp.post("/cohorts/<int:cohort_id>/waves/<int:months>/people/<int:number>/call")
@allow(Permission.OUTCOME_RECORD)
def call(cohort: Cohort, months: int, number: int) -> Any:
    """Fill in the form with the person on the telephone."""
    row = _invitation(cohort, months, number)
    token = actions.call(row, by=actor())
    return redirect(url_for("survey_answers.start", token=token))


@bp.post("/cohorts/<int:cohort_id>/waves/<int:months>/people/<int:number>/revocation")
@allow(Permission.OUTCOME_RECORD)
def revocation(cohort: Cohort, months: int, number: int) -> Any:
    row = _invitation(cohort, months, number)
    actions.revoke_links(row, by=actor())
    return _back(row, _("No link of this person is good any more."))


@bp.post("/cohorts/<int:cohort_id>/waves/<int:months>/people/<int:number>/asking-again")
@allow(Permission.OUTCOME_RECORD)
def asking_again(cohort: Cohort, months: int, number: int) -> Any:
    """Somebody who had not agreed to be asked does now."""
    row = _invitation(cohort, months, number)
    form = ReasonedForm()
    if not form.validate_on_submit():
        return _invitation_page(row, AttemptForm(formdata=None), again=form, wrong=True)
    actions.ask_again(row.person, reason=form.reason.data, by=actor())
    return _back(row, _("The consent is recorded: this person is asked from now on."))


@bp.route("/employer-names", methods=["GET", "POST"])
@allow(Permission.OUTCOME_RECORD)
def names() -> Any:
    """Employers that people named and nobody is called so in the registry: linked, or made, one by one."""
    form = EmployerNameForm()
    if form.validate_on_submit():
        name = employer_names.waiting_name(form.key.data)
        with tried(form):
            if form.new.data:
                firm = add_employer(name=form.employer.data, by=actor())
            else:
                firm = employer_meant(form.employer.data)
            employer_names.link(name, firm, by=actor())
        if not form.errors:
            done = _(
                "“%(name)s” is linked to %(employer)s.", name=name.spellings[0], employer=firm.name
            )
            flash(done, "success")
            return redirect(url_for("surveys.names"))
    page = _show(
        "employer_names",
        waiting=employer_names.waiting(),
        labels=[entry.label for entry in Registry().firms],
        form=form,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _wave(cohort: Cohort, months: int) -> Wave:
    found = queries.wave(cohort, months)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _invitation(cohort: Cohort, months: int, number: int) -> Invitation:
    found = queries.invitation(_wave(cohort, months), number)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _invitation_page(row: Invitation, form: AttemptForm, **values: Any) -> Any:
    again = values.get("again") or ReasonedForm(formdata=None)
    response = queries.response(row)
    page = _show(
        "invitation",
        cohort=row.wave.cohort,
        wave=row.wave,
        invitation=row,
        person=row.person,
        outcome=queries.outcome_of(row),
        response=response,
        said=words.said(response.answers, pay=False) if response and response.answers else [],
        begun=queries.draft(row) is not None,
        links=queries.live_links(row),
        agrees=has_consent(row.person, PURPOSE),
        form=form,
        again=again,
        looked_at=answering.looked_at(row.person),
    )
    wrong = form.errors or values.get("wrong")
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK


def _back(row: Invitation, message: str) -> Any:
    flash(message, "success")
    return redirect(
        url_for(
            "surveys.invitation",
            cohort_id=row.wave.cohort_id,
            months=row.wave.months,
            number=row.id,
        )
    )


def _show(name: str, **values: Any) -> str:
    return render_template(
        f"surveys/{name}.html",
        channel_names=words.channel_names(),
        outcome_names=words.outcome_names(),
        state_names=words.state_names(),
        has_server=mail.has_server(),
        lying=0 if mail.has_server() else mail.lying_in_outbox(),
        **values,
    )
