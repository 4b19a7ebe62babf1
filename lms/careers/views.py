"""Employers: the list with the graduates they hired, the page of one, and what is recorded about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from lms import audit, tables
from lms.access import Permission, actor, allow, may
from lms.careers import actions, forms, investments, queries, recording, words
from lms.careers.models import (
    Employer,
    Founder,
    Headcount,
    Investment,
    Mou,
    Site,
    Tenancy,
    Waiting,
)
from lms.careers.registry import written
from lms.db import db
from lms.forms import tried
from lms.i18n import today
from lms.metrics.facts import GWANGJU
from lms.outcomes import employer_queries
from lms.pages import Page
from lms.surveys import employer_names

bp = Blueprint("careers", __name__, url_prefix="/careers", template_folder="templates")
FACTS: dict[str, type[Any]] = {
    "sites": Site,
    "mous": Mou,
    "head-counts": Headcount,
    "founders": Founder,
    "investments": Investment,
    "tenancies": Tenancy,
    "waiting": Waiting,
}


def day_asked() -> date:
    """The day of ?on=…, or today in Seoul."""
    form = forms.AsOfForm(request.args)
    return form.on.data if form.validate() and form.on.data else today()


def names() -> dict[str, Any]:
    """The words that the templates need."""
    return {
        "regions": words.region_names(),
        "sizes": words.size_names(),
        "sectors": words.sector_names(),
        "site_names": words.site_names(),
        "mou_names": words.mou_names(),
        "state_names": words.state_names(),
        "investment_names": words.investment_names(),
        "jobs_rule": words.jobs_rule(),
        "written": written,
    }


@bp.get("/")
@allow(Permission.CAREERS_READ)
def index() -> Any:
    day = day_asked()
    search = forms.EmployerSearch(request.args)
    search.on.data = day
    rows = employer_queries.employers(
        day, words=search.q.data or "", partners_only=search.only.data == "partners"
    )
    page = Page.of(rows, number=request.args.get("page", 1, int))
    shown = [row.employer_id for row in page.rows]
    return render_template(
        "careers/index.html",
        form=search,
        day=day,
        page=page,
        hires={row.firm_id: row for row in employer_queries.hires(day, firm_ids=shown)},
        kinds=queries.mou_kinds(shown, day),
        offices=queries.regions_of(shown, day),
        employed=employer_queries.employed(day),
        partners=queries.partner_counts(GWANGJU, day),
        stay=employer_queries.stay(day),
        unlinked=len(employer_names.waiting()) if may(Permission.OUTCOME_RECORD) else 0,
        **names(),
    )


@bp.get("/hires.csv")
@allow(Permission.CAREERS_READ)
def hires_csv() -> Response:
    """Fit to be published: an employer of few graduates is not named unless all of them agreed."""
    day = day_asked()
    rows = employer_queries.published_hires(employer_queries.hires(day))
    audit.record("hires-exported", by=actor(), on=day.isoformat())
    lines: list[list[Any]] = [[_("As of"), _("Employer"), _("Employers"), _("Graduates employed")]]
    for row in rows:
        lines.append(
            [day.isoformat(), row.name or _("Other employers"), row.employers, row.graduates]
        )
    return tables.csv_response(lines, name=f"hires-{day}.csv")


@bp.route("/employers/new", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def new() -> Any:
    form = forms.EmployerForm()
    return asked(
        form,
        lambda: actions.add_employer(
            **form.values, region=form.region.data or None, by=actor()
        ),
        title=_("New employer"),
        hint=_("Look in the list first: one employer entered twice is counted twice."),
        submit=_("Add this employer"),
        done=_("The employer is recorded."),
    )  # fmt: skip


@bp.get("/employers/<int:employer_id>")
@allow(Permission.CAREERS_READ)
def employer(employer: Employer) -> Any:
    if employer.record.same_as_id:
        return redirect(url_for("careers.employer", employer_id=employer.record.same_as_id))
    day = day_asked()
    sees_people = may(Permission.OUTCOME_READ)
    return render_template(
        "careers/employer.html",
        employer=employer,
        record=employer.record,
        day=day,
        venture=queries.venture_of(employer),
        sites=queries.facts(Site, employer, Site.valid_from.desc().nulls_last()),
        mous=queries.facts(Mou, employer, Mou.valid_from.desc()),
        headcounts=queries.facts(Headcount, employer, Headcount.counted_on),
        founders=queries.founders_of(employer),
        investments=queries.facts(Investment, employer, Investment.received_on.desc()),
        money=investments.totals(day, of=employer),
        tenancies=queries.facts(Tenancy, employer, Tenancy.valid_from.desc()),
        waiting=queries.facts(Waiting, employer, Waiting.valid_from.desc()),
        duplicates=queries.duplicates(employer),
        hires=next(iter(employer_queries.hires(day, firm_ids=[employer.id])), None),
        graduates=employer_queries.hired_graduates(employer, day) if sees_people else None,
        form=forms.AsOfForm(data={"on": day}),
        **names(),
    )


@bp.route("/employers/<int:employer_id>/correction", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def correction(employer: Employer) -> Any:
    record = employer.record
    form = forms.CorrectionForm(
        data={
            "name": record.name,
            "registry_number": written(record.registry_number) if record.registry_number else "",
            "size": record.size or "",
            "sector": record.sector or "",
        }
    )
    return asked(
        form,
        lambda: actions.correct_employer(
            employer, **form.values, reason=form.reason.data, by=actor()
        ),
        of=employer,
        title=_("Correct the employer"),
        hint=_("What was recorded before stays readable in reports made before."),
        submit=_("Correct it"),
        done=_("The correction is recorded."),
    )


@bp.route("/employers/<int:employer_id>/sites/new", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def new_site(employer: Employer) -> Any:
    form = forms.SiteForm()
    return asked(
        form,
        lambda: actions.open_site(
            employer, kind=form.kind.data, region=form.region.data, on=form.on.data, by=actor()
        ),
        of=employer,
        title=_("Record a place or a move"),
        hint=_("A new head office ends the one before on that day."),
        submit=_("Record this place"),
        done=_("The place is recorded."),
    )


@bp.route("/employers/<int:employer_id>/mous/new", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def new_mou(employer: Employer) -> Any:
    form = forms.MouForm()
    return asked(
        form,
        lambda: actions.sign_mou(
            employer, kind=form.kind.data, on=form.on.data, until=form.until.data, by=actor()
        ),
        of=employer,
        title=_("Record an MOU"),
        submit=_("Record this MOU"),
        done=_("The MOU is recorded."),
    )


@bp.route("/employers/<int:employer_id>/head-counts/new", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def new_headcount(employer: Employer) -> Any:
    form = forms.HeadcountForm()
    return asked(
        form,
        lambda: actions.count_heads(
            employer, on=form.on.data, jobs=form.jobs.data, source=form.source.data, by=actor()
        ),
        of=employer,
        title=_("Record a head count"),
        hint=_("A second count of the same day corrects the first."),
        submit=_("Record this count"),
        done=_("The head count is recorded."),
    )


@bp.route("/employers/<int:employer_id>/merger", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def merger(employer: Employer) -> Any:
    form = forms.MergerForm()
    others = db.session.scalars(queries.other_employers(employer)).all()
    form.into_id.choices = [(other.id, other.name) for other in others]
    return asked(
        form,
        lambda: actions.merge_employers(
            employer,
            db.session.get_one(Employer, form.into_id.data),
            reason=form.reason.data,
            by=actor(),
        ),
        of=employer,
        title=_("This employer was entered twice"),
        hint=_("Its MOUs, places, head counts and graduates then count for the other one."),
        submit=_("Merge the two"),
        done=_("The two are one employer now."),
    )


@bp.route("/employers/<int:employer_id>/<kind>/<int:number>/end", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def end(employer: Employer, kind: str, number: int) -> Any:
    fact = _fact(employer, kind, number)
    if not hasattr(fact, "valid_to"):
        abort(HTTPStatus.NOT_FOUND)
    form = forms.EndForm()
    return asked(
        form,
        lambda: recording.end(fact, on=form.on.data, by=actor()),
        of=employer,
        title=_("Record an end"),
        hint=_fact_words(fact),
        submit=_("Record the end"),
        done=_("The end is recorded."),
    )


@bp.route("/employers/<int:employer_id>/<kind>/<int:number>/take-back", methods=["GET", "POST"])
@allow(Permission.CAREERS_MANAGE)
def take_back(employer: Employer, kind: str, number: int) -> Any:
    fact = _fact(employer, kind, number)
    form = forms.TakeBackForm()
    return asked(
        form,
        lambda: recording.take_back(fact, reason=form.reason.data, by=actor()),
        of=employer,
        title=_("Take back what was recorded by mistake"),
        hint=_fact_words(fact),
        submit=_("Take it back"),
        done=_("It is taken back."),
    )


def _fact(employer: Employer, kind: str, number: int) -> Any:
    model = FACTS.get(kind) or abort(HTTPStatus.NOT_FOUND)
    return queries.fact(model, number, of=employer) or abort(HTTPStatus.NOT_FOUND)


def _fact_words(fact: Any) -> str:
    """Which fact it is, for the person who is about to end it or take it back."""
    match fact:
        case Site():
            what = f"{words.site_names()[fact.kind]}, {words.region_names().get(fact.region, fact.region)}"
        case Mou():
            what = f"{words.mou_names()[fact.kind]}, {fact.valid_from}"
        case Headcount():
            what = _("%(day)s: %(jobs)s jobs", day=fact.counted_on, jobs=fact.jobs)
        case Founder():
            what = _("%(name)s, founder since %(day)s", name=fact.user.name, day=fact.valid_from)
        case Investment():
            what = f"{words.investment_names()[fact.kind]}, {fact.received_on}, {fact.amount:,}"
        case Tenancy():
            what = _("Camp %(number)s", number=fact.camp) + f", {fact.room}, {fact.valid_from}"
        case _other:
            what = _(
                "Waits for camp %(number)s since %(day)s", number=fact.camp, day=fact.valid_from
            )
    return what


def asked(
    form: Any,
    act: Callable[[], Any],
    *,
    title: str,
    submit: str,
    done: str,
    hint: str = "",
    of: Employer | None = None,
    to: str = "",
) -> Any:
    """A form, until it is in order and its action takes it: all of it or, when refused, nothing.

    Then on to `to`, or to the employer's page: of `of`, or the one that the action made.
    """
    if form.validate_on_submit():
        with tried(form):
            made = act()
        if not form.errors:
            flash(done, "success")
            return redirect(to or url_for("careers.employer", employer_id=(of or made).id))
    page = render_template(
        "careers/form.html", form=form, title=title, hint=hint, submit=submit, employer=of, back=to
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
