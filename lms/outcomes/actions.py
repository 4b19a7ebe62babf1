"""What is done to recorded outcomes: spells, intents and disputes; their evidence has a file of its own.

Nothing is changed: a correction supersedes the row and inserts another that says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, timedelta
from enum import Enum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lms import audit
from lms.accounts.models import User
from lms.careers.models import Employer
from lms.cohorts.models import Enrolment, Standing
from lms.db import db, utcnow
from lms.errors import DomainError, Forbidden, Invalid, NoLongerLive
from lms.metrics.facts import Intent, Spell, SpellKind
from lms.outcomes import records
from lms.outcomes.models import (
    FIRM_COLUMNS,
    Dispute,
    DisputeAnswer,
    IntentAnswer,
    SpellWithdrawal,
    StatusSpell,
)
from lms.outcomes.words import spell_name
from lms.recorded import known, supersede

OWN_WORD_LEVEL = 1
INTENT_DAYS = 7  # from the first day; an answer given later is a correction of what was asked then


class Overlap(DomainError):
    """The person has another spell of the kind's group in that time."""

    def __init__(self, clash: StatusSpell) -> None:
        super().__init__(
            _(
                "This overlaps with “%(spell)s”, which is recorded already. End or correct that one "
                "first, or change the dates.",
                spell=spell_name(clash),
            )
        )
        self.clash = clash


class ReasonMissing(Invalid):
    def __init__(self) -> None:
        super().__init__(_("Say why: the reason stays with the record."))


class NothingChanged(DomainError):
    def __init__(self) -> None:
        super().__init__(_("The spell says this already; nothing was changed."))


class HasNoFirm(Invalid):
    def __init__(self) -> None:
        super().__init__(_("Only who is employed has an employer, and only a founder a firm."))


class FoundNoJob(Invalid):
    def __init__(self) -> None:
        super().__init__(_("How a job was found is said of an employee only."))


class Stays(Enum):
    """Said of what a correction leaves alone."""

    AS_IT_WAS = "as it was"


class OnlyDisputable(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            _(
                "There is evidence for this beyond your own word. Tell us what is wrong with it instead."
            )
        )


def record_spell(
    person: User,
    spell: Spell,
    *,
    source: str,
    role: str | None = None,
    firm: Employer | None = None,
    ends: Sequence[StatusSpell] = (),
    by: User | None,
) -> StatusSpell:
    """Record what somebody was or is, with the firm that it is with; `ends` are spells that end on its
    first day.

    Raises:
        HasNoFirm, FoundNoJob
        Overlap: a live spell of the same group is in the way.
        ResidentNumberFound
    """
    for before in ends:
        end_spell(before, on=spell.valid_from, reason=_("Followed by another status."), by=by)
    row = StatusSpell(
        user_id=person.id, source=source, role=role, **_columns(spell), **_with(spell.kind, firm)
    )
    _insert(row, by=by)
    audit.record("spell-recorded", person, by=by, spell=row.id, kind=row.kind.value)
    return row


def correct_spell(
    row: StatusSpell,
    spell: Spell,
    *,
    reason: str,
    source: str | None = None,
    role: str | None = None,
    firm: Employer | Stays | None = Stays.AS_IT_WAS,
    by: User | None,
) -> StatusSpell:
    """Supersede a spell by what is right; without a source, role or firm, those of before stay.

    Raises:
        HasNoFirm, FoundNoJob, ReasonMissing, NothingChanged, NoLongerLive, Overlap, ResidentNumberFound
    """
    if not reason.strip():
        raise ReasonMissing
    source = row.source if source is None else source
    role = row.role if role is None else role or None
    employment = _employment(row, spell.kind, firm)
    before = (row.as_spell, row.source, row.role, _employment(row, row.kind, Stays.AS_IT_WAS))
    if before == (spell, source, role, employment):
        raise NothingChanged
    _close(row)
    corrected = StatusSpell(
        user_id=row.user_id,
        source=source,
        role=role,
        supersedes_id=row.id,
        reason=reason.strip(),
        **_columns(spell),
        **employment,
    )
    _insert(corrected, by=by)
    audit.record("spell-corrected", row.user, by=by, spell=corrected.id, before=row.id)
    return corrected


def _employment(row: StatusSpell, kind: SpellKind, firm: Employer | Stays | None) -> dict[str, Any]:
    """Who it is with stays as it was, unless another is named or it is of another kind now. That the
    employer may be named was said of that employer."""
    kept = {name: getattr(row, name) for name in ("employer_id", "venture_id", "may_name_employer")}
    if isinstance(firm, Stays):
        return kept if kind is row.kind else dict.fromkeys(kept)
    if kind is row.kind and firm is row.firm:
        return kept
    agreed = kept["may_name_employer"] if kind is row.kind and row.firm is None else None
    return {**dict.fromkeys(kept), **_with(kind, firm), "may_name_employer": agreed}


def _with(kind: SpellKind, firm: Employer | None) -> dict[str, Any]:
    if firm is None:
        return {}
    if kind not in FIRM_COLUMNS:
        raise HasNoFirm
    return {FIRM_COLUMNS[kind]: firm.id}


def end_spell(
    row: StatusSpell, *, on: date, reason: str | None = None, by: User | None
) -> StatusSpell:
    """A spell ends: its last day is the one before `on`.

    Raises:
        Invalid: the day is not after the spell's first. NoLongerLive
    """
    if on <= row.valid_from:
        raise Invalid(_("The spell would end before it began: withdraw it if it was never so."))
    return correct_spell(
        row, replace(row.as_spell, valid_to=on), reason=reason or _("It has ended."), by=by
    )


def withdraw_spell(row: StatusSpell, *, reason: str, by: User) -> SpellWithdrawal:
    """A spell was never so: it is superseded and nothing follows.

    Raises:
        ReasonMissing, NoLongerLive, ResidentNumberFound
    """
    if not reason.strip():
        raise ReasonMissing
    _close(row)
    withdrawal = SpellWithdrawal(spell_id=row.id, reason=reason.strip(), by_id=by.id)
    db.session.add(withdrawal)
    db.session.flush()
    audit.record("spell-withdrawn", row.user, by=by, spell=row.id)
    return withdrawal


def may_correct_oneself(row: StatusSpell) -> bool:
    """Whether it is known from the person, so that they may say it anew."""
    return row.superseded_at is None and row.evidence_level <= OWN_WORD_LEVEL


def correct_own_spell(
    row: StatusSpell, spell: Spell, *, reason: str, role: str | None = None, by: User
) -> StatusSpell:
    """What somebody said about themselves, they correct themselves.

    Raises:
        OnlyDisputable: there is evidence beyond their word, or it is not theirs.
        What `correct_spell` raises.
    """
    if row.user_id != by.id or not may_correct_oneself(row):
        raise OnlyDisputable
    spell = replace(spell, evidence_level=OWN_WORD_LEVEL)
    return correct_spell(
        row, spell, reason=reason, source=_("The person's own word"), role=role, by=by
    )


def end_own_spell(row: StatusSpell, *, on: date, by: User) -> StatusSpell:
    """Somebody says that what they said themselves has ended.

    Raises:
        OnlyDisputable; what `end_spell` raises.
    """
    if row.user_id != by.id or not may_correct_oneself(row):
        raise OnlyDisputable
    return end_spell(row, on=on, by=by)


def _columns(spell: Spell) -> dict[str, object]:
    if spell.found_through and spell.kind is not SpellKind.EMPLOYEE:
        raise FoundNoJob
    return asdict(spell)


def _close(row: StatusSpell) -> None:
    db.session.refresh(row, with_for_update={"of": StatusSpell})
    if row.superseded_at is not None:
        raise NoLongerLive
    supersede(row)


def _insert(row: StatusSpell, *, by: User | None) -> None:
    row.recorded_by_id = by.id if by else None
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError as error:
        if "ex_status_spell_live_overlap" not in str(error.orig):
            raise
        raise Overlap(records.clashes(row)[0]) from error


class IntentLocked(DomainError):
    def __init__(self) -> None:
        super().__init__(
            _("This was answered at the start and is locked. A correction needs a reason and an administrator.")
        )  # fmt: skip


def intent_is_asked(enrolment: Enrolment) -> bool:
    """Whether it is still the start, when what people want is asked."""
    start = max(enrolment.enrolled_on, enrolment.cohort.starts_on)
    takes_part = enrolment.standing is Standing.TAKING_PART
    return takes_part and utcnow().date() <= start + timedelta(days=INTENT_DAYS)


def record_intent(
    enrolment: Enrolment, answer: Intent, *, reason: str | None = None, by: User | None
) -> IntentAnswer:
    """What somebody wants afterwards, asked at the start. After that, an answer that was given then
    is recorded with a reason, by somebody else than its person.

    Raises:
        IntentLocked: there is an answer, or it is too late for one's own.
        ReasonMissing
    """
    if live_intent(enrolment):
        raise IntentLocked
    if not intent_is_asked(enrolment):
        if by is not None and by.id == enrolment.user_id:
            raise IntentLocked
        if not (reason or "").strip():
            raise ReasonMissing
    return _answer(enrolment, answer, reason=reason, by=by)


def correct_intent(enrolment: Enrolment, answer: Intent, *, reason: str, by: User) -> IntentAnswer:
    """Raises:
    ReasonMissing
    IntentLocked: it is one's own. NothingChanged
    """
    before = live_intent(enrolment)
    if by.id == enrolment.user_id:
        raise IntentLocked
    if not reason.strip():
        raise ReasonMissing
    if before and before.answer == answer:
        raise NothingChanged
    if before:
        supersede(before)
    return _answer(enrolment, answer, reason=reason, by=by)


def _answer(
    enrolment: Enrolment, answer: Intent, *, reason: str | None, by: User | None
) -> IntentAnswer:
    row = IntentAnswer(
        enrolment_id=enrolment.id,
        answer=answer,
        reason=(reason or "").strip() or None,
        recorded_by_id=by.id if by else None,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("intent-recorded", enrolment, by=by, answer=answer.value)
    return row


def live_intent(enrolment: Enrolment) -> IntentAnswer | None:
    return db.session.scalar(
        select(IntentAnswer).where(IntentAnswer.enrolment_id == enrolment.id, known(IntentAnswer))
    )


class AlreadyAnswered(DomainError):
    def __init__(self) -> None:
        super().__init__(_("This dispute has its answer already."))


def dispute(person: User, *, text: str, spell: StatusSpell | None = None) -> Dispute:
    """A person says what is wrong with their record: with a spell, or with what is missing.

    Raises:
        ReasonMissing: without a word. Forbidden: the spell is somebody else's.
        ResidentNumberFound
    """
    if not text.strip():
        raise ReasonMissing
    if spell is not None and spell.user_id != person.id:
        raise Forbidden(_("This is not your record."))
    row = Dispute(user_id=person.id, spell_id=spell.id if spell else None, text=text.strip())
    db.session.add(row)
    db.session.flush()
    audit.record("disputed", person, by=person, dispute=row.id)
    return row


def answer_dispute(row: Dispute, *, upheld: bool, text: str, by: User) -> DisputeAnswer:
    """Answer once. Upheld means that the record was corrected, in the same transaction.

    Raises:
        AlreadyAnswered, ReasonMissing, ResidentNumberFound
        Forbidden: it is one's own.
    """
    if by.id == row.user_id:
        raise Forbidden(_("Nobody answers their own dispute: ask another administrator."))
    if not text.strip():
        raise ReasonMissing
    answer = DisputeAnswer(dispute_id=row.id, upheld=upheld, text=text.strip(), by_id=by.id)
    try:
        with db.session.begin_nested():
            db.session.add(answer)
    except IntegrityError as error:
        raise AlreadyAnswered from error
    db.session.expire(row, ["answer"])
    person = db.session.get_one(User, row.user_id)
    audit.record("dispute-answered", person, by=by, dispute=row.id, upheld=upheld)
    return answer
