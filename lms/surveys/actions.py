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
from lms.i18n import date_format
from lms.recorded import supersede
from lms.surveys import queries
from lms.surveys.models import (
    BY_HAND,
    FINAL,
    QUESTIONNAIRE,
    Attempt,
    Channel,
    Invitation,
    Link,
    OptOut,
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
            _("This person has answered, refused or opted out: they are not written to again.")
        )


def open_wave(planned: PlannedWave, *, by: User | None) -> Wave:
    """Ask everybody who had completed the cohort by the census day; who opted out gets no mail.

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
    asked = [Invitation(wave=wave, enrolment=row) for row in _completers(wave)]
    db.session.add_all(asked)
    db.session.flush()
    found = queries.outcomes([row.id for row in asked])
    for row in asked:
        if found[row.id] is Outcome.NO_ANSWER and row.person.is_active:
            _write_to(row, by=by)
    audit.record("survey-opened", wave, by=by, months=wave.months, asked=len(asked))
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


def remind(wave: Wave) -> int:
    """Write once more to who has not answered, after 7 and 14 days; how many mails that were.

    A begun answer is none: it is kept, and its person is reminded of it.
    """
    db.session.refresh(wave, with_for_update=True)  # two reminders at once would both be sent
    rows = queries.without_answer(
        wave, mailed_before=utcnow() - REMINDED_AFTER, most_mails=MOST_MAILS
    )
    for row in rows:
        _write_to(row, by=None, again=True)
    return len(rows)


def mail_again(row: Invitation, *, by: User) -> None:
    """Write to somebody now, with a link that takes the place of the earlier ones.

    Raises:
        WaveClosed, NotToBeAsked
    """
    _may_be_asked(row)
    revoke_links(row, by=by)
    _write_to(row, by=by)


def _may_be_asked(row: Invitation) -> None:
    if not row.wave.is_open:
        raise WaveClosed
    if queries.outcome_of(row) in {*FINAL, Outcome.COMPLETE}:
        raise NotToBeAsked


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


def _write_to(row: Invitation, *, by: User | None, again: bool = False) -> None:
    """Enqueue a mail with a link of its own; earlier links of the person stay good."""
    address = f"{current_app.config['LMS_ORIGIN']}/surveys/"
    address += issue_link(row, channel=Channel.MAIL, by=by)
    with force_locale(row.person.locale):
        subject, text = _letter(row, address, again=again)
    mail.send(
        row.person.email,
        subject=subject,
        text=text,
        if_refused=("surveys.mail_refused", {"invitation_id": row.id}),
    )
    attempt = Attempt(channel=Channel.MAIL, by_id=by.id if by else None, at=utcnow())
    row.attempts.append(attempt)


def _letter(row: Invitation, address: str, *, again: bool) -> tuple[str, str]:
    cohort = row.wave.cohort.name.in_(row.person.locale)
    subject = _("AI Academy: what do you do now?")
    if again:
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
    """What was tried by hand and what came of it. Opting out holds for every later wave.

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
    if outcome is Outcome.OPTED_OUT:
        stop_asking(row.person, channel=channel, by=by)
    audit.record(
        "survey-attempt", row, by=by, channel=channel.value, outcome=outcome and outcome.value
    )
    return attempt


def opt_out(link: Link) -> None:
    """By the link itself: nobody is asked again who does not want to be."""
    if queries.opt_out(link.invitation.person) is None:
        record_attempt(
            link.invitation, channel=link.channel, outcome=Outcome.OPTED_OUT, note="", by=None
        )


def stop_asking(person: User, *, channel: Channel, by: User | None) -> None:
    """A withdrawal of consent: no wave writes to this person any more."""
    if queries.opt_out(person) is None:
        db.session.add(
            OptOut(user_id=person.id, channel=channel, recorded_by_id=by.id if by else None)
        )
        audit.record("survey-opted-out", person, by=by, channel=channel.value)


def ask_again(person: User, *, reason: str, by: User | None) -> None:
    """The person wants to be asked after all, from the next wave on."""
    row = queries.opt_out(person)
    if row is not None:
        supersede(row)
        audit.record("survey-opted-in", person, by=by, reason=reason)


def refuse_link(address: str) -> None:
    db.session.add(RefusedLink(address=address))


def follow_up() -> None:
    """What the schedule wants done by now: open what is due, remind who has not answered."""
    for planned in queries.due():
        open_wave(planned, by=None)
    for wave in queries.open_waves():
        remind(wave)
