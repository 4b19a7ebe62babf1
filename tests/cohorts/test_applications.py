"""Applications from a file: whole or not at all, twice is once, corrected without losing what was known."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from lms.cohorts.models import Applicant, Application, ApplicationStage, JobStatus, Major, Sex
from lms.db import db

HEAD = "application,applied_on,selected_on,sex,birth_year,region,major,job_status,student_number\n"
GOOD = HEAD + (
    "A-1,2025-11-03,2025-12-01,여성,1999,광주광역시,컴퓨터,미취업,1-01\n"
    "A-2,2025-11-04,,male,2001년,Seoul,Engineering (other),student,\n"
    "A-3,2025.11.04,,,,,,,\n"
)
KOREAN = "접수번호,지원일,성별,출생연도,지역,전공,취업상태\nB-1,2025-11-03,남,1998,29,인문,재직\n"


@pytest.fixture
def send(academy: SimpleNamespace, as_: Callable[..., object]) -> Callable[..., object]:
    def _send(text: str | bytes, *, apply: bool = True) -> object:
        content = text if isinstance(text, bytes) else text.encode()
        form = {"file": (io.BytesIO(content), "a.csv")} | ({"apply": "y"} if apply else {})
        path = f"/cohorts/{academy.cohorts[0].id}/applications-import"
        return as_(academy.ada).post(path, data=form)

    return _send


def written() -> tuple[int, ...]:
    return tuple(
        db.session.scalar(select(func.count()).select_from(one))
        for one in (Application, ApplicationStage, Applicant)
    )


def of(number: str) -> Applicant:
    return db.session.scalars(
        select(Applicant)
        .join(Application, Application.id == Applicant.application_id)
        .where(Application.number == number, Applicant.superseded_at.is_(None))
    ).one()


def test_a_check_writes_nothing(send: Callable[..., object]) -> None:
    answer = send(GOOD, apply=False)
    assert answer.status_code == 200 and "Record 3 applications now" in answer.text
    assert written() == (0, 0, 0)


def test_an_import_twice_is_once(send: Callable[..., object], academy: SimpleNamespace) -> None:
    for _time in range(2):
        assert send(GOOD).status_code == 302
        assert written() == (3, 4, 2)
    first = of("A-1")
    assert (first.sex, first.birth_year, first.region) == (Sex.FEMALE, 1999, "29")
    assert (first.major, first.job_status) == (Major.COMPUTING, JobStatus.SEEKING)
    assert academy.enrolments[0].application_id == first.application_id
    assert of("A-2").major is Major.ENGINEERING


def test_korean_headings_and_cp949(send: Callable[..., object]) -> None:
    assert send(KOREAN.encode("cp949")).status_code == 302
    assert (of("B-1").sex, of("B-1").major) == (Sex.MALE, Major.HUMANITIES)


def test_a_correction_keeps_what_was_known_and_what_the_file_does_not_say(
    send: Callable[..., object],
) -> None:
    send(GOOD)
    assert send("application,applied_on,region,tested_on\nA-1,2025-11-03,46,2025-11-20\n").status_code == 302  # fmt: skip
    assert (of("A-1").region, of("A-1").sex) == ("46", Sex.FEMALE)
    assert written() == (3, 5, 3)  # the superseded row stays


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("A-9,,,,,,,,", "day of the application is missing"),
        ("A 9,2025-11-03,,,,,,,", "application number must be"),
        ("A-9,3 November,,,,,,,", "is no day"),
        ("A-9,2025-11-03,,x,,,,,", "none of sex: Female, Male"),
        ("A-9,2025-11-03,,,99,,,,", "no year of birth"),
        ("A-9,2025-11-03,,,,Atlantis,,,", "none of region"),
        ("A-9,2025-11-03,,,,,,,9-99", "Nobody is enrolled under student number 9-99"),
        ("A-9,2025-11-03,,,,,,,1-01", "came from another application"),
        ("A-1,2025-11-05,2025-12-01,,,,,,", "recorded with another day"),
        ("A-9,2025-11-03,,,,,,,\nA-9,2025-11-03,,,,,,,", "stands in line 2 already"),
    ],
)
def test_one_bad_line_and_nothing_is_written(
    line: str, wanted: str, send: Callable[..., object]
) -> None:
    send(GOOD)
    before = written()
    answer = send(f"{HEAD}{line}\n")
    assert answer.status_code == 422 and wanted in answer.text
    assert written() == before


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"\xff\xfe\x00\x81\x82", "not UTF-8 or CP949"),
        (b"name,sex\nx,y\n", "application, applied_on"),
        (b"application,applied_on,name\nx,y,z\n", "“name” is no column"),
        (HEAD.encode(), "no applications"),
        (b"", "columns are missing"),
        (HEAD.encode() + b'1,"x', "is not CSV"),
    ],
)
def test_an_unreadable_file_says_why(
    content: bytes, wanted: str, send: Callable[..., object]
) -> None:
    answer = send(content)
    assert answer.status_code == 422 and wanted in answer.text


def test_who_sees_it_and_takes_it_along(
    send: Callable[..., object], academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    send(GOOD)
    page = as_(academy.ada).get(f"/outcomes/people/{academy.lena.id}").text
    assert "Lived in when applying" in page and "Computing" in page and "1999" in page
    assert "Computing" in as_(academy.lena).get("/outcomes/my-record").text
    assert "Computing" not in as_(academy.omar).get("/outcomes/my-record").text
    assert "1999" not in as_(academy.ines).get(f"/cohorts/{academy.cohorts[0].id}").text
    [mine] = as_(academy.lena).get("/outcomes/my-record/my-record.json").json["applications"]
    assert (mine["sex"], mine["birth_year"], mine["major"]) == ("female", 1999, "computing")
