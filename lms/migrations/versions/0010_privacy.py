"""Personal data: whose it was in the audit trail, consents, access reviews, destruction"""

from contextlib import closing

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

TABLES = ("consent", "access_review", "destruction", "destroyed_account")
APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def act(table: str) -> list[sa.schema.SchemaItem]:
    """The columns and keys of something that somebody did."""
    return [
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        refers(table, "by_id", "user_account"),
    ]  # fmt: skip


def refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
    )


def upgrade() -> None:
    op.add_column("audit_event", sa.Column("whose", postgresql.ARRAY(sa.BigInteger()), nullable=True))  # fmt: skip
    op.create_index("ix_audit_event_access_at", "audit_event", ["at"], postgresql_where=sa.text("whose IS NOT NULL"))  # fmt: skip
    op.create_table(
        "consent",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        *act("consent"),
        refers("consent", "user_id", "user_account"),
        sa.CheckConstraint("version > 0", name=op.f("ck_consent_version_counts")),
    )
    op.create_index("ix_consent_user_id_purpose_id", "consent", ["user_id", "purpose", "id"])
    op.create_table(
        "access_review",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("accesses", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        *act("access_review"),
        sa.UniqueConstraint("month", name=op.f("uq_access_review_month")),
        sa.CheckConstraint("date_trunc('month', month) = month", name=op.f("ck_access_review_month_begins")),
    )  # fmt: skip
    op.create_table(
        "destruction",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("legal_basis", sa.String(), nullable=False),
        *act("destruction"),
        sa.CheckConstraint("people > 0", name=op.f("ck_destruction_of_somebody")),
    )
    op.create_table(
        "destroyed_account",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("destruction_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_destroyed_account")),
        refers("destroyed_account", "user_id", "user_account"),
        refers("destroyed_account", "destruction_id", "destruction"),
    )
    with closing(op.get_bind().connection.cursor()) as cursor:
        for table in TABLES:
            cursor.execute(APPEND_ONLY.format(table=table))


def downgrade() -> None:
    raise NotImplementedError("what was consented to and destroyed stays on record")
