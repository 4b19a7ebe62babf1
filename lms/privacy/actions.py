"""Deciding about a consent, and signing a month of the access log."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from lms import audit
from lms.accounts.models import User
from lms.db import db
from lms.errors import DomainError, Invalid, NotFound
from lms.i18n import today
from lms.privacy import access_log, queries
from lms.privacy.models import AccessReview, Channel, Consent
from lms.privacy.purpose_files import Purpose, purposes


class TextChanged(DomainError):
    def __init__(self) -> None:
        super().__init__(_("The text has changed meanwhile. Please read it again and decide."))


def decide(
    person: User,
    purpose: str,
    *,
    version: int,
    given: bool,
    channel: Channel,
    by: User,
    reason: str | None = None,
) -> Consent:
    """Record what the person says about the version they read; saying it again adds nothing.

    `reason` is kept in the audit trail: how an administrator knows what somebody else decided.

    Raises:
        NotFound: there is no such purpose.
        TextChanged: another version is in effect.
    """
    offered = _offered(purpose)
    if offered.version != version:
        raise TextChanged
    latest = queries.latest(person, purpose)
    if latest is not None and (latest.version, latest.given) == (version, given):
        return latest
    consent = Consent(
        user_id=person.id,
        purpose=purpose,
        version=version,
        given=given,
        channel=channel,
        by_id=by.id,
    )
    db.session.add(consent)
    action = "consent-given" if given else "consent-withdrawn"
    why: dict[str, Any] = {"reason": reason} if reason else {}
    audit.record(action, person, by=by, purpose=purpose, version=version, via=channel.value, **why)
    return consent


def withdraw(person: User, purpose: str, *, channel: Channel, by: User) -> None:
    """The person agrees no longer, whatever text they had agreed to; twice is once.

    Raises:
        NotFound: there is no such purpose.
    """
    latest = queries.latest(person, purpose)
    if latest is None or latest.given:
        version = _offered(purpose).version
        decide(person, purpose, version=version, given=False, channel=channel, by=by)


def _offered(purpose: str) -> Purpose:
    offered = purposes(on=today()).get(purpose)
    if offered is None:
        raise NotFound(_("There is no such purpose."))
    return offered


class AlreadyReviewed(DomainError):
    def __init__(self) -> None:
        super().__init__(_("This month is already signed."))


def sign_review(month: date, *, note: str, by: User) -> AccessReview:
    """Record that somebody looked through a month of the access log.

    Raises:
        Invalid: the month is not over, or has unusual patterns and no word about them.
        AlreadyReviewed: it is signed.
    """
    if access_log.month_after(month) > today():
        raise Invalid(_("The month is not over yet: sign it when it is."))
    if access_log.review_of(month):
        raise AlreadyReviewed
    seen = access_log.accesses(month)
    if any(one.patterns for one in seen) and not note.strip():
        raise Invalid(_("Write what you found out about the unusual patterns."))
    total = sum(one.total for one in seen)
    review = AccessReview(month=month, accesses=total, note=note.strip(), by_id=by.id)
    db.session.add(review)
    audit.record("access-reviewed", review, by=by, month=f"{month:%Y-%m}")
    return review
