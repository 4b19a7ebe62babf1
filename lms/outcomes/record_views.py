"""An administrator's pages on people's outcomes: a cohort's people, and one person's record."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, TypeVar

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from lms import audit, content
from lms.access import Permission, actor, allow
from lms.accounts.models import User
from lms.cohorts.models import Cohort, Enrolment
from lms.forms import tried
from lms.i18n import today
from lms.metrics.facts import SpellKind
from lms.outcomes import actions, evidence_actions, records
from lms.outcomes.models import Dispute
from lms.outcomes.record_forms import (
    CheckForm,
    DownloadForm,
    EndForm,
    EvidenceForm,
    IntentForm,
    LateIntentForm,
    PeopleForm,
    ReasonForm,
)
from lms.outcomes.spell_forms import CorrectionForm, NewSpellForm, said
from lms.outcomes.words import shown
from lms.pages import Page
from lms.storage import StoredFile

bp = Blueprint("outcome_records", __name__, url_prefix="/outcomes", template_folder="templates")
Row = TypeVar("Row")


@bp.get("/cohorts/<int:cohort_id>/people")
@allow(Permission.OUTCOME_READ)
def people(cohort: Cohort) -> Any:
    form = PeopleForm(request.args)
    day = form.on.data if form.on.validate(form) and form.on.data else today()
    kind = SpellKind(form.kind.data) if form.kind.data in list(SpellKind) else None
    query = records.people(cohort, on=day, kind=kind, completers=form.who.data == "completers")
    page: Page[Enrolment] = Page.of(query, number=request.args.get("page", 1, int), size=50)
    ids = [enrolment.user_id for enrolment in page.rows]
    form.on.data = day
    return render_template(
        "outcomes/people.html",
        cohort=cohort,
        form=form,
        day=day,
        page=page,
        statuses=records.statuses(ids, on=day),
        disputed=records.disputed(ids),
        **shown(),
    )


@bp.get("/people/<int:person_id>")
@allow(Permission.OUTCOME_READ)
def record(person: User) -> Any:
    """Whose record was opened is written down: it is personal data of somebody else."""
    audit.record("record-opened", person, by=actor())
    return render_template(
        "outcomes/record.html",
        record=records.record_of(person),
        everything=request.args.get("everything") == "yes",
        own=False,
        today=today(),
        **shown(),
    )


@bp.route("/people/<int:person_id>/spells/new", methods=["GET", "POST"])
@allow(Permission.OUTCOME_RECORD)
def new_spell(person: User) -> Any:
    going_on = [row for row in records.live_spells([person.id]) if row.valid_to is None]
    form = NewSpellForm()
    form.offer(going_on)
    if form.validate_on_submit():
        with tried(form):
            actions.record_spell(
                person,
                form.spell_known_from(),
                source=form.source.data,
                role=form.role.data,
                firm=form.firm,
                ends=[row for row in going_on if row.id in (form.ends.data or [])],
                by=actor(),
            )
        if not form.errors:
            return _back(person, _("Recorded."))
    return _form("outcomes/spell.html", form, person=person, spell=None)


@bp.route("/people/<int:person_id>/spells/<int:number>/correction", methods=["GET", "POST"])
@allow(Permission.OUTCOME_RECORD)
def correction(person: User, number: int) -> Any:
    spell = _found(records.spell_of(person, number))
    form = CorrectionForm(data={**said(spell), **_disputed_in_address()})
    form.correct(spell)
    if form.validate_on_submit():
        with tried(form):
            actions.correct_spell(
                spell,
                form.spell(spell.as_spell),
                reason=form.reason.data,
                source=form.source.data,
                role=form.role.data or "",
                firm=form.firm,
                by=actor(),
            )
            _uphold(person, form)
        if not form.errors:
            return _back(person, _("Corrected. What was recorded before stays to be seen."))
    return _form("outcomes/spell.html", form, person=person, spell=spell)


@bp.route("/people/<int:person_id>/spells/<int:number>/end", methods=["GET", "POST"])
@allow(Permission.OUTCOME_RECORD)
def end(person: User, number: int) -> Any:
    spell = _found(records.spell_of(person, number))
    form = EndForm()
    if form.validate_on_submit():
        with tried(form):
            actions.end_spell(spell, on=form.first_day_after, by=actor())
        if not form.errors:
            return _back(person, _("Its end is recorded."))
    return _form("outcomes/end.html", form, person=person, spell=spell)


@bp.route("/people/<int:person_id>/spells/<int:number>/withdrawal", methods=["GET", "POST"])
@allow(Permission.OUTCOME_RECORD)
def withdrawal(person: User, number: int) -> Any:
    spell = _found(records.spell_of(person, number))
    form = ReasonForm(data=_disputed_in_address())
    if form.validate_on_submit():
        with tried(form):
            actions.withdraw_spell(spell, reason=form.reason.data, by=actor())
            _uphold(person, form)
        if not form.errors:
            return _back(
                person, _("Withdrawn. It stays to be seen among what was recorded before.")
            )
    return _form("outcomes/withdrawal.html", form, person=person, spell=spell)


@bp.route("/people/<int:person_id>/spells/<int:number>/evidence/new", methods=["GET", "POST"])
@allow(Permission.OUTCOME_RECORD)
def new_evidence(person: User, number: int) -> Any:
    spell = _found(records.spell_of(person, number))
    form = EvidenceForm(data={"received_on": today()})
    if form.validate_on_submit():
        with tried(form):
            evidence_actions.add_evidence(
                spell,
                kind=form.evidence_kind,
                received_on=form.received_on.data,
                expires_on=form.expires_on.data,
                note=form.note.data or "",
                file=form.upload(),
                by=actor(),
            )
        if not form.errors:
            return _back(person, _("The evidence is kept. Somebody else checks it now."))
    return _form("outcomes/new_evidence.html", form, person=person, spell=spell)


@bp.route("/people/<int:person_id>/evidence/<int:number>", methods=["GET", "POST"])
@allow(Permission.OUTCOME_RECORD)
def evidence(person: User, number: int) -> Any:
    """Look at evidence and say whether it shows what is recorded."""
    found = _found(records.evidence_of(person, number))
    form = CheckForm()
    if form.validate_on_submit():
        with tried(form):
            accepted = form.accepted.data == "yes"
            evidence_actions.check_evidence(
                found, accepted=accepted, note=form.note.data or "", by=actor()
            )
        if not form.errors:
            return _back(person, _("Accepted.") if accepted else _("Not accepted."))
    return _evidence_page(person, found, form, DownloadForm())


@bp.post("/people/<int:person_id>/evidence/<int:number>/opening")
@allow(Permission.OUTCOME_RECORD)
def evidence_opening(person: User, number: int) -> Any:
    """An address on the content origin, for the next minutes; who asked for it, and why, is kept."""
    found = _found(records.evidence_of(person, number))
    if found.sha256 is None or found.file_name is None:
        abort(HTTPStatus.NOT_FOUND)
    if found.destroyed:
        raise evidence_actions.FileDestroyed
    form = DownloadForm()
    address = None
    if form.validate_on_submit():
        audit.record("evidence-opened", person, by=actor(), evidence=found.id, why=form.why.data)
        address = content.download_url(StoredFile(found.file_name, found.sha256, 0))
    return _evidence_page(person, found, CheckForm(formdata=None), form, address)


def _evidence_page(
    person: User, found: Any, form: CheckForm, download: DownloadForm, address: str | None = None
) -> Any:
    return _form(
        "outcomes/evidence.html",
        form,
        download=download,
        person=person,
        evidence=found,
        names=records.record_of(person).names,
        mine=actor().id in (found.recorded_by_id, person.id),
        address=address,
        wrong=bool(download.errors),
    )


@bp.route("/people/<int:person_id>/enrolments/<int:number>/intent", methods=["GET", "POST"])
@allow(Permission.OUTCOME_RECORD)
def intent(person: User, number: int) -> Any:
    """The first answer at the start; afterwards, or over another, with a reason."""
    enrolment = _found(records.enrolment_of(person, number))
    before = actions.live_intent(enrolment)
    plain = before is None and actions.intent_is_asked(enrolment)
    form = (IntentForm if plain else LateIntentForm)(
        data={"answer": before.answer.value if before else None}
    )
    if form.validate_on_submit():
        with tried(form):
            if before:
                actions.correct_intent(enrolment, form.intent, reason=form.reason.data, by=actor())
            else:
                why = None if plain else form.reason.data
                actions.record_intent(enrolment, form.intent, reason=why, by=actor())
        if not form.errors:
            return _back(person, _("Recorded."))
    return _form("outcomes/intent.html", form, person=person, enrolment=enrolment, before=before)


@bp.route("/people/<int:person_id>/disputes/<int:number>/refusal", methods=["GET", "POST"])
@allow(Permission.OUTCOME_RECORD)
def refusal(person: User, number: int) -> Any:
    """A dispute is declined with a reason. It is upheld by correcting the record for it."""
    return _answer(person, number, upheld=False)


@bp.route("/people/<int:person_id>/disputes/<int:number>/agreement", methods=["GET", "POST"])
@allow(Permission.OUTCOME_RECORD)
def agreement(person: User, number: int) -> Any:
    """For what was put right by recording something that was missing."""
    return _answer(person, number, upheld=True)


def _answer(person: User, number: int, *, upheld: bool) -> Any:
    dispute = _found(records.dispute_of(person, number))
    form = ReasonForm()
    if form.validate_on_submit():
        with tried(form):
            actions.answer_dispute(dispute, upheld=upheld, text=form.reason.data, by=actor())
        if not form.errors:
            return _back(person, _("The answer stands on both records."))
    return _form(
        "outcomes/dispute_answer.html", form, person=person, dispute=dispute, upheld=upheld
    )


def _uphold(person: User, form: Any) -> None:
    """A correction made for a dispute is its answer."""
    if not (number := str(form.dispute.data or "")).isdecimal():
        return
    dispute: Dispute = _found(records.dispute_of(person, int(number)))
    actions.answer_dispute(dispute, upheld=True, text=form.reason.data, by=actor())


def _disputed_in_address() -> dict[str, str]:
    return {"dispute": request.args.get("dispute", "")}


def _found(row: Row | None) -> Row:
    if row is None:
        abort(HTTPStatus.NOT_FOUND)
    return row


def _back(person: User, message: str) -> Any:
    flash(message, "success")
    return redirect(url_for("outcome_records.record", person_id=person.id))


def _form(template: str, form: Any, *, wrong: bool = False, **values: Any) -> Any:
    """The page of a form that is not saved (yet)."""
    refused = bool(form.errors or wrong)
    page = render_template(template, form=form, **values, **shown())
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
