"""What templates/_report.html asks of a report's tables, in the language of the page."""

from __future__ import annotations

from typing import Any

from flask import Flask

from lms.i18n import current_locale
from lms.reports import chart, look, words
from lms.reports.document import Heading
from lms.reports.table import Cell, Column, Kind, Table


def init_app(app: Flask) -> None:
    app.template_filter("written")(written)
    app.template_filter("is_number")(is_number)
    app.template_filter("chart")(specification)
    app.template_filter("left_out_of_chart")(left_out)
    app.template_filter("as_of")(as_of)


def written(cell: Cell, column: Column) -> str:
    return words.written(cell, column.kind, current_locale())


def is_number(column: Column) -> bool:
    return column.kind not in (Kind.TEXT, Kind.DATE)


def specification(table: Table) -> dict[str, Any] | None:
    drawn = chart.specification(table, current_locale())
    return {**drawn, "config": look.on_page()} if drawn else None


def left_out(table: Table) -> str:
    return chart.left_out(table, current_locale())


def as_of(heading: Heading) -> str:
    return words.as_of(heading, current_locale())
