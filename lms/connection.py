"""How long a request waits for the database: a stopped server says nothing at all, so a limit of
its own would not help. Jobs and commands wait as long as it takes."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from flask import has_request_context
from psycopg.abc import RV, PQGen
from sqlalchemy import Dialect, Engine, event

CONNECT_SECONDS = 4
STATEMENT_SECONDS = 8.0
PAUSE_SECONDS = 3.0
_silent_until = 0.0


class DatabaseSilent(psycopg.OperationalError):
    """The server did not answer in time. Whether it did what it was asked is not known."""


class Connection(psycopg.Connection[Any]):
    """On which no request waits for ever. It is closed then: its answer would come too late."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        if not has_request_context():
            return super().wait(gen, interval, timeout)
        try:
            _check()
            return super().wait(gen, interval, timeout or STATEMENT_SECONDS)
        except psycopg.errors._WaitTimeout:
            _note_silence()
            self.pgconn.finish()
            raise DatabaseSilent("the database did not answer in time") from None
        except DatabaseSilent:
            self.pgconn.finish()
            raise


@event.listens_for(Engine, "do_connect")
def _connect(dialect: Dialect, _record: Any, arguments: Any, settings: Any) -> Connection | None:
    if dialect.name != "postgresql":
        return None  # a file of somebody else's, nbgrader's for one
    if has_request_context():
        _check()
    try:
        return Connection.connect(*arguments, **settings, connect_timeout=CONNECT_SECONDS)
    except psycopg.errors.ConnectionTimeout:
        _note_silence()
        raise


def _check() -> None:
    """After one has waited in vain the others do not try for a moment, else every thread of this
    process would wait, and nobody would get an answer."""
    if time.monotonic() < _silent_until:
        raise DatabaseSilent("the database has just not answered in time")


def _note_silence() -> None:
    global _silent_until
    _silent_until = time.monotonic() + PAUSE_SECONDS


@event.listens_for(Engine, "before_cursor_execute")
def _as_bytes(
    _connection: Any, cursor: Any, _statement: Any, _values: Any, context: Any, _many: Any
) -> None:
    """A long value of bytes comes as it is when the statement asks for it; as text it is twice as long."""
    if context and context.execution_options.get("as_bytes"):
        cursor.format = psycopg.pq.Format.BINARY
