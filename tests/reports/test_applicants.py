"""T2: who applied and who completed, against a plain count; closed, protected, unchanged by later writes."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import date, timedelta
from types import SimpleNamespace

import openpyxl
import pytest
from pypdf import PdfReader
from sqlalchemy import select, text

from lms.accounts.actions import add_person
from lms.cohorts.actions import enrol
from lms.cohorts.models import (
    Applicant,
    Application,
    ApplicationStage,
    Cohort,
    JobStatus,
    Major,
    Sex,
    Stage,
)
from lms.db import Bilingual, db, utcnow
from lms.disclosure.policy import POLICIES
from lms.disclosure.shape import counts_of
from lms.metrics.definition_files import definitions
from lms.recorded import supersede
from lms.reports import actions, counting, publishing
from lms.reports.composing import Composed, compose
from lms.reports.counters.applicants import PARTS, subjects
from lms.reports.facts import Facts
from lms.reports.table import Absent, Cell, Table
from lms.reports.tables.applicants import TITLES

DAY = date(2026, 9, 1)
ASKED_ON = date(2025, 11, 3)
# sex, year of birth, region, major, job; every eleventh did not say.
SAID = [
    (
        (Sex.FEMALE, Sex.MALE)[n % 5 < 3],
        2025 - (19, 22, 27, 33, 28)[n % 5],
        "99" if n == 13 else ("29", "46", "11", "26", "42", "50", "45")[n % 7],
        list(Major)[n % 4],
        list(JobStatus)[n % 3],
    )
    if n % 11
    else (None,) * 5
    for n in range(90)
]


@pytest.fixture
def applied(academy: SimpleNamespace) -> Cohort:
    """Ninety applied to cohort 1, one of three completed; of three more nobody was asked anything."""
    cohort = academy.cohorts[0]
    for number, said in enumerate([*SAID, None, None, None]):
        application = Application(cohort_id=cohort.id, number=f"A{number}")
        db.session.add(application)
        db.session.flush()
        db.session.add(
            ApplicationStage(
                application_id=application.id, stage=Stage.APPLIED, reached_on=ASKED_ON
            )
        )
        if said is not None:
            names = ("sex", "birth_year", "region", "major", "job_status")
            db.session.add(
                Applicant(application_id=application.id, **dict(zip(names, said, strict=True)))
            )
        if number % 3 == 0:
            name = f"grad-{number}"
            person = add_person(username=name, name=name, email=f"{name}@academy.example", by=None)
            enrolment = enrol(cohort, person, student_number=name, on=date(2026, 1, 5), by=None)
            enrolment.application_id = application.id
            enrolment.completed_on = date(2026, 6, 1)
    db.session.commit()
    return cohort


def count(cohort: Cohort, *, day: date = DAY, **options: object) -> Facts:
    moment = options.get("known_at") or utcnow() + timedelta(minutes=1)
    return counting.count_facts(
        [cohort], valid_on=day, known_at=moment, metrics=definitions(on=day)
    )


def composed(facts: Facts) -> Composed:
    return compose(facts, definitions(on=DAY))


def table(tables: tuple[Table, ...], id: str) -> Table:
    return next(one for one in tables if one.id == id)


def rows(found: Table) -> list[dict[str, Cell]]:
    return [
        {column.key: cell for column, cell in zip(found.columns, row, strict=True)}
        for row in found.rows
    ]


def test_the_counts_are_those_of_a_plain_count(applied: Cohort) -> None:
    counts = count(applied).cohorts[0].counts
    areas = {"29": "gwangju", "46": "jeolla", "45": "jeolla", "11": "capital", "26": "yeongnam",
             "42": "gangwon", "50": "jeju", "99": "abroad"}  # fmt: skip
    ages = {2006: "to-19", 2003: "to-24", 1998: "to-29", 1997: "to-29", 1992: "older"}
    for people, which in ((SAID, 0), (SAID[::3], 1)):
        known = [said for said in people if said[0]]
        wanted = {
            "sex": Counter(said[0].value for said in known),
            "age": Counter(ages[said[1]] for said in known),
            "region": Counter(areas[said[2]] for said in known),
            "major": Counter(said[3].value for said in known),
            "job": Counter(said[4].value for said in known),
        }
        for question, parts in wanted.items():
            found = counts[subjects(question)[which]]
            assert {part: n for part, n in found.items() if n} == parts
            assert list(found) == list(PARTS[question])


def test_every_table_adds_up_to_the_people_of_t1(applied: Cohort) -> None:
    made = composed(count(applied))
    [first] = rows(table(made.tables, "T1"))
    for id, _title in TITLES.values():
        for step, row in zip(("applied", "completed"), rows(table(made.tables, id)), strict=True):
            people, *parts = [cell.value for cell in list(row.values())[2:]]
            assert people == first[step].value == sum(parts)
    assert (first["applied"].value, first["completed"].value) == (93, 31)
    counts_of(made.tables, made.structure)  # raises where a sum does not hold


@pytest.mark.parametrize("policy", ["public", "agreement"])
def test_small_counts_are_hidden_and_cannot_be_worked_out(applied: Cohort, policy: str) -> None:
    made = composed(count(applied))
    shown = made.shown(POLICIES[policy], day=DAY)  # audited: or it raises NotProtected
    small, hidden = range(1, POLICIES[policy].k), 0
    for id, _title in TITLES.values():
        true, seen = rows(table(made.tables, id)), rows(table(shown, id))
        for before, after in zip(true, seen, strict=True):
            gone = {key for key, cell in after.items() if cell.absent is Absent.HIDDEN}
            assert {key for key, cell in before.items() if cell.value in small} <= gone
            assert len(gone) != 1  # or it is all less the others
            hidden += len(gone)
    assert hidden


def test_later_writes_change_nothing(applied: Cohort, academy: SimpleNamespace) -> None:
    moment = utcnow()
    before = count(applied, known_at=moment)
    db.session.execute(text("SELECT set_config('academy.recording_moment', '', true)"))
    row = db.session.scalars(select(Applicant).order_by(Applicant.id)).all()[1]
    supersede(row)
    db.session.add(Applicant(application_id=row.application_id, sex=Sex.FEMALE, region="99"))
    late = Application(cohort_id=applied.id)
    db.session.add(late)
    db.session.flush()
    db.session.add(Applicant(application_id=late.id, sex=Sex.MALE))
    # An enrolment that turns out to have come from an application.
    application_id = db.session.scalars(select(Application.id).order_by(Application.id)).all()[1]
    academy.enrolments[0].enrolled_on = date(2026, 1, 5)
    academy.enrolments[0].completed_on = date(2026, 6, 1)
    academy.enrolments[0].application_id = application_id
    db.session.flush()
    assert count(applied, known_at=moment).sha256 == before.sha256
    after = count(applied).cohorts[0].counts
    assert after["applied-by-region"]["abroad"] == 2
    assert after["completed-by-region"]["abroad"] == 1


def test_a_cohort_nobody_asked_has_its_people_and_no_parts(
    applied: Cohort, academy: SimpleNamespace
) -> None:
    facts = counting.count_facts(
        academy.cohorts, valid_on=DAY, known_at=utcnow() + timedelta(minutes=1),
        metrics=definitions(on=DAY),
    )  # fmt: skip
    made = composed(facts)
    *_first, applicants, completers = rows(table(made.tables, "T2s"))
    assert applicants["people"].absent is Absent.NOT_RECORDED
    assert completers["people"].value == 0 and completers["male"].absent is Absent.NOT_RECORDED
    nobody = count(academy.cohorts[1])
    assert not {one.id for one in composed(nobody).tables} & {id for id, _title in TITLES.values()}


def test_before_they_applied_nobody_had(applied: Cohort) -> None:
    early = count(applied, day=ASKED_ON - timedelta(days=1))
    assert "applied-by-sex" not in early.cohorts[0].counts


@pytest.mark.parametrize(
    "statement", ["UPDATE applicant SET sex = 'male'", "TRUNCATE applicant CASCADE"]
)
def test_the_database_keeps_what_was_recorded(statement: str, applied: Cohort) -> None:
    from sqlalchemy.exc import DBAPIError

    with pytest.raises(DBAPIError), db.session.begin_nested():
        db.session.execute(text(statement))


def test_every_format_has_the_page_s_numbers(applied: Cohort, academy: SimpleNamespace) -> None:
    academy.enrolments[0].enrolled_on = date(2026, 1, 5)
    report = actions.make_report(
        [applied], title=Bilingual("성과", "Outcomes"), recipient="City", legal_basis="",
        valid_on=DAY, policy="public", by=academy.ada,
    )  # fmt: skip
    db.session.flush()
    files = dict(publishing.files_of(report))
    seen = rows(table(report.tables, "T2r"))
    numbers = [cell.value for row in seen for cell in row.values() if isinstance(cell.value, int)]
    [document] = [json.loads(body) for name, body in files.items() if name.endswith(".json")]
    [as_json] = [one for one in document["tables"] if one["id"] == "T2r"]
    assert numbers and all(str(number) in json.dumps(as_json) for number in numbers)
    for name, body in files.items():
        if name.endswith(".xlsx"):
            book = openpyxl.load_workbook(io.BytesIO(body))
            [sheet] = [one for one in book if one.title.startswith("T2r")]
            written = [cell.value for row in sheet.iter_rows() for cell in row]
            assert Counter(numbers) <= Counter(written)
        if name.endswith(".pdf"):
            pages = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
            assert "T2r" in pages and str(numbers[0]) in pages
