"""Employers as people name them in a survey: who is called so in the registry is linked, the rest waits.

A name waits while its answer stands and the spell it is about is with no firm: nothing is stored of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import joinedload

from lms import audit
from lms.accounts.models import User
from lms.careers.choosing import Entry, Registry, normalised
from lms.careers.models import Employer
from lms.cohorts.models import Enrolment
from lms.db import db
from lms.errors import NotFound
from lms.outcomes.actions import correct_spell
from lms.outcomes.models import FIRM_COLUMNS, StatusSpell
from lms.recorded import known
from lms.surveys.models import Invitation, Response


def employer_named(text: str) -> Employer | None:
    """The one firm of the registry that is called so; of several, none."""
    found = Registry().named(text)
    return db.session.get_one(Employer, found[0].firm_id) if len(found) == 1 else None


def named_last(person: User) -> str:
    """The employer that the person named in the latest answer that stands."""
    named = Response.answers["employer"].astext
    return (
        db.session.scalar(
            select(named)
            .join(Invitation, Invitation.id == Response.invitation_id)
            .join(Invitation.enrolment)
            .where(Enrolment.user_id == person.id, known(Response), named.is_not(None))
            .order_by(Response.id.desc())
            .limit(1)
        )
        or ""
    )


@dataclass(frozen=True)
class WaitingName:
    """A name that several people may have written, each in their own spelling.

    near: the firms that may be meant; those called exactly so first.
    """

    spellings: Sequence[str]
    spells: Sequence[StatusSpell]
    near: Sequence[Entry]

    @property
    def key(self) -> str:
        return normalised(self.spellings[0])


def waiting() -> list[WaitingName]:
    """Those that most people wrote first; two queries."""
    named = Response.answers["employer"].astext
    answered_on = func.date(func.timezone("Asia/Seoul", Response.recorded_at))
    rows = db.session.execute(
        select(StatusSpell, named)
        .join(Enrolment, Enrolment.user_id == StatusSpell.user_id)
        .join(Invitation, Invitation.enrolment_id == Enrolment.id)
        .join(Response, Response.invitation_id == Invitation.id)
        .where(
            known(Response),
            known(StatusSpell),
            StatusSpell.kind.in_(FIRM_COLUMNS),
            StatusSpell.kind == Response.answers["kind"].astext,
            func.num_nonnulls(StatusSpell.employer_id, StatusSpell.venture_id) == 0,
            func.trim(named) != "",
            StatusSpell.valid_from <= answered_on,
            or_(StatusSpell.valid_to.is_(None), StatusSpell.valid_to > answered_on),
        )
        .ext(distinct_on(StatusSpell.id))
        .order_by(StatusSpell.id, Response.id.desc())
        .options(joinedload(StatusSpell.user))
    ).all()
    groups: dict[str, list[tuple[StatusSpell, str]]] = defaultdict(list)
    for spell, text in rows:
        groups[normalised(text)].append((spell, text.strip()))
    registry = Registry() if groups else None
    return [
        WaitingName(
            spellings=[text for text, _n in Counter(text for _spell, text in group).most_common()],
            spells=[spell for spell, _text in group],
            near=_near(registry, group[0][1]) if registry else (),
        )
        for _key, group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def _near(registry: Registry, text: str) -> list[Entry]:
    by_firm = {entry.firm_id: entry for entry in (*registry.named(text), *registry.holding(text))}
    return list(by_firm.values())


class NoLongerWaiting(NotFound):
    def __init__(self) -> None:
        super().__init__(_("Nobody waits with this name any more: it was linked meanwhile."))


def waiting_name(key: str) -> WaitingName:
    """Raises:
    NoLongerWaiting
    """
    found = next((name for name in waiting() if name.key == key), None)
    if found is None:
        raise NoLongerWaiting
    return found


def link(name: WaitingName, employer: Employer, *, by: User) -> None:
    """Everybody who wrote this name is with this firm; each spell is corrected and says why.

    Raises:
        NoLongerLive: a spell was corrected meanwhile.
    """
    reason = _("Named in the survey: “%(name)s”.", name=name.spellings[0])
    for spell in name.spells:
        correct_spell(spell, spell.as_spell, reason=reason, firm=employer, by=by)
    people = {spell.user_id for spell in name.spells}
    audit.record(
        "employer-name-linked", employer, by=by, name=name.spellings[0], people=len(people),
        whose=people,
    )  # fmt: skip
