"""A report as a tagged PDF (PDF/UA-1) with its Korean font inside, set by typst from templates/report.typ.

Equal documents give equal bytes. Texts travel as JSON and are never read as markup; nothing is fetched.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from lms import assets
from lms.metrics.definition import Text
from lms.reports import chart, look
from lms.reports.document import Document
from lms.reports.glyphs import MISSING, drawn_by, with_glyphs
from lms.reports.table import Kind, Table
from lms.reports.words import (
    ABSENT,
    MEANS,
    as_of,
    facts,
    label,
    plain,
    written,
)

MIMETYPE = "application/pdf"
TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
LONG = re.compile(r"[!-~]{20}(?=[!-~])")  # an address or a digest: may break there
UPRIGHT = 8  # columns that fit an upright page
CROWDED = 14  # more columns than these are set small
UPRIGHT_PAGE, WIDE, BESIDE = 493, 740, 9  # points: a table's width, and the space in a cell
SHORT, MOST, MOST_OF_WORD = 6.5, 20, 14  # widths of text in em (`_ems`)
SMALL = 0.9  # why there is no number is written smaller (report.typ)
NARROW = frozenset(" .,:;'|()[]-–/fijlrtI")


class Unprintable(ValueError):
    """The report cannot be set as a PDF; the message says why."""


def render(document: Document, *, locale: str) -> bytes:
    heading = document.heading
    try:
        return typst.compile(
            TEMPLATE.read_bytes(),
            font_paths=_fonts(tuple(_font_files())),
            ignore_system_fonts=True,
            sys_inputs={"report": _data(document, locale)},
            format="pdf",
            pdf_standards=["ua-1"],
            timestamp=int(heading.recorded_at.timestamp()),
        )
    except typst.TypstError as error:
        raise Unprintable(
            f"Report {heading.number} cannot be set as PDF: {error.message}"
        ) from error


def _font_files() -> list[Path]:
    return [assets.path(f"Pretendard-{weight}.otf") for weight in assets.FONT_WEIGHTS]


@lru_cache(maxsize=1)
def _fonts(files: tuple[Path, ...]) -> typst.Fonts:
    """typst replaces a font it lacks without a word: here it is an error."""
    folders = sorted({str(file.parent) for file in files})
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[*folders]
    )
    if "Pretendard" not in fonts.families():
        raise assets.AssetsMissing("Pretendard cannot be read: run `python -m lms.assets` again.")
    return fonts


def _data(document: Document, locale: str) -> str:
    """The report's texts as JSON, of characters that the font can draw."""
    drawn = frozenset.intersection(*(drawn_by(file) for file in _font_files()))
    whole = json.dumps(_content(document, locale), ensure_ascii=False)
    # JSON's own signs are drawn by every font; what it escapes (quotes, line ends) stays escaped.
    printable = with_glyphs(whole, drawn)
    if printable.count(MISSING) > whole.count(MISSING):
        content = json.loads(printable)
        content["sections"].append({"title": MISSING, "parts": [{"title": "", "words": [label("glyphs", locale)]}]})  # fmt: skip
        return json.dumps(content, ensure_ascii=False)
    return printable


def _content(document: Document, locale: str) -> dict[str, Any]:
    heading = document.heading
    return {
        "lang": locale,
        "title": plain(heading.title.in_(locale)).strip() or heading.number or "–",
        "subtitle": plain(heading.subtitle.in_(locale)),
        "number": plain(heading.number),
        "stand": as_of(heading, locale),
        "digest": heading.digest,
        "short-digest": f"SHA-256 {heading.digest[:16]}",
        "page-word": label("page", locale),
        "facts": facts(heading, locale)[2:],
        "tables": [_table(table, locale) for table in document.tables],
        "sections": _sections(document, locale),
    }


def _table(table: Table, locale: str) -> dict[str, Any]:
    kinds = [column.kind for column in table.columns]
    names = [plain(column.name.in_(locale)) for column in table.columns]
    rows = [
        [
            {"text": LONG.sub("\\g<0>\u200b", written(cell, kind, locale)), "absent": cell.absent is not None}
            for kind, cell in zip(kinds, row, strict=True)
        ]
        for row in table.rows
    ]  # fmt: skip
    wide = len(kinds) > UPRIGHT
    size = 8.5 if not wide else 8 if len(kinds) <= CROWDED else 6.5
    return {
        "title": f"{plain(table.id)}. {plain(table.title.in_(locale))}",
        "about": plain(table.about.in_(locale)),
        "chart": _drawing(table, locale, width=960 if wide else 640),
        "not-drawn": chart.left_out(table, locale) if table.chart else "",
        "columns": names,
        "aligns": ["start" if kind in (Kind.TEXT, Kind.DATE) else "end" for kind in kinds],
        "widths": _widths(
            names, rows, beside=BESIDE / size, room=(WIDE if wide else UPRIGHT_PAGE) / size
        ),
        "rows": rows,
        "notes": [plain(note.in_(locale)) for note in table.notes],
        "wide": wide,
        "size": size,
    }


def _drawing(table: Table, locale: str, *, width: int) -> str | None:
    """The page's own chart as SVG, its texts in the document's font."""
    spec = chart.specification(table, locale)
    if spec is None:
        return None
    import vl_convert  # brings a JavaScript engine: only for who needs it

    vl_convert.register_font_directory(str(_font_files()[0].parent))
    whole = {"width": width, **spec, "config": look.on_paper()}
    return str(vl_convert.vegalite_to_svg(whole, vl_version="6.4", allowed_base_urls=[]))


def _widths(
    names: list[str], rows: list[list[dict[str, Any]]], *, beside: float, room: float
) -> list[float]:
    """The columns' widths in em, of a page with that room. Each gets what its longest word needs, short
    texts being one word ("Cohort 1"); what is left is given as their lines ask for it."""
    least, more = [], []
    for at, name in enumerate(names):
        cells = [(row[at]["text"], SMALL if row[at]["absent"] else 1) for row in rows]
        words = [word for text in (name, *(text for text, _ in cells)) for word in _words(text)]
        longest = max((size * _ems(text) for text, size in cells), default=0)
        least.append(min(max(map(_ems, words), default=0), MOST_OF_WORD) + beside)
        more.append(max(0, min(longest, MOST) + beside - least[at]))
    given = min(1.0, max(0.0, room - sum(least)) / (sum(more) or 1))
    return [need + given * wish for need, wish in zip(least, more, strict=True)]


def _words(text: str) -> list[str]:
    return [text] if _ems(text) <= SHORT else text.split()


def _ems(text: str) -> float:
    """About how wide it is in Pretendard, of which a Korean syllable is 0.87 em wide."""
    return sum(
        0.87 if ord(character) > 0x1100 else 0.33 if character in NARROW else 0.62
        for character in text
    )


def _sections(document: Document, locale: str) -> list[dict[str, Any]]:
    def say(text: Text) -> str:
        return plain(text.in_(locale))

    terms = [
        {"title": say(term.title), "words": [say(term.meaning), f"{label('source', locale)}: {say(term.source)}"]}
        for term in document.heading.definitions
    ]  # fmt: skip
    used = {cell.absent for table in document.tables for row in table.rows for cell in row}
    absences = [f"{say(text)} — {say(MEANS[absent])}" for absent, text in ABSENT.items() if absent in used]  # fmt: skip
    notes = [say(note) for note in document.heading.notes]
    sections = [
        ("definitions", terms),
        ("absent", [{"title": "", "words": absences}] if absences else []),
        ("notes", [{"title": "", "words": notes}] if notes else []),
    ]
    return [{"title": label(key, locale), "parts": parts} for key, parts in sections if parts]
