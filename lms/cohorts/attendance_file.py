"""A table of attendance: a line per person and month; every error with its line, nothing guessed."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from lms.cohorts.forms import RowError
from lms.resident_numbers import ResidentNumberFound, holds_one
from lms.table_files import Columns, Line

ATTENDANCE = Columns(
    ("student_number", "month", "days_held", "days_attended"),
    ("student_number", "month", "days_held", "days_attended"),
    {
        "교육생번호": "student_number", "학번": "student_number", "훈련생번호": "student_number",
        "student number": "student_number",
        "월": "month", "연월": "month", "년월": "month", "출석월": "month",
        "훈련일수": "days_held", "소정훈련일수": "days_held", "수업일수": "days_held", "days held": "days_held",
        "출석일수": "days_attended", "실출석일수": "days_attended", "days attended": "days_attended",
    },
)  # fmt: skip
# 2026-03, 2026.3., 2026년 3월, 202603; and 2026-03-01, which is what Excel makes of a month.
MONTH = re.compile(r"(\d{4})(?:[-./] ?|년 ?)(\d{1,2})(?:월|\.)?|(\d{4})(\d{2})|(\d{4})-(\d{2})-01", re.ASCII)  # fmt: skip
DAYS = re.compile(r"\d{1,2}일?", re.ASCII)


@dataclass(frozen=True)
class AttendanceRow:
    """A well-formed line; `month` is its first day."""

    line: int
    student_number: str
    month: date
    days_held: int
    days_attended: int


def read_attendance(lines: Sequence[Line]) -> tuple[list[AttendanceRow], list[RowError]]:
    """The rows of lines in our columns (ATTENDANCE.ordered, a heading first), and what is wrong with others."""
    rows: list[AttendanceRow] = []
    errors: list[RowError] = []
    first: dict[tuple[str, date], int] = {}
    for line in lines[1:]:
        cells = dict(zip(ATTENDANCE.names, line.cells, strict=True))
        if wrong := list(_wrong(cells)):
            errors += [RowError(line.number, message) for message in wrong]
            continue
        row = AttendanceRow(
            line.number, cells["student_number"], _month(cells["month"]) or date.min,
            _days(cells["days_held"]) or 0, _days(cells["days_attended"]) or 0,
        )  # fmt: skip
        before = first.setdefault((row.student_number, row.month), row.line)
        if before == row.line:
            rows.append(row)
        else:
            message = _("This person and month stand in line %(n)s already.", n=before)
            errors.append(RowError(line.number, message))
    return rows, errors


def _wrong(cells: Mapping[str, str]) -> Iterator[str]:
    if any(map(holds_one, cells.values())):
        yield ResidentNumberFound().message
        return  # what else is wrong would repeat it
    if not cells["student_number"]:
        yield _("The student number is missing.")
    month = _month(cells["month"])
    if month is None:
        yield _("“%(value)s” is no month: write it as 2026-03.", value=cells["month"][:40])
    days = {name: _days(cells[name]) for name in ("days_held", "days_attended")}
    for name, found in days.items():
        if found is None:
            yield _("%(column)s: “%(value)s” is no number of days.",
                    column=ATTENDANCE.heading(name), value=cells[name][:40])  # fmt: skip
    held, attended = days.values()
    if held == 0:
        yield _("No class was held: leave this line out.")
    elif month and held and held > monthrange(month.year, month.month)[1]:
        yield _("The month has fewer days than classes were held on.")
    elif held and attended is not None and attended > held:
        yield _("More days were attended than held.")


def _month(cell: str) -> date | None:
    found = MONTH.fullmatch(cell)
    if found is None:
        return None
    year, month = (int(part) for part in found.groups() if part)
    return date(year, month, 1) if 2000 <= year <= 2200 and 1 <= month <= 12 else None


def _days(cell: str) -> int | None:
    return int(cell.removesuffix("일")) if DAYS.fullmatch(cell) else None
