"""Attendance by month; the end of a notebook session is recorded once, and stays"""

from contextlib import closing

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

# Hours are counted of sessions that had ended by a moment: so an end gets the moment of its recording
# (0004), and neither it nor what it ends is changed afterwards.
SESSIONS = """
CREATE FUNCTION begin_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ended_at := NULL;
    RETURN NEW;
END $$;

CREATE FUNCTION only_end_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
       AND to_jsonb(NEW) - 'ended_at' = to_jsonb(OLD) - 'ended_at' THEN
        NEW.ended_at := recording_moment();
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%: a session ends once and is never changed', TG_TABLE_NAME;
END $$;

CREATE TRIGGER facts_begin_now BEFORE INSERT ON notebook_session
    FOR EACH ROW EXECUTE FUNCTION begin_session();
CREATE TRIGGER facts_stay BEFORE UPDATE ON notebook_session
    FOR EACH ROW EXECUTE FUNCTION only_end_session();
CREATE TRIGGER facts_are_not_deleted BEFORE DELETE ON notebook_session
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER facts_are_not_emptied BEFORE TRUNCATE ON notebook_session
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    _attendance()
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute(SESSIONS)


def _attendance() -> None:
    table, moment = "attendance", sa.DateTime(timezone=True)
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enrolment_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("days_held", sa.Integer(), nullable=False),
        sa.Column("days_attended", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("recorded_at", moment, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("superseded_at", moment, nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
            for column, other in (("enrolment_id", "enrolment"), ("recorded_by_id", "user_account"))
        ),
        *(
            sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))
            for name, rule in (
                ("month_is_first_day", "extract(day FROM month) = 1"),
                ("attended_of_held", "days_attended BETWEEN 0 AND days_held"),
                ("held_in_a_month", "days_held BETWEEN 1 AND 31"),
            )
        ),
    )  # fmt: skip
    op.create_index(op.f(f"ix_{table}_enrolment_id"), table, ["enrolment_id"])
    op.create_index(f"uq_{table}_live", table, ["enrolment_id", "month"], unique=True, postgresql_where=sa.text("superseded_at IS NULL"))  # fmt: skip
    op.execute(f"SELECT keep_recorded('{table}')")


def downgrade() -> None:
    raise NotImplementedError("recorded facts are not thrown away")
