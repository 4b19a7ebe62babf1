"""Employers and MOUs come in from a table: whole or not at all, and each employer once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO
from types import SimpleNamespace

import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import func, select

from lms.audit import AuditEvent
from lms.careers import actions, queries
from lms.careers.choosing import employer_meant
from lms.careers.employer_file import EMPLOYERS
from lms.careers.employer_import import EmployersPlan, plan_employers
from lms.careers.models import Employer, EmployerRecord, Mou, MouKind, Sector, Site, Size
from lms.db import db
from lms.errors import NoLongerLive
from lms.recorded import known
from lms.table_files import read_table

HERE = "/careers/employers/import"
HEADING = "name,registry_number,size,sector,region,mou_kind,mou_signed_on,mou_last_day"


@pytest.fixture
def client(academy: SimpleNamespace, as_: Callable[..., FlaskClient]) -> FlaskClient:
    return as_(academy.ada)


@pytest.fixture
def plan(app: Flask) -> Callable[..., EmployersPlan]:
    def _plan(*lines: str) -> EmployersPlan:
        with force_locale("en"):
            table = read_table("x.csv", "\n".join([HEADING, *lines]).encode())
            return plan_employers(EMPLOYERS.ordered(table, EMPLOYERS.matched(table[0].cells)))

    return _plan


@pytest.fixture
def garam(academy: SimpleNamespace) -> Employer:
    """Of Gwangju; its number is not known yet."""
    firm = actions.add_employer(name="(주)가람소프트", size=Size.SMALL, region="29", by=None)
    actions.sign_mou(firm, kind=MouKind.HIRE, on=date(2025, 3, 1), by=None)
    db.session.commit()
    return firm


def send(client: FlaskClient, *lines: str, heading: str = HEADING, **more: str):
    text = "\n".join([heading, *lines])
    return client.post(HERE, data={"text": text, "name": "firms.csv", **more})


def counts() -> tuple[int, int]:
    db.session.expire_all()
    employers = select(func.count()).select_from(EmployerRecord).where(known(EmployerRecord))
    mous = select(func.count()).select_from(Mou).where(known(Mou))
    return db.session.scalar(employers) or 0, db.session.scalar(mous) or 0


def test_checked_confirmed_and_imported_once(client: FlaskClient, garam: Employer) -> None:
    lines = (
        "가람 소프트 주식회사,123-45-67891,소기업,소프트웨어·AI,광주,hire,2025-03-01,",
        "나래전자,107-87-83297,large,energy,서울,attract,2025.4.1,2026-03-31",
        "나래전자(주),,,,,project,2025-05-01,",
    )
    before = counts()
    checked = send(client, *lines)
    assert checked.status_code == 200 and "The file is in order" in checked.text
    assert counts() == before, "checking writes nothing"
    assert send(client, *lines, apply="y").location == "/careers/"
    assert counts() == (before[0] + 1, before[1] + 2)
    record = garam.record
    assert (record.name, record.registry_number) == ("(주)가람소프트", "1234567891")
    assert (record.size, record.sector) == (Size.SMALL, Sector.SOFTWARE)
    assert "firms.csv" in (record.reason or ""), "filled in by a correction"
    narae = employer_meant("나래전자")
    assert narae.record.size is Size.LARGE and queries.regions_of([narae.id], date(2026, 1, 1)) == {narae.id: "11"}  # fmt: skip
    ends = {mou.kind: mou.valid_to for mou in queries.facts(Mou, narae, Mou.id)}
    assert ends == {MouKind.ATTRACT: date(2026, 4, 1), MouKind.PROJECT: None}
    event = db.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "employers-imported")
    ).one()
    assert event.detail == {"new": 1, "filled": 1, "unchanged": 0, "mous": 2}
    again = send(client, *lines)
    assert "All of it is recorded already" in again.text
    assert send(client, *lines, apply="y").status_code == 302
    assert counts() == (before[0] + 1, before[1] + 2), "twice is once"


def test_a_wrong_line_keeps_the_whole_file_out(client: FlaskClient, garam: Employer) -> None:
    before = counts()
    answer = send(
        client,
        "New One,,,,,,,",
        "Second,123-45-67890,huge,,Mars,hire,2025-02-30,",
        ",,,,,,,2025-01-01",
        "=1+1,,,,,,,",
        "Third,,,,,hire,2025-03-01,2025-02-01",
        "Fourth,,,,,hire,,",
        "Kim,,,,,,,",
        apply="y",
    )
    assert answer.status_code == 422 and counts() == before
    page = answer.text
    for told in (
        "no business registration number", "“huge” is not known", "“Mars” is not known",
        "“2025-02-30” is not known", "name of the employer is missing", "begins like a formula",
        "before the day it was signed", "without the day it was signed",
    ):  # fmt: skip
        assert told in page, told
    assert '<td class="num">3</td>' in page and "6 lines need" not in page


def test_a_resident_number_is_refused_and_not_repeated(client: FlaskClient) -> None:
    answer = send(client, "Firm,900101-1234567,,,,,,", "Kim 900101-1234567,,,,,,,", apply="y")
    assert answer.status_code == 422 and "resident registration number" in answer.text
    assert "900101-1234567</td>" not in answer.text and counts()[0] == 0


def test_number_and_name_must_not_mean_two(
    plan: Callable[..., EmployersPlan], garam: Employer, academy: SimpleNamespace
) -> None:
    actions.add_employer(name="나래전자", registry_number="1078783297", by=None)
    found = plan("가람소프트,107-87-83297,,,,,,")
    assert [row.line for row in found.conflicts] == [2] and "나래전자" in found.conflicts[0].message
    other = plan("나래전자,123-45-67891,,,,,,")
    assert other.count("new") == 1 and "another number" in other.notes[0].message
    renamed = plan("Narae Electronics,107-87-83297,,,,,,")
    assert renamed.count("unchanged") == 1 and "the name stays" in renamed.notes[0].message


def test_of_several_of_one_name_the_number_must_say_which(
    plan: Callable[..., EmployersPlan], garam: Employer
) -> None:
    actions.add_employer(name="나래", registry_number="1078783297", by=None)
    actions.add_employer(name="(주)나래", registry_number="1234567891", by=None)
    assert "Several employers" in plan("나래,,,,,,,").conflicts[0].message
    assert plan("나래,1234567891,,,,,,").count("unchanged") == 1


def test_one_file_says_one_thing_of_an_employer(
    plan: Callable[..., EmployersPlan], garam: Employer
) -> None:
    found = plan("새봄,,small,,,,,", "㈜새봄,123-45-67891,small,energy,,,,", "새봄,,large,,,,,")
    assert found.count("new") == 1 and [row.line for row in found.conflicts] == [4]
    assert found.employers[0].said["registry_number"] == "1234567891"
    stays = plan("가람소프트,,large,,11,,,")
    assert not stays.obstacles and stays.count("unchanged") == 1 and len(stays.notes) == 2


def test_an_mou_with_another_end_is_told(
    plan: Callable[..., EmployersPlan], garam: Employer
) -> None:
    known_already = plan("가람소프트,,,,,hire,2025-03-01,")
    assert (known_already.known_mous, known_already.mous, known_already.writes) == (1, 0, False)
    other = plan("가람소프트,,,,,hire,2025-03-01,2025-12-31")
    assert "another last day" in other.conflicts[0].message
    twice = plan("새봄,,,,,hire,2025-03-01,", "새봄,,,,,hire,2025-03-01,2025-12-31")
    assert [row.line for row in twice.conflicts] == [3]


def test_what_came_between_undoes_all(
    client: FlaskClient, garam: Employer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line fails when it is written: the lines before it are not there either."""
    before, done = counts(), []
    real = actions.sign_mou

    def second_fails(*args: object, **values: object) -> Mou:
        done.append(1)
        if len(done) == 2:
            raise NoLongerLive
        return real(*args, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(actions, "sign_mou", second_fails)
    lines = ("One,,,,,hire,2025-01-01,", "Two,,,,,hire,2025-01-01,")
    answer = send(client, *lines, apply="y")
    assert answer.status_code == 422 and "meanwhile" in answer.text
    assert counts() == before


def test_columns_of_another_name_are_chosen(client: FlaskClient) -> None:
    heading, line = "회사,사업자 번호,협약 구분,체결 일자", "새봄,123-45-67891,hire,2025-01-01"
    asked = send(client, line, heading=heading)
    assert "Which column is which?" in asked.text and "name · 기업명" in asked.text
    chosen = {"column-name": "0", "column-registry_number": "1", "column-mou_kind": "2", "column-mou_signed_on": "3"}  # fmt: skip
    assert "New employers" in send(client, line, heading=heading, **chosen).text
    unsaid = send(client, line, heading=heading, **{**chosen, "column-name": "-1"})
    assert unsaid.status_code == 422 and "A column is missing" in unsaid.text


def test_a_workbook_is_read(client: FlaskClient) -> None:
    book = BytesIO()
    with xlsxwriter.Workbook(book) as target:
        sheet = target.add_worksheet()
        sheet.write_row(0, 0, ["기업명", "사업자등록번호", "소재지"])
        sheet.write_row(1, 0, ["새봄", 1234567891, "광주광역시"])
    file = (BytesIO(book.getvalue()), "firms.xlsx")
    answer = client.post(HERE, data={"file": file}, content_type="multipart/form-data")
    assert "Which column is which?" in answer.text
    text = read_table("firms.xlsx", book.getvalue())
    found = plan_employers(EMPLOYERS.ordered(text, EMPLOYERS.matched(text[0].cells)))
    assert found.employers[0].said == {"registry_number": "1234567891", "region": "29"}


def test_too_many_lines_and_no_table(client: FlaskClient) -> None:
    many = send(client, *(f"Firm {n},,,,,,," for n in range(1001)), apply="y")
    assert many.status_code == 422 and "divide it" in many.text and counts()[0] == 0
    junk = (BytesIO(b"PK\x03\x04junk"), "firms.xlsx")
    assert client.post(HERE, data={"file": junk}).status_code == 422


def test_the_plan_asks_as_much_for_many(
    plan: Callable[..., EmployersPlan], garam: Employer, counted: Callable[..., object]
) -> None:
    with counted() as statements:
        plan(*(f"Firm {n},,,,29,hire,2025-01-01," for n in range(100)))
    assert len(statements) == 4


def test_a_recorded_head_office_is_not_doubled(client: FlaskClient, garam: Employer) -> None:
    late = actions.add_employer(name="늦봄", by=None)
    db.session.commit()
    assert send(client, "늦봄,,,,29,,,", "가람소프트,,,,29,,,", apply="y").status_code == 302
    assert [site.region for site in queries.facts(Site, late, Site.id)] == ["29"]
    assert len(queries.facts(Site, garam, Site.id)) == 1
