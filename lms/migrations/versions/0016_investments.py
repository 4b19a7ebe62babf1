"""Money that ventures received, with two times"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "investment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("venture_id", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_investment_amount_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_investment")),
        sa.ForeignKeyConstraint(["venture_id"], ["employer.id"], name=op.f("fk_investment_venture_id_employer")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user_account.id"], name=op.f("fk_investment_recorded_by_id_user_account")),
    )  # fmt: skip
    op.create_index(op.f("ix_investment_venture_id"), "investment", ["venture_id"])
    op.execute("SELECT keep_recorded('investment')")


def downgrade() -> None:
    raise NotImplementedError("recorded facts are not thrown away")
