"""The background jobs of outcomes."""

from __future__ import annotations

from lms.outcomes import evidence_files
from lms.queue import periodic


@periodic("0 18 * * SUN")
def rescan_evidence() -> None:
    """In the night to Monday, with what files are looked through for by then."""
    evidence_files.rescan()
