"""What is done to the evidence for a spell: put there, checked, and its file destroyed where it must be.

A spell's evidence level is a fact of its row. It begins with how the spell became known; evidence
that somebody other than its recorder accepts lifts it, and a later refusal takes that back, each by
a correction of its own; so does the destruction of the file that showed it. Evidence that expires
lifts nothing by itself and lowers nothing: facts do not change by the clock, the record shows that
it has expired.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from flask_babel import gettext as _

from lms import audit, storage
from lms.accounts.models import User
from lms.db import db
from lms.errors import Forbidden, Gone, Invalid, NoLongerLive
from lms.outcomes import records
from lms.outcomes.actions import ReasonMissing, correct_spell
from lms.outcomes.models import Evidence, EvidenceCheck, EvidenceKind, StatusSpell
from lms.outcomes.words import evidence_names
from lms.privacy.models import DestroyedFile
from lms.resident_numbers import refuse_in_file

MOST_BYTES = 10 * 2**20
# File name ending: how such a file begins.
FILE_TYPES: dict[str, bytes] = {
    "pdf": b"%PDF-",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    "docx": b"PK\x03\x04",
    "xlsx": b"PK\x03\x04",
    "hwpx": b"PK\x03\x04",
    "odt": b"PK\x03\x04",
}


def add_evidence(
    row: StatusSpell,
    *,
    kind: EvidenceKind,
    received_on: date,
    expires_on: date | None = None,
    note: str = "",
    file: tuple[str, bytes] | None = None,
    by: User,
) -> Evidence:
    """Put evidence to a spell; `file` is its name and its bytes. It counts once it is accepted.

    Raises:
        Invalid: the dates, the file's type or its size cannot be.
        ResidentNumberFound, UnreadableFile, NoLongerLive
    """
    if row.superseded_at is not None:
        raise NoLongerLive
    if expires_on and expires_on < received_on:
        raise Invalid(_("The evidence would have expired before it came in."))
    file_name, sha256 = _stored(*file) if file else (None, None)
    evidence = Evidence(
        spell=row,
        kind=kind,
        file_name=file_name,
        sha256=sha256,
        received_on=received_on,
        expires_on=expires_on,
        note=note.strip(),
        recorded_by_id=by.id,
    )
    db.session.add(evidence)
    db.session.flush()
    audit.record("evidence-added", row.user, by=by, evidence=evidence.id, kind=kind.value)
    return evidence


def _stored(name: str, content: bytes) -> tuple[str, str]:
    """The name without its folders, and the SHA-256 under which the bytes lie in storage."""
    name = "".join(c for c in name.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable())[-200:]
    beginning = FILE_TYPES.get(name.rpartition(".")[2].lower())
    if beginning is None:
        endings = ", ".join(FILE_TYPES)
        raise Invalid(_("Such a file is not kept as evidence. Choose one of: %(endings)s.", endings=endings))  # fmt: skip
    if not content.startswith(beginning):
        raise Invalid(_("The file is not what its name says. Save it again in the right format."))
    if len(content) > MOST_BYTES:
        raise Invalid(_("The file is larger than %(megabytes)s MB.", megabytes=MOST_BYTES // 2**20))
    refuse_in_file(name, content)
    if db.session.get(DestroyedFile, storage.name_of(content)):
        raise Invalid(
            _("This very file was destroyed because of what it shows. Black that out first.")
        )
    return name, storage.put(content)


class FileDestroyed(Gone):
    def __init__(self) -> None:
        super().__init__(
            _(
                "The file of this evidence was destroyed; why, the evidence says. It shows nothing any more."
            )
        )


class OwnEvidence(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            _("Whoever recorded evidence does not check it: ask another administrator.")
        )


def check_evidence(
    evidence: Evidence, *, accepted: bool, note: str = "", by: User
) -> EvidenceCheck:
    """Say whether evidence shows what it should; the spell's level follows.

    Raises:
        OwnEvidence: `by` recorded it, or it is about them.
        ReasonMissing: it is refused without a word.
        FileDestroyed: there is nothing to look at.
    """
    if evidence.destroyed:
        raise FileDestroyed
    if by.id in (evidence.recorded_by_id, evidence.spell.user_id):
        raise OwnEvidence
    if not accepted and not note.strip():
        raise ReasonMissing
    check = EvidenceCheck(
        evidence_id=evidence.id, accepted=accepted, note=note.strip(), by_id=by.id
    )
    evidence.checks.append(check)
    db.session.flush()
    audit.record(
        "evidence-checked", evidence.spell.user, by=by, evidence=evidence.id, accepted=accepted
    )
    kind = evidence_names()[evidence.kind]
    follow_level(
        evidence,
        reason=_("Evidence accepted: %(kind)s (no. %(id)s).", kind=kind, id=evidence.id)
        if accepted
        else _("Evidence no longer accepted: %(kind)s (no. %(id)s).", kind=kind, id=evidence.id),
        by=by,
    )
    return check


def follow_level(evidence: Evidence, *, reason: str, by: User) -> None:
    """The spell's level is what its evidence comes to now."""
    line = records.record_of(evidence.spell.user).line_of(evidence.spell_id)
    if line is None or not line.is_live or line.level == line.spell.evidence_level:
        return
    spell = replace(line.spell.as_spell, evidence_level=line.level)
    correct_spell(line.spell, spell, reason=reason, by=by)
