"""Months as contracts count them: a month after 31 January is the last day of February."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

Span = tuple[int, int]  # whole months, and days beyond them: sorts as time does


def add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = day.day if day.day <= 28 else min(day.day, monthrange(year, month + 1)[1])
    return date(year, month + 1, last)


def span(begin: date, end: date) -> Span:
    """From one day to another that is not before it."""
    months = (end.year - begin.year) * 12 + end.month - begin.month
    if add_months(begin, months) > end:
        months -= 1
    return months, (end - add_months(begin, months)).days


def quarter_after(day: date, number: int) -> tuple[date, date]:
    """First and last day of the calendar quarter that is the `number`th after that of `day`."""
    first = add_months(date(day.year, (day.month - 1) // 3 * 3 + 1, 1), 3 * number)
    return first, add_months(first, 3) - timedelta(days=1)
