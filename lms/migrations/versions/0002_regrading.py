"""Regrading: rules of assignments, regrades and their runs, results kept by what they depend on"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

# A page of feedback shows the points of one run. Those made before now: of the last one.
FEEDBACK_OF_RUNS = """
UPDATE feedback SET run_id = (
    SELECT max(run.id) FROM run
    WHERE run.submission_id = feedback.submission_id AND run.finished_at IS NOT NULL
)
"""


def upgrade() -> None:
    for table in ("course_assignment", "assignment"):
        op.add_column(table, sa.Column("rules", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False))  # fmt: skip
    op.add_column(
        "question",
        sa.Column("in_force", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.add_column("question", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "regrade",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("assignment_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "requested_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("source_files", postgresql.JSONB(), nullable=False),
        sa.Column("rules", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("release_files", postgresql.JSONB(), nullable=True),
        sa.Column("questions", postgresql.JSONB(), nullable=True),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_regrade_assignment_id_assignment")
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_regrade_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regrade")),
    )
    op.create_index(
        "uq_regrade_open",
        "regrade",
        ["assignment_id"],
        unique=True,
        postgresql_where=sa.text("applied_at IS NULL AND discarded_at IS NULL"),
    )
    for column in (
        sa.Column("regrade_id", sa.BigInteger(), nullable=True),
        sa.Column("counts", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("events", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("cached", sa.Integer(), server_default=sa.text("0"), nullable=False),
    ):
        op.add_column("run", column)
    op.create_foreign_key(
        op.f("fk_run_regrade_id_regrade"), "run", "regrade", ["regrade_id"], ["id"]
    )
    op.create_index(op.f("ix_run_regrade_id"), "run", ["regrade_id"], unique=False)
    op.add_column("feedback", sa.Column("run_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_feedback_run_id_run"), "feedback", "run", ["run_id"], ["id"])
    op.execute(FEEDBACK_OF_RUNS)
    op.create_table(
        "grading_result",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_grading_result")),
    )


def downgrade() -> None:
    raise NotImplementedError("what was regraded would lose its history: restore a backup instead")
