"""Whose data has been kept long enough, and its destruction.

The clock of each purpose (keep_years in purposes/) runs from the day the person's education ended: the
last leaving or completion, the last day of a closed cohort, or for an account that never was in a
cohort its deactivation. A person is due when every clock that counts for them has run out: those of
required purposes always, those of optional ones while consent stands.

Destruction makes the account one that nobody can tell: name, e-mail and user name become a random
pseudonym, password, sign-ins, tokens and student numbers go, so do files of grades made for download.
Facts (status_spell, enrolment_record, attendance, notebook_session, submissions, marks) refuse deletion,
and reports must stay recomputable; what they hold is keyed by the account's number, which now leads to
nobody. Under article 58-2 and the guidance on article 21 that is anonymisation as far as these rows go.

It is not enough by itself, and the page says so, for three things this application cannot reach or tell apart:
what somebody wrote into a notebook, a comment or a document kept as evidence; the home folder on the
hub; and backups made before. A rare combination of facts in a small cohort may also point to a person, which is
why published figures pass disclosure control.

What was asked of applicants (sex, year of birth, region …) would point to one soonest, so it goes with
its person, and of those never enrolled when the same period has run since the end of their cohort.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Date, case, cast, delete, func, or_, select, update
from sqlalchemy.orm import joinedload

from lms import audit
from lms.accounts.actions import revoke_tokens
from lms.accounts.models import AuthorizationCode, FailedSignIn, OAuthToken, User
from lms.cohorts.models import Applicant, Application, Cohort, Enrolment, Offering, Teaching
from lms.compute.actions import end_sessions
from lms.db import db
from lms.errors import DomainError, Invalid
from lms.gradebook.models import GradebookExport
from lms.i18n import today
from lms.privacy.models import DestroyedAccount, Destruction
from lms.privacy.purpose_files import purposes
from lms.privacy.queries import consenting

KIND = "account"
APPLICATIONS = "applications"


@dataclass(frozen=True)
class Due:
    """A person whose data is no longer needed: since when, and when their education ended."""

    person: User
    ended_on: date
    due_on: date


@dataclass(frozen=True)
class DueApplications:
    """Of a cohort, how many applications that nobody was enrolled from still say something."""

    cohort: Cohort
    applications: int
    due_on: date


class NotDue(DomainError):
    def __init__(self) -> None:
        super().__init__(
            _("The list has changed meanwhile: somebody on it is not due. Nothing was destroyed.")
        )


def due() -> list[Due]:
    """Everybody due today, the longest first; one query and one for each optional purpose."""
    on = today()
    offered = purposes(on=on).values()
    always = _always(on)
    if always is None:
        return []  # nothing says for how long: then it is not over
    keep: dict[int, int] = {}
    for one in offered:
        if not one.required:
            for person_id in db.session.scalars(consenting(one.purpose)):
                keep[person_id] = max(keep.get(person_id, 0), one.keep_years)
    found = []
    for person, ended_on in _ended():
        due_on = years_after(ended_on, max(always, keep.get(person.id, 0)))
        if due_on <= on:
            found.append(Due(person, ended_on, due_on))
    return sorted(found, key=lambda one: (one.due_on, one.person.id))


def _always(on: date) -> int | None:
    """The years of the longest clock that counts for everybody."""
    return max((one.keep_years for one in purposes(on=on).values() if one.required), default=None)


def due_applications() -> list[DueApplications]:
    """By closed cohort whose period is over, the oldest first."""
    years = _always(today())
    rows = db.session.execute(
        select(Cohort, func.count(Application.id))
        .join(Application, Application.cohort_id == Cohort.id)
        .where(Cohort.closed_at.is_not(None), _says_something(), ~_enrolled())
        .group_by(Cohort.id)
        .order_by(Cohort.number)
    )
    found = [
        DueApplications(cohort, applications, years_after(cohort.ends_on, years))
        for cohort, applications in rows
        if years is not None
    ]
    return [one for one in found if one.due_on <= today()]


def _says_something() -> ColumnElement[bool]:
    asked = select(Applicant.id).where(Applicant.application_id == Application.id)
    return or_(Application.number.is_not(None), asked.exists())


def _enrolled() -> ColumnElement[bool]:
    return select(Enrolment.id).where(Enrolment.application_id == Application.id).exists()


def destroy_applications(cohort: Cohort, *, by: User) -> Destruction:
    """Of a cohort's applications that nobody was enrolled from only how far each got is left.

    Raises:
        NotDue: the period is not over, or it was done meanwhile.
    """
    db.session.refresh(cohort, with_for_update=True)
    due_here = [one for one in due_applications() if one.cohort is cohort]
    if not due_here:
        raise NotDue
    ids = db.session.scalars(
        select(Application.id).where(
            Application.cohort_id == cohort.id, _says_something(), ~_enrolled()
        )
    ).all()
    destruction = _registered(APPLICATIONS, people=len(ids), by=by)
    _forget_applicants(ids)
    audit.record("personal-data-destroyed", destruction, by=by, people=destruction.people)
    return destruction


def _forget_applicants(application_ids: Collection[int]) -> None:
    db.session.execute(delete(Applicant).where(Applicant.application_id.in_(application_ids)))
    db.session.execute(
        update(Application).where(Application.id.in_(application_ids)).values(number=None)
    )


def _registered(kind: str, *, people: int, by: User) -> Destruction:
    basis = {one.legal_basis.ko for one in purposes(on=today()).values() if one.required}
    destruction = Destruction(
        kind=kind, people=people, legal_basis="; ".join(sorted(basis)), by_id=by.id
    )
    db.session.add(destruction)
    db.session.flush()
    return destruction


def years_after(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _ended() -> Sequence[tuple[User, date]]:
    """Everybody the academy has nothing more to do with, and since which day."""
    end = func.coalesce(
        Enrolment.left_on, Enrolment.completed_on, case((Cohort.closed_at.is_not(None), Cohort.ends_on))
    )  # fmt: skip
    education = (
        select(Enrolment.user_id, func.max(end).label("on"), func.bool_and(end.is_not(None)).label("over"))
        .join(Enrolment.cohort)
        .group_by(Enrolment.user_id)
        .subquery()
    )  # fmt: skip
    ended_on = func.coalesce(education.c.on, cast(User.deactivated_at, Date))
    teaches = select(Teaching.id).where(Teaching.user_id == User.id, Teaching.ended_at.is_(None))
    works_here = or_(User.is_administrator, teaches.exists())
    rows = db.session.execute(
        select(User, ended_on)
        .outerjoin(education, education.c.user_id == User.id)
        .where(
            ended_on.is_not(None),
            func.coalesce(education.c.over, True),
            ~(works_here & User.deactivated_at.is_(None)),
            User.id.not_in(select(DestroyedAccount.user_id)),
        )
    ).all()
    return [(person, day) for person, day in rows]


def destructions() -> Sequence[Destruction]:
    """The register, the newest first."""
    rows = select(Destruction).options(joinedload(Destruction.by), joinedload(Destruction.file))
    return db.session.scalars(rows.order_by(Destruction.id.desc())).all()


def destroy(person_ids: Collection[int], *, by: User) -> Destruction:
    """Anonymise these people for good; all of them or nobody.

    Raises:
        Invalid: nobody was chosen.
        NotDue: somebody's data is still needed, or was destroyed meanwhile.
    """
    if not person_ids:
        raise Invalid(_("Choose at least one person."))
    # Who else confirms the same list waits here and then finds it changed.
    db.session.execute(select(User.id).where(User.id.in_(person_ids)).order_by(User.id).with_for_update())  # fmt: skip
    people = {one.person.id: one.person for one in due()}
    if not set(person_ids) <= set(people):
        raise NotDue
    destruction = _registered(KIND, people=len(set(person_ids)), by=by)
    for person_id in sorted(set(person_ids)):
        _anonymise(people[person_id])
        db.session.add(DestroyedAccount(user_id=person_id, destruction_id=destruction.id))
    audit.record("personal-data-destroyed", destruction, by=by, people=destruction.people)
    return destruction


def _anonymise(person: User) -> None:
    db.session.execute(delete(FailedSignIn).where(FailedSignIn.username == person.username))
    revoke_tokens(person)
    end_sessions(person)
    for kept in (OAuthToken, AuthorizationCode):
        db.session.execute(delete(kept).where(kept.user_id == person.id))
    pseudonym = f"destroyed-{secrets.token_hex(8)}"
    person.username, person.name = pseudonym, pseudonym
    person.email = f"{pseudonym}@destroyed.invalid"
    person.password_hash, person.is_administrator = None, False
    person.deactivate()
    mine = select(Enrolment).where(Enrolment.user_id == person.id)
    cohorts = set()
    for enrolment in db.session.scalars(mine):
        enrolment.student_number, enrolment.left_reason = pseudonym, None
        cohorts.add(enrolment.cohort_id)
        if enrolment.application_id is not None:
            _forget_applicants([enrolment.application_id])
    offerings = select(Offering.id).where(Offering.cohort_id.in_(cohorts))
    db.session.execute(delete(GradebookExport).where(GradebookExport.offering_id.in_(offerings)))
