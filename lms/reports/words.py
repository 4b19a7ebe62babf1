"""How a cell, a day and an absence are written for people: the same words on the page and in every format.

Numbers are rounded half up, as spreadsheets do, so that the page and Excel show the same digits.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from lms.metrics.definition import Text
from lms.reports.document import Heading
from lms.reports.table import Absent, Cell, Kind

SEOUL = ZoneInfo("Asia/Seoul")
ABSENT = {
    Absent.HIDDEN: Text("비공개(소수 보호)", "hidden: too few people"),
    Absent.OPEN: Text("집계 전(기간 미종료)", "not yet: window open"),
    Absent.NOBODY: Text("대상자 없음", "nobody to count"),
    Absent.NOT_RECORDED: Text("기록 없음", "not recorded"),
    Absent.TOO_FEW: Text("미산출(소수)", "not calculated: too few people"),
}
MEANS = {
    Absent.HIDDEN: Text(
        "인원이 적어 개인이 드러날 수 있으므로 수치를 공개하지 않습니다. 0이 아닙니다.",
        "So few people that somebody could be recognised: the number is protected. It is not 0.",
    ),
    Absent.OPEN: Text(
        "집계 기준일이 아직 오지 않아 수치가 없습니다.",
        "The day it is counted on has not come.",
    ),
    Absent.NOBODY: Text(
        "분모에 해당하는 사람이 없어 비율을 낼 수 없습니다.",
        "There is nobody in the denominator, so there is no rate.",
    ),
    Absent.NOT_RECORDED: Text("기록된 자료가 없습니다.", "Nobody recorded it."),
    Absent.TOO_FEW: Text(
        "인원수는 공개하지만, 적은 인원의 비율이나 중앙값은 내지 않습니다.",
        "The count is shown, but no share or median of so few people.",
    ),
}
UNITS = {
    Kind.TEXT: Text("글", "text"),
    Kind.COUNT: Text("명 또는 건", "people or things"),
    Kind.SHARE: Text("비율(0~1; 0.593 = 59.3%)", "share (0 to 1; 0.593 = 59.3%)"),
    Kind.MONEY: Text("원", "KRW"),
    Kind.NUMBER: Text("수", "number"),
    Kind.DATE: Text("날짜(ISO 8601)", "date (ISO 8601)"),
}
LABELS = {
    "as-of": Text("기준일", "As of"),
    "recorded": Text("기록 시점", "Recorded until"),
    "number": Text("보고서 번호", "Report number"),
    "digest": Text("수치 지문(SHA-256)", "Digest of the numbers (SHA-256)"),
    "code": Text("프로그램 버전", "Program version"),
    "definitions": Text("정의", "Definitions"),
    "meaning": Text("뜻", "Meaning"),
    "source": Text("근거", "Source"),
    "notes": Text("주석", "Notes"),
    "absent": Text("수치가 없는 칸", "Cells without a number"),
    "about-report": Text("이 보고서", "This report"),
    "tables": Text("표", "Tables"),
    "page": Text("쪽", "Page"),
    "not-drawn": Text("그래프에 그리지 않은 칸", "Cells that are not drawn"),
    "glyphs": Text(
        "이 문서의 글꼴에 없는 글자입니다. 원래 글자는 같은 보고서의 XLSX, CSV, JSON 파일에 있습니다.",
        "Stands for a character that this document's font lacks; the XLSX, CSV and JSON files have it.",
    ),
    "title": Text("제목", "Title"),
    "subtitle": Text("부제", "Subtitle"),
    "table": Text("표", "Table"),
    "column": Text("열", "Column"),
    "key": Text("열 이름(영문)", "Key"),
    "unit": Text("단위", "Unit"),
    "about": Text("설명", "About"),
}
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def label(key: str, locale: str) -> str:
    return LABELS[key].in_(locale)


def as_of(heading: Heading, locale: str) -> str:
    """One line that every page, sheet and file shows above its numbers."""
    return (
        f"{label('as-of', locale)} {heading.valid_on.isoformat()} · "
        f"{label('recorded', locale)} {_recorded(heading, locale)}"
    )


def _recorded(heading: Heading, locale: str) -> str:
    zone = Text("서울", "Seoul").in_(locale)
    return f"{heading.recorded_at.astimezone(SEOUL):%Y-%m-%d %H:%M} ({zone})"


def facts(heading: Heading, locale: str) -> list[tuple[str, str]]:
    """What a report says about itself, by label: every format prints the same."""
    return [
        (label("title", locale), plain(heading.title.in_(locale))),
        (label("subtitle", locale), plain(heading.subtitle.in_(locale))),
        (label("number", locale), plain(heading.number)),
        (label("as-of", locale), heading.valid_on.isoformat()),
        (label("recorded", locale), _recorded(heading, locale)),
        *((plain(one.part.in_(locale)), f"{plain(one.name)} ({one.at.astimezone(SEOUL):%Y-%m-%d})") for one in heading.approvals),
        (label("code", locale), plain(heading.code_version)),
        (label("digest", locale), heading.digest),
    ]  # fmt: skip


def plain(text: str) -> str:
    """Without the control characters that no format can print; line ends are `\\n`."""
    return UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def words(cell: Cell, locale: str) -> str | None:
    """The text of a cell that holds or lacks no number: its word, or why there is none."""
    if cell.absent is not None:
        return ABSENT[cell.absent].in_(locale)
    if cell.text is not None:
        return plain(cell.text.in_(locale))
    return plain(cell.value) if isinstance(cell.value, str) else None


def written(cell: Cell, kind: Kind, locale: str) -> str:
    """A cell for people's eyes: 1,221 · 59.3% · 2,400,000 · 2025-12-31, or its words."""
    text = words(cell, locale)
    if text is not None or not isinstance(cell.value, int | float):
        return text or ""
    value = Decimal(repr(cell.value))
    if kind is Kind.SHARE:
        return f"{_rounded(value * 100, 1)}%"
    return _rounded(value, decimals(cell.value))


def decimals(value: int | float) -> int:
    """Whole numbers are written without a point; of others, two digits after it."""
    return 0 if value == int(value) else 2


def _rounded(value: Decimal, digits: int) -> str:
    if abs(value) >= 10**15:  # as it is: no such number is measured that finely
        return f"{value:,}"
    return f"{value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,}"


def width(text: str) -> int:
    """Of the longest line in characters, a Korean one counting two."""
    return max(
        sum(2 if ord(character) > 0x1100 else 1 for character in line) for line in text.split("\n")
    )
