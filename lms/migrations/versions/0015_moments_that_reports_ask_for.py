"""Marks, releases, runs, regrades and admission steps get their moment like other facts; nobody waits for a report"""

from contextlib import closing

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

# A recorder holds its lock, shared, from before it takes its moment until it has committed. So who
# holds none now has either committed or will get a later moment: a report waits for those who hold
# one, and keeps nobody from recording, neither while it waits nor while it counts. (To take the same
# lock alone, as before, would let every grader queue behind a report that waits for one long import.)
# NULL: somebody was still recording after the limit.
SETTLED = """
CREATE FUNCTION settled_moment(most interval) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    waited_for text[];
BEGIN
    SELECT coalesce(array_agg(virtualtransaction), '{}') INTO waited_for
    FROM pg_locks
    WHERE locktype = 'advisory' AND (classid, objid, objsubid) = (0, 20260101, 1)
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND pid <> pg_backend_pid();
    WHILE EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND (classid, objid, objsubid) = (0, 20260101, 1)
          AND virtualtransaction = ANY (waited_for)
    ) LOOP
        IF clock_timestamp() > moment + most THEN
            RETURN NULL;
        END IF;
        PERFORM pg_sleep(0.005);
    END LOOP;
    -- What this transaction records after the answer is later than the answer.
    PERFORM set_config('academy.recording_moment', '', true);
    RETURN moment;
END $$;

DROP FUNCTION lock_recording();
"""

# The named column becomes the moment of recording, whatever the statement says; then it stays.
MOMENTS = """
CREATE FUNCTION begin_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], recording_moment()));
END $$;

CREATE TRIGGER facts_begin_now BEFORE INSERT ON mark
    FOR EACH ROW EXECUTE FUNCTION begin_at('at');
CREATE TRIGGER facts_begin_now BEFORE INSERT ON application_stage
    FOR EACH ROW EXECUTE FUNCTION begin_at('recorded_at');
CREATE TRIGGER facts_begin_now BEFORE INSERT ON grade_release
    FOR EACH ROW EXECUTE FUNCTION begin_at('released_at');
CREATE TRIGGER releases_stay BEFORE UPDATE OR DELETE ON grade_release
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER facts_begin_now BEFORE INSERT ON run
    FOR EACH ROW WHEN (NEW.finished_at IS NOT NULL) EXECUTE FUNCTION begin_at('finished_at');
CREATE TRIGGER runs_end_now BEFORE UPDATE OF finished_at ON run
    FOR EACH ROW WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL)
    EXECUTE FUNCTION begin_at('finished_at');
CREATE TRIGGER ended_runs_stay BEFORE UPDATE OF finished_at ON run
    FOR EACH ROW WHEN (OLD.finished_at IS DISTINCT FROM NEW.finished_at AND OLD.finished_at IS NOT NULL)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER regrades_apply_now BEFORE UPDATE OF applied_at ON regrade
    FOR EACH ROW WHEN (OLD.applied_at IS NULL AND NEW.applied_at IS NOT NULL)
    EXECUTE FUNCTION begin_at('applied_at');
CREATE TRIGGER applied_regrades_stay BEFORE UPDATE OF applied_at ON regrade
    FOR EACH ROW WHEN (OLD.applied_at IS DISTINCT FROM NEW.applied_at AND OLD.applied_at IS NOT NULL)
    EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute(SETTLED)
        cursor.execute(MOMENTS)
    moment = sa.text("clock_timestamp()")
    for table, column in (
        ("mark", "at"),
        ("application_stage", "recorded_at"),
        ("grade_release", "released_at"),
    ):
        op.alter_column(table, column, server_default=moment)


def downgrade() -> None:
    raise NotImplementedError("what reports said stays as it was")
