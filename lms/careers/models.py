"""Employers and what is known of them: places, agreements (MOUs), head counts; ventures and the camp.

A venture is an employer that somebody young in business founded, so every `venture_id` is an
employer's id. All facts have two times (lms/recorded.py); only `Employer` is no fact, but an identity.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, and_, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, declared_attr, foreign, mapped_column, relationship

from lms.accounts.models import User
from lms.db import Base, Key, Now
from lms.recorded import Recorded
from lms.resident_numbers import FreeText

LIVE = text("superseded_at IS NULL")
CAMPS = (1, 2)  # AI Startup Camp 1 (2020) and 2 (2021)
_PERIOD = (text("daterange(valid_from, valid_to)"), "&&")
_ROOM = (text("int8range(hashtextextended(room, 0), hashtextextended(room, 0), '[]')"), "=")
_OF_VENTURE = (text("int8range(venture_id, venture_id, '[]')"), "=")


class Size(StrEnum):
    """The classes of Korean law (중소기업기본법, 중견기업법)."""

    SMALL = "small"
    MEDIUM = "medium"
    MID_SIZE = "mid-size"
    LARGE = "large"
    PUBLIC = "public"


class Sector(StrEnum):
    """Software, and the industries that the city names as its key ones."""

    SOFTWARE = "software"
    MOBILITY = "mobility"
    ENERGY = "energy"
    HEALTH = "health"
    CULTURE = "culture"
    MANUFACTURING = "manufacturing"
    OTHER = "other"


class SiteKind(StrEnum):
    HEAD_OFFICE = "head-office"
    BRANCH = "branch"
    LABORATORY = "laboratory"


class MouKind(StrEnum):
    """What an agreement is about: bringing the firm here, hiring graduates, projects of trainees."""

    ATTRACT = "attract"
    HIRE = "hire"
    PROJECT = "project"


class VentureState(StrEnum):
    PLANNED = "planned"
    FOUNDED = "founded"
    REGISTERED = "registered"
    TRADING = "trading"
    CLOSED = "closed"


class InvestmentKind(StrEnum):
    """For shares, for a claim that may become shares, or for nothing: a grant is no investment."""

    EQUITY = "equity"
    CONVERTIBLE = "convertible"
    GRANT = "grant"


class OfEmployer(Recorded):
    """A fact about an employer."""

    @declared_attr
    def employer_id(cls) -> Mapped[int]:
        return mapped_column(BigInteger, ForeignKey("employer.id"), index=True)


class OfVenture(Recorded):
    """A fact about a venture."""

    @declared_attr
    def venture_id(cls) -> Mapped[int]:
        return mapped_column(BigInteger, ForeignKey("employer.id"), index=True)


class Employer(Base):
    """A firm or body that others point at. What it is called and is like, its live `record` says."""

    __tablename__ = "employer"

    id: Mapped[Key]
    created_at: Mapped[Now]

    record: Mapped[EmployerRecord] = relationship(
        primaryjoin=lambda: and_(
            Employer.id == foreign(EmployerRecord.employer_id),
            EmployerRecord.superseded_at.is_(None),
        ),
        viewonly=True,
        uselist=False,
    )

    @property
    def name(self) -> str:
        return self.record.name


class EmployerRecord(OfEmployer, Base):
    """An employer as it was known for a while.

    `same_as_id`: it turned out to be another employer entered twice; that one is never a duplicate
    itself.
    """

    __tablename__ = "employer_record"
    __table_args__ = (
        CheckConstraint("registry_number ~ '^[0-9]{10}$'", name="registry_number_has_ten_digits"),
        CheckConstraint("same_as_id <> employer_id", name="not_its_own_duplicate"),
        Index("uq_employer_record_live", "employer_id", unique=True, postgresql_where=LIVE),
        Index(
            "uq_employer_record_registry_number", "registry_number", unique=True,
            postgresql_where=text("superseded_at IS NULL AND same_as_id IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[Key]
    name: Mapped[FreeText]
    registry_number: Mapped[str | None] = mapped_column(doc="사업자등록번호, ten digits")
    size: Mapped[Size | None]
    sector: Mapped[Sector | None]
    same_as_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("employer.id"), index=True
    )


class Site(OfEmployer, Base):
    """Where an employer is in [valid_from, valid_to): moving is one site ended and another begun."""

    __tablename__ = "site"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="valid_in_order"),
        CheckConstraint("region ~ '^[0-9]{2}$'", name="region_is_code"),
        ExcludeConstraint(
            (text("int8range(employer_id, employer_id, '[]')"), "="), _PERIOD,
            name="ex_site_one_head_office",
            where=text("superseded_at IS NULL AND kind = 'head-office'"),
        ),
    )  # fmt: skip

    id: Mapped[Key]
    kind: Mapped[SiteKind]
    region: Mapped[str] = mapped_column(doc="si/do code, as in status_spell; 99 abroad")
    valid_from: Mapped[date | None] = mapped_column(doc="None: since before we knew it")
    valid_to: Mapped[date | None]


class Mou(OfEmployer, Base):
    """An agreement signed on valid_from, in force until valid_to."""

    __tablename__ = "mou"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="valid_in_order"),
    )

    id: Mapped[Key]
    kind: Mapped[MouKind]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Headcount(OfEmployer, Base):
    """How many people an employer employed on a day. Founders and owners are not jobs created."""

    __tablename__ = "headcount"
    __table_args__ = (
        CheckConstraint("jobs >= 0", name="not_negative"),
        Index("uq_headcount_live", "employer_id", "counted_on", unique=True, postgresql_where=LIVE),
    )

    id: Mapped[Key]
    counted_on: Mapped[date]
    jobs: Mapped[int]
    source: Mapped[FreeText] = mapped_column(doc="where it is known from, in words")


class Venture(OfVenture, Base):
    """The dates of a young firm's life, each once it is known."""

    __tablename__ = "venture"
    __table_args__ = (
        CheckConstraint(
            "founded_on <= least(registered_on, first_sale_on, closed_on)", name="founded_first"
        ),
        Index("uq_venture_live", "venture_id", unique=True, postgresql_where=LIVE),
    )

    id: Mapped[Key]
    founded_on: Mapped[date]
    registered_on: Mapped[date | None]
    first_sale_on: Mapped[date | None]
    closed_on: Mapped[date | None]

    def state(self, day: date) -> VentureState:
        for reached_on, state in (
            (self.closed_on, VentureState.CLOSED),
            (self.first_sale_on, VentureState.TRADING),
            (self.registered_on, VentureState.REGISTERED),
            (self.founded_on, VentureState.FOUNDED),
        ):
            if reached_on and reached_on <= day:
                return state
        return VentureState.PLANNED


class Investment(OfVenture, Base):
    """Money that a venture received on a day; promised, it is not recorded yet."""

    __tablename__ = "investment"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_positive"),)

    id: Mapped[Key]
    received_on: Mapped[date]
    kind: Mapped[InvestmentKind]
    amount: Mapped[int] = mapped_column(BigInteger, doc="KRW")
    source: Mapped[FreeText] = mapped_column(doc="where it is known from, in words")


class Founder(OfVenture, Base):
    """A person of the academy leads a venture in [valid_from, valid_to)."""

    __tablename__ = "founder"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="valid_in_order"),
        ExcludeConstraint(
            _OF_VENTURE, (text("int8range(user_id, user_id, '[]')"), "="), _PERIOD,
            name="ex_founder_once", where=LIVE,
        ),
    )  # fmt: skip

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    user: Mapped[User] = relationship(foreign_keys=[user_id])


class Tenancy(OfVenture, Base):
    """A venture has a room in a camp in [valid_from, valid_to): one at a time, shared with nobody."""

    __tablename__ = "tenancy"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="valid_in_order"),
        CheckConstraint("camp IN (1, 2)", name="camp_exists"),
        CheckConstraint("origin ~ '^[0-9]{2}$'", name="origin_is_code"),
        ExcludeConstraint(_OF_VENTURE, _PERIOD, name="ex_tenancy_one_place", where=LIVE),
        ExcludeConstraint(
            (text("int4range(camp, camp, '[]')"), "="), _ROOM,
            _PERIOD, name="ex_tenancy_room_taken", where=LIVE,
        ),
    )  # fmt: skip

    id: Mapped[Key]
    camp: Mapped[int]
    room: Mapped[FreeText]
    origin: Mapped[str | None] = mapped_column(doc="si/do code of where the venture came from")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Waiting(Recorded, Base):
    """A venture, or somebody who has not founded yet, waits for a camp in [valid_from, valid_to)."""

    __tablename__ = "waiting"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="valid_in_order"),
        CheckConstraint("camp IN (1, 2)", name="camp_exists"),
        CheckConstraint("num_nonnulls(venture_id, user_id) = 1", name="venture_or_person"),
    )

    id: Mapped[Key]
    camp: Mapped[int]
    venture_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("employer.id"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("user_account.id"), index=True
    )
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    user: Mapped[User | None] = relationship(foreign_keys=[user_id])
