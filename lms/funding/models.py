"""What a cohort costs and what was promised for it: costs, targets, and achievements counted by hand.

All are facts with two times (lms/recorded.py): each is of a document of `dated_on`, and known since it
was recorded. Two documents may promise different things; both stand.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from lms.accounts.models import User
from lms.db import Base, Key
from lms.recorded import Recorded
from lms.resident_numbers import FreeText

LIVE = text("superseded_at IS NULL")
Value = Annotated[float, mapped_column(Numeric(12, 2, asdecimal=False))]  # in the measure's unit


class CostKind(StrEnum):
    BUDGET = "budget"
    ACTUAL = "actual"


class Measure(StrEnum):
    """What may be promised and is in no record here: somebody counts it and names the source."""

    CERTIFICATES = "certificates"
    IP_FILINGS = "ip-filings"
    PROJECTS = "projects"
    SATISFACTION = "satisfaction"


class OfCohort(Recorded):
    """What a document of a day says about a cohort."""

    dated_on: Mapped[date]
    source: Mapped[FreeText] = mapped_column(doc="the document, in words")

    @declared_attr
    def cohort_id(cls) -> Mapped[int]:
        return mapped_column(BigInteger, ForeignKey("cohort.id"), index=True)

    @declared_attr
    def recorded_by(cls) -> Mapped[User | None]:
        return relationship(foreign_keys=[cls.recorded_by_id])  # type: ignore[list-item]


class Cost(OfCohort, Base):
    """An item of a budget, or an expense, in KRW."""

    __tablename__ = "cost"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        Index(
            "uq_cost_live", "cohort_id", "kind", "item", "dated_on", unique=True,
            postgresql_where=LIVE,
        ),
    )  # fmt: skip

    id: Mapped[Key]
    kind: Mapped[CostKind]
    item: Mapped[FreeText]
    amount: Mapped[int] = mapped_column(BigInteger, doc="KRW")


class Target(OfCohort, Base):
    """What is to be reached. `measure`: a metric definition's id (the value in per cent) or a Measure."""

    __tablename__ = "target"
    __table_args__ = (
        CheckConstraint("value >= 0", name="value_not_negative"),
        Index(
            "uq_target_live", "cohort_id", "measure", "source", "dated_on", unique=True,
            postgresql_where=LIVE,
        ),
    )  # fmt: skip

    id: Mapped[Key]
    measure: Mapped[str]
    value: Mapped[Value]
    definition_ko: Mapped[FreeText]
    definition_en: Mapped[FreeText]


class Achievement(OfCohort, Base):
    """What was reached of a measure by `dated_on`; the latest holds."""

    __tablename__ = "achievement"
    __table_args__ = (
        CheckConstraint("value >= 0", name="value_not_negative"),
        Index(
            "uq_achievement_live", "cohort_id", "measure", "dated_on", unique=True,
            postgresql_where=LIVE,
        ),
    )  # fmt: skip

    id: Mapped[Key]
    measure: Mapped[Measure]
    value: Mapped[Value]
