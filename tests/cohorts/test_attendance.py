"""Attendance from a file: whole or not at all, twice is once, corrected without losing what was known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO
from types import SimpleNamespace

import pytest
import xlsxwriter
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from lms.audit import AuditEvent
from lms.cohorts import attendance, attendance_import
from lms.cohorts.attendance import Attendance, Attended
from lms.cohorts.attendance_file import _month
from lms.cohorts.attendance_import import RecordedMeanwhile, import_attendance, plan_attendance
from lms.db import db
from lms.privacy import retention
from lms.table_files import Line

HEADING = "student_number,month,days_held,days_attended"
GOOD = ("1-01,2026-03,20,19", "1-01,2026-04,22,22")


@pytest.fixture
def client(academy: SimpleNamespace, as_: Callable[..., FlaskClient]) -> FlaskClient:
    return as_(academy.ada)


@pytest.fixture
def send(academy: SimpleNamespace, client: FlaskClient) -> Callable[..., object]:
    def _send(*lines: str, heading: str = HEADING, **more: str) -> object:
        data = {"text": "\n".join([heading, *lines]), "name": "march.csv", **more}
        return client.post(f"/cohorts/{academy.cohorts[0].id}/attendance/import", data=data)

    return _send


def rows() -> list[tuple[date, int, int, bool]]:
    db.session.expire_all()
    found = db.session.scalars(select(Attendance).order_by(Attendance.id))
    return [(one.month, one.days_held, one.days_attended, one.superseded_at is None) for one in found]  # fmt: skip


def test_checked_confirmed_and_imported_once(
    send: Callable[..., object], academy: SimpleNamespace
) -> None:
    checked = send(*GOOD)
    assert checked.status_code == 200 and "The file is in order" in checked.text
    assert "19 of 20 days" in checked.text and rows() == [], "checking writes nothing"
    here = f"/cohorts/{academy.cohorts[0].id}/attendance"
    for _time in range(2):
        assert send(*GOOD, apply="y").location == here
        assert rows() == [(date(2026, 3, 1), 20, 19, True), (date(2026, 4, 1), 22, 22, True)]
    assert "All of it is recorded already" in send(*GOOD).text
    event = db.session.scalars(select(AuditEvent).filter_by(action="attendance-imported")).first()
    assert event and event.detail == {"new": 2, "changed": 0, "unchanged": 0}


def test_a_change_is_a_correction(send: Callable[..., object], academy: SimpleNamespace) -> None:
    send(*GOOD, apply="y")
    checked = send("1-01,2026-03,20,18")
    assert "19 of 20 days" in checked.text and "18 of 20 days" in checked.text
    send("1-01,2026-03,20,18", apply="y")
    march = [row for row in rows() if row[0].month == 3]
    assert march == [(date(2026, 3, 1), 20, 19, False), (date(2026, 3, 1), 20, 18, True)]
    enrolment = academy.enrolments[0].id
    assert attendance.totals([enrolment]) == {enrolment: Attended(2, 42, 40)}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("9-99,2026-03,20,19", "Nobody is enrolled under student number 9-99"),
        ("2-01,2026-03,20,19", "Nobody is enrolled"),  # of another cohort
        (",2026-03,20,19", "student number is missing"),
        ("1-01,March,20,19", "“March” is no month"),
        ("1-01,2026-13,20,19", "is no month"),
        ("1-01,2026-03-15,20,19", "is no month"),
        ("1-01,2025-12,20,19", "no training in this month"),
        ("1-01,2199-03,20,19", "no training in this month"),
        ("1-01,2026-03,20,21", "More days were attended than held"),
        ("1-01,2026-02,29,20", "fewer days than classes"),
        ("1-01,2026-03,0,0", "No class was held"),
        ("1-01,2026-03,many,19", "“many” is no number of days"),
        ("1-01,2026-03,20,", "is no number of days"),
        ("1-01,2026-03,20,-1", "is no number of days"),
        ("1-01,2026-03,20,19\n1-01,2026.3.,20,18", "stand in line 2 already"),
    ],
)
def test_one_bad_line_and_nothing_is_written(
    line: str, wanted: str, send: Callable[..., object]
) -> None:
    answer = send(*line.split("\n"), "1-01,2026-04,22,22", apply="y")
    assert answer.status_code == 422 and wanted in answer.text
    assert rows() == []


def test_a_resident_number_is_refused_and_not_repeated(
    client: FlaskClient, academy: SimpleNamespace
) -> None:
    content = f"{HEADING}\n900101-1234567,2026-03,20,19\n".encode()
    data = {"file": (BytesIO(content), "march.csv"), "apply": "y"}
    answer = client.post(f"/cohorts/{academy.cohorts[0].id}/attendance/import", data=data)
    assert answer.status_code == 422 and "1234567" not in answer.text and rows() == []


def test_months_after_leaving_and_to_come(
    send: Callable[..., object], academy: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    academy.enrolments[0].enrolled_on, academy.enrolments[0].left_on = date(2026, 1, 5), date(2026, 3, 9)  # fmt: skip
    db.session.commit()
    assert "had left or completed before" in send("1-01,2026-04,20,19").text
    assert send("1-01,2026-03,5,5").status_code == 200
    academy.enrolments[0].left_on = None
    academy.cohorts[0].ends_on = date(2099, 12, 31)
    db.session.commit()
    assert "has not come yet" in send("1-01,2099-12,20,19").text


@pytest.mark.parametrize(
    "cell", ["2026-03", "2026.3", "2026.3.", "2026/03", "2026년 3월", "2026년3월", "202603", "2026-03-01"]
)  # fmt: skip
def test_a_month_as_people_and_spreadsheets_write_it(cell: str) -> None:
    assert _month(cell) == date(2026, 3, 1)


def test_columns_of_another_name_are_chosen(send: Callable[..., object]) -> None:
    heading, line = "훈련생번호,연월,소정훈련일수,출석", "1-01,202603,20일,19일"
    asked = send(line, heading=heading)
    assert "Which column is which?" in asked.text and rows() == []
    chosen = {"column-student_number": "0", "column-month": "1", "column-days_held": "2"}
    missing = send(line, heading=heading, **chosen, **{"column-days_attended": "-1"})
    assert missing.status_code == 422 and "A column is missing" in missing.text
    chosen["column-days_attended"] = "3"
    assert send(line, heading=heading, apply="y", **chosen).status_code == 302
    assert rows() == [(date(2026, 3, 1), 20, 19, True)]


def test_a_workbook_is_read(client: FlaskClient, academy: SimpleNamespace) -> None:
    book = BytesIO()
    with xlsxwriter.Workbook(book) as target:
        sheet = target.add_worksheet()
        day = target.add_format({"num_format": "yyyy-mm"})
        sheet.write_row(0, 0, HEADING.split(","))
        sheet.write_row(1, 0, ["1-01"])
        sheet.write_datetime(1, 1, date(2026, 3, 1), day)
        sheet.write_row(1, 2, [20, 19])
    data = {"file": (BytesIO(book.getvalue()), "march.xlsx"), "apply": "y"}
    here = f"/cohorts/{academy.cohorts[0].id}/attendance/import"
    assert client.post(here, data=data, content_type="multipart/form-data").status_code == 302
    assert rows() == [(date(2026, 3, 1), 20, 19, True)]
    junk = {"file": (BytesIO(b"PK\x03\x04junk"), "march.xlsx")}
    assert client.post(here, data=junk, content_type="multipart/form-data").status_code == 422


def table_of(*lines: str) -> list[Line]:
    return [Line(n, cells.split(",")) for n, cells in enumerate([HEADING, *lines], start=1)]


def test_what_came_between_undoes_all(
    send: Callable[..., object], academy: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort = academy.cohorts[0]
    plan = plan_attendance(cohort, table_of(*GOOD))
    send(GOOD[0], apply="y")
    with pytest.raises(RecordedMeanwhile):
        import_attendance(cohort, plan, source="x", by=academy.ada)
    before = rows()
    monkeypatch.setattr(attendance_import, "of_cohort", lambda cohort: {})
    plan = plan_attendance(cohort, table_of("1-01,2026-04,22,21", "1-01,2026-03,20,18"))
    with pytest.raises(IntegrityError), db.session.begin_nested():  # one of two is there already
        import_attendance(cohort, plan, source="x", by=academy.ada)
        db.session.flush()
    assert rows() == before


def test_the_plan_asks_as_much_for_many(
    academy: SimpleNamespace, grow: Callable[[int], None], counted: Callable[..., object]
) -> None:
    grow(60)
    cohort = academy.cohorts[0]
    db.session.refresh(cohort)
    lines = table_of(*(f"extra-{n},2026-03,20,19" for n in range(60)))
    with counted() as statements:
        plan = plan_attendance(cohort, lines)
        assert {line.enrolment.user.name for line in plan.lines} == {f"extra-{n}" for n in range(60)}  # fmt: skip
    assert len(statements) == 2


def test_the_table_shows_rates_and_asks_as_much_for_many(
    send: Callable[..., object], client: FlaskClient, academy: SimpleNamespace,
    grow: Callable[[int], None], counted: Callable[..., object],
) -> None:  # fmt: skip
    here = f"/cohorts/{academy.cohorts[0].id}/attendance"
    grow(1)
    send(*GOOD, apply="y")
    page = client.get(here).text
    assert "97.6%" in page and ">41<" in page and "not recorded" in page
    with counted() as few:
        client.get(here)
    grow(30)
    send(*(f"extra-{n},2026-03,20,19" for n in range(30)), apply="y")
    with counted() as many:
        client.get(here)
    assert len(many) == len(few)
    [event] = db.session.scalars(
        select(AuditEvent).filter_by(action="attendance-seen").order_by(AuditEvent.id).limit(1)
    )
    assert event.whose == [academy.lena.id]  # of the other nothing was recorded, or seen


def test_a_trainee_sees_and_takes_along_their_own(
    send: Callable[..., object], academy: SimpleNamespace, as_: Callable[..., FlaskClient]
) -> None:
    send(*GOOD, apply="y")
    send("1-01,2026-03,20,18", apply="y")
    lena, omar = as_(academy.lena), as_(academy.omar)
    assert "40 of 42 days (95.2%)" in lena.get("/outcomes/my-record").text
    assert "40 of 42" in as_(academy.ada).get(f"/outcomes/people/{academy.lena.id}").text
    assert "Attendance" not in omar.get("/outcomes/my-record").text
    mine = lena.get("/outcomes/my-record/my-record.json").json["attendance"]
    assert [(one["month"], one["days_attended"], one["superseded_at"] is None) for one in mine] == [
        ("2026-04-01", 22, True), ("2026-03-01", 18, True), ("2026-03-01", 19, False),
    ]  # fmt: skip
    assert mine[0]["student_number"] == "1-01" and mine[0]["source"] == "Imported from march.csv"
    lines = lena.get("/outcomes/my-record/my-record.csv").text
    assert "attendance,1-01" in lines and "22/22" in lines and "19/20" in lines
    assert omar.get("/outcomes/my-record/my-record.json").json["attendance"] == []


@pytest.mark.parametrize(
    "statement",
    ["UPDATE attendance SET days_attended = 1", "DELETE FROM attendance", "TRUNCATE attendance"],
)
def test_what_was_recorded_stays(statement: str, send: Callable[..., object]) -> None:
    send(*GOOD, apply="y")
    with pytest.raises(DBAPIError, match=r"never changed|append-only"):
        db.session.execute(text(statement))


def test_after_destruction_it_leads_to_nobody(
    send: Callable[..., object], academy: SimpleNamespace, client: FlaskClient
) -> None:
    send(*GOOD, apply="y")
    academy.enrolments[0].completed_on = date(2023, 2, 28)
    db.session.commit()
    before = rows()
    retention.destroy([academy.lena.id], by=academy.ada)
    db.session.commit()
    assert rows() == before  # facts stay, so that reports can be counted again
    page = client.get(f"/cohorts/{academy.cohorts[0].id}/attendance").text
    assert "Lena" not in page and "1-01" not in page and "destroyed-" in page and "97.6%" in page
