"""Files of evidence that turn out to hold a resident registration number: found, and destroyed.

What an upload is looked through for gets better, and a file may have come in before it did. So all of
them are looked through again, as they lie in storage. A file's bytes go; the evidence and its checks
stay, the register says who destroyed them and why, and the spell's level follows (PIPA, article 24-2
and 21).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from lms import audit, storage
from lms.accounts.models import User
from lms.db import db
from lms.errors import NotFound
from lms.outcomes.actions import ReasonMissing
from lms.outcomes.evidence_actions import FileDestroyed, follow_level
from lms.outcomes.models import Evidence, StatusSpell
from lms.outcomes.words import evidence_names
from lms.privacy.models import DestroyedFile, Destruction, FileFinding, FileScan, FindingKind
from lms.resident_numbers import ResidentNumberFound, UnreadableFile, refuse_in_file

KIND = "evidence-file"
LEGAL_BASIS = "개인정보 보호법 제24조의2, 제21조"


def rescan() -> FileScan:
    """Look through every stored file of evidence with the patterns of today.

    A file that cannot be looked through, or whose bytes are missing, is a finding too. One file is in
    memory at a time.
    """
    destroyed = select(DestroyedFile.file_sha256)
    names = db.session.scalars(
        select(Evidence.sha256)
        .where(Evidence.sha256.is_not(None), Evidence.sha256.not_in(destroyed))
        .distinct()
        .order_by(Evidence.sha256)
    ).all()
    scan = FileScan(files=len(names))
    db.session.add(scan)
    db.session.flush()
    found = 0
    for name in names:
        if name and (kind := _looked_through(name)):
            db.session.add(FileFinding(scan_id=scan.id, file_sha256=name, kind=kind))
            found += 1
    audit.record("evidence-files-scanned", scan, by=None, files=len(names), findings=found)
    return scan


def _looked_through(sha256: str) -> FindingKind | None:
    try:
        refuse_in_file("", storage.get(sha256))
    except ResidentNumberFound:
        return FindingKind.RESIDENT_NUMBER
    except UnreadableFile:
        return FindingKind.UNREADABLE
    except FileNotFoundError:
        return FindingKind.MISSING
    return None


def last_scan() -> FileScan | None:
    return db.session.scalar(select(FileScan).order_by(FileScan.id.desc()).limit(1))


def findings_of(scan: FileScan) -> dict[FindingKind, int]:
    rows = db.session.execute(
        select(FileFinding.kind, func.count())
        .where(FileFinding.scan_id == scan.id)
        .group_by(FileFinding.kind)
    )
    return dict.fromkeys(FindingKind, 0) | {row[0]: row[1] for row in rows}


@dataclass(frozen=True)
class Finding:
    """What the last scan found in a file that is still there, and the evidence that names it."""

    kind: FindingKind
    evidence: Sequence[Evidence]


def findings() -> list[Finding]:
    """Of the last scan, without the files destroyed since: resident numbers first; three queries."""
    scan = last_scan()
    if scan is None:
        return []
    destroyed = select(DestroyedFile.file_sha256)
    rows = db.session.scalars(
        select(FileFinding).where(
            FileFinding.scan_id == scan.id, FileFinding.file_sha256.not_in(destroyed)
        )
    ).all()
    by_file = evidence_of([row.file_sha256 for row in rows])
    order = list(FindingKind)
    found = [Finding(row.kind, by_file[row.file_sha256]) for row in rows]
    return sorted(found, key=lambda one: (order.index(one.kind), one.evidence[0].id))


def evidence_of(files: Collection[str]) -> dict[str, list[Evidence]]:
    """Whatever names these files, by the file's SHA-256, with the spells and their people."""
    rows = db.session.scalars(
        select(Evidence)
        .where(Evidence.sha256.in_(files))
        .options(joinedload(Evidence.spell).joinedload(StatusSpell.user))
        .order_by(Evidence.id)
    )
    found: dict[str, list[Evidence]] = defaultdict(list)
    for row in rows:
        found[str(row.sha256)].append(row)
    return found


def evidence(number: int) -> Evidence:
    """Evidence that has, or had, a file.

    Raises:
        NotFound
    """
    found = db.session.get(Evidence, number)
    if found is None or found.sha256 is None:
        raise NotFound(_("There is no such file."))
    return found


def destroy_file(one: Evidence, *, reason: str, by: User) -> DestroyedFile:
    """Destroy the bytes of a file, whatever evidence names it; each spell's level follows.

    Raises:
        ReasonMissing, ResidentNumberFound: in the reason. FileDestroyed: by somebody before.
        StillReferenced: a submission or the like is the same file; nothing was destroyed.
    """
    if not reason.strip():
        raise ReasonMissing
    db.session.refresh(one, with_for_update={"of": Evidence})
    sha256 = str(one.sha256)
    if db.session.get(DestroyedFile, sha256):
        raise FileDestroyed
    rows = evidence_of([sha256])[sha256]
    people = {row.spell.user_id for row in rows}
    destruction = Destruction(kind=KIND, people=len(people), legal_basis=LEGAL_BASIS, by_id=by.id)
    db.session.add(destruction)
    db.session.flush()
    destroyed = DestroyedFile(
        file_sha256=sha256, reason=reason.strip(), destruction_id=destruction.id
    )
    db.session.add(destroyed)
    db.session.flush()
    for row in rows:
        db.session.expire(row, ["destroyed"])
        why = _("The file of the evidence was destroyed: %(kind)s (no. %(id)s).",
                kind=evidence_names()[row.kind], id=row.id)  # fmt: skip
        follow_level(row, reason=why, by=by)
    audit.record(
        "evidence-file-destroyed", destruction, by=by, evidence=[row.id for row in rows],
        reason=reason.strip(), people=len(people), whose=people,
    )  # fmt: skip
    db.session.flush()
    storage.delete(sha256, released_by=Evidence.__tablename__)
    return destroyed
