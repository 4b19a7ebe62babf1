"""What became of the graduates: spells of a status, the evidence for them, what was intended.

Everything here has two times (lms/recorded.py): facts are superseded, never changed.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from lms.accounts.models import User
from lms.careers.models import Employer
from lms.cohorts.models import Enrolment
from lms.db import Base, Key, Now
from lms.metrics.facts import (
    EXCLUSIVE_GROUPS,
    Contract,
    FoundThrough,
    Intent,
    Spell,
    SpellKind,
)
from lms.privacy.models import DestroyedFile
from lms.recorded import Recorded
from lms.resident_numbers import FreeText

_GROUP_OF_KIND = " ".join(
    f"WHEN '{kind}' THEN {number}"
    for number, kinds in enumerate(EXCLUSIVE_GROUPS, start=1)
    for kind in kinds
)


# Where a spell of a kind says which firm it is with; spells of other kinds are with none.
FIRM_COLUMNS = {SpellKind.EMPLOYEE: "employer_id", SpellKind.FOUNDER: "venture_id"}


class StatusSpell(Recorded, Base):
    """A person's status in [valid_from, valid_to). The fields of metrics.facts.Spell are columns here.

    Live spells of one person and one exclusive group do not overlap (the database refuses it).
    """

    __tablename__ = "status_spell"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="valid_in_order"),
        CheckConstraint("evidence_level BETWEEN 0 AND 5", name="evidence_level_known"),
        CheckConstraint("exclusive_group IS NOT NULL", name="kind_known"),
        CheckConstraint("region ~ '^[0-9]{2}$'", name="region_is_code"),
        CheckConstraint("venture_id IS NULL OR kind = 'founder'", name="founders_have_ventures"),
        CheckConstraint("found_through IS NULL OR kind = 'employee'", name="employees_found_jobs"),
        CheckConstraint(
            "least(hours, contract_months, sales, income, base_pay) >= 0", name="not_negative"
        ),
        ExcludeConstraint(
            (text("int8range(user_id, user_id, '[]')"), "="),
            (text("int4range(exclusive_group, exclusive_group, '[]')"), "="),
            (text("daterange(valid_from, valid_to)"), "&&"),
            name="ex_status_spell_live_overlap",
            where=text("superseded_at IS NULL"),
        ),
        # Of a few cohorts spells are read from this index alone (columns.py), wherever the rows lie.
        Index(
            "ix_status_spell_facts", "user_id", "valid_from",
            postgresql_include=[
                "kind", "valid_to", "evidence_level", "in_field", "hours", "contract",
                "contract_months", "insured", "subsidised", "hired_by_academy", "region",
                "registered", "sales", "income", "base_pay", "recorded_at", "superseded_at",
            ],
        ),
    )  # fmt: skip

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    kind: Mapped[SpellKind]
    exclusive_group: Mapped[int] = mapped_column(
        Computed(f"CASE kind {_GROUP_OF_KIND} END", persisted=True)
    )
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    evidence_level: Mapped[int]
    source: Mapped[FreeText] = mapped_column(doc="where it is known from, in words")
    supersedes_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("status_spell.id"))

    in_field: Mapped[bool | None]
    role: Mapped[FreeText | None] = mapped_column(
        doc="occupation: a KECO code, or the person's words"
    )
    hours: Mapped[float | None]
    contract: Mapped[Contract | None]
    contract_months: Mapped[int | None]
    insured: Mapped[bool | None]
    subsidised: Mapped[bool | None]
    hired_by_academy: Mapped[bool | None]
    region: Mapped[str | None] = mapped_column(doc="si/do code of the place of work; 99 abroad")
    registered: Mapped[bool | None]
    sales: Mapped[int | None] = mapped_column(BigInteger)
    income: Mapped[int | None] = mapped_column(BigInteger)
    base_pay: Mapped[int | None] = mapped_column(BigInteger)
    found_through: Mapped[FoundThrough | None]
    employer_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("employer.id"), index=True, doc="who they work for"
    )
    venture_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("employer.id"), index=True, doc="what they founded"
    )
    may_name_employer: Mapped[bool | None] = mapped_column(
        doc="the person agreed that their employer is named in what is published"
    )

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    employer: Mapped[Employer | None] = relationship(foreign_keys=[employer_id])
    venture: Mapped[Employer | None] = relationship(foreign_keys=[venture_id])
    evidence: Mapped[list[Evidence]] = relationship(back_populates="spell", order_by="Evidence.id")

    @property
    def firm(self) -> Employer | None:
        """Whom the person works for, or what they founded."""
        return self.venture if self.venture_id else self.employer

    @property
    def last_day(self) -> date | None:
        """The last day on which it was so; people are not told of half-open intervals."""
        return self.valid_to - timedelta(days=1) if self.valid_to else None

    @staticmethod
    def group_of(kind: SpellKind) -> int:
        """The number that the database computes into `exclusive_group`."""
        return next(n for n, kinds in enumerate(EXCLUSIVE_GROUPS, start=1) if kind in kinds)

    @property
    def as_spell(self) -> Spell:
        """The row as the fact that metrics count."""
        return Spell(**{field.name: getattr(self, field.name) for field in fields(Spell)})


class SpellWithdrawal(Base):
    """Why a superseded spell has no successor: it was never so. Append-only."""

    __tablename__ = "spell_withdrawal"

    spell_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("status_spell.id"), primary_key=True
    )
    reason: Mapped[FreeText]
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    at: Mapped[Now]


class EvidenceKind(StrEnum):
    INSURANCE_RECORD = "insurance-record"
    TAX_RECORD = "tax-record"
    EMPLOYER_CONFIRMATION = "employer-confirmation"
    CONTRACT = "contract"
    BUSINESS_REGISTRATION = "business-registration"
    ENROLMENT_CERTIFICATE = "enrolment-certificate"
    OWN_DOCUMENT = "own-document"
    OWN_WORD = "own-word"
    HEARSAY = "hearsay"


EVIDENCE_LEVELS: dict[EvidenceKind, int] = {
    EvidenceKind.INSURANCE_RECORD: 5,
    EvidenceKind.TAX_RECORD: 5,
    EvidenceKind.EMPLOYER_CONFIRMATION: 4,
    EvidenceKind.CONTRACT: 3,
    EvidenceKind.BUSINESS_REGISTRATION: 3,
    EvidenceKind.ENROLMENT_CERTIFICATE: 3,
    EvidenceKind.OWN_DOCUMENT: 2,
    EvidenceKind.OWN_WORD: 1,
    EvidenceKind.HEARSAY: 0,
}


class Evidence(Recorded, Base):
    """What shows that a spell is so; its file, where there is one, lies in storage under its hash."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint("(sha256 IS NULL) = (file_name IS NULL)", name="file_has_a_name"),
    )

    id: Mapped[Key]
    spell_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("status_spell.id"), index=True)
    kind: Mapped[EvidenceKind]
    received_on: Mapped[date]
    expires_on: Mapped[date | None]
    sha256: Mapped[str | None]
    file_name: Mapped[FreeText | None]
    note: Mapped[FreeText]

    spell: Mapped[StatusSpell] = relationship(back_populates="evidence")
    checks: Mapped[list[EvidenceCheck]] = relationship(order_by="EvidenceCheck.id")
    destroyed: Mapped[DestroyedFile | None] = relationship(
        primaryjoin=lambda: foreign(Evidence.sha256) == DestroyedFile.file_sha256, viewonly=True
    )

    @property
    def level(self) -> int:
        return EVIDENCE_LEVELS[self.kind]

    @property
    def accepted(self) -> bool | None:
        """By the latest check; None before the first."""
        return self.checks[-1].accepted if self.checks else None

    @property
    def supports(self) -> bool:
        """Whether it shows what is recorded: somebody accepted it, and its file is not destroyed."""
        return bool(self.accepted) and self.destroyed is None


class EvidenceCheck(Base):
    """Somebody looked at the evidence: accepted or not. Append-only."""

    __tablename__ = "evidence_check"

    id: Mapped[Key]
    evidence_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("evidence.id"), index=True)
    accepted: Mapped[bool]
    note: Mapped[FreeText]
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    at: Mapped[Now]


class IntentAnswer(Recorded, Base):
    """What somebody said at the start that they want afterwards; locked, a correction says why."""

    __tablename__ = "intent_answer"
    __table_args__ = (
        Index(
            "uq_intent_answer_live", "enrolment_id", unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(
            "ix_intent_answer_facts", "enrolment_id",
            postgresql_include=["answer", "recorded_at", "superseded_at"],
        ),
    )  # fmt: skip

    id: Mapped[Key]
    enrolment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("enrolment.id"))
    answer: Mapped[Intent]

    enrolment: Mapped[Enrolment] = relationship()


class Dispute(Base):
    """A person says that their record is wrong: one spell of it, or what is missing. Append-only."""

    __tablename__ = "dispute"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), index=True)
    spell_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("status_spell.id"))
    text: Mapped[FreeText]
    at: Mapped[Now]

    answer: Mapped[DisputeAnswer | None] = relationship()


class DisputeAnswer(Base):
    """What an administrator answered, once: upheld and corrected, or declined. Append-only."""

    __tablename__ = "dispute_answer"

    dispute_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("dispute.id"), primary_key=True)
    upheld: Mapped[bool]
    text: Mapped[FreeText]
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    at: Mapped[Now]
