"""The end of a notebook session is recorded once, and stays"""

from contextlib import closing

from alembic import op

revision = "0017"
down_revision = "0014"

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
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute(SESSIONS)


def downgrade() -> None:
    raise NotImplementedError("recorded facts are not thrown away")
