"""The background jobs of surveys."""

from __future__ import annotations

from lms.db import db
from lms.queue import periodic, task
from lms.surveys import actions
from lms.surveys.models import Channel, Invitation, Outcome


@periodic("7 * * * *")
def follow_up() -> None:
    """Every hour, so that a day is not lost to a machine that was off for a while."""
    actions.follow_up()


@task
def mail_refused(invitation_id: int) -> None:
    """The mail server knows no such address: somebody has to find out another."""
    invitation = db.session.get(Invitation, invitation_id)
    if invitation is not None:
        actions.record_attempt(
            invitation, channel=Channel.MAIL, outcome=Outcome.BAD_CONTACT, note="", by=None
        )
