"""Which characters a font file can draw, read from its `cmap` (OpenType 1.9, "cmap", formats 4 and 12).

A PDF/UA has no character without a glyph: what the font lacks is set as MISSING, and the report says so.
"""

from __future__ import annotations

import struct
import unicodedata
from functools import lru_cache
from pathlib import Path

MISSING = "□"
SOFT_HYPHEN = (
    "\u00ad"  # drawn with the hyphen's glyph: beside one, every hyphen would be read as soft
)
ALWAYS = frozenset("\n ")


@lru_cache(maxsize=4)
def drawn_by(font: Path) -> frozenset[str]:
    """The characters of a TTF or OTF file. ValueError where it has no Unicode table we can read."""
    data = font.read_bytes()
    (tables,) = struct.unpack_from(">H", data, 4)
    entries = (struct.unpack_from(">4s4xLL", data, 12 + 16 * number) for number in range(tables))
    start = next((offset for tag, offset, _length in entries if tag == b"cmap"), None)
    if start is None:
        raise ValueError(f"{font.name} has no cmap.")
    (count,) = struct.unpack_from(">H", data, start + 2)
    places = (struct.unpack_from(">HHL", data, start + 4 + 8 * number) for number in range(count))
    subtables = {(platform, kind): start + offset for platform, kind, offset in places}
    for name in ((3, 10), (0, 4), (3, 1), (0, 3)):
        if name in subtables:
            return frozenset(map(chr, _codes(data, subtables[name]))) | ALWAYS
    raise ValueError(f"{font.name} has no Unicode cmap.")


def _codes(data: bytes, at: int) -> list[int]:
    (form,) = struct.unpack_from(">H", data, at)
    if form == 12:
        (groups,) = struct.unpack_from(">L", data, at + 12)
        spans = [struct.unpack_from(">LLL", data, at + 16 + 12 * n) for n in range(groups)]
        return [code for first, last, glyph in spans if glyph for code in range(first, last + 1)]
    if form != 4:
        raise ValueError(f"cmap format {form} is not read here.")
    (double,) = struct.unpack_from(">H", data, at + 6)
    ends = struct.unpack_from(f">{double // 2}H", data, at + 14)
    starts = struct.unpack_from(f">{double // 2}H", data, at + 16 + double)
    return [c for first, last in zip(starts, ends, strict=True) for c in range(first, last + 1) if c < 0xFFFF]  # fmt: skip


def with_glyphs(text: str, drawn: frozenset[str]) -> str:
    """Composed (macOS writes Hangul in parts), with MISSING for every character that the font lacks."""
    composed = unicodedata.normalize("NFC", text).replace("\t", " ").replace(SOFT_HYPHEN, "")
    return "".join(character if character in drawn else MISSING for character in composed)
