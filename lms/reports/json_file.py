"""A report as JSON: both languages, exact numbers, and the reason of every absence by its code.

    {"format": "academy-report/1",
     "report": {"title": {"ko", "en"}, "subtitle": {…}, "number", "valid_on": "2025-12-31",
                "recorded_at": "2026-01-15T00:00:00+00:00", "digest", "code_version",
                "definitions": [{"title": {…}, "meaning": {…}, "source": {…}}], "notes": [{…}],
                "approvals": [{"name", "part": {…}, "at"}]},
     "absent": {"hidden": {"ko", "en"}, …},          what each code of an absence means
     "tables": [{"id", "title": {…}, "about": {…}, "notes": [{…}], "chart": null,
                 "columns": [{"key", "name": {…}, "kind": "text|count|share|money|number|date"}],
                 "rows": [[{"value", "absent", "text"}, …]]}]}

A cell has a value (shares are of 1, money is KRW, days are ISO) or `absent`; `text` is its word in both languages.
`digest` is `lms.reports.table.digest` of the tables: whoever has this file can compute it again.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from lms.metrics.definition import Text
from lms.reports.document import Approval, Document, Heading, Term
from lms.reports.table import as_json, from_json
from lms.reports.words import MEANS

FORMAT = "academy-report/1"
MIMETYPE = "application/json"


def render(document: Document) -> bytes:
    content = {
        "format": FORMAT,
        "report": asdict(document.heading),
        "absent": {absent.value: asdict(means) for absent, means in MEANS.items()},
        "tables": as_json(document.tables),
    }
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False, default=_iso)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def _iso(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a report")


def read(content: bytes) -> Document:
    """The document of such a file; ValueError where its digest is not that of its numbers."""
    whole = json.loads(content)
    if whole.get("format") != FORMAT:
        raise ValueError(f"This is not a report of the format {FORMAT}.")
    return Document(_heading(whole["report"]), from_json(whole["tables"]))


def _heading(row: dict[str, Any]) -> Heading:
    return Heading(
        title=Text(**row["title"]),
        subtitle=Text(**row["subtitle"]),
        number=row["number"],
        valid_on=date.fromisoformat(row["valid_on"]),
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
        definitions=tuple(
            Term(*(Text(**one[part]) for part in ("title", "meaning", "source")))
            for one in row["definitions"]
        ),
        notes=tuple(Text(**note) for note in row["notes"]),
        digest=row["digest"],
        code_version=row["code_version"],
        approvals=tuple(
            Approval(one["name"], Text(**one["part"]), datetime.fromisoformat(one["at"]))
            for one in row["approvals"]
        ),
    )
