"""Deciding about a consent, signing a month of the access log, destroying what is no longer needed."""

from __future__ import annotations

from flask_babel import gettext as _

from lms import audit
from lms.accounts.models import User
from lms.db import db
from lms.errors import DomainError, NotFound
from lms.privacy import queries
from lms.privacy.models import Channel, Consent
from lms.privacy.purpose_files import purposes


class TextChanged(DomainError):
    def __init__(self) -> None:
        super().__init__(_("The text has changed meanwhile. Please read it again and decide."))


def decide(
    person: User, purpose: str, *, version: int, given: bool, channel: Channel, by: User
) -> Consent:
    """Record what the person says about the version they read; saying it again adds nothing.

    Raises:
        NotFound: there is no such purpose.
        TextChanged: another version is in effect.
    """
    offered = purposes(on=queries.today()).get(purpose)
    if offered is None:
        raise NotFound(_("There is no such purpose."))
    if offered.version != version:
        raise TextChanged
    latest = next(own.latest for own in queries.consents_of(person) if own.purpose is offered)
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
    audit.record(action, person, by=by, purpose=purpose, version=version, via=channel.value)
    return consent
