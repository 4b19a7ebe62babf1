"""What is done to a wave: opened, mailed, reminded of, closed; what was tried by hand is written down."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lms import audit, mail
from lms.accounts.models import User
from lms.cohorts.models import Enrolment
from lms.db import db, utcnow
from lms.errors import DomainError, Invalid
from lms.i18n import date_format, today
from lms.privacy.actions import decide, withdraw
from lms.privacy.models import Channel as ConsentChannel
from lms.privacy.purpose_files import purposes
from lms.privacy.queries import has_consent
from lms.surveys import queries
from lms.surveys.models import (
    BY_HAND,
    FINAL,
    PURPOSE,
    QUESTIONNAIRE,
    Attempt,
    Channel,
    Invitation,
    Link,
    Outcome,
    RefusedLink,
    Wave,
)
from lms.surveys.queries import PlannedWave, WaveState

OPEN_DAYS = 60
REMINDED_AFTER = timedelta(days=7)  # after the mail before: on days 7 and 14
MOST_MAILS = 3  # the first and two reminders


class WaveNotDue(DomainError):
    def __init__(self, census_on: str) -> None:
        super().__init__(
            _("The census day is %(day)s: nobody can say yet what they do then.", day=census_on)
        )


class WaveOpenedAlready(DomainError):
    def __init__(self) -> None:
        super().__init__(_("This wave has been opened already."))


class WaveClosed(DomainError):
    def __init__(self) -> None:
        super().__init__(_("This wave is closed: nobody is asked any more."))


class NotToBeAsked(DomainError):
    def __init__(self) -> None:
        super().__init__(
            _("This person has answered or refused: they are not written to again in this wave.")
        )


class NoConsent(DomainError):
    def __init__(self) -> None:
        super().__init__(
            _("This person has not agreed to be asked, or agrees no longer. If they do now, record "
              "their consent first.")
        )  # fmt: skip


def open_wave(planned: PlannedWave, *, by: User | None) -> Wave:
    """Everybody who had completed the cohort by the census day is in it; who agreed to be asked gets
    a mail.

    Raises:
        WaveNotDue, WaveOpenedAlready
    """
    if planned.state is WaveState.PLANNED:
        raise WaveNotDue(date_format(planned.census_on))
    wave = Wave(
        cohort=planned.cohort,
        months=planned.months,
        census_on=planned.census_on,
        questionnaire=QUESTIONNAIRE,
        opened_by_id=by.id if by else None,
        closes_at=utcnow() + timedelta(days=OPEN_DAYS),
    )
    try:
        with db.session.begin_nested():
            db.session.add(wave)
    except IntegrityError as error:
        raise WaveOpenedAlready from error
    people = [Invitation(wave=wave, enrolment=row) for row in _completers(wave)]
    db.session.add_all(people)
    db.session.flush()
    audit.record("survey-opened", wave, by=by, months=wave.months, asked=len(people))
    write_to_waiting(wave, by=by)
    return wave


def _completers(wave: Wave) -> list[Enrolment]:
    rows = select(Enrolment).where(
        Enrolment.cohort_id == wave.cohort.id, Enrolment.completed_on <= wave.census_on
    )
    return list(db.session.scalars(rows.order_by(Enrolment.student_number)))


def close_wave(wave: Wave, *, by: User) -> None:
    """Every link of it ends.

    Raises:
        WaveClosed
    """
    if not wave.is_open:
        raise WaveClosed
    wave.closes_at = utcnow()
    audit.record("survey-closed", wave, by=by)


def write_to_waiting(wave: Wave, *, by: User | None = None) -> int:
    """Write to who has not answered: at once, and again after 7 and 14 days; how many mails that were.

    Who agrees to be asked only while the wave is open is written to from then on. A begun answer is
    none: it is kept, and its person is reminded of it.
    """
    db.session.refresh(wave, with_for_update=True)  # two reminders at once would both be sent
    rows = queries.waiting(wave, mailed_before=utcnow() - REMINDED_AFTER, most_mails=MOST_MAILS)
    for row in rows:
        _write_to(row, by=by)
    return len(rows)


def mail_again(row: Invitation, *, by: User) -> None:
    """Write to somebody now, with a link that takes the place of the earlier ones.

    Raises:
        WaveClosed, NotToBeAsked, NoConsent
    """
    if queries.outcome_of(row) in {*FINAL, Outcome.COMPLETE}:
        raise NotToBeAsked
    _must_agree(row)
    revoke_links(row, by=by)
    _write_to(row, by=by)


def call(row: Invitation, *, by: User) -> str:
    """The token of a link by which the form is filled in together with the person on the telephone.

    Raises:
        WaveClosed, NoConsent
    """
    _must_agree(row)
    token = issue_link(row, channel=Channel.PHONE, by=by)
    record_attempt(row, channel=Channel.PHONE, outcome=None, note="", by=by)
    return token


def _must_agree(row: Invitation) -> None:
    if not has_consent(row.person, PURPOSE):
        raise NoConsent


def issue_link(row: Invitation, *, channel: Channel, by: User | None) -> str:
    """The token of a new link, shown or sent once; only its hash is kept.

    Raises:
        WaveClosed
    """
    if not row.wave.is_open:
        raise WaveClosed
    token = secrets.token_urlsafe(32)
    link = Link(
        invitation=row,
        token_hash=queries.token_hash(token),
        channel=channel,
        expires_at=row.wave.closes_at,
    )
    db.session.add(link)
    if by is not None:
        audit.record("survey-link-issued", row, by=by, channel=channel.value)
    return token


def revoke_links(row: Invitation, *, by: User) -> int:
    """Make every link of the person in this wave void; how many those were."""
    links = queries.live_links(row)
    for link in links:
        link.revoked_at = utcnow()
    if links:
        audit.record("survey-links-revoked", row, by=by, links=len(links))
    return len(links)


def _write_to(row: Invitation, *, by: User | None) -> None:
    """Enqueue a mail with a link of its own; earlier links of the person stay good."""
    reminds = any(attempt.channel is Channel.MAIL for attempt in row.attempts)
    address = f"{current_app.config['LMS_ORIGIN']}/surveys/"
    address += issue_link(row, channel=Channel.MAIL, by=by)
    with force_locale(row.person.locale):
        subject, text = _letter(row, address, reminds=reminds)
    mail.send(
        row.person.email,
        subject=subject,
        text=text,
        if_refused=("surveys.mail_refused", {"invitation_id": row.id}),
    )
    attempt = Attempt(channel=Channel.MAIL, by_id=by.id if by else None, at=utcnow())
    row.attempts.append(attempt)


def _letter(row: Invitation, address: str, *, reminds: bool) -> tuple[str, str]:
    cohort = row.wave.cohort.name.in_(row.person.locale)
    subject = _("AI Academy: what do you do now?")
    if reminds:
        subject = _("Reminder: %(subject)s", subject=subject)
    lines = [
        _("Dear %(name)s,", name=row.person.name),
        _(
            "%(months)s months ago you completed %(cohort)s of the AI Academy. We ask everybody what "
            "they do now. It takes less than two minutes, and one click if nothing has changed:",
            months=row.wave.months,
            cohort=cohort,
        ),
        address,
        _(
            "This address is yours alone: do not pass it on. It is good until %(day)s. Answering is "
            "voluntary; figures are published without names.",
            day=date_format(row.wave.closes_at),
        ),
        _("If you do not want to be asked any more:") + f"\n{address}/opt-out",
    ]
    return subject, "\n\n".join(lines) + "\n"


def record_attempt(
    row: Invitation, *, channel: Channel, outcome: Outcome | None, note: str, by: User | None
) -> Attempt:
    """What was tried by hand and what came of it. Opting out withdraws the consent to be asked at all.

    Raises:
        Invalid: an answer is recorded by filling in the form, not by saying so.
        ResidentNumberFound
    """
    if outcome is not None and outcome not in BY_HAND:
        raise Invalid(_("Answers come from the form: fill it in together with the person."))
    attempt = Attempt(
        channel=channel, outcome=outcome, note=note.strip(), by_id=by.id if by else None,
        at=utcnow(),
    )  # fmt: skip
    row.attempts.append(attempt)
    db.session.flush()
    if outcome is Outcome.OPTED_OUT and by is not None:
        withdraw(row.person, PURPOSE, channel=ConsentChannel.TOLD, by=by)
    audit.record(
        "survey-attempt", row, by=by, channel=channel.value, outcome=outcome and outcome.value
    )
    return attempt


def opt_out(link: Link) -> None:
    """By the link itself: nobody is asked again who does not want to be."""
    person = link.invitation.person
    withdraw(person, PURPOSE, channel=ConsentChannel.LINK, by=person)


def ask_again(person: User, *, reason: str, by: User) -> None:
    """The person told an administrator that they agree to be asked; `reason` says how that is known."""
    version = purposes(on=today())[PURPOSE].version
    decide(
        person, PURPOSE, version=version, given=True, channel=ConsentChannel.TOLD, by=by,
        reason=reason,
    )  # fmt: skip


def refuse_link(address: str) -> None:
    db.session.add(RefusedLink(address=address))


def follow_up() -> None:
    """What the schedule wants done by now: open what is due, remind who has not answered."""
    for planned in queries.due():
        open_wave(planned, by=None)
    for wave in queries.open_waves():
        write_to_waiting(wave)
