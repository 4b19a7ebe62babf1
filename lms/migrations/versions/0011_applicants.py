"""Who applied, as asked at application; the application an enrolment came from; questions before a regrade"""

from contextlib import closing

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

# Applicants are facts with two times like others (0004), but their rows go when their period is over.
FACTS = """
CREATE TRIGGER facts_begin_now BEFORE INSERT ON applicant
    FOR EACH ROW EXECUTE FUNCTION begin_recorded();
CREATE TRIGGER facts_stay BEFORE UPDATE ON applicant
    FOR EACH ROW EXECUTE FUNCTION only_supersede();
CREATE TRIGGER facts_are_not_emptied BEFORE TRUNCATE ON applicant
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE FUNCTION record_enrolment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE enrolment_record SET superseded_at = now()
        WHERE enrolment_id = OLD.id AND superseded_at IS NULL;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO enrolment_record
            (enrolment_id, cohort_id, user_id, application_id, enrolled_on, left_on, leaving,
             completed_on)
        VALUES (NEW.id, NEW.cohort_id, NEW.user_id, NEW.application_id, NEW.enrolled_on,
                NEW.left_on, NEW.leaving, NEW.completed_on);
    END IF;
    RETURN NULL;
END $$;

-- Nobody has asked by application yet, so nothing that was known changes.
ALTER TABLE enrolment_record DISABLE TRIGGER facts_stay;
UPDATE enrolment_record SET application_id = enrolment.application_id FROM enrolment
    WHERE enrolment.id = enrolment_id AND superseded_at IS NULL;
ALTER TABLE enrolment_record ENABLE TRIGGER facts_stay;
"""


def upgrade() -> None:
    op.add_column("application", sa.Column("number", sa.String(), nullable=True))
    op.create_unique_constraint(op.f("uq_application_cohort_id_number"), "application", ["cohort_id", "number"])  # fmt: skip
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "applicant",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.String(length=32), nullable=True) for name in ("sex", "major", "job_status")),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("recorded_at", moment, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("superseded_at", moment, nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applicant")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_applicant_{column}_{other}"))
            for column, other in (("application_id", "application"), ("recorded_by_id", "user_account"))
        ),
        sa.CheckConstraint("region ~ '^[0-9]{2}$'", name=op.f("ck_applicant_region_is_code")),
        sa.CheckConstraint("birth_year BETWEEN 1900 AND 2100", name=op.f("ck_applicant_birth_year_is_year")),
    )  # fmt: skip
    op.create_index(op.f("ix_applicant_application_id"), "applicant", ["application_id"])
    op.create_index("uq_applicant_live", "applicant", ["application_id"], unique=True, postgresql_where=sa.text("superseded_at IS NULL"))  # fmt: skip
    op.add_column("enrolment_record", sa.Column("application_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_enrolment_record_application_id"), "enrolment_record", ["application_id"])  # fmt: skip
    op.add_column("regrade", sa.Column("replaced_questions", postgresql.JSONB(), nullable=True))
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute(FACTS)


def downgrade() -> None:
    raise NotImplementedError("recorded facts are not thrown away")
