"""Ventures with their founders, and the AI Startup Camp: who has a room and who waits for one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, render_template, url_for
from flask_babel import gettext as _

from lms.access import Permission, actor, allow
from lms.accounts.models import User
from lms.accounts.queries import user_by_name
from lms.careers import actions, forms, investments, queries, recording, venture_actions
from lms.careers.models import CAMPS, Employer, Investment, Tenancy, Waiting
from lms.careers.queries import VentureTotals
from lms.careers.views import asked, day_asked, names
from lms.errors import Invalid
from lms.metrics.facts import GWANGJU
from lms.outcomes import employer_queries

bp = Blueprint("ventures", __name__, url_prefix="/careers", template_folder="templates")


@bp.get("/ventures")
@allow(Permission.CAREERS_READ)
def index() -> Any:
    day = day_asked()
    rows = queries.ventures(day)
    return render_template(
        "careers/ventures.html",
        form=forms.AsOfForm(data={"on": day}),
        day=day,
        ventures=rows,
        totals=VentureTotals.of(rows, day),
        founders=employer_queries.founders(day),
        money=investments.totals(day),
        **names(),
    )


@bp.get("/camp")
@allow(Permission.CAREERS_READ)
def camp() -> Any:
    day = day_asked()
    tenants = queries.places(Tenancy, day)
    origins = [row.place.origin for row in tenants if isinstance(row.place, Tenancy)]
    return render_template(
        "careers/camp.html",
        form=forms.AsOfForm(data={"on": day}),
        day=day,
        camps=CAMPS,
        tenants=tenants,
        waiting=queries.places(Waiting, day),
        ever=queries.ever_supported(day),
        from_here=origins.count(GWANGJU),
        origin_unknown=origins.count(None),
        **names(),
    )


@bp.route("/ventures/new", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def new() -> Any:
    form = forms.NewVentureForm()

    def found() -> Employer:
        venture = actions.add_employer(
            **form.values, region=form.region.data or None, by=actor()
        )  # fmt: skip
        venture_actions.record_venture(venture, **_dates(form), by=actor())
        return venture

    return asked(
        form,
        found,
        title=_("New venture"),
        hint=_("Founders, a place in the camp and head counts are recorded on its page."),
        submit=_("Record this venture"),
        done=_("The venture is recorded."),
    )


@bp.route("/employers/<int:employer_id>/venture", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def venture(employer: Employer) -> Any:
    life = queries.venture_of(employer)
    form = forms.VentureForm(obj=life)
    return asked(
        form,
        lambda: venture_actions.record_venture(employer, **_dates(form), by=actor()),
        of=employer,
        title=_("The dates of the venture"),
        hint=_("A closed venture has no founders, no room and waits for none from that day."),
        submit=_("Record these dates"),
        done=_("The dates are recorded."),
    )


def _dates(form: forms.VentureForm) -> dict[str, Any]:
    fields = ("founded_on", "registered_on", "first_sale_on", "closed_on")
    return {name: form[name].data for name in fields}


@bp.route("/employers/<int:employer_id>/founders/new", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def new_founder(employer: Employer) -> Any:
    _must_be_venture(employer)
    form = forms.FounderForm()
    return asked(
        form,
        lambda: venture_actions.add_founder(
            employer, _person(form.username.data), since=form.since.data, by=actor()
        ),
        of=employer,
        title=_("Add a founder"),
        hint=_("Somebody with an account here. Other founders are not recorded."),
        submit=_("Add this founder"),
        done=_("The founder is recorded."),
    )


@bp.route("/employers/<int:employer_id>/investments/new", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def new_investment(employer: Employer) -> Any:
    _must_be_venture(employer)
    form = forms.InvestmentForm()
    return asked(
        form,
        lambda: venture_actions.record_investment(employer, **form.values, by=actor()),
        of=employer,
        title=_("Record money received"),
        hint=_("Investment or a grant, once the money is there; each payment by itself."),
        submit=_("Record it"),
        done=_("The money received is recorded."),
    )


@bp.route(
    "/employers/<int:employer_id>/investments/<int:number>/correction", methods=["GET", "POST"]
)
@allow(Permission.CAREERS_MANAGE)
def investment_correction(employer: Employer, number: int) -> Any:
    before = queries.fact(Investment, number, of=employer)
    if before is None:
        abort(HTTPStatus.NOT_FOUND)
    form = forms.InvestmentCorrectionForm(
        data={
            "received_on": before.received_on,
            "amount": before.amount,
            "kind": before.kind,
            "source": before.source,
        }
    )
    return asked(
        form,
        lambda: venture_actions.correct_investment(
            before, employer, **form.values, reason=form.reason.data, by=actor()
        ),
        of=employer,
        title=_("Correct money received"),
        hint=_("What was recorded before stays readable in reports made before."),
        submit=_("Correct it"),
        done=_("The correction is recorded."),
    )


@bp.route("/employers/<int:employer_id>/tenancies/new", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def new_tenancy(employer: Employer) -> Any:
    _must_be_venture(employer)
    form = forms.PlaceForm()
    return asked(
        form,
        lambda: venture_actions.give_place(
            employer,
            camp=form.camp.data,
            room=form.room.data,
            on=form.on.data,
            until=form.until.data,
            origin=form.origin.data or None,
            by=actor(),
        ),
        of=employer,
        title=_("Give a place in the camp"),
        hint=_("The venture and its founders stop waiting on that day."),
        submit=_("Give this place"),
        done=_("The place is given."),
    )


@bp.route("/employers/<int:employer_id>/waiting/new", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def new_waiting(employer: Employer) -> Any:
    _must_be_venture(employer)
    form = forms.QueueForm()
    return asked(
        form,
        lambda: venture_actions.queue_for_camp(
            employer, camp=form.camp.data, since=form.since.data, by=actor()
        ),
        of=employer,
        title=_("Put on the waiting list"),
        submit=_("Put on the list"),
        done=_("It is on the waiting list."),
    )


@bp.route("/camp/waiting/new", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def new_waiting_person() -> Any:
    form = forms.PersonQueueForm()
    return asked(
        form,
        lambda: venture_actions.queue_for_camp(
            _person(form.username.data), camp=form.camp.data, since=form.since.data, by=actor()
        ),
        to=url_for("ventures.camp"),
        title=_("Put a person on the waiting list"),
        hint=_("For somebody who has not founded yet. A venture is put on the list on its own page."),
        submit=_("Put on the list"),
        done=_("The person is on the waiting list."),
    )  # fmt: skip


@bp.route("/camp/waiting/<int:number>/end", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def end_waiting_person(number: int) -> Any:
    place = queries.waiting(number)
    if place is None or place.user is None:
        abort(HTTPStatus.NOT_FOUND)
    form = forms.EndForm()
    return asked(
        form,
        lambda: recording.end(place, on=form.on.data, by=actor()),
        to=url_for("ventures.camp"),
        title=_("%(name)s waits no longer", name=place.user.name),
        submit=_("Record the end"),
        done=_("The end is recorded."),
    )


def _must_be_venture(employer: Employer) -> None:
    if queries.venture_of(employer) is None:
        abort(HTTPStatus.NOT_FOUND)


def _person(username: str) -> User:
    person = user_by_name(username.strip().lower())
    if person is None:
        raise Invalid(_("Nobody here has the user name “%(username)s”.", username=username))
    return person
