"""The database: engine and session, the base class of every table, and the column types we share.

Times are stored as timestamptz and are always aware UTC in Python; the database is PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Identity, MetaData, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

import lms.connection  # noqa: F401 — its connections are those of every engine

db = SQLAlchemy(engine_options={"pool_pre_ping": True})


class UTCDateTime(TypeDecorator[datetime]):
    """An aware point in time, UTC. A naive datetime is refused: it would be a guess."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: give it a time zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None


class Bilingual(NamedTuple):
    """A text in the two languages of the academy."""

    ko: str
    en: str

    def in_(self, locale: str) -> str:
        return self.en if locale == "en" else self.ko

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Bilingual:
        return cls(ko=texts["ko"], en=texts["en"])


class BilingualText(TypeDecorator[Bilingual]):
    """A `Bilingual`, stored as {"ko": …, "en": …}."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: Bilingual | None, dialect: Dialect) -> Any:
        return value._asdict() if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> Bilingual | None:
        return Bilingual(**value) if value is not None else None


def _words(members: type[StrEnum]) -> list[str]:
    return [member.value for member in members]


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UTCDateTime(),
        Bilingual: BilingualText(),
        # Words in the row, checked in Python: a native enum cannot lose a member in a migration.
        StrEnum: Enum(StrEnum, native_enum=False, length=32, values_callable=_words),
    }


Key = Annotated[int, mapped_column(BigInteger, Identity(always=False), primary_key=True)]
Now = Annotated[datetime, mapped_column(UTCDateTime(), server_default=func.now())]


def utcnow() -> datetime:
    return datetime.now(UTC)
