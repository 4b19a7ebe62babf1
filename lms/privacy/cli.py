"""`flask privacy …`: what is done about personal data by hand or by schedule."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from lms.db import db
from lms.outcomes import evidence_files
from lms.privacy.models import FindingKind

commands = AppGroup("privacy", help="Personal data that may not be kept.")


@commands.command()
def rescan() -> None:
    """Look through all files of evidence for resident registration numbers, as an upload is today.

    What is found is listed under Personal data, where an administrator destroys it.
    """
    scan = evidence_files.rescan()
    db.session.commit()
    found = evidence_files.findings_of(scan)
    click.echo(
        f"{scan.files} files looked through: {found[FindingKind.RESIDENT_NUMBER]} hold a resident "
        f"registration number, {found[FindingKind.UNREADABLE]} cannot be read, "
        f"{found[FindingKind.MISSING]} are missing"
    )
