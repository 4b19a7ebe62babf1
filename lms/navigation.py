"""What stands in the navigation, by what the person may do; and what every page may ask."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Flask, g, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from lms import access, assets
from lms.access import Permission
from lms.cohorts.queries import offerings_of
from lms.i18n import current_locale


class NavItem(NamedTuple):
    label: str
    url: str
    icon: str
    active: bool


def init_app(app: Flask) -> None:
    app.context_processor(_page_context)
    app.jinja_env.globals.update(
        may=access.may, Permission=Permission, asset=assets.url, other_locale_url=_other_locale_url
    )


def _page_context() -> dict[str, Any]:
    signed_in = "actor" in g
    return {
        "current_user": current_user,
        "locale": current_locale(),
        "nav": _nav() if signed_in else [],
        "nav_secondary": _nav_secondary() if signed_in else [],
    }


def _nav() -> list[NavItem]:
    items = [_item(_("Home"), "home.index", "house")]
    if access.may(Permission.COHORT_MANAGE):
        items.append(_item(_("Cohorts"), "cohorts.index", "people"))
    if access.may(Permission.OUTCOME_READ):
        items.append(_item(_("Outcomes"), "outcomes.index", "graph-up-arrow"))
    if access.may(Permission.REPORT_READ):
        items.append(_item(_("Reports"), "reports.index", "file-earmark-text"))
    if access.may(Permission.CAREERS_READ):
        items.append(_item(_("Careers"), "careers.index", "briefcase"))
    if access.may(Permission.PEOPLE_MANAGE):
        items.append(_item(_("People"), "accounts.people", "person-badge"))
    if access.may(Permission.AUDIT_READ):
        items.append(_item(_("Audit trail"), "accounts.audit_trail", "shield-check"))
    if access.may(Permission.PRIVACY_MANAGE):
        items.append(_item(_("Personal data"), "privacy.index", "shield-lock"))
    for offering in offerings_of(access.actor())[:8]:
        label = f"{offering.course.title.in_(current_locale())}"
        items.append(_item(label, "coursework.course", "book", offering_id=offering.id))
        if access.may(Permission.GRADEBOOK_READ, offering):
            items.append(_item(_("Gradebook"), "gradebook.table", "table", offering_id=offering.id))
        else:
            items.append(_item(_("My grades"), "gradebook.table", "award", offering_id=offering.id))
    return items


def _nav_secondary() -> list[NavItem]:
    return [
        _item(_("My record"), "own_record.index", "briefcase"),
        _item(_("Notebook server"), "compute.server", "cpu"),
        _item(_("My account"), "accounts.profile", "person-circle"),
        _item(_("My consents"), "privacy.consents", "card-checklist"),
    ]


def _item(label: str, endpoint: str, icon: str, **arguments: Any) -> NavItem:
    here = request.endpoint == endpoint and all(
        (request.view_args or {}).get(name) == value for name, value in arguments.items()
    )
    return NavItem(label, url_for(endpoint, **arguments), icon, here)


def _other_locale_url() -> str:
    """Where the language switch posts to; it comes back to this page."""
    return url_for("accounts.language")
