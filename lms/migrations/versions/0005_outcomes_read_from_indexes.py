"""The facts that figures are counted from are read from indexes alone"""

from alembic import op

revision = "0005"
down_revision = "0004"

TWO_TIMES = ["recorded_at", "superseded_at"]
SPELL = [
    "kind", "valid_to", "evidence_level", "in_field", "hours", "contract", "contract_months", "insured",
    "subsidised", "hired_by_academy", "region", "registered", "sales", "income", "base_pay",
]  # fmt: skip
ENROLMENT = ["enrolment_id", "user_id", "enrolled_on", "left_on", "leaving", "completed_on"]


def upgrade() -> None:
    op.drop_index("ix_status_spell_user_id_valid_from", "status_spell")
    op.create_index("ix_status_spell_facts", "status_spell", ["user_id", "valid_from"], postgresql_include=SPELL + TWO_TIMES)  # fmt: skip
    op.create_index("ix_enrolment_record_facts", "enrolment_record", ["cohort_id", "id"], postgresql_include=ENROLMENT + TWO_TIMES)  # fmt: skip
    op.create_index("ix_intent_answer_facts", "intent_answer", ["enrolment_id"], postgresql_include=["answer", *TWO_TIMES])  # fmt: skip


def downgrade() -> None:
    raise NotImplementedError("recorded facts are not thrown away")
