"""The background jobs of the gradebook."""

from __future__ import annotations

import grading
from lms.db import db
from lms.gradebook import file_export
from lms.gradebook.models import GradebookExport
from lms.queue import task


@task
def make_file(export_id: int) -> None:
    """Make the gradebook.db that somebody asked for, unless it was asked for anew meanwhile."""
    export = db.session.get(GradebookExport, export_id)
    if export is None or export.made_at is not None:
        return
    try:
        content = file_export.make(export.offering)
    except (grading.UnusableInput, grading.GradingFailed) as error:
        _still_wanted(export_id, error=str(error))
        return
    _still_wanted(export_id, content=content)


def _still_wanted(
    export_id: int, *, content: bytes | None = None, error: str | None = None
) -> None:
    export = db.session.get(GradebookExport, export_id, populate_existing=True)
    if export is None:
        return
    if content is None:
        export.error = error
    else:
        file_export.finish_export(export, content)
