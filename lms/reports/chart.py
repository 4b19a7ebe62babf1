"""A table's chart as Vega-Lite, drawn from the cells that the table shows and from no others.

A chart says which columns to draw and how; data, titles, number formats and tooltips come from the table. In a
specification, {"ko": …, "en": …} is a text, a column's key is that column, and a `fold` of columns takes their names.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from lms.metrics.definition import Text
from lms.reports.table import Absent, Kind, Table
from lms.reports.words import ABSENT, label, plain, words

FORBIDDEN = {"data", "datasets", "url", "href", "usermeta"}  # nothing but the table is drawn
AXES = {  # of columns drawn together
    Kind.COUNT: Text("인원·건수", "People or things"),
    Kind.SHARE: Text("비율", "Share"),
    Kind.MONEY: Text("원", "KRW"),
    Kind.NUMBER: Text("값", "Value"),
}
LINE, KOREAN_LINE = 15, 9  # letters of a name beside others
FORMATS = {Kind.COUNT: ",.0f", Kind.MONEY: ",.0f", Kind.SHARE: ".1%", Kind.NUMBER: ",.2~f"}


def specification(table: Table, locale: str) -> dict[str, Any] | None:
    """What the page draws, with its data; None where the table has no chart."""
    if table.chart is None:
        return None
    if found := FORBIDDEN & set(_keys(table.chart)):
        raise ValueError(f"The chart of table {table.id} may not have {sorted(found)}.")
    names = {column.key: plain(column.name.in_(locale)) for column in table.columns}
    kinds = {column.key: column.kind for column in table.columns}
    spec = _localised(table.chart, locale)
    rows = [
        {column.key: _value(cell, locale) for column, cell in zip(table.columns, row, strict=True)}
        for row in table.rows
    ]
    encodings = list(_encodings(spec))
    for fold in [step for step in spec.get("transform", []) if "fold" in step]:
        spec["transform"].remove(fold)
        name, value = fold["as"]
        rows = [{**row, name: names[key], value: row[key]} for row in rows for key in fold["fold"]]
        kinds |= {name: Kind.TEXT, value: kinds[fold["fold"][0]]}
        if any(row[value] is None for row in rows):
            _not_of_a_whole(encodings, value)
        names |= {name: "", value: AXES[kinds[value]].in_(locale)}
    for encoding in encodings:
        for position, channel in encoding.items():
            _dress(position, channel, names, kinds)
            if position in ("x", "y", "color") and kinds.get(channel.get("field")) is Kind.TEXT:
                order = dict.fromkeys(row[channel["field"]] for row in rows)
                labels = [*filter(None, order)]
                channel.setdefault("scale", {}).setdefault("domain", labels)
                if position == "x":
                    channel.setdefault("axis", {}).setdefault("labelExpr", _in_lines(labels))
        encoding.setdefault("tooltip", _tooltip(encoding, names, kinds))
    return {**spec, "data": {"values": rows}, "description": plain(table.about.in_(locale))}


def left_out(table: Table, locale: str) -> str:
    """Why drawn columns have cells without a number, and how many: what a chart alone would not say."""
    drawn = set(_texts(table.chart or {}))
    counts: Counter[Absent] = Counter()
    for row in table.rows:
        for column, cell in zip(table.columns, row, strict=True):
            if cell.absent is not None and column.key in drawn:
                counts[cell.absent] += 1
    reasons = [
        f"{text.in_(locale)} ({counts[absent]})"
        for absent, text in ABSENT.items()
        if counts[absent]
    ]
    return f"{label('not-drawn', locale)}: {' · '.join(reasons)}" if reasons else ""


def _value(cell: Any, locale: str) -> str | int | float | None:
    if cell.absent is not None:
        return None
    return cell.value if (text := words(cell, locale)) is None else text


def _in_lines(labels: list[Any]) -> str:
    """Vega's expression for names that stand side by side, broken between words."""
    lines = {one: wrap(one, LINE if one.isascii() else KOREAN_LINE) for one in labels}
    return f"{json.dumps(lines, ensure_ascii=False)}[datum.label]"


def _not_of_a_whole(encodings: list[dict[str, Any]], value: str) -> None:
    """Where a part is hidden, shares of what is left would be wrong: the bars show the parts themselves."""
    for channel in (one for encoding in encodings for one in encoding.values()):
        if channel.get("field") == value and channel.get("stack") == "normalize":
            channel["stack"] = "zero"
            channel.pop("axis", None)


def _dress(
    position: str, channel: dict[str, Any], names: dict[str, str], kinds: dict[str, Kind]
) -> None:
    """The column's name as title, its kind as the format of the axis."""
    key = channel.get("field")
    if key not in kinds:
        return
    word = position == "y" and kinds[key] is Kind.TEXT  # its labels say what it is
    channel.setdefault("title", None if word else names[key] or None)
    if position in ("x", "y") and kinds[key] in FORMATS and channel.get("axis", {}) is not None:
        axis = channel.setdefault("axis", {})
        axis.setdefault("format", ".0%" if kinds[key] is Kind.SHARE else FORMATS[kinds[key]])


def _tooltip(
    encoding: dict[str, Any], names: dict[str, str], kinds: dict[str, Kind]
) -> list[dict[str, Any]]:
    """Whatever is drawn, once, as the table writes it."""
    fields = dict.fromkeys(one["field"] for one in encoding.values() if one.get("field") in kinds)
    return [
        {
            "field": key,
            "title": names[key] or " ",
            "type": "quantitative",
            "format": FORMATS[kinds[key]],
        }
        if kinds[key] in FORMATS
        else {"field": key, "title": names[key] or " ", "type": "nominal"}
        for key in fields
    ]


def _encodings(spec: Any) -> Iterator[dict[str, Any]]:
    """The encoding of the chart and of every part of it."""
    if isinstance(spec, dict):
        if "encoding" in spec:
            yield spec["encoding"]
        for part in ("layer", "hconcat", "vconcat", "concat", "spec"):
            yield from _encodings(spec.get(part))
    elif isinstance(spec, list):
        for one in spec:
            yield from _encodings(one)


def _localised(part: Any, locale: str) -> Any:
    """A copy with the texts in one language."""
    if isinstance(part, dict):
        if set(part) == {"ko", "en"}:
            return Text(**part).in_(locale)
        return {key: _localised(value, locale) for key, value in part.items()}
    return [_localised(one, locale) for one in part] if isinstance(part, list) else part


def _keys(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part
    for one in _within(part):
        yield from _keys(one)


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    for one in _within(part):
        yield from _texts(one)


def _within(part: Any) -> list[Any]:
    if isinstance(part, dict):
        return list(part.values())
    return part if isinstance(part, list) else []
