"""Tables as files: CSV that Korean Excel opens and that no cell can turn into a formula, and XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import xlsxwriter
from flask import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# East Asian spreadsheets run the wide signs too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_response(lines: Sequence[Sequence[Any]], *, name: str) -> Response:
    return attachment(csv_bytes(lines), "text/csv; charset=utf-8", name)


def csv_bytes(lines: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 with a byte order mark; text that a spreadsheet would run gets an apostrophe in front."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_safe(cell) for cell in line] for line in lines)
    return text.getvalue().encode("utf-8-sig")


def _safe(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def xlsx_response(sheets: Mapping[str, Sequence[Sequence[Any]]], *, name: str) -> Response:
    """One sheet per title, its first line a heading; numbers stay numbers, text stays text."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties(
            {"created": datetime(2020, 1, 1, tzinfo=UTC)}
        )  # equal numbers, equal bytes
        heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        for title, lines in sheets.items():
            sheet = book.add_worksheet(title[:31])
            for row, line in enumerate(lines):
                sheet.write_row(row, 0, line, heading if row == 0 else None)
            sheet.freeze_panes(1, 0)
            sheet.autofit()
    return attachment(target.getvalue(), XLSX, name)


def attachment(body: bytes, mimetype: str, name: str) -> Response:
    response = Response(body, mimetype=mimetype)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
