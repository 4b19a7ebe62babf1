"""`python -m lms.catalogues`: brings both translation catalogues up to date with the code.

Message ids are English, so the English catalogue fills itself; what Korean still lacks is listed.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

FOLDER = Path(__file__).parent
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]


def path(locale: str) -> Path:
    return FOLDER / "translations" / locale / "LC_MESSAGES" / "messages.po"


def messages() -> list[str | tuple[str, str]]:
    """Every message in the code, plural ones as (singular, plural), in the order of the files."""
    found = extract_from_dir(FOLDER, METHODS, {}, KEYWORDS)
    every = (message for _file, _line, message, _comments, _context in found)
    return list(dict.fromkeys(m if isinstance(m, str) else (m[0], m[1]) for m in every))


def catalogue(locale: str) -> Catalog:
    try:
        with path(locale).open("rb") as file:
            return read_po(file, locale)
    except FileNotFoundError:
        return Catalog(locale)


def _empty(locale: str) -> Catalog:
    """Without dates of the day, so that only translations change the file."""
    day = datetime(2026, 1, 1, tzinfo=UTC)
    return Catalog(
        locale,
        fuzzy=False,
        project="AI Academy LMS",
        version="1",
        header_comment="# Translations of the AI Academy LMS: edit, then run `make translations`.",
        creation_date=day,
        revision_date=day,
    )


def update(locale: str) -> list[str]:
    """Write the catalogue anew, keeping translations; returns the ids that have none."""
    known, fresh, missing = catalogue(locale), _empty(locale), []
    for message in messages():
        singular = message if isinstance(message, str) else message[0]
        entry = known.get(singular)
        translation = entry.string if entry else ""
        if locale == "en":
            translation = message
        if not translation or not all(translation):
            missing.append(singular)
        fresh.add(message, translation)
    path(locale).parent.mkdir(parents=True, exist_ok=True)
    with path(locale).open("wb") as file:
        write_po(file, fresh, width=100, sort_output=True, omit_header=False, no_location=True)
    return missing


def main() -> int:
    missing = [message for locale in ("en", "ko") for message in update(locale)]
    for message in missing:
        print(f"no Korean for: {message}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
