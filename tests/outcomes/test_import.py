"""Outcomes from a table: planned, written whole or not at all, and twice is once."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select

from lms.audit import AuditEvent
from lms.cohorts.models import EnrolmentRecord
from lms.db import db
from lms.metrics.facts import FoundThrough, SpellKind
from lms.metrics.facts_file import COLUMNS
from lms.outcomes.models import IntentAnswer, StatusSpell
from lms.table_files import Unreadable, read_table

pytestmark = pytest.mark.usefixtures("english")
HEAD = ",".join(COLUMNS)


def row(**cells: str) -> str:
    return ",".join(cells.get(name, "") for name in COLUMNS)


PERSON = {
    "person": "1-01", "cohort": "1", "enrolled_on": "2026-01-05", "completed_on": "2026-02-01",
    "intent": "in-field-job",
}  # fmt: skip
JOB = {"kind": "employee", "valid_from": "2026-02-10", "evidence_level": "4", "hours": "40",
       "insured": "yes", "region": "29", "base_pay": "2400000"}  # fmt: skip
STUDY = {"kind": "study", "valid_from": "2026-03-02", "evidence_level": "3"}
GOOD = "\n".join([HEAD, row(**PERSON, **JOB), row(**PERSON, **STUDY)]) + "\n"


def written() -> tuple[int, ...]:
    tables = (StatusSpell, IntentAnswer, EnrolmentRecord, AuditEvent)
    return tuple(db.session.scalar(select(func.count()).select_from(table)) for table in tables)


@pytest.fixture
def send(academy: SimpleNamespace, as_: Callable[..., object]) -> Callable[..., object]:
    def _send(
        content: str | bytes, name: str = "facts.csv", *, apply: bool = False, **more: str
    ) -> object:
        data = content if isinstance(content, bytes) else content.encode()
        form = {"file": (io.BytesIO(data), name), **more} | ({"apply": "y"} if apply else {})
        return as_(academy.ada).post(f"/outcomes/cohorts/{academy.cohorts[0].id}/import", data=form)

    return _send


@pytest.fixture
def run(app: Flask, tmp_path: Path) -> Callable[..., object]:
    def _run(content: str | bytes, *options: str) -> object:
        path = tmp_path / "FACTS.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        arguments = ["outcomes", "import", str(path), "--cohort", "1", *options]
        return app.test_cli_runner().invoke(args=arguments)

    return _run


def test_a_check_writes_nothing(send: Callable[..., object]) -> None:
    before = written()
    answer = send(GOOD)
    assert answer.status_code == 200 and "Import now" in answer.text
    assert written() == before


def test_an_import_records_everything_and_a_second_one_nothing(
    academy: SimpleNamespace, send: Callable[..., object]
) -> None:
    assert send(GOOD, apply=True).status_code == 302
    job, study = db.session.scalars(select(StatusSpell).order_by(StatusSpell.valid_from)).all()
    assert (job.kind, job.hours, job.insured, job.region, job.evidence_level) == (SpellKind.EMPLOYEE, 40, True, "29", 4)  # fmt: skip
    assert (job.base_pay, job.recorded_by_id) == (2_400_000, academy.ada.id)
    assert "facts.csv" in job.source and study.kind is SpellKind.STUDY
    enrolment = academy.enrolments[0]
    assert (enrolment.enrolled_on, enrolment.completed_on) == (date(2026, 1, 5), date(2026, 2, 1))
    before = written()
    answer = send(GOOD, apply=True)
    assert answer.status_code == 302 and written() == before
    assert "All of it is recorded already" in send(GOOD).text


def test_how_a_job_was_found_may_be_in_the_file(send: Callable[..., object]) -> None:
    """Under our name or their own; a file without that column says nothing of it."""
    plain = [name for name in COLUMNS if name != "found_through"]
    without = f"{','.join(plain)}\n{','.join((PERSON | JOB).get(name, '') for name in plain)}\n"
    assert send(without).status_code == 200 and "Import now" in send(without).text
    found = f"{HEAD}\n{row(**PERSON, **JOB, found_through='job-fair')}\n"
    assert send(found, apply=True).status_code == 302
    [job] = db.session.scalars(select(StatusSpell))
    assert job.found_through is FoundThrough.JOB_FAIR
    wrong = send(f"{HEAD}\n{row(**PERSON, **STUDY, found_through='job-fair')}\n").text
    assert "only an employee has one" in wrong and "Import now" not in wrong
    wrong = send(f"{HEAD}\n{row(**PERSON, **JOB, found_through='friend')}\n").text
    assert "write one of job-fair, academy" in wrong


def test_the_command_does_the_same(academy: SimpleNamespace, run: Callable[..., object]) -> None:
    before = written()
    dry = run(GOOD, "--dry-run")
    assert dry.exit_code == 0 and "2 new" in dry.output and written() == before
    assert run(GOOD).exit_code == 0
    after = written()
    assert after[0] == before[0] + 2
    again = run(GOOD)
    assert again.exit_code == 0 and "0 new, 2 unchanged" in again.output
    assert "nothing to write" in again.output and written() == after


def test_lines_that_repeat_each_other_are_one(send: Callable[..., object]) -> None:
    double = "\n".join([HEAD, row(**PERSON, **JOB), "", row(**PERSON, **JOB)])
    assert send(double, apply=True).status_code == 302
    assert db.session.scalar(select(func.count()).select_from(StatusSpell)) == 1


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (row(person="1-77", **JOB), "Nobody in this cohort has the student number 1-77"),
        (row(person="2-01", **JOB), "Nobody in this cohort"),
        (row(**JOB), "student number (person) is missing"),
        (row(**PERSON | {"cohort": "2"}, **JOB), "another cohort: 2"),
        (row(**PERSON, kind="employed", valid_from="2026-02-10"), "write one of employee"),
        (row(**PERSON, kind="employee", valid_from="10.2.2026"), "write a day as"),
        (row(**PERSON, kind="employee"), "valid_from is missing"),
        (row(**PERSON, hours="40"), "kind is empty"),
        (row(**PERSON, **JOB | {"insured": "true"}), "write yes or no"),
        (row(**PERSON, **JOB | {"base_pay": "-5"}), "like a formula"),
        (row(**PERSON, **JOB | {"region": "=1+1"}), "like a formula"),
        (row(**PERSON, **JOB | {"evidence_level": "6"}), "level from 0 to 5"),
        (row(**PERSON, **JOB | {"valid_to": "2026-02-10"}), "not after valid_from"),
        (row(**PERSON | {"person": "900101-1234567"}, **JOB), "resident registration number"),
        (row(**PERSON, **JOB | {"valid_from": "2026-05-01"}), "overlaps with line 2"),
        (row(**PERSON | {"intent": "further-study"}, **STUDY), "something else about this"),
    ],
)
def test_one_wrong_line_and_nothing_is_written(
    line: str, wanted: str, send: Callable[..., object], run: Callable[..., object]
) -> None:
    before = written()
    content = "\n".join([HEAD, row(**PERSON, **JOB), line])
    answer = send(content, apply=True)
    assert answer.status_code == 422 and wanted in answer.text.replace("&#39;", "'")
    told = run(content)
    assert told.exit_code == 1 and "line 3: " in told.output and wanted in told.output
    assert written() == before


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (row(**PERSON, left_on="2026-01-20"), "either left or completed"),
        (row(person="1-01", leaving="study"), "no day"),
        (row(person="1-01", completed_on="2026-01-01", enrolled_on="2026-01-05"), "before the first day"),
    ],
)  # fmt: skip
def test_an_enrolment_that_cannot_be_is_refused(
    line: str, wanted: str, send: Callable[..., object]
) -> None:
    before = written()
    answer = send(f"{HEAD}\n{line}", apply=True)
    assert answer.status_code == 422 and wanted in answer.text and written() == before


def test_leaving_is_recorded_with_its_reason(
    academy: SimpleNamespace, send: Callable[..., object]
) -> None:
    left = {"enrolled_on": "2026-01-05", "left_on": "2026-01-20", "leaving": "early-job"}
    assert send(f"{HEAD}\n{row(person='1-01', **left)}", apply=True).status_code == 302
    enrolment = academy.enrolments[0]
    assert (enrolment.left_on, enrolment.leaving) == (date(2026, 1, 20), "early-job")


def test_what_contradicts_the_record_is_told_and_not_written_over(
    academy: SimpleNamespace, job: StatusSpell, send: Callable[..., object]
) -> None:
    before = written()
    answer = send("\n".join([HEAD, row(person="1-01", **JOB)]), apply=True)
    assert answer.status_code == 422 and "Employed, 2026-02-10" in answer.text
    other_day = row(person="1-01", completed_on="2026-02-02")
    answer = send("\n".join([HEAD, other_day]), apply=True)
    assert "enrolment ended on 2026-02-01" in answer.text and written() == before
    early = "\n".join([HEAD, row(person="1-01", enrolled_on="2026-01-03", **STUDY)])
    assert "that stays" in send(early).text  # a note, no obstacle
    assert send(early, apply=True).status_code == 302


def test_columns_of_other_names_are_asked_about(
    academy: SimpleNamespace, send: Callable[..., object], as_: Callable[..., object]
) -> None:
    content = "이름,학번,상태,시작일\n레나,1-01,seeking,2026-02-03\n"
    answer = send(content, "결과.csv", apply=True)
    assert answer.status_code == 200 and "Which column is which" in answer.text
    assert '<option value="1" selected>학번 (1-01)</option>' in answer.text
    chosen = {"column-person": "1", "column-kind": "2", "column-valid_from": "3"}
    address = f"/outcomes/cohorts/{academy.cohorts[0].id}/import"
    checked = as_(academy.ada).post(address, data={"text": content, "name": "결과.csv", **chosen})
    assert "Import now" in checked.text and "레나" not in checked.text
    without = {"text": content, "column-person": "1", "column-kind": "2", "column-valid_from": "-1"}
    answer = as_(academy.ada).post(address, data=without)
    assert answer.status_code == 422 and "A column is missing" in answer.text


def test_excel_files_are_read(send: Callable[..., object]) -> None:
    book, target = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["person", "kind", "valid_from", "hours", "insured"])
    book.active.append(["1-01", "employee", date(2026, 2, 10), 40.0, True])
    book.save(target)
    assert send(target.getvalue(), "facts.xlsx", apply=True).status_code == 302
    spell = db.session.scalars(select(StatusSpell)).one()
    assert (spell.valid_from, spell.hours, spell.insured) == (date(2026, 2, 10), 40, True)


def test_korean_excel_csv_is_read() -> None:
    lines = read_table("x.csv", "학번,비고\n1-01,김하늘\n".encode("cp949"))
    assert [line.cells for line in lines] == [["학번", "비고"], ["1-01", "김하늘"]]


def sheet(**members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def formulas() -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["person", "kind", "valid_from"])
    book.active.append(["1-01", "seeking", "=TODAY()"])
    book.save(target)
    return target.getvalue()


def test_a_formula_is_refused_not_computed(send: Callable[..., object]) -> None:
    answer = send(formulas(), "facts.xlsx", apply=True)
    assert answer.status_code == 422 and "like a formula" in answer.text


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"", "no lines below"),
        (HEAD.encode(), "no lines below"),
        (b"\xff\xfe\x00\x81\x82", "not UTF-8 or CP949"),
        (b'person,kind\n"x', "Line 2 is not CSV"),
        (b"person\n" + b"x" * 301, "too long"),
        (b"person\n" + b"," * 80 + b"x", "too many columns"),
        (b"person\n" + b"x\n" * 10_001, "may hold 10000 lines"),
        (b"PK\x03\x04 and no more", "cannot be read"),
        (sheet(a=b"not a workbook"), "cannot be read"),
        (sheet(bomb=b"0" * 70_000_000), "holds too much"),
    ],
)
def test_an_unreadable_file_says_what_to_do(content: bytes, wanted: str, app: Flask) -> None:
    with pytest.raises(Unreadable, match=wanted):
        read_table("facts", content)


def test_the_query_count_is_the_same_for_any_file(
    academy: SimpleNamespace,
    send: Callable[..., object],
    grow: Callable[[int], None],
    counted: Callable[..., object],
) -> None:
    grow(20)

    def queries(people: int) -> int:
        lines = [row(person=f"extra-{number}", **STUDY) for number in range(people)]
        with counted() as statements:
            assert send("\n".join([HEAD, *lines])).status_code == 200
        return len(statements)

    queries(1)
    assert queries(2) == queries(20)


def test_only_digits_of_our_own_cohort(run: Callable[..., object], app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["outcomes", "import", __file__, "--cohort", "99"])
    assert result.exit_code == 1 and "there is no cohort 99" in result.output
