"""Making a report, and standing by it: two people approve before it is public."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from http import HTTPStatus

from flask_babel import gettext as _
from sqlalchemy import select, text

from lms import audit, storage
from lms.accounts.models import User
from lms.cohorts.models import Cohort
from lms.db import Bilingual, db, utcnow
from lms.disclosure.applying import NotProtected
from lms.disclosure.policy import POLICIES, Policy
from lms.errors import DomainError
from lms.i18n import SEOUL, current_locale, today
from lms.metrics.definition import Text
from lms.metrics.definition_files import definitions
from lms.recorded import settled_moment
from lms.reports import publishing, queries
from lms.reports.code_version import code_version
from lms.reports.composing import compose
from lms.reports.counting import count_facts
from lms.reports.facts import Facts
from lms.reports.models import (
    Report,
    ReportDecision,
    ReportPublication,
    ReportState,
)
from lms.reports.table import Table, as_json, digest
from lms.reports.tables.cells import Definitions


class DayNotCome(DomainError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self) -> None:
        super().__init__(_("A report is of a day that has come: choose today or an earlier day."))


class AlreadySuperseded(DomainError):
    status = HTTPStatus.CONFLICT

    def __init__(self, by: Report) -> None:
        super().__init__(
            _("Report %(number)s supersedes this one already: correct that one.", number=by.number)
        )


class AlreadyDecided(DomainError):
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(_("You have decided on this report already; another person is needed."))


class TooMuchIsKnown(DomainError):
    """Earlier reports and this one together would tell of few people."""

    status = HTTPStatus.CONFLICT

    def __init__(self, why: Text) -> None:
        super().__init__(why.in_(current_locale()))


class NotOpen(DomainError):
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(_("This report is not waiting for a decision any more."))


def make_report(
    cohorts: Sequence[Cohort],
    *,
    title: Bilingual,
    recipient: str,
    legal_basis: str,
    valid_on: date,
    policy: str,
    by: User,
    supersedes: Report | None = None,
    correction: str | None = None,
) -> Report:
    """A draft with its numbers sealed: counted now, as known at this moment.

    Raises:
        DayNotCome: valid_on is in the future (Seoul).
        AlreadySuperseded: another report corrects the one that this is to correct.
        TooMuchIsKnown: hiding cells would not be enough beside what was published.
    """
    if valid_on > today():
        raise DayNotCome
    if supersedes and supersedes.superseded_by:
        raise AlreadySuperseded(supersedes.superseded_by)
    known_at = settled_moment()
    used = definitions(on=valid_on)
    facts = count_facts(cohorts, valid_on=valid_on, known_at=known_at, metrics=used)
    tables = _protected(facts, used, policy=POLICIES[policy], cohorts=cohorts, day=valid_on)
    report = Report(
        number=_next_number(),
        title=title,
        recipient=recipient,
        legal_basis=legal_basis,
        valid_on=valid_on,
        known_at=known_at,
        definitions=[definition.title for definition in used.values()],
        policy=POLICIES[policy].title,
        code_version=code_version(),
        facts=facts.as_json(),
        facts_sha256=facts.sha256,
        content=as_json(tables),
        tables_sha256=digest(tables),
        by=by,
        cohorts=list(cohorts),
        supersedes=supersedes,
        correction=correction,
    )
    db.session.add(report)
    audit.record("report-made", report, by=by, number=report.number)
    return report


def _protected(
    facts: Facts,
    used: Definitions,
    *,
    policy: Policy,
    cohorts: Sequence[Cohort],
    day: date,
) -> tuple[Table, ...]:
    """The tables as they may be shown beside all that was published about these cohorts."""
    earlier = [
        compose(Facts.from_json(one.facts), queries.definitions_of(one)).printed(
            one.tables, day=one.valid_on
        )
        for one in queries.earlier_reports(cohorts)
    ]
    try:
        return compose(facts, used).shown(policy, day=day, earlier=earlier)
    except NotProtected as refused:
        raise TooMuchIsKnown(refused.message) from refused


def decide(report: Report, *, approved: bool, note: str, by: User) -> None:
    """Approve or refuse. The approval that was still needed publishes the report with its files.

    Raises:
        NotOpen: it is published or refused.
        AlreadyDecided: by this person.
    """
    db.session.execute(select(Report.id).where(Report.id == report.id).with_for_update())
    db.session.refresh(report, ["decisions", "publication"])
    if report.state is not ReportState.DRAFT:
        raise NotOpen
    if report.is_decided_by(by):
        raise AlreadyDecided
    report.decisions.append(ReportDecision(approved=approved, note=note, by=by))
    audit.record("report-approved" if approved else "report-refused", report, by=by)
    db.session.flush()
    if len(report.approvals) == report.approvals_needed:
        files = storage.put_all(publishing.files_of(report))
        db.session.add(ReportPublication(report_id=report.id, files=files))
        db.session.flush()
        db.session.refresh(report, ["publication"])
        audit.record("report-published", report, by=by, number=report.number)


def _next_number() -> str:
    place = db.session.scalar(text("SELECT nextval('report_number')"))
    return f"{utcnow().astimezone(SEOUL).year}-{place:03d}"
