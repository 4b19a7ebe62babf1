"""Records: withdrawn spells, disputes and their answers"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0004"

TABLES = ("spell_withdrawal", "dispute", "dispute_answer")


def _reference(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _at() -> sa.Column[object]:
    return sa.Column(
        "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "spell_withdrawal",
        _number("spell_id"),
        sa.Column("reason", sa.String(), nullable=False),
        _number("by_id"),
        _at(),
        sa.PrimaryKeyConstraint("spell_id", name=op.f("pk_spell_withdrawal")),
        _reference("spell_withdrawal", "spell_id", "status_spell"),
        _reference("spell_withdrawal", "by_id", "user_account"),
    )
    op.create_table(
        "dispute",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        _number("user_id"),
        _number("spell_id", nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        _at(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        _reference("dispute", "user_id", "user_account"),
        _reference("dispute", "spell_id", "status_spell"),
    )
    op.create_index(op.f("ix_dispute_user_id"), "dispute", ["user_id"])
    op.create_table(
        "dispute_answer",
        _number("dispute_id"),
        sa.Column("upheld", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        _number("by_id"),
        _at(),
        sa.PrimaryKeyConstraint("dispute_id", name=op.f("pk_dispute_answer")),
        _reference("dispute_answer", "dispute_id", "dispute"),
        _reference("dispute_answer", "by_id", "user_account"),
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER records_stay BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("recorded facts are not thrown away")
