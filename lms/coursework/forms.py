"""The shape of a published assignment's settings and of handed-in files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired, MultipleFileField
from wtforms import DateTimeLocalField, HiddenField
from wtforms.validators import UUID, InputRequired, Optional

from lms.errors import Invalid

MOST_FILES = 200
LONGEST_PATH = 200


class PublishForm(FlaskForm):
    due_at = DateTimeLocalField(
        _l("Due"), [Optional()], description=_l("Seoul time. Leave empty for no due date.")
    )


class SubmitForm(FlaskForm):
    """Files chosen on the LMS page; the key makes a double click one submission."""

    files = MultipleFileField(
        _l("Notebook files"), [FileRequired(_l("Choose the files to submit."))]
    )
    key = HiddenField(validators=[InputRequired(), UUID()])


def checked_paths(paths: Iterable[str]) -> list[str]:
    """Relative POSIX paths that are safe to lay out in a folder, unique also where case is ignored.

    Raises:
        Invalid: a path is absolute, climbs, is hidden, too long or repeated, or there are too many.
    """
    found = list(paths)
    if not found:
        raise Invalid(_("There is no file in this submission. Save your notebook and try again."))
    if len(found) > MOST_FILES:
        raise Invalid(_("A submission may hold %(n)s files; this one has more.", n=MOST_FILES))
    seen: set[str] = set()
    for path in found:
        parts = PurePosixPath(path).parts
        bad = (
            not parts
            or path.startswith(("/", "~"))
            or "\\" in path
            or not path.isprintable()
            or len(path.encode()) > LONGEST_PATH
            or any(part in ("..", ".") or part.startswith(".") for part in path.split("/"))
            or "" in path.split("/")
        )
        if bad:
            raise Invalid(_("“%(path)s” is not a file name that can be submitted.", path=path[:80]))
        if path.casefold() in seen:
            raise Invalid(_("“%(path)s” is in the submission twice.", path=path))
        seen.add(path.casefold())
    return found
