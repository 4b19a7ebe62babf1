"""The migrations say what the models say."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import Column, Integer

from lms.accounts.models import User
from lms.db import Base


def test_the_schema_is_the_models(migrated_app: Flask) -> None:
    result = migrated_app.test_cli_runner().invoke(args=["db", "check"])
    assert result.exit_code == 0, result.output


def test_a_column_without_a_migration_is_noticed(migrated_app: Flask) -> None:
    table = User.__table__
    extra = Column("shoe_size", Integer)
    table.append_column(extra)
    try:
        result = migrated_app.test_cli_runner().invoke(args=["db", "check"])
    finally:
        table._columns.remove(extra)
    assert result.exit_code == 1 and "shoe_size" in result.output
    assert "shoe_size" not in Base.metadata.tables["user_account"].columns


def test_upgrading_twice_changes_nothing(migrated_app: Flask) -> None:
    result = migrated_app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert result.exit_code == 0, result.output
