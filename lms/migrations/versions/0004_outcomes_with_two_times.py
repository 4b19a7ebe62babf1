"""Outcomes with two times: spells with all that metrics ask, evidence, intent, enrolments as known"""

from contextlib import closing
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# One moment for all facts of a transaction. It is taken under a lock that recorders share and that
# lock_recording() takes alone, so that nothing is recorded later for a moment that was asked about.
RECORDING = """
CREATE FUNCTION lock_recording() RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(20260101)
$$;

CREATE FUNCTION recording_moment() RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    moment text := current_setting('academy.recording_moment', true);
BEGIN
    IF coalesce(moment, '') = '' OR moment::timestamptz < transaction_timestamp() THEN
        PERFORM pg_advisory_xact_lock_shared(20260101);
        moment := clock_timestamp()::text;
        PERFORM set_config('academy.recording_moment', moment, true);
    END IF;
    RETURN moment::timestamptz;
END $$;

CREATE FUNCTION begin_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.recorded_at := recording_moment();
    NEW.superseded_at := NULL;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION only_supersede() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['superseded_at', 'exclusive_group'];  -- the latter is computed afterwards
BEGIN
    IF OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
       AND to_jsonb(NEW) - free = to_jsonb(OLD) - free THEN
        NEW.superseded_at := recording_moment();
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%: a recorded fact is superseded, never changed', TG_TABLE_NAME;
END $$;

CREATE FUNCTION keep_recorded(kept regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER facts_begin_now BEFORE INSERT ON %s '
                   'FOR EACH ROW EXECUTE FUNCTION begin_recorded()', kept);
    EXECUTE format('CREATE TRIGGER facts_stay BEFORE UPDATE ON %s '
                   'FOR EACH ROW EXECUTE FUNCTION only_supersede()', kept);
    EXECUTE format('CREATE TRIGGER facts_are_not_deleted BEFORE DELETE ON %s '
                   'FOR EACH ROW EXECUTE FUNCTION refuse_change()', kept);
    EXECUTE format('CREATE TRIGGER facts_are_not_emptied BEFORE TRUNCATE ON %s '
                   'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', kept);
END $$;

DROP TRIGGER facts_stay ON status_spell;
DROP TRIGGER facts_are_not_deleted ON status_spell;
"""

ENROLMENTS = """
CREATE FUNCTION record_enrolment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE enrolment_record SET superseded_at = now()
        WHERE enrolment_id = OLD.id AND superseded_at IS NULL;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO enrolment_record
            (enrolment_id, cohort_id, user_id, enrolled_on, left_on, leaving, completed_on)
        VALUES (NEW.id, NEW.cohort_id, NEW.user_id, NEW.enrolled_on, NEW.left_on, NEW.leaving,
                NEW.completed_on);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER enrolments_are_recorded AFTER INSERT OR UPDATE OR DELETE ON enrolment
    FOR EACH ROW EXECUTE FUNCTION record_enrolment();

INSERT INTO enrolment_record
    (enrolment_id, cohort_id, user_id, enrolled_on, left_on, leaving, completed_on)
SELECT id, cohort_id, user_id, enrolled_on, left_on, leaving, completed_on FROM enrolment;
"""
STAGES = """
CREATE TRIGGER stages_stay BEFORE UPDATE OR DELETE ON application_stage
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checks_stay BEFORE UPDATE OR DELETE ON evidence_check
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
GROUP = (
    "CASE kind WHEN 'employee' THEN 1 WHEN 'founder' THEN 2 WHEN 'freelance' THEN 3 "
    "WHEN 'study' THEN 4 WHEN 'military' THEN 5 WHEN 'unable' THEN 5 WHEN 'seeking' THEN 5 "
    "WHEN 'inactive' THEN 5 WHEN 'unknown' THEN 5 END"
)


def key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def two_times() -> list[sa.Column[Any]]:
    moment = sa.text("clock_timestamp()")
    return [
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=moment, nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
    ]


def keys_of(table: str, **others: str) -> list[sa.schema.SchemaItem]:
    """The primary key, and foreign keys by column: table referred to."""
    return [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
            for column, other in others.items()
        ),
    ]  # fmt: skip


def upgrade() -> None:
    _run(RECORDING)
    _spells()
    _evidence_and_intent()
    _enrolments()
    for table in ("status_spell", "evidence", "intent_answer", "enrolment_record"):
        op.execute(f"SELECT keep_recorded('{table}')")
    _run(ENROLMENTS)
    _run(STAGES)


def _run(script: str) -> None:
    """By the driver's own cursor: colons and percent signs stay as they are."""
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute(script)


def _spells() -> None:
    table = "status_spell"
    op.drop_constraint("ex_status_spell_live_overlap", table)
    op.add_column(table, sa.Column("exclusive_group", sa.Integer(), sa.Computed(GROUP, persisted=True), nullable=False))  # fmt: skip
    op.alter_column(table, "recorded_at", server_default=sa.text("clock_timestamp()"))
    columns: list[sa.Column[Any]] = [
        *(sa.Column(name, sa.String(), nullable=True) for name in ("reason", "role")),
        sa.Column("contract", sa.String(length=32), nullable=True),
        sa.Column("contract_months", sa.Integer(), nullable=True),
        sa.Column("hours", sa.Float(), nullable=True),
    ]
    for name in ("in_field", "insured", "subsidised", "hired_by_academy", "registered"):
        columns.append(sa.Column(name, sa.Boolean(), nullable=True))
    for name in ("sales", "income", "base_pay", "supersedes_id"):
        columns.append(sa.Column(name, sa.BigInteger(), nullable=True))
    for column in columns:
        op.add_column(table, column)
    op.create_foreign_key(op.f("fk_status_spell_supersedes_id_status_spell"), table, table, ["supersedes_id"], ["id"])  # fmt: skip
    for name, rule in (
        ("kind_known", "exclusive_group IS NOT NULL"),
        ("region_is_code", "region ~ '^[0-9]{2}$'"),
        ("not_negative", "least(hours, contract_months, sales, income, base_pay) >= 0"),
    ):
        op.create_check_constraint(op.f(f"ck_status_spell_{name}"), table, rule)
    op.execute(
        "ALTER TABLE status_spell ADD CONSTRAINT ex_status_spell_live_overlap EXCLUDE USING gist ("
        "int8range(user_id, user_id, '[]') WITH =, "
        "int4range(exclusive_group, exclusive_group, '[]') WITH =, "
        "daterange(valid_from, valid_to) WITH &&) WHERE (superseded_at IS NULL)"
    )


def _evidence_and_intent() -> None:
    op.create_table(
        "evidence",
        key(),
        sa.Column("spell_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("file_name", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        *two_times(),
        sa.CheckConstraint("(sha256 IS NULL) = (file_name IS NULL)", name=op.f("ck_evidence_file_has_a_name")),
        *keys_of("evidence", spell_id="status_spell", recorded_by_id="user_account"),
    )  # fmt: skip
    op.create_index(op.f("ix_evidence_spell_id"), "evidence", ["spell_id"])
    op.create_table(
        "evidence_check",
        key(),
        sa.Column("evidence_id", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *keys_of("evidence_check", evidence_id="evidence", by_id="user_account"),
    )  # fmt: skip
    op.create_index(op.f("ix_evidence_check_evidence_id"), "evidence_check", ["evidence_id"])
    op.create_table(
        "intent_answer",
        key(),
        sa.Column("enrolment_id", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=False),
        *two_times(),
        *keys_of("intent_answer", enrolment_id="enrolment", recorded_by_id="user_account"),
    )
    op.create_index("uq_intent_answer_live", "intent_answer", ["enrolment_id"], unique=True, postgresql_where=sa.text("superseded_at IS NULL"))  # fmt: skip


def _enrolments() -> None:
    op.add_column("enrolment", sa.Column("leaving", sa.String(length=32), nullable=True))
    op.add_column("application_stage", sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False))  # fmt: skip
    op.create_table(
        "enrolment_record",
        key(),
        sa.Column("enrolment_id", sa.BigInteger(), nullable=False),
        sa.Column("cohort_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("enrolled_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("leaving", sa.String(length=32), nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=True),
        *two_times(),
        *keys_of("enrolment_record", cohort_id="cohort", user_id="user_account", recorded_by_id="user_account"),
    )  # fmt: skip
    op.create_index("ix_enrolment_record_cohort_id_enrolment_id", "enrolment_record", ["cohort_id", "enrolment_id"])  # fmt: skip
    op.create_index(op.f("ix_enrolment_record_user_id"), "enrolment_record", ["user_id"])
    op.create_index("uq_enrolment_record_live", "enrolment_record", ["enrolment_id"], unique=True, postgresql_where=sa.text("superseded_at IS NULL"))  # fmt: skip


def downgrade() -> None:
    raise NotImplementedError("recorded facts are not thrown away")
