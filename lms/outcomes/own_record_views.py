"""A person's own record: to see, to dispute, to correct where it is their own word, to take along.

Everything is asked for by who is signed in; a number in an address finds nobody else's row.
"""

from __future__ import annotations

import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from lms import audit, content, tables
from lms.access import Permission, actor, allow
from lms.forms import tried
from lms.i18n import today
from lms.outcomes import actions, own_copy, records
from lms.outcomes.evidence_actions import FileDestroyed
from lms.outcomes.record_forms import (
    DisputeForm,
    EndForm,
    IntentForm,
)
from lms.outcomes.spell_forms import OwnCorrectionForm, OwnSpellForm, said
from lms.outcomes.words import shown
from lms.storage import StoredFile
from lms.surveys import own_copy as survey_copy

bp = Blueprint(
    "own_record", __name__, url_prefix="/outcomes/my-record", template_folder="templates"
)
Row = TypeVar("Row")


@bp.get("")
@allow(Permission.OWN_RECORD)
def index() -> Any:
    record = records.record_of(actor())
    return render_template(
        "outcomes/own_record.html",
        record=record,
        everything=request.args.get("everything") == "yes",
        asked=[row for row in record.enrolments if actions.intent_is_asked(row)],
        own_word=actions.OWN_WORD_LEVEL,
        own=True,
        today=today(),
        **shown(),
    )


@bp.route("/spells/new", methods=["GET", "POST"])
@allow(Permission.OWN_RECORD)
def new_spell() -> Any:
    me = actor()
    going_on = [
        row
        for row in records.live_spells([me.id])
        if row.valid_to is None and actions.may_correct_oneself(row)
    ]
    form = OwnSpellForm()
    form.offer(going_on)
    if form.validate_on_submit():
        with tried(form):
            actions.record_spell(
                me,
                replace(form.spell(), evidence_level=actions.OWN_WORD_LEVEL),
                source=_("The person's own word"),
                role=form.role.data,
                ends=[row for row in going_on if row.id in (form.ends.data or [])],
                by=me,
            )
        if not form.errors:
            return _back(_("Recorded, as your own word."))
    return _form("outcomes/own_spell.html", form, spell=None)


@bp.route("/spells/<int:number>/correction", methods=["GET", "POST"])
@allow(Permission.OWN_RECORD)
def correction(number: int) -> Any:
    spell = _found(records.spell_of(actor(), number))
    form = OwnCorrectionForm(data=said(spell))
    if form.validate_on_submit():
        with tried(form):
            actions.correct_own_spell(
                spell,
                form.spell(spell.as_spell),
                reason=form.reason.data,
                role=form.role.data or "",
                by=actor(),
            )
        if not form.errors:
            return _back(_("Corrected. What was recorded before stays to be seen."))
    return _form("outcomes/own_spell.html", form, spell=spell)


@bp.route("/spells/<int:number>/end", methods=["GET", "POST"])
@allow(Permission.OWN_RECORD)
def end(number: int) -> Any:
    spell = _found(records.spell_of(actor(), number))
    form = EndForm()
    if form.validate_on_submit():
        with tried(form):
            actions.end_own_spell(spell, on=form.first_day_after, by=actor())
        if not form.errors:
            return _back(_("Its end is recorded."))
    return _form("outcomes/own_end.html", form, spell=spell)


@bp.route("/disputes/new", methods=["GET", "POST"])
@allow(Permission.OWN_RECORD)
def new_dispute() -> Any:
    spells = records.live_spells([actor().id])
    form = DisputeForm(data={"spell": request.args.get("spell", 0, int)})
    form.offer(spells)
    if form.validate_on_submit():
        with tried(form):
            about = next((row for row in spells if row.id == form.spell.data), None)
            actions.dispute(actor(), text=form.text.data, spell=about)
        if not form.errors:
            return _back(_("Thank you. An administrator answers here."))
    return _form("outcomes/new_dispute.html", form)


@bp.route("/enrolments/<int:number>/intent", methods=["GET", "POST"])
@allow(Permission.OWN_RECORD)
def intent(number: int) -> Any:
    """Asked once, at the start."""
    enrolment = _found(records.enrolment_of(actor(), number))
    form = IntentForm()
    if form.validate_on_submit():
        with tried(form):
            actions.record_intent(enrolment, form.intent, by=actor())
        if not form.errors:
            return _back(_("Recorded. It is locked now."))
    return _form("outcomes/own_intent.html", form, enrolment=enrolment)


@bp.get("/evidence/<int:number>")
@allow(Permission.OWN_RECORD)
def evidence(number: int) -> Any:
    """One's own file, from the content origin."""
    found = _found(records.evidence_of(actor(), number))
    if found.sha256 is None or found.file_name is None:
        abort(HTTPStatus.NOT_FOUND)
    if found.destroyed:
        raise FileDestroyed
    audit.record("evidence-opened", actor(), by=actor(), evidence=found.id)
    return redirect(content.download_url(StoredFile(found.file_name, found.sha256, 0)))


@bp.get("/my-record.json")
@allow(Permission.OWN_RECORD)
def export_json() -> Response:
    audit.record("record-exported", actor(), by=actor(), format="json")
    copy = own_copy.everything(records.record_of(actor()))
    copy["surveys"] = survey_copy.surveys(actor())
    body = json.dumps(copy, ensure_ascii=False, indent=2).encode()
    return tables.attachment(body, "application/json", "my-record.json")


@bp.get("/my-record.csv")
@allow(Permission.OWN_RECORD)
def export_csv() -> Response:
    audit.record("record-exported", actor(), by=actor(), format="csv")
    rows = own_copy.lines(own_copy.everything(records.record_of(actor())))
    rows += survey_copy.lines(survey_copy.surveys(actor()))
    return tables.csv_response(own_copy.table(rows), name="my-record.csv")


def _found(row: Row | None) -> Row:
    if row is None:
        abort(HTTPStatus.NOT_FOUND)
    return row


def _back(message: str) -> Any:
    flash(message, "success")
    return redirect(url_for("own_record.index"))


def _form(template: str, form: Any, **values: Any) -> Any:
    page = render_template(template, form=form, **values, **shown())
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
