"""The bytes of submissions, assignments and executed notebooks, each stored once under its SHA-256.

What is stored is never changed; where a law forbids to keep it, it is deleted, and only then. `put` returns only when the bytes are on the disk (fsync of file
and folder), so a receipt that names a hash can be trusted after a power cut. Bytes get their name
only once they are whole on the disk: whatever ends a write, no name leads to half a file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from flask import Flask, current_app
from flask_babel import gettext as _
from sqlalchemy import Column, Dialect, exists, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from lms.db import Base, db
from lms.errors import DomainError

INCOMING = "incoming"  # where bytes lie until they are whole
FORGOTTEN_SECONDS = 24 * 3600
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class StorageFull(DomainError):
    """The disk takes no more; nothing was stored."""

    status = HTTPStatus.INSUFFICIENT_STORAGE

    def __init__(self) -> None:
        super().__init__(
            _(
                "There is no room left on the academy's disk. Nothing was stored and nothing that was "
                "handed in before is lost. Please try again later and tell your instructor."
            )
        )


class StoredFile(NamedTuple):
    """A file of a manifest: relative POSIX path, SHA-256 in hex, size in bytes."""

    path: str
    sha256: str
    size: int


Manifest = list[StoredFile]


class ManifestType(TypeDecorator[Manifest]):
    """A `Manifest`, stored as a JSON list of objects."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: Manifest | None, dialect: Dialect) -> Any:
        return [file._asdict() for file in value] if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> Manifest | None:
        return [StoredFile(**file) for file in value] if value is not None else None


def digest(files: Manifest) -> str:
    """The SHA-256 of a whole manifest: equal exactly when paths and contents are."""
    rows = sorted([file.path, file.sha256] for file in files)
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


def init_app(app: Flask, *, folder: Path) -> None:
    (folder / INCOMING).mkdir(parents=True, exist_ok=True, mode=0o700)
    _forget_unfinished(folder / INCOMING)
    app.extensions["storage"] = folder


def put(content: bytes) -> str:
    """Store the bytes and return their SHA-256; storing the same bytes again is free.

    Raises:
        StorageFull
    """
    sha256 = name_of(content)
    folder: Path = current_app.extensions["storage"]
    named = folder / _key(sha256)
    with _full_disk_told():
        if not named.exists():
            _write(content, folder / INCOMING / uuid4().hex, named)
        # Also when another request gave the name: perhaps it has not come this far yet.
        _sync(named.parent)
        _sync(folder)
    return sha256


def name_of(content: bytes) -> str:
    """Under which the bytes are stored."""
    return hashlib.sha256(content).hexdigest()


def _write(content: bytes, fresh: Path, named: Path) -> None:
    try:
        with fresh.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        named.parent.mkdir(exist_ok=True)
        fresh.replace(named)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def _full_disk_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageFull from error
        raise


def put_all(files: Iterable[tuple[str, bytes]]) -> Manifest:
    """Store (path, content) pairs; the manifest is sorted by path."""
    return sorted(StoredFile(path, put(content), len(content)) for path, content in files)


def get(sha256: str) -> bytes:
    folder: Path = current_app.extensions["storage"]
    return (folder / _key(sha256)).read_bytes()


class StillReferenced(DomainError):
    """Other rows name these bytes; nothing was deleted."""

    def __init__(self, tables: Collection[str]) -> None:
        super().__init__(
            _("The same file is also kept elsewhere (%(tables)s), which would lose it. Nothing was deleted.",
              tables=", ".join(sorted(tables)))
        )  # fmt: skip
        self.tables = tables


def delete(sha256: str, *, released_by: str) -> None:
    """Delete bytes for good, with the leave of the only table that may still name them.

    Called last in a transaction: what undoes that cannot bring them back. Deleting again is free, so an
    interrupted destruction is simply repeated.

    Raises:
        StillReferenced
    """
    if tables := references(sha256) - {released_by}:
        raise StillReferenced(tables)
    folder: Path = current_app.extensions["storage"]
    named = folder / _key(sha256)
    named.unlink(missing_ok=True)
    if named.parent.exists():
        _sync(named.parent)


def referring_columns() -> list[Column[Any]]:
    """Every column of the schema that names stored bytes: manifests, and hashes called sha256."""
    return [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, ManifestType) or column.name == "sha256"
    ]


def references(sha256: str) -> set[str]:
    """The tables in which a row names these bytes; one query a column."""
    found = set()
    for column in referring_columns():
        named = (
            type_coerce(column, JSONB).contains([{"sha256": sha256}])
            if isinstance(column.type, ManifestType)
            else column == sha256
        )
        if db.session.scalar(select(exists().where(named))):
            found.add(column.table.name)
    return found


def write_into(folder: Path, files: Manifest) -> None:
    """Lay the files of a manifest out under a folder."""
    for file in files:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(get(file.sha256))


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _forget_unfinished(incoming: Path) -> None:
    """Remove what killed processes were writing; a day is longer than any request."""
    for path in incoming.iterdir():
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - FORGOTTEN_SECONDS:
                path.unlink()
