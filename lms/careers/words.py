"""The words of careers as people read them, in the language of the request."""

from __future__ import annotations

from flask_babel import gettext as _

from lms.careers.models import InvestmentKind, MouKind, Sector, SiteKind, Size, VentureState
from lms.i18n import local
from lms.regions import REGIONS


def region_names() -> dict[str, str]:
    return {code: str(local(name)) for code, name in REGIONS.items()}


def size_names() -> dict[Size, str]:
    return {
        Size.SMALL: _("Small business"),
        Size.MEDIUM: _("Medium-sized business"),
        Size.MID_SIZE: _("Mid-market company"),
        Size.LARGE: _("Large company"),
        Size.PUBLIC: _("Public body"),
    }


def sector_names() -> dict[Sector, str]:
    return {
        Sector.SOFTWARE: _("Software and AI"),
        Sector.MOBILITY: _("Cars and mobility"),
        Sector.ENERGY: _("Energy"),
        Sector.HEALTH: _("Health care"),
        Sector.CULTURE: _("Culture and content"),
        Sector.MANUFACTURING: _("Other manufacturing"),
        Sector.OTHER: _("Other sector"),
    }


def site_names() -> dict[SiteKind, str]:
    return {
        SiteKind.HEAD_OFFICE: _("Head office"),
        SiteKind.BRANCH: _("Branch"),
        SiteKind.LABORATORY: _("Research laboratory"),
    }


def mou_names() -> dict[MouKind, str]:
    return {
        MouKind.ATTRACT: _("Coming to the region"),
        MouKind.HIRE: _("Hiring graduates"),
        MouKind.PROJECT: _("Projects with trainees"),
    }


def state_names() -> dict[VentureState, str]:
    return {
        VentureState.PLANNED: _("Not founded yet"),
        VentureState.FOUNDED: _("Founded"),
        VentureState.REGISTERED: _("Registered"),
        VentureState.TRADING: _("Trading"),
        VentureState.CLOSED: _("Closed down"),
    }


def investment_names() -> dict[InvestmentKind, str]:
    return {
        InvestmentKind.EQUITY: _("Equity"),
        InvestmentKind.CONVERTIBLE: _("Convertible note or loan"),
        InvestmentKind.GRANT: _("Grant or subsidy"),
    }


def jobs_rule() -> str:
    """Stands with every number of jobs."""
    return str(_("Jobs are people employed; founders and owners are not counted as jobs."))
