"""Importing a roster: checked first, whole or not at all, and the same file twice changes nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from lms.accounts.models import User
from lms.cohorts.actions import RosterChange, import_roster, plan_roster
from lms.cohorts.forms import read_roster
from lms.cohorts.models import Enrolment
from lms.db import db

HEAD = "student_number,name,email,username\n"
GOOD = HEAD + "1-02,김하늘,haneul@academy.example,haneul\n1-03,이바다,bada@academy.example,bada\n"


def people() -> int:
    return db.session.scalar(select(func.count()).select_from(User))


def enrolled() -> int:
    return db.session.scalar(select(func.count()).select_from(Enrolment))


def send(client: object, academy: SimpleNamespace, text: str | bytes, *, apply: bool) -> object:
    content = text if isinstance(text, bytes) else text.encode()
    form = {"file": (io.BytesIO(content), "roster.csv")} | ({"apply": "y"} if apply else {})
    return client.post(f"/cohorts/{academy.cohorts[0].id}/roster-import", data=form)


def test_a_check_writes_nothing(academy: SimpleNamespace, as_: Callable[..., object]) -> None:
    before = people(), enrolled()
    answer = send(as_(academy.ada), academy, GOOD, apply=False)
    assert answer.status_code == 200 and "김하늘" in answer.text
    assert (people(), enrolled()) == before


def test_an_import_twice_changes_nothing_the_second_time(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    before = people(), enrolled()
    for _time in range(2):
        assert send(as_(academy.ada), academy, GOOD, apply=True).status_code == 302
        assert (people(), enrolled()) == (before[0] + 2, before[1] + 2)
    rows, _errors = read_roster(GOOD.encode())
    assert plan_roster(academy.cohorts[0], rows).count(RosterChange.UNCHANGED) == 2


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("1-02,김하늘,not-an-address,haneul", "no e-mail address"),
        ("1-02,,a@academy.example,haneul", "name is missing"),
        ("1-02,김하늘,a@academy.example,Ha Neul", "no user name"),
        ("1 02,김하늘,a@academy.example,haneul", "student number must"),
        ("1-01,김하늘,a@academy.example,haneul", "belongs to somebody else"),
        ("1-02,김하늘,lena@academy.example,haneul", "belongs to another account"),
        ("1-02,김하늘,other@academy.example,lena", "belongs to another person"),
        ("1-99,Lena,lena@academy.example,lena", "enrolled under number 1-01"),
    ],
)
def test_one_bad_row_and_nothing_is_written(
    line: str, wanted: str, academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    before = people(), enrolled()
    answer = send(as_(academy.ada), academy, GOOD.replace(HEAD, f"{HEAD}{line}\n"), apply=True)
    assert answer.status_code == 422 and wanted in answer.text
    assert (people(), enrolled()) == before


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"\xff\xfe\x00\x81\x82", "not UTF-8 or CP949"),
        (b"name,email\nx,y\n", "student_number, username"),
        (HEAD.encode(), "no people"),
        (b"", "columns are missing"),
        (HEAD.encode() + b'1,"x', "is not CSV"),
        (GOOD.encode() + GOOD.removeprefix(HEAD).encode(), "stands in line 2 already"),
    ],
)
def test_an_unreadable_file_says_why(
    content: bytes, wanted: str, academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    answer = send(as_(academy.ada), academy, content, apply=True)
    assert answer.status_code == 422 and wanted in answer.text


def test_excel_files_are_read_in_both_encodings() -> None:
    for encoding in ("utf-8-sig", "cp949"):
        rows, errors = read_roster(GOOD.encode(encoding))
        assert not errors and [row.name for row in rows] == ["김하늘", "이바다"]


def test_a_closed_cohort_takes_nobody_in(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    academy.cohorts[0].close()
    answer = send(as_(academy.ada), academy, GOOD, apply=True)
    assert answer.status_code == 409 and "planned or open" in answer.text


def test_a_plan_with_errors_cannot_be_imported(academy: SimpleNamespace) -> None:
    rows, _errors = read_roster((HEAD + "1-01,X,x@academy.example,xx\n").encode())
    plan = plan_roster(academy.cohorts[0], rows)
    with pytest.raises(ValueError, match="not imported"):
        import_roster(academy.cohorts[0], plan, by=academy.ada)


def test_people_with_an_account_are_enrolled_not_doubled(academy: SimpleNamespace) -> None:
    rows, _errors = read_roster((HEAD + "1-09,Stan,stan@academy.example,stan\n").encode())
    plan = plan_roster(academy.cohorts[0], rows)
    before = people()
    import_roster(academy.cohorts[0], plan, by=academy.ada)
    assert plan.count(RosterChange.ENROLLED) == 1 and people() == before
