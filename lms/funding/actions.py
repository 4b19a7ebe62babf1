"""Costs, targets and achievements are recorded, corrected and withdrawn; each leaves an audit entry."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from lms import audit
from lms.accounts.models import User
from lms.cohorts.models import Cohort
from lms.db import db
from lms.errors import DomainError, NoLongerLive
from lms.funding.queries import Fact
from lms.recorded import supersede


class RecordedAlready(DomainError):
    def __init__(self) -> None:
        super().__init__(
            _("The same is recorded already with that day. Correct that entry instead of adding another.")
        )  # fmt: skip


def record(model: type[Fact], cohort: Cohort, /, *, by: User | None, **values: Any) -> Fact:
    """Raises:
    RecordedAlready: of the same document.
    """
    fact = _add(model(cohort_id=cohort.id, **values), by=by)
    audit.record("funding-recorded", cohort, by=by, kind=fact.__tablename__, number=fact.id)
    return fact


def correct(fact: Fact, cohort: Cohort, *, reason: str, by: User, **values: Any) -> Fact:
    """Raises:
    NoLongerLive: it was corrected or withdrawn meanwhile. RecordedAlready: it would be the same twice.
    """
    before = fact.id
    _close(fact)
    after = _add(type(fact)(cohort_id=cohort.id, reason=reason, **values), by=by)
    audit.record(
        "funding-corrected", cohort, by=by, kind=fact.__tablename__, before=before, after=after.id,
        reason=reason,
    )  # fmt: skip
    return after


def withdraw(fact: Fact, cohort: Cohort, *, reason: str, by: User) -> None:
    """It was never so. Reports made before keep it.

    Raises:
        NoLongerLive: it was corrected or withdrawn meanwhile.
    """
    _close(fact)
    audit.record(
        "funding-withdrawn", cohort, by=by, kind=fact.__tablename__, number=fact.id, reason=reason
    )


def _close(fact: Fact) -> None:
    db.session.refresh(fact, with_for_update={"of": type(fact)})
    if fact.superseded_at is not None:
        raise NoLongerLive
    supersede(fact)


def _add(fact: Fact, *, by: User | None) -> Fact:
    fact.recorded_by_id = by.id if by else None
    try:
        with db.session.begin_nested():
            db.session.add(fact)
    except IntegrityError as error:
        raise RecordedAlready from error
    return fact
