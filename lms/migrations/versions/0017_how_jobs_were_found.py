"""How an employee's job was found, where it is known"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("status_spell", sa.Column("found_through", sa.String(length=32), nullable=True))
    op.create_check_constraint(
        op.f("ck_status_spell_employees_found_jobs"),
        "status_spell",
        "found_through IS NULL OR kind = 'employee'",
    )


def downgrade() -> None:
    raise NotImplementedError("recorded facts are not thrown away")
