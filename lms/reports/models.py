"""A report is an object: what was asked, what was counted, who stands by it. Nothing of it ever changes.

Its numbers are sealed when it is made: `facts` are counts without people (lms/reports/facts.py), the
tables are made from them and from nothing else. Whether it is published follows from its approvals.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms import storage
from lms.accounts.models import User
from lms.cohorts.models import Cohort
from lms.db import Base, Bilingual, Key, Now
from lms.reports import table
from lms.reports.table import Table as ReportTable

APPROVALS_NEEDED = 2

report_cohort = Table(
    "report_cohort",
    Base.metadata,
    Column("report_id", BigInteger, ForeignKey("report.id"), primary_key=True),
    Column("cohort_id", BigInteger, ForeignKey("cohort.id"), primary_key=True, index=True),
)


class ReportState(StrEnum):
    DRAFT = "draft"
    REFUSED = "refused"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


class Report(Base):
    """`definitions`: the metrics counted, as "id/version"; `policy`: the disclosure policy, likewise.

    valid_on: the day the figures are of; known_at: the moment whose knowledge they are of.
    facts_sha256, tables_sha256: of the counts before and after the disclosure policy.
    """

    __tablename__ = "report"

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(unique=True)
    title: Mapped[Bilingual]
    recipient: Mapped[str]
    legal_basis: Mapped[str]
    valid_on: Mapped[date]
    known_at: Mapped[datetime]
    definitions: Mapped[list[str]] = mapped_column(JSONB)
    policy: Mapped[str]
    code_version: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    facts_sha256: Mapped[str]
    content: Mapped[list[dict[str, Any]]] = mapped_column("tables", JSONB)
    tables_sha256: Mapped[str]
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    at: Mapped[Now]
    supersedes_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("report.id"), unique=True
    )
    correction: Mapped[str | None] = mapped_column(doc="why it supersedes another, to be printed")

    by: Mapped[User] = relationship()
    cohorts: Mapped[list[Cohort]] = relationship(secondary=report_cohort, order_by=Cohort.number)
    decisions: Mapped[list[ReportDecision]] = relationship(
        back_populates="report", order_by="ReportDecision.id"
    )
    publication: Mapped[ReportPublication | None] = relationship()
    supersedes: Mapped[Report | None] = relationship(
        remote_side="Report.id", back_populates="superseded_by"
    )
    superseded_by: Mapped[Report | None] = relationship(back_populates="supersedes")

    @property
    def tables(self) -> tuple[ReportTable, ...]:
        return table.from_json(self.content)

    @property
    def approvals(self) -> list[ReportDecision]:
        return [decision for decision in self.decisions if decision.approved]

    @property
    def approvals_needed(self) -> int:
        return APPROVALS_NEEDED

    def is_decided_by(self, person: User) -> bool:
        return any(decision.by_id == person.id for decision in self.decisions)

    @property
    def refusal(self) -> ReportDecision | None:
        return next((one for one in self.decisions if not one.approved), None)

    @property
    def state(self) -> ReportState:
        if self.refusal:
            return ReportState.REFUSED
        if not self.publication:
            return ReportState.DRAFT
        if self.superseded_by and self.superseded_by.publication:
            return ReportState.SUPERSEDED
        return ReportState.PUBLISHED


class ReportDecision(Base):
    """Somebody approved the report or refused it, with a word on what they checked. Append-only."""

    __tablename__ = "report_decision"
    __table_args__ = (UniqueConstraint("report_id", "by_id"),)

    id: Mapped[Key]
    report_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("report.id"))
    approved: Mapped[bool]
    note: Mapped[str]
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    at: Mapped[Now]

    by: Mapped[User] = relationship()
    report: Mapped[Report] = relationship(back_populates="decisions")


class ReportPublication(Base):
    """Made with the approval that was still needed: from then on the report is public.

    files: the report in every format and language, as it was published (stored under their hashes).
    """

    __tablename__ = "report_publication"

    report_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("report.id"), primary_key=True, autoincrement=False
    )
    at: Mapped[Now]
    files: Mapped[storage.Manifest] = mapped_column(storage.ManifestType())
