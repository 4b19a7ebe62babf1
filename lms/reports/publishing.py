"""A report as people get it: the document of its sealed numbers, and the files of a published one."""

from __future__ import annotations

from collections.abc import Iterator

from lms.accounts.models import LOCALES
from lms.disclosure.policy import POLICIES
from lms.i18n import current_locale
from lms.metrics.definition import Text
from lms.reports import csv_file, json_file, pdf, xlsx
from lms.reports.composing import USED
from lms.reports.document import Approval, Document, Heading, Term
from lms.reports.models import Report
from lms.reports.queries import definitions_of
from lms.reports.tables.cells import class_names

COUNTED = Text("집계", "Counted by")
APPROVED = Text("승인", "Approved by")
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
    "json": "application/json",
}


def document_of(report: Report) -> Document:
    """Its numbers are those that were sealed; nothing is counted."""
    notes = [] if report.correction is None else [Text(report.correction, report.correction)]
    return Document(
        Heading(
            title=Text(*report.title),
            subtitle=_subtitle(report),
            number=report.number,
            valid_on=report.valid_on,
            recorded_at=report.known_at,
            definitions=_terms(report),
            notes=tuple(notes),
            digest=report.tables_sha256,
            code_version=report.code_version,
            approvals=(
                Approval(report.by.name, COUNTED, report.at),
                *(Approval(one.by.name, APPROVED, one.at) for one in report.approvals),
            ),
        ),
        report.tables,
    )


def _subtitle(report: Report) -> Text:
    names = [cohort.name for cohort in report.cohorts]
    return Text(
        f"{', '.join(name.ko for name in names)} · {report.recipient}",
        f"{', '.join(name.en for name in names)} · {report.recipient}",
    )


def _terms(report: Report) -> tuple[Term, ...]:
    return tuple(
        Term(
            Text(f"{one.name.ko} [{one.title}]", f"{one.name.en} [{one.title}]"),
            one.meaning,
            one.source,
        )
        for one in definitions_of(report).values()
        if one.id in USED
    )


def files_of(report: Report) -> Iterator[tuple[str, bytes]]:
    """Every format, in both languages where it has words."""
    document = document_of(report)
    yield f"{report.number}.json", json_file.render(document)
    for locale in LOCALES:
        yield f"{report.number}-{locale}.pdf", pdf.render(document, locale=locale)
        yield f"{report.number}-{locale}.xlsx", xlsx.render(document, locale=locale)
        yield f"{report.number}-{locale}-csv.zip", csv_file.render_all(document, locale=locale)


def media_type(name: str) -> str:
    return MEDIA_TYPES[name.rpartition(".")[2]]


def policy_choices() -> list[tuple[str, str]]:
    return [(policy.id, policy.name.in_(current_locale())) for policy in POLICIES.values()]


def class_names_of(report: Report) -> dict[str, dict[str, Text]]:
    """The names of a metric ("") and of its classes, by metric."""
    return {one.id: {"": one.name, **class_names(one)} for one in definitions_of(report).values()}
