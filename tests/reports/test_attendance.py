"""T3a: attendance by band, against a plain count; closed, protected, alike in every format, unchanged by later writes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from zipfile import ZipFile

import openpyxl
import pytest
from pypdf import PdfReader
from sqlalchemy import select, text

from lms.cohorts.attendance import Attendance
from lms.cohorts.models import Cohort, Enrolment
from lms.db import db, utcnow
from lms.disclosure.policy import POLICIES
from lms.disclosure.shape import counts_of
from lms.metrics.definition_files import definitions
from lms.recorded import supersede
from lms.reports import counting, publishing
from lms.reports.composing import compose
from lms.reports.counters.attendance import BANDS, SUBJECT
from lms.reports.facts import Facts
from lms.reports.models import Report
from lms.reports.table import Absent, Table

DAY = date(2026, 9, 1)
# Days attended of the 40 held in March and April: 100, 95, 92.5, 80, 77.5 and 97.5 per cent.
ATTENDED = (40, 38, 37, 32, 31, 39)


@pytest.fixture
def attended(graduates: Cohort) -> Cohort:
    """Of the 41 of cohort 1, 36 by turns as ATTENDED; of the last five nothing is recorded."""
    rows = db.session.scalars(
        select(Enrolment).where(Enrolment.cohort_id == graduates.id).order_by(Enrolment.id)
    ).all()
    for number, enrolment in enumerate(rows[:36]):
        days = ATTENDED[number % 6]
        record(enrolment, date(2026, 3, 1), 20, min(days, 20))
        record(enrolment, date(2026, 4, 1), 20, days - min(days, 20))
    db.session.commit()
    return graduates


def record(enrolment: Enrolment, month: date, held: int, days: int) -> Attendance:
    row = Attendance(
        enrolment_id=enrolment.id, month=month, days_held=held, days_attended=days, source="test"
    )
    db.session.add(row)
    db.session.flush()
    return row


def count(*cohorts: Cohort, day: date = DAY, **options: object) -> Facts:
    moment = options.get("known_at") or utcnow() + timedelta(minutes=1)
    return counting.count_facts(
        list(cohorts), valid_on=day, known_at=moment, metrics=definitions(on=day)
    )


def table(tables: tuple[Table, ...], id: str = "T3a") -> Table:
    return next(one for one in tables if one.id == id)


def test_the_bands_are_those_of_a_plain_count(attended: Cohort) -> None:
    counts = count(attended).cohorts[0].counts[SUBJECT]
    assert counts == {"from-100": 6, "from-95": 12, "from-90": 6, "from-80": 6, "below": 6}
    assert tuple(counts) == BANDS


def test_months_to_come_do_not_count(attended: Cohort) -> None:
    counts = count(attended, day=date(2026, 3, 31)).cohorts[0].counts[SUBJECT]
    assert counts == {"from-100": 36, "from-95": 0, "from-90": 0, "from-80": 0, "below": 0}
    assert SUBJECT not in count(attended, day=date(2026, 2, 28)).cohorts[0].counts


def test_the_table_adds_up_to_the_people_of_t1(attended: Cohort) -> None:
    made = compose(count(attended), definitions(on=DAY))
    [row] = table(made.tables).rows
    assert [cell.value for cell in row] == ["1기", 41, 6, 12, 6, 6, 6, 5]
    counts_of(made.tables, made.structure)  # raises where a sum does not hold
    assert "80 %" in table(made.tables).notes[1].en


@pytest.mark.parametrize("policy", ["public", "agreement", "rounded"])
def test_few_people_are_hidden_and_cannot_be_worked_out(
    attended: Cohort, policy: str, academy: SimpleNamespace
) -> None:
    rows = db.session.scalars(select(Attendance).where(Attendance.days_attended == 11)).all()
    for row in rows[:4]:  # two of the last band are left, as 31 of 40 days became 32
        supersede(row)
        record(db.session.get_one(Enrolment, row.enrolment_id), row.month, 20, 12)
    made = compose(count(attended), definitions(on=DAY))
    [true], [seen] = table(made.tables).rows, table(made.shown(POLICIES[policy], day=DAY)).rows
    assert true[6].value == 2
    hidden = [at for at, cell in enumerate(seen) if cell.absent is Absent.HIDDEN]
    if policy == "rounded":
        assert not hidden and all(cell.value % 5 == 0 for cell in seen[1:])
    else:
        assert 6 in hidden and len(hidden) > 1  # or it is all less the others


def test_later_writes_change_nothing(attended: Cohort) -> None:
    moment = utcnow()
    before = count(attended, known_at=moment)
    db.session.execute(text("SELECT set_config('academy.recording_moment', '', true)"))
    row = db.session.scalars(select(Attendance).order_by(Attendance.id)).first()
    enrolment = db.session.get_one(Enrolment, row.enrolment_id)
    supersede(row)
    record(enrolment, row.month, 20, 1)
    record(enrolment, date(2026, 5, 1), 20, 1)
    assert count(attended, known_at=moment).sha256 == before.sha256
    after = count(attended).cohorts[0].counts[SUBJECT]
    assert after["below"] == before.cohorts[0].counts[SUBJECT]["below"] + 1


def test_a_cohort_without_attendance(attended: Cohort, academy: SimpleNamespace) -> None:
    made = compose(count(attended, academy.cohorts[1]), definitions(on=DAY))
    second = table(made.tables).rows[1]
    assert {cell.absent for cell in second[2:]} == {Absent.NOT_RECORDED}
    nothing = count(academy.cohorts[1])
    assert "T3a" not in {one.id for one in compose(nothing, definitions(on=DAY)).tables}


def test_facts_sealed_before_it_was_recorded_read_as_before(attended: Cohort) -> None:
    facts = count(attended)
    before = facts.as_json()
    del before["cohorts"][0]["counts"][SUBJECT]
    old = Facts.from_json(before)
    assert old.as_json() == before and facts.as_asked_in(old).sha256 == old.sha256
    assert "T3a" not in {one.id for one in compose(old, definitions(on=DAY)).tables}


def test_every_format_says_the_same(
    attended: Cohort, make: Callable[..., Report], academy: SimpleNamespace,
    as_: Callable[..., object],
) -> None:  # fmt: skip
    report = make()
    [row] = table(report.tables).rows
    wanted = [cell.value for cell in row[1:]]
    assert wanted == [41, 6, 12, 6, 6, 6, 5]
    files = dict(publishing.files_of(report))
    stored = json.loads(files[f"{report.number}.json"])
    [said] = [one for one in stored["tables"] if one["id"] == "T3a"]
    assert [cell["value"] for cell in said["rows"][0]][1:] == wanted
    book = openpyxl.load_workbook(io.BytesIO(files[f"{report.number}-en.xlsx"]))
    in_sheet = [[cell.value for cell in line] for sheet in book for line in sheet.iter_rows()]
    assert any(line[1:8] == wanted for line in in_sheet)
    with ZipFile(io.BytesIO(files[f"{report.number}-ko-csv.zip"])) as archive:
        [name] = [one for one in archive.namelist() if "T3a" in one]
        assert "41,6,12,6,6,6,5" in archive.read(name).decode("utf-8-sig")
    pages = "".join(page.extract_text() for page in PdfReader(io.BytesIO(files[f"{report.number}-en.pdf"])).pages)  # fmt: skip
    assert "under 80 %" in pages and "95 to under" in pages
    page = as_(academy.ada).get(f"/reports/{report.id}").text
    assert "95 to under 100 %" in page and ">12<" in page
