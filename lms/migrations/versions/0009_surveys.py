"""Surveys: waves, invitations and their links, attempts, drafts, responses, opting out"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _word(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    server_default = sa.text(default) if default else None
    return sa.Column(name, sa.String(), nullable=nullable, server_default=server_default)


def _choice(name: str, kind: str, members: tuple[str, ...], **more: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Enum(*members, name=kind, native_enum=False, length=32), **more)


def _moment(name: str, *, nullable: bool = False, now: str | None = None) -> sa.Column[Any]:
    default = sa.text(now) if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _two_times() -> list[sa.Column[Any]]:
    return [
        _moment("recorded_at", now="clock_timestamp()"),
        _moment("superseded_at", nullable=True),
        _word("reason", nullable=True),
        _number("recorded_by_id", nullable=True),
    ]


def _keys(table: str, key: str = "id", **others: str) -> list[sa.schema.SchemaItem]:
    """The primary key, and foreign keys by column: table referred to."""
    return [
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
            for column, other in others.items()
        ),
    ]  # fmt: skip


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _live(table: str, column: str) -> None:
    op.create_index(
        f"uq_{table}_live", table, [column], unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )  # fmt: skip


CHANNELS = ("mail", "phone", "sms", "employer", "other")
OUTCOMES = (
    "complete", "partial", "refused", "opted-out", "no-answer", "bad-contact", "deceased",
    "out-of-scope",
)  # fmt: skip


def upgrade() -> None:
    _waves()
    _attempts()
    _responses()
    op.create_table(
        "survey_refused_link",
        _id(),
        _moment("at", now="now()"),
        _word("address"),
        *_keys("survey_refused_link"),
    )
    op.create_index("ix_survey_refused_link_address_at", "survey_refused_link", ["address", "at"])


def _waves() -> None:
    op.create_table(
        "survey_wave",
        _id(),
        _number("cohort_id"),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("census_on", sa.Date(), nullable=False),
        _word("questionnaire"),
        _moment("opened_at", now="now()"),
        _number("opened_by_id", nullable=True),
        _moment("closes_at"),
        sa.CheckConstraint("months IN (3, 6, 12, 24)", name=op.f("ck_survey_wave_months_known")),
        sa.UniqueConstraint("cohort_id", "months", name=op.f("uq_survey_wave_cohort_id_months")),
        *_keys("survey_wave", cohort_id="cohort", opened_by_id="user_account"),
    )
    op.create_table(
        "survey_invitation",
        _id(),
        _number("wave_id"),
        _number("enrolment_id"),
        sa.UniqueConstraint(
            "wave_id", "enrolment_id", name=op.f("uq_survey_invitation_wave_id_enrolment_id")
        ),
        *_keys("survey_invitation", wave_id="survey_wave", enrolment_id="enrolment"),
    )
    op.create_index(
        op.f("ix_survey_invitation_enrolment_id"), "survey_invitation", ["enrolment_id"]
    )


def _attempts() -> None:
    op.create_table(
        "survey_link",
        _id(),
        _number("invitation_id"),
        _word("token_hash"),
        _choice("channel", "channel", CHANNELS, nullable=False),
        _moment("issued_at", now="now()"),
        _moment("expires_at"),
        _moment("revoked_at", nullable=True),
        sa.UniqueConstraint("token_hash", name=op.f("uq_survey_link_token_hash")),
        *_keys("survey_link", invitation_id="survey_invitation"),
    )
    op.create_table(
        "survey_attempt",
        _id(),
        _number("invitation_id"),
        _choice("channel", "channel", CHANNELS, nullable=False),
        _choice("outcome", "outcome", OUTCOMES, nullable=True),
        _word("note", default="''"),
        _moment("at", now="now()"),
        _number("by_id", nullable=True),
        *_keys("survey_attempt", invitation_id="survey_invitation", by_id="user_account"),
    )
    for table in ("survey_link", "survey_attempt"):
        op.create_index(op.f(f"ix_{table}_invitation_id"), table, ["invitation_id"])
    op.execute(
        "CREATE TRIGGER attempts_stay BEFORE UPDATE OR DELETE ON survey_attempt "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def _responses() -> None:
    op.create_table(
        "survey_draft",
        _number("invitation_id"),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        _moment("saved_at"),
        *_keys("survey_draft", "invitation_id", invitation_id="survey_invitation"),
    )
    op.create_table(
        "survey_response",
        _id(),
        _number("invitation_id"),
        _choice("channel", "channel", CHANNELS, nullable=False),
        sa.Column("unchanged", sa.Boolean(), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        *_two_times(),
        *_keys("survey_response", invitation_id="survey_invitation", recorded_by_id="user_account"),
    )
    op.create_table(
        "survey_opt_out",
        _id(),
        _number("user_id"),
        _choice("channel", "channel", CHANNELS, nullable=False),
        *_two_times(),
        *_keys("survey_opt_out", user_id="user_account", recorded_by_id="user_account"),
    )
    _live("survey_response", "invitation_id")
    _live("survey_opt_out", "user_id")
    for table in ("survey_response", "survey_opt_out"):
        op.execute(f"SELECT keep_recorded('{table}')")


def downgrade() -> None:
    raise NotImplementedError("what people answered is not thrown away")
