"""What a cohort costs and what was promised for it: costs, targets, achievements, all with two times"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

LIVE = sa.text("superseded_at IS NULL")


def upgrade() -> None:
    _fact(
        "cost",
        _word("kind"),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        check=("amount_positive", "amount > 0"),
        once=("kind", "item", "dated_on"),
    )
    _fact(
        "target",
        sa.Column("measure", sa.String(), nullable=False),
        _value(),
        sa.Column("definition_ko", sa.String(), nullable=False),
        sa.Column("definition_en", sa.String(), nullable=False),
        check=("value_not_negative", "value >= 0"),
        once=("measure", "source", "dated_on"),
    )
    _fact(
        "achievement",
        _word("measure"),
        _value(),
        check=("value_not_negative", "value >= 0"),
        once=("measure", "dated_on"),
    )


def _fact(
    table: str, *columns: sa.Column[Any], check: tuple[str, str], once: tuple[str, ...]
) -> None:
    """A two-timed table of a cohort; `once`: what two live rows of a cohort do not have in common."""
    name, rule = check
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("cohort_id", sa.BigInteger(), nullable=False),
        *columns,
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name=op.f(f"fk_{table}_cohort_id_cohort")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user_account.id"], name=op.f(f"fk_{table}_recorded_by_id_user_account")),
    )  # fmt: skip
    op.create_index(op.f(f"ix_{table}_cohort_id"), table, ["cohort_id"])
    op.create_index(f"uq_{table}_live", table, ["cohort_id", *once], unique=True, postgresql_where=LIVE)  # fmt: skip
    op.execute(f"SELECT keep_recorded('{table}')")


def _word(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=32), nullable=False)


def _value() -> sa.Column[Any]:
    return sa.Column("value", sa.Numeric(12, 2), nullable=False)


def downgrade() -> None:
    raise NotImplementedError("recorded facts are not thrown away")
