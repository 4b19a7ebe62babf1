"""Employers, agreements, ventures and the camp, all with two times; spells say where somebody works"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

LIVE = "superseded_at IS NULL"
VENTURE = "int8range(venture_id, venture_id, '[]') WITH ="
PERIOD = "daterange(valid_from, valid_to) WITH &&"
EXCLUDED = {  # constraint: (table, what may not coincide, where)
    "ex_site_one_head_office": (
        "site",
        f"int8range(employer_id, employer_id, '[]') WITH =, {PERIOD}",
        f"{LIVE} AND kind = 'head-office'",
    ),
    "ex_founder_once": (
        "founder",
        f"{VENTURE}, int8range(user_id, user_id, '[]') WITH =, {PERIOD}",
        LIVE,
    ),
    "ex_tenancy_one_place": ("tenancy", f"{VENTURE}, {PERIOD}", LIVE),
    "ex_tenancy_room_taken": (
        "tenancy",
        "int4range(camp, camp, '[]') WITH =, "
        f"int8range(hashtextextended(room, 0), hashtextextended(room, 0), '[]') WITH =, {PERIOD}",
        LIVE,
    ),
}
IN_ORDER = ("valid_in_order", "valid_to IS NULL OR valid_from < valid_to")


def upgrade() -> None:
    op.create_table(
        "employer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employer")),
    )  # fmt: skip
    _employers()
    _ventures()
    for name, (table, parts, where) in EXCLUDED.items():
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE USING gist ({parts}) WHERE ({where})")  # fmt: skip
    _spells()


def _employers() -> None:
    _fact(
        "employer_record",
        {"employer_id": "employer"},
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("registry_number", sa.String(), nullable=True),
        _word("size", nullable=True),
        _word("sector", nullable=True),
        sa.Column("same_as_id", sa.BigInteger(), nullable=True),
        checks=[
            ("registry_number_has_ten_digits", "registry_number ~ '^[0-9]{10}$'"),
            ("not_its_own_duplicate", "same_as_id <> employer_id"),
        ],
    )
    op.create_foreign_key(op.f("fk_employer_record_same_as_id_employer"), "employer_record", "employer", ["same_as_id"], ["id"])  # fmt: skip
    op.create_index(op.f("ix_employer_record_same_as_id"), "employer_record", ["same_as_id"])
    _one_live("uq_employer_record_live", "employer_record", "employer_id")
    _one_live("uq_employer_record_registry_number", "employer_record", "registry_number", where=f"{LIVE} AND same_as_id IS NULL")  # fmt: skip
    _fact(
        "site",
        {"employer_id": "employer"},
        _word("kind"),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        checks=[IN_ORDER, ("region_is_code", "region ~ '^[0-9]{2}$'")],
    )
    _fact("mou", {"employer_id": "employer"}, _word("kind"), *_period(), checks=[IN_ORDER])
    _fact(
        "headcount",
        {"employer_id": "employer"},
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        checks=[("not_negative", "jobs >= 0")],
    )
    _one_live("uq_headcount_live", "headcount", "employer_id", "counted_on")


def _ventures() -> None:
    _fact(
        "venture",
        {"venture_id": "employer"},
        sa.Column("founded_on", sa.Date(), nullable=False),
        *(
            sa.Column(name, sa.Date(), nullable=True)
            for name in ("registered_on", "first_sale_on", "closed_on")
        ),
        checks=[("founded_first", "founded_on <= least(registered_on, first_sale_on, closed_on)")],
    )
    _one_live("uq_venture_live", "venture", "venture_id")
    _fact(
        "founder",
        {"venture_id": "employer", "user_id": "user_account"},
        *_period(),
        checks=[IN_ORDER],
    )
    _fact(
        "tenancy",
        {"venture_id": "employer"},
        _camp(),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=True),
        *_period(),
        checks=[
            IN_ORDER,
            ("camp_exists", "camp IN (1, 2)"),
            ("origin_is_code", "origin ~ '^[0-9]{2}$'"),
        ],
    )
    _fact(
        "waiting",
        {"venture_id": "employer", "user_id": "user_account"},
        _camp(),
        *_period(),
        checks=[
            IN_ORDER,
            ("camp_exists", "camp IN (1, 2)"),
            ("venture_or_person", "num_nonnulls(venture_id, user_id) = 1"),
        ],
        may_miss=True,
    )


def _spells() -> None:
    for name in ("employer_id", "venture_id"):
        op.add_column("status_spell", sa.Column(name, sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(f"fk_status_spell_{name}_employer"), "status_spell", "employer", [name], ["id"])  # fmt: skip
        op.create_index(op.f(f"ix_status_spell_{name}"), "status_spell", [name])
    op.add_column("status_spell", sa.Column("may_name_employer", sa.Boolean(), nullable=True))
    op.create_check_constraint(
        op.f("ck_status_spell_founders_have_ventures"),
        "status_spell",
        "venture_id IS NULL OR kind = 'founder'",
    )


def _fact(
    table: str,
    about: dict[str, str],
    *columns: sa.Column[Any],
    checks: list[tuple[str, str]],
    may_miss: bool = False,
) -> None:
    """A two-timed table; `about`: indexed columns that refer to other tables."""
    refers = {**about, "recorded_by_id": "user_account"}
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=may_miss) for name in about),
        *columns,
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in checks),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}_{other}"))
            for name, other in refers.items()
        ),
    )  # fmt: skip
    for name in about:
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name])
    op.execute(f"SELECT keep_recorded('{table}')")


def _word(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=32), nullable=nullable)


def _period() -> list[sa.Column[Any]]:
    return [
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
    ]


def _camp() -> sa.Column[int]:
    return sa.Column("camp", sa.Integer(), nullable=False)


def _one_live(name: str, table: str, *columns: str, where: str = LIVE) -> None:
    op.create_index(name, table, list(columns), unique=True, postgresql_where=sa.text(where))


def downgrade() -> None:
    raise NotImplementedError("recorded facts are not thrown away")
