"""The words of outcomes as people read them, in the language of the request."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from lms.cohorts.models import Standing
from lms.cohorts.words import ANSWERS
from lms.metrics.facts import Contract, FoundThrough, Intent, Leaving, SpellKind
from lms.outcomes.models import EvidenceKind, StatusSpell
from lms.regions import REGIONS


def kind_names() -> dict[SpellKind, str]:
    return {
        SpellKind.EMPLOYEE: _("Employed"),
        SpellKind.FOUNDER: _("Founded a company"),
        SpellKind.FREELANCE: _("Freelance"),
        SpellKind.STUDY: _("Further study"),
        SpellKind.MILITARY: _("Military service"),
        SpellKind.UNABLE: _("Unable to work"),
        SpellKind.SEEKING: _("Seeking work"),
        SpellKind.INACTIVE: _("Not seeking work"),
        SpellKind.UNKNOWN: _("Unknown"),
    }


def contract_names() -> dict[Contract, str]:
    return {
        Contract.PERMANENT: _("Permanent"),
        Contract.FIXED_TERM: _("Fixed term"),
        Contract.INTERNSHIP: _("Internship"),
        Contract.APPRENTICESHIP: _("Apprenticeship"),
        Contract.DAILY: _("By the day"),
    }


def found_through_names() -> dict[FoundThrough, str]:
    return {
        FoundThrough.JOB_FAIR: _("Job fair"),
        FoundThrough.ACADEMY: _("Introduced by the academy"),
        FoundThrough.PROJECT: _("Project or internship with the firm"),
        FoundThrough.OWN_SEARCH: _("Own search"),
        FoundThrough.OTHER: _("Another way"),
    }


def intent_names() -> dict[Intent, str]:
    return {
        Intent.IN_FIELD_JOB: _("A new job in the field of the training"),
        Intent.SAME_EMPLOYER: _("To stay with the present employer"),
        Intent.SELF_ENRICHMENT: _("To learn for oneself, not for work"),
        Intent.FURTHER_STUDY: _("Further study"),
        Intent.NO_WORK_PERMIT: _("No permit to work here"),
    }


def leaving_names() -> dict[Leaving, str]:
    return {
        Leaving.EARLY_JOB: _("Found a job early"),
        Leaving.CHANGE_OF_JOB: _("Changed to another occupation"),
        Leaving.OTHER_TRAINING: _("Other training"),
        Leaving.STUDY: _("Further study"),
        Leaving.PERSONAL: _("Personal reasons"),
        Leaving.DIED: _("Died"),
        Leaving.IMPRISONED: _("Imprisoned"),
        Leaving.CALLED_UP: _("Called up"),
        Leaving.OTHER: _("Another reason"),
    }


def standing_names() -> dict[Standing, str]:
    return {
        Standing.TAKING_PART: _("Taking part"),
        Standing.LEFT: _("Left early"),
        Standing.COMPLETED: _("Completed"),
    }


def evidence_names() -> dict[EvidenceKind, str]:
    return {
        EvidenceKind.INSURANCE_RECORD: _("Insurance record"),
        EvidenceKind.TAX_RECORD: _("Tax record"),
        EvidenceKind.EMPLOYER_CONFIRMATION: _("Employer's confirmation"),
        EvidenceKind.CONTRACT: _("Contract"),
        EvidenceKind.BUSINESS_REGISTRATION: _("Business registration"),
        EvidenceKind.ENROLMENT_CERTIFICATE: _("Certificate of enrolment"),
        EvidenceKind.OWN_DOCUMENT: _("Own document"),
        EvidenceKind.OWN_WORD: _("Own word"),
        EvidenceKind.HEARSAY: _("Somebody else's word"),
    }


def level_names() -> dict[int, str]:
    return {
        5: _("insurance or tax record"),
        4: _("confirmed by the employer"),
        3: _("contract, registration or certificate"),
        2: _("own word with a document"),
        1: _("own word"),
        0: _("somebody else's word"),
    }


def spell_name(spell: StatusSpell) -> str:
    """“Employed, 2026-02-10 – 2026-08-31”, as messages name a spell, with its last day."""
    until = spell.last_day.isoformat() if spell.last_day else _("today")
    return f"{kind_names()[spell.kind]}, {spell.valid_from.isoformat()} – {until}"


def shown() -> dict[str, Any]:
    """All of it, as templates name it."""
    return {
        "kind_names": kind_names(),
        "contract_names": contract_names(),
        "found_through_names": found_through_names(),
        "intent_names": intent_names(),
        "leaving_names": leaving_names(),
        "standing_names": standing_names(),
        "evidence_names": evidence_names(),
        "level_names": level_names(),
        "regions": REGIONS,
        "application_answers": ANSWERS,
    }
