"""Files of evidence looked through for resident registration numbers, and those that were destroyed"""

from contextlib import closing

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

TABLES = ("destroyed_file", "file_scan", "file_finding")
APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.create_table(
        "destroyed_file",
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("destruction_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("file_sha256", name=op.f("pk_destroyed_file")),
        sa.UniqueConstraint("destruction_id", name=op.f("uq_destroyed_file_destruction_id")),
        sa.ForeignKeyConstraint(
            ["destruction_id"], ["destruction.id"],
            name=op.f("fk_destroyed_file_destruction_id_destruction"),
        ),
    )  # fmt: skip
    op.create_table(
        "file_scan",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_scan")),
    )  # fmt: skip
    op.create_table(
        "file_finding",
        sa.Column("scan_id", sa.BigInteger(), nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("scan_id", "file_sha256", name=op.f("pk_file_finding")),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["file_scan.id"], name=op.f("fk_file_finding_scan_id_file_scan")
        ),
    )
    with closing(op.get_bind().connection.cursor()) as cursor:
        for table in TABLES:
            cursor.execute(APPEND_ONLY.format(table=table))


def downgrade() -> None:
    raise NotImplementedError("what was destroyed stays on record")
