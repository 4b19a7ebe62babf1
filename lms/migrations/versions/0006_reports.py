"""Reports: sealed numbers, two people's decisions, the files as published"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

KEPT = """
CREATE SEQUENCE report_number;
CREATE TRIGGER reports_stay BEFORE UPDATE OR DELETE ON report
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cohorts_of_reports_stay BEFORE UPDATE OR DELETE ON report_cohort
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decisions_stay BEFORE UPDATE OR DELETE ON report_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER publications_stay BEFORE UPDATE OR DELETE ON report_publication
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""


def key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def reference(column: str, table: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def now() -> sa.Column[Any]:
    return sa.Column(
        "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "report",
        key(),
        *words("number", "recipient", "legal_basis", "policy", "code_version"),
        *words("facts_sha256", "tables_sha256"),
        *(
            sa.Column(name, postgresql.JSONB(), nullable=False)
            for name in ("title", "definitions", "facts", "tables")
        ),
        sa.Column("valid_on", sa.Date(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        now(),
        sa.Column("supersedes_id", sa.BigInteger(), nullable=True),
        sa.Column("correction", sa.String(), nullable=True),
        reference("by_id", "report", "user_account"),
        reference("supersedes_id", "report", "report"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("number", name=op.f("uq_report_number")),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_report_supersedes_id")),
    )
    op.create_table(
        "report_cohort",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("cohort_id", sa.BigInteger(), nullable=False),
        reference("report_id", "report_cohort", "report"),
        reference("cohort_id", "report_cohort", "cohort"),
        sa.PrimaryKeyConstraint("report_id", "cohort_id", name=op.f("pk_report_cohort")),
    )
    op.create_index(op.f("ix_report_cohort_cohort_id"), "report_cohort", ["cohort_id"])
    op.create_table(
        "report_decision",
        key(),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        *words("note"),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        now(),
        reference("report_id", "report_decision", "report"),
        reference("by_id", "report_decision", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_decision")),
        sa.UniqueConstraint("report_id", "by_id", name=op.f("uq_report_decision_report_id_by_id")),
    )
    op.create_table(
        "report_publication",
        sa.Column("report_id", sa.BigInteger(), autoincrement=False, nullable=False),
        now(),
        sa.Column("files", postgresql.JSONB(), nullable=False),
        reference("report_id", "report_publication", "report"),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_report_publication")),
    )
    op.execute(KEPT)


def downgrade() -> None:
    raise NotImplementedError("published reports are not thrown away")
