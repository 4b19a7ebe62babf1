"""Which code a report was counted with: the release, and a digest of all that its numbers pass through."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from lms.release import VERSION

COUNTING = ("metrics", "disclosure", "reports", "outcomes")


@cache
def code_version() -> str:
    """Like 0.1.0+3f2a90c1: equal exactly for equal definitions and code."""
    digest = hashlib.sha256()
    root = files("lms")
    for package in COUNTING:
        for name, content in sorted(_sources(root / package, package)):
            digest.update(f"{name}\0".encode() + hashlib.sha256(content).digest())
    return f"{VERSION}+{digest.hexdigest()[:12]}"


def _sources(folder: Traversable, path: str) -> list[tuple[str, bytes]]:
    if not folder.is_dir():
        return []
    found = []
    for one in folder.iterdir():
        name = f"{path}/{one.name}"
        if one.is_dir():
            found += _sources(one, name)
        elif one.name.endswith((".py", ".yaml")):
            found.append((name, one.read_bytes()))
    return found
