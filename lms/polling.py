"""Parts of pages that ask again by themselves (htmx) while something happens in the background.

A part sends the version it shows back as `seen`; when nothing is newer the answer is 204, which
leaves the page alone: an open panel stays open, focus stays, a screen reader says nothing.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import render_template, request


def is_fragment() -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def version(*facts: object) -> str:
    """A short name for what a part shows."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def part(template: str, *, version: str, **context: Any) -> Any:
    """The rendered part, or nothing (204) when the page shows this version already."""
    if request.args.get("seen") == version:
        return "", 204
    return render_template(template, version=version, **context)
