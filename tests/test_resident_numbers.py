"""No resident number gets in: not in a text, not in a file's name, not in what a file says."""

from __future__ import annotations

import io
import zipfile
import zlib

import openpyxl
import pytest
from flask import Flask

from lms.resident_numbers import ResidentNumberFound, UnreadableFile, holds_one, refuse_in_file

NUMBER = "900101-1234567"


@pytest.mark.parametrize(
    "text",
    [
        NUMBER, "9001011234567", "900101 1234567", "900101 - 2234567", "주민번호 900101–8234567.",
        "９００１０１－１２３４５６７", "a\n000101-3234567\nb", "법인등록번호 또는 주민등록번호: 900101-1234567",
    ],
)  # fmt: skip
def test_a_number_is_found(text: str) -> None:
    assert holds_one(text)


@pytest.mark.parametrize(
    "text",
    [
        "010-1234-5678", "900101-9234567", "900101-0234567", "20260101123456", "900101\n1234567",
        "123-45-67890", "법인등록번호: 110111-1234567", "", "9001011-1234567",
    ],
)  # fmt: skip
def test_other_numbers_pass(text: str) -> None:
    assert not holds_one(text)


def archive(**members: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return target.getvalue()


def sheet(*cells: object) -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    book.active.append(cells)
    book.save(target)
    return target.getvalue()


def pdf(*streams: bytes, packed: bool = True) -> bytes:
    body = b"%PDF-1.7\n"
    for stream in streams:
        content = zlib.compress(stream) if packed else stream
        body += b"1 0 obj\n<</Length 1>>\nstream\n" + content + b"\nendstream\nendobj\n"
    return body + b"trailer\n%%EOF"


# As a Korean word processor writes it: glyph numbers, and a map that says which character each is.
CHARACTER_MAP = b"2 beginbfrange\n<0011> <001A> <0030>\nendbfrange\n1 beginbfchar\n<000E> <002D>\nendbfchar"  # fmt: skip


def glyphs(text: str) -> bytes:
    codes = {"-": 0x0E} | {str(digit): 0x11 + digit for digit in range(10)}
    return b"".join(codes[sign].to_bytes(2, "big") for sign in text).hex().encode()


RUNS = "<w:p><w:r><w:t>900101-</w:t></w:r><w:r><w:rPr/><w:t>1234567</w:t></w:r></w:p>"
WITH_ONE = {
    "text": NUMBER.encode(),
    "utf-16": NUMBER.encode("utf-16"),
    "word, in two runs": archive(document=RUNS),
    "hangul": archive(section="<hp:p><hp:t>900101-1234567</hp:t></hp:p>"),
    "excel, text": sheet("lena", NUMBER),
    "excel, number": sheet(9001011234567),
    "member's name": archive(**{NUMBER: "x"}),
    "pdf, one string": pdf(b"BT (900101-1234567) Tj ET"),
    "pdf, not packed": pdf(b"BT (900101-1234567) Tj ET", packed=False),
    "pdf, kerned": pdf(b"BT [(9001) -20 (01-12) 3 (34567)] TJ ET"),
    "pdf, two operators": pdf(b"BT (900101-) Tj 5 0 Td (1234567) Tj ET"),
    "pdf, hexadecimal": pdf(b"BT <" + NUMBER.encode().hex().encode() + b"> Tj ET"),
    "pdf, glyphs": pdf(b"BT <" + glyphs(NUMBER) + b"> Tj ET", CHARACTER_MAP),
    "pdf, glyphs kerned": pdf(
        CHARACTER_MAP, b"BT [<" + glyphs("900101") + b"> 8 <" + glyphs("-1234567") + b">] TJ ET"
    ),
}


@pytest.mark.parametrize("content", WITH_ONE.values(), ids=WITH_ONE)
def test_a_file_with_one_is_refused(content: bytes, app: Flask) -> None:
    with pytest.raises(ResidentNumberFound):
        refuse_in_file("contract", content)


WITHOUT = {
    "word, other paragraphs": archive(document="<w:p>900101</w:p><w:p>1234567</w:p>"),
    "excel, two cells": sheet(123456, 1234567),
    "pdf, a company": pdf(b"BT (110111-0006246) Tj ET"),
    "pdf, glyphs of a date": pdf(b"BT <" + glyphs("2026-02-10") + b"> Tj ET", CHARACTER_MAP),
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50,
}


@pytest.mark.parametrize("content", WITHOUT.values(), ids=WITHOUT)
def test_a_file_without_one_passes(content: bytes, app: Flask) -> None:
    refuse_in_file("contract", content)


def test_a_name_with_one_is_refused(app: Flask) -> None:
    with pytest.raises(ResidentNumberFound):
        refuse_in_file(f"{NUMBER}.pdf", b"%PDF-")


BOMBS = {
    "archive that unpacks to 100 MB": archive(document="0" * 100_000_000),
    "archive in an archive": archive(inner="PK\x03\x04"),
    "pdf that unpacks to 100 MB": pdf(b" " * 100_000_000),
    "pdf of endless maps": pdf(*[CHARACTER_MAP] * 300, b"BT (" + b"1 " * 50_000 + b") Tj ET"),
    "half an archive": archive(document="x")[:30],
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS)
def test_what_cannot_be_looked_through_is_refused(content: bytes, app: Flask) -> None:
    with pytest.raises(UnreadableFile):
        refuse_in_file("contract", content)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-" + b"stream\n" * 1_400_000,
        b"%PDF-\nstream\n" + b"[(" * 3_000_000 + b"\nendstream",
        b"%PDF-\nstream\n" + b"(" * 5_000_000 + b"\nendstream",
        b"%PDF-\nstream\n" + b"<" + b" " * 5_000_000 + b"\nendstream",
        b"1" * 10_000_000,
        b"123456" + b" " * 10_000_000,
        b"%PDF-\nstream\nbeginbf" + b"<00> <ffff> <0000>" * 100_000 + b"\nendstream",
    ],
    ids=["streams", "arrays", "brackets", "spaces in hexadecimal", "digits", "spaces", "ranges"],
)
def test_a_hostile_file_takes_no_long_time(content: bytes, app: Flask) -> None:
    refuse_in_file("contract", content)
