"""Rows written many at a time, and the chance that fills them: seeded, so every load is the same."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime, time
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from lms.db import Base, db
from lms.i18n import SEOUL

SEED = 20201127


def chance(purpose: str) -> Random:
    """A source of chance of its own for each purpose: a change in one leaves the others as they were."""
    return Random(f"{SEED}:{purpose}")


def insert_rows(model: type[Base], rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert the rows; their ids, in the same order."""
    if not rows:
        return []
    key = model.__mapper__.primary_key[0].name
    if key not in rows[0]:
        of_key = func.nextval(func.pg_get_serial_sequence(model.__tablename__, key))
        ids = db.session.scalars(select(of_key).select_from(func.generate_series(1, len(rows))))
        rows = [{key: number, **row} for number, row in zip(ids, rows, strict=True)]
    copy_rows(model, rows)
    return [row[key] for row in rows]


def copy_rows(model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """The same where nobody needs the ids: by COPY, several times as fast as INSERT.

    All rows name the same columns; the others are left to the defaults of the database.
    """
    if not rows:
        return
    db.session.flush()
    names = list(rows[0])
    connection = db.session.connection()
    columns = model.__table__.columns
    adapt = [
        columns[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        or _as_it_is
        for name in names
    ]
    driver: Any = connection.connection.driver_connection
    into = f"COPY {model.__tablename__} ({', '.join(names)}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row([each(row[name]) for each, name in zip(adapt, names, strict=True)])


def _as_it_is(value: Any) -> Any:
    return value


def backdated(model: type[Base]) -> AbstractContextManager[None]:
    """Facts with two times get the recorded times of their rows: what an academy has no way to do."""
    return without_trigger(model, "facts_begin_now")


@contextmanager
def without_trigger(model: type[Base], trigger: str) -> Iterator[None]:
    for word in ("DISABLE", "ENABLE"):
        db.session.execute(text(f"ALTER TABLE {model.__tablename__} {word} TRIGGER {trigger}"))
        if word == "DISABLE":
            yield


def random_key(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def seoul(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), SEOUL)
