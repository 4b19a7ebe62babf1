"""Gradebook files: exports, imports, and which submissions came in through one"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def _offering_and_person() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("offering_id", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
    ]


def _their_keys(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f(f"fk_{table}_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["offering_id"], ["offering.id"], name=op.f(f"fk_{table}_offering_id_offering")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "gradebook_export",
        *_offering_and_person(),
        _now("requested_at"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        *_their_keys("gradebook_export"),
    )
    op.create_table(
        "gradebook_import",
        *_offering_and_person(),
        _now("at"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("grades", postgresql.JSONB(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        *_their_keys("gradebook_import"),
    )
    for table in ("gradebook_export", "gradebook_import"):
        op.create_index(op.f(f"ix_{table}_offering_id"), table, ["offering_id"])
    op.create_table(
        "imported_submission",
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["gradebook_import.id"],
            name=op.f("fk_imported_submission_import_id_gradebook_import"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_imported_submission_submission_id_submission"),
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_imported_submission")),
    )


def downgrade() -> None:
    for table in ("imported_submission", "gradebook_import", "gradebook_export"):
        op.drop_table(table)
