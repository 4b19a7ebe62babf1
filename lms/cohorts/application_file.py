"""A file of a cohort's applications: one line each, without a name; every error with its line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

from flask_babel import gettext as _

from lms.cohorts.forms import STUDENT_NUMBER, RowError, decoded
from lms.cohorts.models import Stage
from lms.cohorts.words import ANSWERS, QUESTIONS, answer
from lms.i18n import local

MOST_ROWS = 10_000
STEPS = {f"{stage.value}_on": stage for stage in Stage}
COLUMNS = ("application", *QUESTIONS, *STEPS, "student_number")
ALSO_CALLED = {
    "접수번호": "application", "지원번호": "application", "application number": "application",
    "성별": "sex", "gender": "sex", "출생연도": "birth_year", "출생년도": "birth_year", "year of birth": "birth_year",
    "지역": "region", "거주지": "region", "거주지역": "region", "전공": "major", "전공계열": "major", "field of study": "major",
    "취업상태": "job_status", "지원당시상태": "job_status", "job status": "job_status",
    "지원일": "applied_on", "접수일": "applied_on", "서류통과일": "shortlisted_on", "시험일": "tested_on",
    "선발일": "selected_on", "학번": "student_number", "교육생번호": "student_number", "student number": "student_number",
}  # fmt: skip


def heading(column: str) -> str:
    """A column by its name and the first of its others, as people are told of it."""
    return f"{column} · {next(also for also, name in ALSO_CALLED.items() if name == column)}"


class ApplicationRow(NamedTuple):
    """A well-formed line; what its file has no column for is not in it. `line` counts from 1."""

    line: int
    number: str
    answers: dict[str, str | int | None]
    steps: dict[Stage, date | None]
    student_number: str


def read_applications(content: bytes) -> tuple[list[ApplicationRow], list[RowError]]:
    """The applications of a CSV file and every error in its form."""
    try:
        reader = csv.reader(io.StringIO(decoded(content), newline=""), strict=True)
    except UnicodeDecodeError:
        return [], [RowError(1, _("The file is not UTF-8 or CP949 text: save it as CSV UTF-8."))]
    try:
        titles = [_column(title) for title in next(reader, [])]
        missing = [name for name in ("application", "applied_on") if name not in titles]
        if missing:
            columns = ", ".join(missing)
            return [], [RowError(1, _("These columns are missing: %(columns)s.", columns=columns))]
        if unknown := [name for name in titles if name not in COLUMNS]:
            message = _("“%(name)s” is no column of this file. It may have: %(columns)s.",
                        name=unknown[0][:60], columns=", ".join(COLUMNS))  # fmt: skip
            return [], [RowError(1, message)]
        lines = [
            (number, dict(zip(titles, map(str.strip, cells), strict=False)))
            for number, cells in enumerate(reader, start=2)
            if any(cells)
        ]
    except csv.Error as error:
        return [], [RowError(reader.line_num, _("The line is not CSV: %(why)s.", why=str(error)))]
    if not lines:
        return [], [RowError(1, _("The file has a heading but no applications."))]
    if len(lines) > MOST_ROWS:
        return [], [RowError(MOST_ROWS + 2, _("A file may hold %(n)s lines: divide it.", n=MOST_ROWS))]  # fmt: skip
    errors: list[RowError] = []
    rows = [_row(number, cells, errors) for number, cells in lines]
    errors += _repeats(rows)
    return rows, errors


def _column(title: str) -> str:
    word = " ".join(title.split()).lower()
    return ALSO_CALLED.get(word) or ALSO_CALLED.get(word.replace(" ", "")) or word


def _row(line: int, cells: dict[str, str], errors: list[RowError]) -> ApplicationRow:
    def read(name: str, reading: Callable[[str, str], object]) -> object:
        value = cells.get(name, "")
        try:
            return reading(name, value) if value else None
        except _Wrong as wrong:
            errors.append(RowError(line, str(wrong)))
            return None

    number = cells.get("application", "")
    if not STUDENT_NUMBER.fullmatch(number):
        message = _("The application number must be 1 to 20 letters, digits or hyphens.")
        errors.append(RowError(line, message))
    if not cells.get("applied_on"):
        errors.append(RowError(line, _("The day of the application is missing.")))
    steps: dict[Stage, date | None] = {}
    for name in STEPS.keys() & cells.keys():
        day = read(name, _day)
        steps[STEPS[name]] = day if isinstance(day, date) else None
    answers: dict[str, str | int | None] = {}
    for name in cells.keys() & set(QUESTIONS):
        value = read(name, _year if name == "birth_year" else _answer)
        answers[name] = value if isinstance(value, str | int) else None
    return ApplicationRow(line, number, answers, steps, cells.get("student_number", ""))


class _Wrong(ValueError):
    """A cell that cannot be read; the message says what to write."""


def _day(name: str, value: str) -> date:
    try:
        return date.fromisoformat(re.sub(r"[./]\s*", "-", value.rstrip(".")))
    except ValueError:
        message = _("“%(value)s” is no day: write it as 2026-03-31.", value=value[:40])
        raise _Wrong(message) from None


def _year(name: str, value: str) -> int:
    digits = value.removesuffix("년")
    if not re.fullmatch(r"19\d\d|20\d\d", digits):
        message = _("“%(value)s” is no year of birth: write its four digits.", value=value[:40])
        raise _Wrong(message)
    return int(digits)


def _answer(name: str, value: str) -> str:
    found = answer(name, value)
    if found is None:
        choices = ", ".join(local(word) for word in ANSWERS[name].values())
        raise _Wrong(_("“%(value)s” is none of %(column)s: %(choices)s.",
                       value=value[:40], column=name, choices=choices))  # fmt: skip
    return found


def _repeats(rows: list[ApplicationRow]) -> Iterator[RowError]:
    for numbers in ([row.number for row in rows], [row.student_number for row in rows]):
        first: dict[str, int] = {}
        for row, value in zip(rows, numbers, strict=True):
            if value and (line := first.setdefault(value, row.line)) != row.line:
                message = _("“%(value)s” stands in line %(line)s already.", value=value, line=line)
                yield RowError(row.line, message)
