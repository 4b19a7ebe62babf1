"""What personal data is used for: one file for each version of a purpose, in purposes/.

All versions are kept, because a consent names the one it was given to. The latest in effect is the
one that counts: its coming asks everybody anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import yaml

from lms.metrics.definition import Text
from lms.metrics.yaml_nodes import Wrong, date_of, mapping, positive, scalar, slug, text

FOLDER = Path(__file__).parent / "purposes"
TEXTS = ("title", "why", "items", "period", "refusal", "legal_basis")


@dataclass(frozen=True)
class Purpose:
    """A use of personal data as people agree to it (article 15 (2): purpose, items, period, refusal).

    `keep_years` is the clock of retention: years from the day the person's education ended.
    """

    purpose: str
    version: int
    since: date
    required: bool
    keep_years: int
    title: Text
    why: Text
    items: Text
    period: Text
    refusal: Text
    legal_basis: Text


class PurposeFileError(Exception):
    """A file of purposes cannot be used; the message gives file and line."""


def purposes(*, on: date) -> dict[str, Purpose]:
    """The purposes in effect on a day by their word, the required ones first."""
    latest = {one.purpose: one for one in versions() if one.since <= on}
    return dict(sorted(latest.items(), key=lambda entry: not entry[1].required))


@cache
def versions() -> tuple[Purpose, ...]:
    """Every version of every purpose, the later ones later."""
    return read_folder(FOLDER)


def read_folder(folder: Path) -> tuple[Purpose, ...]:
    """Raises PurposeFileError at the first mistake."""
    found = [_read(path) for path in sorted(folder.glob("*.yaml"))]
    return tuple(sorted(found, key=lambda one: (one.purpose, one.version)))


def _read(path: Path) -> Purpose:
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        if node is None:
            raise PurposeFileError(f"{path.name}:1: is empty: write a purpose.")
        one = _purpose(mapping(node, "The purpose", _KEYS))
    except Wrong as wrong:
        line, message = wrong.finding
        raise PurposeFileError(f"{path.name}:{line}: {message}") from None
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        raise PurposeFileError(f"{path.name}:{line}: is no YAML: {wrong.problem}") from None
    if path.stem != f"{one.purpose}-{one.version}":
        raise PurposeFileError(f"{path.name}:1: name it {one.purpose}-{one.version}.yaml.")
    return one


_KEYS = ("purpose", "version", "since", "required", "keep_years", *TEXTS)


def _purpose(keys: Mapping[str, yaml.Node]) -> Purpose:
    required = scalar(keys["required"], "required")
    if not isinstance(required, bool):
        raise Wrong(keys["required"], "required is no truth value: write true or false.")
    return Purpose(
        purpose=slug(keys["purpose"], "purpose"),
        version=positive(keys["version"], "version"),
        since=date_of(keys["since"], "since"),
        required=required,
        keep_years=positive(keys["keep_years"], "keep_years"),
        **{name: text(keys[name], name) for name in TEXTS},
    )
