"""Alembic's door: every migration runs in one transaction, on the database of the running app."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import Enum
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from lms.db import Base, db


def ours(obj: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """The queue's tables are Procrastinate's; it owns their schema."""
    table = name if kind == "table" else getattr(getattr(obj, "table", None), "name", "")
    return not str(table).startswith("procrastinate_")


def plain(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Migrations speak of the database's own types: our Python types may change, history may not."""
    if kind != "type":
        return False
    if isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    if isinstance(item, TypeDecorator):
        if isinstance(item.impl, JSONB):
            autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
            return "postgresql.JSONB()"
        return "sa.DateTime(timezone=True)"
    return False


with db.engine.begin() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=ours,
        render_item=plain,
        compare_server_default=True,
    )
    current_app.logger.info("migrating %s", connection.engine.url.database)
    context.run_migrations()
