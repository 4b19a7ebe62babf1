"""The questionnaire as the person sees it, page by page, by the link that was sent to them alone.

Opening an address changes nothing (mail programs open links by themselves); every page sent in is kept.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from lms.access import by_survey_link
from lms.errors import DomainError
from lms.forms import tried
from lms.i18n import current_locale
from lms.metrics.facts import SpellKind
from lms.surveys import actions, answering, queries, words
from lms.surveys.forms import KindForm, PlaceForm, TermsForm, filled, known_already
from lms.surveys.models import Link

bp = Blueprint("survey_answers", __name__, url_prefix="/surveys", template_folder="templates")


@bp.route("/<token>", methods=["GET", "POST"])
@by_survey_link
def start(link: Link, token: str) -> Any:
    """What we know, and what the person mainly does now; who has answered sees what was recorded."""
    response = queries.response(link.invitation)
    if response and request.method == "GET" and "again" not in request.args:
        return _page("thanks", link, token, response=response, said=_said(response.answers))
    form = KindForm(data=_draft(link))
    if form.validate_on_submit():
        answering.save_draft(link, form.answers())
        return redirect(url_for("survey_answers.place", token=token))
    return _page("start", link, token, form=form, known=_known(link), begun=bool(_draft(link)))


@bp.post("/<token>/unchanged")
@by_survey_link
def unchanged(link: Link, token: str) -> Any:
    try:
        answering.confirm_unchanged(link)
    except DomainError as refusal:
        form = KindForm(formdata=None)
        form.form_errors.append(refusal.message)
        return _page("start", link, token, form=form, known=_known(link), begun=False)
    return redirect(url_for("survey_answers.start", token=token))


@bp.route("/<token>/place", methods=["GET", "POST"])
@by_survey_link
def place(link: Link, token: str) -> Any:
    """Since when, where and what; for most kinds that is all."""
    if (kind := _kind(link)) is None:
        return redirect(url_for("survey_answers.start", token=token))
    form = PlaceForm(data=filled(_so_far(link, kind)))
    form.ask(kind, [row for row in answering.known_now(link.invitation.person) if row.kind != kind])
    more = kind in answering.ASKED_ABOUT_TERMS
    if form.validate_on_submit():
        with tried(form):
            answering.save_draft(link, form.answers())
            if not more:
                answering.send_in(link)
        if not form.errors:
            following = "terms" if more else "start"
            return redirect(url_for(f"survey_answers.{following}", token=token))
    return _page("place", link, token, form=form, kind=kind, more=more)


@bp.route("/<token>/terms", methods=["GET", "POST"])
@by_survey_link
def terms(link: Link, token: str) -> Any:
    """The contract of who works for an employer."""
    if _kind(link) is None or "since" not in _draft(link):
        return redirect(url_for("survey_answers.start", token=token))
    form = TermsForm(data=filled(_so_far(link, SpellKind.EMPLOYEE)))
    if form.validate_on_submit():
        with tried(form):
            answering.save_draft(link, form.answers())
        with tried(form):
            answering.send_in(link)
        if not form.errors:
            return redirect(url_for("survey_answers.start", token=token))
    return _page("terms", link, token, form=form)


@bp.route("/<token>/opt-out", methods=["GET", "POST"])
@by_survey_link
def opt_out(link: Link, token: str) -> Any:
    if request.method == "POST":
        actions.opt_out(link)
    return _page("opt_out", link, token, done=queries.opted_out(link.invitation.person))


def _draft(link: Link) -> dict[str, Any]:
    draft = queries.draft(link.invitation)
    return draft.answers if draft else {}


def _kind(link: Link) -> SpellKind | None:
    word = _draft(link).get("kind")
    return SpellKind(word) if word else None


def _so_far(link: Link, kind: SpellKind) -> dict[str, Any]:
    """The draft; before it says anything of this kind, the last answer and what is recorded."""
    draft = _draft(link)
    if "since" in draft and "contract" in draft:
        return draft
    same = [row for row in answering.known_now(link.invitation.person) if row.kind is kind]
    before = queries.response(link.invitation)
    answered = before.answers if before and before.answers.get("kind") == kind.value else {}
    return {**(known_already(same[0]) if same else {}), **answered, **draft}


def _known(link: Link) -> list[str]:
    names = words.doing_names()
    return [
        _("%(doing)s, since %(day)s", doing=names[row.kind], day=row.valid_from.isoformat())
        for row in answering.known_now(link.invitation.person)
    ]


def _said(answers: dict[str, Any]) -> list[tuple[str, str]]:
    return words.said(answers, pay=True) if answers else []


def _page(name: str, link: Link, token: str, **values: Any) -> Any:
    form = values.get("form")
    wrong = bool(form and form.errors)
    page = render_template(
        f"surveys/{name}.html",
        token=token,
        person=link.invitation.person,
        wave=link.invitation.wave,
        known_now=_known(link) if name == "thanks" else None,
        looked_at=bool(name == "thanks" and answering.looked_at(link.invitation.person)),
        other_language="en" if current_locale() == "ko" else "ko",
        **values,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
