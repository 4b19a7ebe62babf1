"""What an answer does: it becomes a spell of the person's own word, beside what was known before.

Own word never changes what there is evidence for. Where it says otherwise, a dispute is opened and an
administrator looks at it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from lms import audit
from lms.accounts.models import User
from lms.careers.choosing import normalised
from lms.careers.models import Employer
from lms.db import db, utcnow
from lms.errors import Invalid
from lms.i18n import today
from lms.metrics.facts import Contract, Spell, SpellKind
from lms.outcomes import actions as outcomes
from lms.outcomes.actions import OWN_WORD_LEVEL, Stays
from lms.outcomes.models import FIRM_COLUMNS, Dispute, StatusSpell
from lms.outcomes.records import live_spells
from lms.outcomes.words import kind_names, spell_name
from lms.recorded import supersede
from lms.resident_numbers import ResidentNumberFound, holds_one
from lms.surveys import queries
from lms.surveys.employer_names import employer_named, named_last
from lms.surveys.models import Channel, Draft, Invitation, Link, Response

WORK = {SpellKind.EMPLOYEE, SpellKind.FOUNDER, SpellKind.FREELANCE}
ASKED_ABOUT_TERMS = {SpellKind.EMPLOYEE}
# Answers by kind that are fields of a Spell; employer, role and pay_band stand beside it.
FACTS: dict[SpellKind, tuple[str, ...]] = {
    SpellKind.EMPLOYEE: (
        "region", "in_field", "hours", "contract", "contract_months", "insured", "subsidised",
    ),
    SpellKind.FOUNDER: ("region", "in_field", "registered"),
    SpellKind.FREELANCE: ("region", "in_field", "hours"),
}  # fmt: skip

Answers = Mapping[str, Any]


def known_now(person: User) -> list[StatusSpell]:
    """What the person is today as far as we know; that nothing is known is not among it."""
    return [row for row in _going_on(person) if row.kind is not SpellKind.UNKNOWN]


def _going_on(person: User) -> list[StatusSpell]:
    now = today()
    return [
        row
        for row in live_spells([person.id])
        if row.valid_from <= now and (row.valid_to is None or row.valid_to > now)
    ]


def save_draft(link: Link, answers: Answers) -> Draft:
    """Keep what was said on one page; another kind starts the rest anew.

    Raises:
        ResidentNumberFound
    """
    if any(isinstance(value, str) and holds_one(value) for value in answers.values()):
        raise ResidentNumberFound
    draft = queries.draft(link.invitation)
    before = dict(draft.answers) if draft else {}
    if "kind" in answers and before.get("kind") != answers["kind"]:
        before = {}
    if draft is None:
        draft = Draft(invitation_id=link.invitation.id)
        db.session.add(draft)
    draft.answers, draft.saved_at = {**before, **answers}, utcnow()
    db.session.flush()
    return draft


def source_of(link: Link) -> str:
    """Where a spell is known from, as its record says."""
    months = link.invitation.wave.months
    text = _("Survey %(months)s months after completion", months=months)
    return f"{text} ({_('telephone')})" if link.channel is Channel.PHONE else text


def confirm_unchanged(link: Link) -> Response:
    """Nothing has changed: what is known from the person's own word is now known from this wave.

    Raises:
        Invalid: nothing is known that could be unchanged.
    """
    _one_at_a_time(link)
    known = known_now(link.invitation.person)
    if not known:
        raise Invalid(_("Nothing is known yet that could be the same: say what you do now."))
    for row in known:
        if outcomes.may_correct_oneself(row) and row.source != source_of(link):
            reason = _("Confirmed: nothing has changed.")
            outcomes.correct_spell(
                row, row.as_spell, reason=reason, source=source_of(link), by=None
            )
    return _respond(link, {}, unchanged=True)


def send_in(link: Link) -> Response:
    """The draft becomes the answer: a spell is recorded or corrected, what has ended is ended.

    Raises:
        Invalid: a page is missing, or the dates cannot be. Overlap
    """
    _one_at_a_time(link)
    draft = queries.draft(link.invitation)
    if draft is None or "kind" not in draft.answers or "since" not in draft.answers:
        raise Invalid(_("Something is not answered yet: begin at the first page."))
    answers, person = draft.answers, link.invitation.person
    spell, role = spell_from(answers), answers.get("role") or None
    firm = _firm(person, spell.kind, answers)
    still = {int(number) for number in answers.get("still") or ()}
    said = False
    for row in sorted(_going_on(person), key=lambda row: row.kind is SpellKind.UNKNOWN):
        if said and row.kind is SpellKind.UNKNOWN:
            continue
        if row.kind is spell.kind or row.kind is SpellKind.UNKNOWN:
            said = _say_anew(row, spell, role, firm, link) or said
        elif row.id not in still:
            _end(row, spell, link)
    if not said:
        outcomes.record_spell(
            person,
            spell,
            source=source_of(link),
            role=role,
            firm=firm if isinstance(firm, Employer) else None,
            by=None,
        )
    return _respond(link, answers, unchanged=False)


def _one_at_a_time(link: Link) -> None:
    """A button pressed twice answers once: the second waits, and finds that the draft has served."""
    row = select(Invitation.id).where(Invitation.id == link.invitation.id)
    db.session.execute(row.with_for_update())


def spell_from(answers: Answers) -> Spell:
    """The answers as a fact; a pay band is no amount and stays with the answers."""
    kind = SpellKind(answers["kind"])
    told = {name: answers.get(name) for name in FACTS.get(kind, ())}
    if told.get("contract"):
        told["contract"] = Contract(str(told["contract"]))
    since = date.fromisoformat(answers["since"])
    return Spell(kind=kind, valid_from=since, evidence_level=OWN_WORD_LEVEL, **told)


def _firm(person: User, kind: SpellKind, answers: Answers) -> Employer | Stays | None:
    """Whom the name in the answer means; None where an administrator has to look.

    A name that was said before says nothing new: what was made of it stays.
    """
    name = str(answers.get("employer") or "").strip()
    if not name or kind not in FIRM_COLUMNS:
        return Stays.AS_IT_WAS
    if firm := employer_named(name):
        return firm
    same = normalised(name) == normalised(named_last(person))
    return Stays.AS_IT_WAS if same else None


def _say_anew(
    row: StatusSpell,
    spell: Spell,
    role: str | None,
    firm: Employer | Stays | None,
    link: Link,
) -> bool:
    """Something of the same kind is known; whether that says all of the new spell."""
    documented = not outcomes.may_correct_oneself(row)
    another = spell.valid_from > row.valid_from and not _said_before(row, link)
    if another:  # a job after the one we know
        if documented:
            _object(row, spell)
        else:
            outcomes.end_spell(row, on=spell.valid_from, by=None)
        return documented
    if not documented:
        known = {name: getattr(spell, name) for name in FACTS.get(spell.kind, ())}
        fact = replace(
            row.as_spell, kind=spell.kind, valid_from=spell.valid_from,
            evidence_level=OWN_WORD_LEVEL, **known,
        )  # fmt: skip
        with suppress(outcomes.NothingChanged):
            outcomes.correct_spell(
                row,
                fact,
                reason=_("Said anew in the survey."),
                source=source_of(link),
                role=role or "",
                firm=firm,
                by=None,
            )
    return True


def _said_before(row: StatusSpell, link: Link) -> bool:
    """Whether the spell is what was answered before in this wave: another answer corrects that."""
    before = queries.response(link.invitation)
    told = before.answers if before else {}
    return (told.get("kind"), told.get("since")) == (row.kind.value, row.valid_from.isoformat())


def _end(row: StatusSpell, spell: Spell, link: Link) -> None:
    if not outcomes.may_correct_oneself(row):
        _object(row, spell)
    elif spell.valid_from <= row.valid_from:
        raise Invalid(
            _(
                "We know of “%(spell)s”, which began on that day or later. Is the day right? If both "
                "are so, tick that it is still so.",
                spell=spell_name(row),
            )
        )
    else:
        outcomes.end_spell(
            row, on=spell.valid_from, reason=_("Said in the survey: it has ended."), by=None
        )


def _object(row: StatusSpell, spell: Spell) -> None:
    """There is evidence for what the person says is not so any more: an administrator looks."""
    open_already = select(Dispute.id).where(Dispute.spell_id == row.id, ~Dispute.answer.has())
    if db.session.scalar(open_already) is None:
        said = _("Said in the survey: %(kind)s since %(day)s, and this has ended.",
                 kind=kind_names()[spell.kind], day=spell.valid_from.isoformat())  # fmt: skip
        outcomes.dispute(row.user, text=said, spell=row)


def looked_at(person: User) -> Sequence[Dispute]:
    """The person's disputes that no administrator has answered yet."""
    rows = select(Dispute).where(Dispute.user_id == person.id, ~Dispute.answer.has())
    return db.session.scalars(rows).all()


def _respond(link: Link, answers: Answers, *, unchanged: bool) -> Response:
    """An earlier answer in the same wave is superseded; the draft has served."""
    invitation = link.invitation
    if (before := queries.response(invitation)) is not None:
        supersede(before)
    response = Response(
        invitation_id=invitation.id,
        channel=link.channel,
        unchanged=unchanged,
        answers=dict(answers),
        reason=_("Answered again.") if before else None,
    )
    db.session.add(response)
    if (draft := queries.draft(invitation)) is not None:
        db.session.delete(draft)
    db.session.flush()
    audit.record(
        "survey-answered", invitation, by=None, channel=link.channel.value, unchanged=unchanged
    )
    return response
