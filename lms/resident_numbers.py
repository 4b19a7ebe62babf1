"""Resident registration numbers: no law lets an academy hold one (PIPA, article 24-2), so none gets in.

`FreeText` columns refuse one whatever wrote it; `refuse_in_file` looks into an upload. Neither reads
pictures: whoever checks a scanned document must look at it.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Annotated

from flask_babel import gettext as _
from sqlalchemy import Dialect, String
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

from lms.errors import Invalid

# Six digits, seven more that begin with 1 to 8 (5 to 8: foreigners); with a dash, spaces or nothing
# between. A company's registration number looks the same and stands in every business registration:
# it passes where it is called so.
NUMBER = re.compile(
    r"(?<!\d)\d{6}[^\S\r\n]{0,3}[-‐‑‒–—―−~·.－～]?[^\S\r\n]{0,3}[1-8１-８]\d{6}(?!\d)"
)
CALLED_A_COMPANYS = re.compile(r"법인\s*(?:등록)?\s*번호\s*[)\]:：=,-]*\s*$")
MOST_UNPACKED = 32 * 2**20  # bytes of one file; what holds more is refused
MOST_DECODED = 20_000_000  # characters of a PDF, through all its character maps
PARAGRAPH_END = re.compile(r"</(?:\w+:)?(?:p|si|c|row|tc|td|is|h)>")
TAG = re.compile(r"<[^<>]*>")


class ResidentNumberFound(Invalid, DontWrapMixin):
    """DontWrapMixin: SQLAlchemy passes it on as it is."""

    def __init__(self, where: str = "") -> None:
        what = _("This looks like a resident registration number, which the academy may not keep. "
                 "Remove it or black it out, and try again.")  # fmt: skip
        super().__init__(f"{where}: {what}" if where else what)


class UnreadableFile(Invalid):
    def __init__(self) -> None:
        super().__init__(
            _("The file is damaged, locked with a password or too large to be looked through. "
              "Save it again without a password, as PDF if you can.")
        )  # fmt: skip


def holds_one(text: str) -> bool:
    """Whether a text holds a resident number, in whatever digits and dashes it is written."""
    return any(
        not CALLED_A_COMPANYS.search(text[max(0, found.start() - 20) : found.start()])
        for found in NUMBER.finditer(text)
    )


class FreeTextType(TypeDecorator[str]):
    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is not None and holds_one(value):
            raise ResidentNumberFound
        return value


FreeText = Annotated[str, mapped_column(FreeTextType())]


def refuse_in_file(name: str, content: bytes) -> None:
    """Look through a file's name and all text in it that the standard library can reach.

    Raises:
        ResidentNumberFound
        UnreadableFile: it could not be looked through to the end.
    """
    if holds_one(name):
        raise ResidentNumberFound(_("The file's name"))
    try:
        if any(holds_one(text) for text in _texts(content)):
            raise ResidentNumberFound(_("The file"))
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
        raise UnreadableFile from error


def _texts(content: bytes) -> Iterator[str]:
    if content.startswith(b"PK"):
        yield from _texts_of_archive(content)
        return
    yield content.replace(b"\0", b"").decode("utf-8", "replace")  # also what UTF-16 says in digits
    if content[:1024].lstrip().startswith(b"%PDF"):
        yield from _texts_of_pdf(content)


def _texts_of_archive(content: bytes) -> Iterator[str]:
    """The members of a zip-based document (OOXML, ODF, HWPX): paragraphs and cells without tags."""
    left = MOST_UNPACKED
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for member in archive.infolist():
            yield member.filename
            with archive.open(member) as stream:
                inside = stream.read(left + 1)  # never trusts the size it was told
            left -= len(inside)
            if left < 0:
                raise UnreadableFile
            if inside.startswith(b"PK"):
                raise UnreadableFile  # an archive in an archive
            yield _without_tags(inside.decode("utf-8", "replace"))


def _without_tags(text: str) -> str:
    return TAG.sub("", PARAGRAPH_END.sub("\n", text))


SHOWN = re.compile(
    rb"\[((?:[^\[\]\\()]|\\.|\((?:[^()\\]|\\.)*\))*)\]\s{0,9}TJ"
    rb"|(\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f\s]*>)\s{0,9}(?:Tj|'|\")",
    re.DOTALL,
)
STRING = re.compile(rb"\(((?:[^()\\]|\\.)*)\)|<([0-9A-Fa-f\s]+)>", re.DOTALL)
CHAR = re.compile(rb"<([0-9A-Fa-f]{2,4})>\s{0,9}<([0-9A-Fa-f]{4})>")
RANGE = re.compile(rb"<([0-9A-Fa-f]{2,4})>\s{0,9}<([0-9A-Fa-f]{2,4})>\s{0,9}<([0-9A-Fa-f]{4})>")
WANTED = {ord(sign): sign for sign in "0123456789-–−~·. "}


def _texts_of_pdf(content: bytes) -> Iterator[str]:
    """What the streams of a PDF show, each string also through every character map of the file."""
    streams = list(_unpacked(content))
    yield from (stream.decode("latin-1") for stream in streams)
    maps = [codes for stream in streams if b"beginbf" in stream and (codes := _digits(stream))]
    shown = [_strings(operands) for stream in streams for operands in SHOWN.findall(stream)]
    if sum(map(len, shown)) * (1 + 2 * len(maps)) > MOST_DECODED:
        raise UnreadableFile
    ways = [[text.replace(b"\0", b"").decode("latin-1") for text in shown]]
    ways += [[_decoded(text, codes, width) for text in shown] for codes in maps for width in (1, 2)]
    for texts in ways:  # a number may be shown in one piece or in several
        yield "\n".join(texts)
        yield "".join(texts)


def _unpacked(content: bytes) -> Iterator[bytes]:
    left = MOST_UNPACKED
    for piece in content.split(b"endstream")[:-1]:
        body = piece.partition(b"stream")[2].lstrip(b"\r\n")
        try:
            inside = zlib.decompressobj().decompress(body, left)
        except zlib.error:
            inside = body  # not deflated: a picture, or plain text
        left -= len(inside)
        if left <= 0:
            raise UnreadableFile
        yield inside


def _strings(operands: tuple[bytes, bytes]) -> bytes:
    """The strings that one operator shows, put together."""
    found = b""
    for literal, digits in STRING.findall(operands[0] or operands[1]):
        clean = re.sub(rb"\s", b"", digits).decode()
        found += bytes.fromhex(clean + "0" * (len(clean) % 2)) if clean else literal
    return found


def _digits(stream: bytes) -> dict[int, str]:
    """Code -> digit, dash or space, from a ToUnicode map; other characters do not matter here."""
    found: dict[int, str] = {}
    for code, target in CHAR.findall(stream):
        if (sign := int(target, 16)) in WANTED:
            found[int(code, 16)] = WANTED[sign]
    for low, high, target in RANGE.findall(stream):
        first, start = int(low, 16), int(target, 16)
        for sign, text in WANTED.items():
            if start <= sign <= start + int(high, 16) - first:
                found[first + sign - start] = text
    return found


def _decoded(text: bytes, codes: dict[int, str], width: int) -> str:
    return "".join(
        codes.get(int.from_bytes(text[at : at + width], "big"), "\n")
        for at in range(0, len(text), width)
    )
