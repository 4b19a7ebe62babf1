"""The words of surveys as people read them, in the language of the request."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from lms.i18n import date_format, local
from lms.metrics.facts import Contract, SpellKind
from lms.outcomes.words import contract_names
from lms.regions import REGIONS
from lms.surveys.models import Channel, Outcome
from lms.surveys.queries import WaveState


def channel_names() -> dict[Channel, str]:
    return {
        Channel.MAIL: _("E-mail"),
        Channel.PHONE: _("Telephone"),
        Channel.SMS: _("Text message"),
        Channel.EMPLOYER: _("Asked the employer"),
        Channel.OTHER: _("Another way"),
    }


def outcome_names() -> dict[Outcome, str]:
    return {
        Outcome.COMPLETE: _("Complete answer"),
        Outcome.PARTIAL: _("Partial answer"),
        Outcome.REFUSED: _("Refused this time"),
        Outcome.OPTED_OUT: _("Does not want to be asked any more"),
        Outcome.NO_CONSENT: _("Not asked: has not agreed to be"),
        Outcome.NO_ANSWER: _("Not reached: no answer"),
        Outcome.BAD_CONTACT: _("Not reached: contact is wrong"),
        Outcome.DECEASED: _("Deceased"),
        Outcome.OUT_OF_SCOPE: _("Does not belong to the survey"),
    }


def state_names() -> dict[WaveState, str]:
    return {
        WaveState.PLANNED: _("Planned"),
        WaveState.DUE: _("Opens within the hour"),
        WaveState.PASSED: _("Never opened"),
        WaveState.OPEN: _("Under way"),
        WaveState.CLOSED: _("Closed"),
    }


def doing_names() -> dict[SpellKind, str]:
    """The kinds as somebody says them of themselves."""
    return {
        SpellKind.EMPLOYEE: _("I work for an employer"),
        SpellKind.FOUNDER: _("I run my own company"),
        SpellKind.FREELANCE: _("I work freelance"),
        SpellKind.SEEKING: _("I am looking for work"),
        SpellKind.STUDY: _("I study"),
        SpellKind.MILITARY: _("I am in military service"),
        SpellKind.INACTIVE: _("I do not work and am not looking for work"),
        SpellKind.UNABLE: _("I cannot work at present"),
    }


def pay_bands() -> dict[str, str]:
    """Base pay a month before tax, in 10,000 KRW as Koreans say it."""
    return {
        "-200": _("Less than 2 million won"),
        "200-250": _("2 to 2.5 million won"),
        "250-300": _("2.5 to 3 million won"),
        "300-350": _("3 to 3.5 million won"),
        "350-400": _("3.5 to 4 million won"),
        "400-500": _("4 to 5 million won"),
        "500-": _("5 million won or more"),
    }


def said(answers: dict[str, Any], *, pay: bool) -> list[tuple[str, str]]:
    """An answer as label and value, without what was left open; the pay is for the person alone."""
    yes_or_no: dict[Any, str] = {True: _("yes"), False: _("no")}
    region, contract = answers.get("region"), answers.get("contract")
    pairs = [
        (_("What you do now"), doing_names().get(SpellKind(answers["kind"]))),
        (_("Since"), date_format(date.fromisoformat(answers["since"]))),
        (_("Name of the employer, company or school"), answers.get("employer")),
        (_("Occupation"), answers.get("role")),
        (_("Place of work"), local(REGIONS[region]) if region in REGIONS else None),
        (_("In the field of the training"), yes_or_no.get(answers.get("in_field"))),
        (_("Hours a week"), f"{answers['hours']:g}" if answers.get("hours") else None),
        (_("Contract"), contract_names()[Contract(contract)] if contract else None),
        (_("Agreed length in months"), answers.get("contract_months")),
        (_("Insured by the employer"), yes_or_no.get(answers.get("insured"))),
        (_("Wage paid in part by a public programme"), yes_or_no.get(answers.get("subsidised"))),
        (_("Business registered"), yes_or_no.get(answers.get("registered"))),
        (_("Base pay a month"), pay_bands().get(answers.get("pay_band") or "") if pay else None),
    ]
    return [(label, str(value)) for label, value in pairs if value is not None and value != ""]
