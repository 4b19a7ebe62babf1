"""The facts a figure is counted from: a person of a cohort and what they did, from when to when.

One vocabulary: the fields of `Spell` are columns of the table status_spell, columns of FACTS.csv and
the words of a metric's classes. None means "not known", never "no".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class SpellKind(StrEnum):
    EMPLOYEE = "employee"
    FOUNDER = "founder"
    FREELANCE = "freelance"
    STUDY = "study"
    MILITARY = "military"
    UNABLE = "unable"
    SEEKING = "seeking"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


class Contract(StrEnum):
    PERMANENT = "permanent"
    FIXED_TERM = "fixed-term"
    INTERNSHIP = "internship"
    APPRENTICESHIP = "apprenticeship"
    DAILY = "daily"


class FoundThrough(StrEnum):
    """How somebody came to a job: `project` is one done with the firm, or an internship there."""

    JOB_FAIR = "job-fair"
    ACADEMY = "academy"
    PROJECT = "project"
    OWN_SEARCH = "own-search"
    OTHER = "other"


class Leaving(StrEnum):
    """Why somebody left before the end."""

    EARLY_JOB = "early-job"
    CHANGE_OF_JOB = "change-of-job"
    OTHER_TRAINING = "other-training"
    STUDY = "study"
    PERSONAL = "personal"
    DIED = "died"
    IMPRISONED = "imprisoned"
    CALLED_UP = "called-up"
    OTHER = "other"


class Intent(StrEnum):
    """What somebody said at the start that they want afterwards (CIRR, collecting students' intent)."""

    IN_FIELD_JOB = "in-field-job"
    SAME_EMPLOYER = "same-employer"
    SELF_ENRICHMENT = "self-enrichment"
    FURTHER_STUDY = "further-study"
    NO_WORK_PERMIT = "no-work-permit"


# Kinds of one group do not overlap in time for one person; those of different groups may (a founder
# who studies). A metric's classes say which of them counts.
EXCLUSIVE_GROUPS: tuple[tuple[SpellKind, ...], ...] = (
    (SpellKind.EMPLOYEE,),
    (SpellKind.FOUNDER,),
    (SpellKind.FREELANCE,),
    (SpellKind.STUDY,),
    (
        SpellKind.MILITARY,
        SpellKind.UNABLE,
        SpellKind.SEEKING,
        SpellKind.INACTIVE,
        SpellKind.UNKNOWN,
    ),
)
GWANGJU = "29"  # si/do code (lms/regions.py)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """What somebody was in [valid_from, valid_to).

    evidence_level: 5 insurance or tax record, 4 confirmed by the employer, 3 contract, registration
        or certificate of enrolment, 2 own word with a document, 1 own word, 0 somebody else's word.
    in_field: the work is what the academy trains for (coded by a rule and a reviewer).
    hours: a week.
    contract_months: agreed length; None also where it has no end.
    insured: by the employer, in employment or health insurance.
    subsidised: the wage is paid in part by a public programme.
    region: si/do code of the place of work, two digits (lms/regions.py); "99" abroad.
    registered: a founder's business is registered.
    sales, income: KRW a year, of a founder's business and of a freelancer.
    base_pay: KRW a month, without bonuses.
    found_through: of an employee only; no metric asks for it.
    """

    kind: SpellKind
    valid_from: date
    valid_to: date | None = None
    evidence_level: int = 0
    in_field: bool | None = None
    hours: float | None = None
    contract: Contract | None = None
    contract_months: int | None = None
    insured: bool | None = None
    subsidised: bool | None = None
    hired_by_academy: bool | None = None
    region: str | None = None
    registered: bool | None = None
    sales: int | None = None
    income: int | None = None
    base_pay: int | None = None
    found_through: FoundThrough | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who was enrolled in a cohort; `key` names them within the facts, by no name."""

    key: str
    cohort: str
    enrolled_on: date
    left_on: date | None = None
    leaving: Leaving | None = None
    completed_on: date | None = None
    intent: Intent | None = None
    spells: tuple[Spell, ...] = ()

    @property
    def ended_on(self) -> date | None:
        return self.completed_on or self.left_on
