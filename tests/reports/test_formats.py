"""One report, every format: the same numbers, and the same reason wherever there is none."""

import csv
import hashlib
import io
import json
import math
import os
import re
import subprocess
import sys
import unicodedata
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import IndirectObject

from lms import assets
from lms.metrics.definition import Text
from lms.reports import csv_file, json_file, look, pdf, words, xlsx
from lms.reports.document import Approval, Document, Heading, Term
from lms.reports.glyphs import MISSING, drawn_by, with_glyphs
from lms.reports.table import Absent, Cell, Column, Kind, Table, digest
from lms.tables import FORMULA_STARTS

LOCALES = ("ko", "en")
DANGEROUS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    '=HYPERLINK("http://x")',
)
AWKWARD = (
    '"따옴표", 쉼표; 세미콜론', "첫 줄\r\n둘째 줄", "#panic(1) $x$ *a* _b_ `c` \\ <l> @r // x", "<b>&amp;</b>", "김한글",
    unicodedata.normalize("NFD", "한글 자모"), "李 漢字 😀", "http://academy.example", "_x0041_", "{=1}", " 앞뒤 ", "0", "TRUE",
)  # fmt: skip
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
a_text = st.one_of(st.sampled_from(DANGEROUS + AWKWARD), anything)
texts = st.builds(Text, ko=a_text, en=a_text)
VALUES = {
    Kind.TEXT: st.one_of(st.builds(Cell, value=a_text), st.builds(Cell, text=texts)),
    Kind.COUNT: st.builds(Cell, value=st.one_of(st.integers(0, 2000), st.integers(0, 10**30))),
    Kind.SHARE: st.builds(Cell, value=st.floats(0, 1)),
    Kind.MONEY: st.builds(Cell, value=st.integers(-(10**13), 10**13)),
    Kind.NUMBER: st.builds(Cell, value=st.floats(allow_nan=False, allow_infinity=False)),
    Kind.DATE: st.builds(Cell, value=st.dates().map(date.isoformat)),
}
absent = st.builds(Cell, absent=st.sampled_from(Absent))


@st.composite
def tables(draw):
    kinds = draw(st.lists(st.sampled_from(Kind), min_size=1, max_size=12))
    columns = tuple(Column(f"c{at}", draw(texts), kind) for at, kind in enumerate(kinds))
    rows = draw(st.lists(st.tuples(*(st.one_of(VALUES[kind], absent) for kind in kinds)), max_size=5))  # fmt: skip
    number = draw(st.integers(1, 30))
    return Table(f"T{number}", draw(texts), draw(texts), columns, tuple(rows), (draw(texts),))


def document(*content, **settings):
    settings = {
        "title": Text("성과보고서", "Outcomes"),
        "subtitle": Text("하반기", "Second half"),
    } | settings
    heading = Heading(
        number="2025-02",
        valid_on=date(2025, 12, 31),
        recorded_at=datetime(2026, 1, 15, 0, 30, tzinfo=UTC),
        definitions=(Term(Text("취업률", "Rate"), Text("뜻", "Meaning"), Text("근거", "Source")),),
        notes=(Text("주의", "Note"),),
        digest=digest(content),
        code_version="0.1.0",
        approvals=(Approval("홍길동", Text("승인", "Approved by"), datetime(2026, 1, 16, tzinfo=UTC)),),
        **settings,
    )  # fmt: skip
    return Document(heading, content)


documents = st.lists(tables(), min_size=1, max_size=3, unique_by=lambda table: table.id).flatmap(
    lambda content: st.builds(document, *map(st.just, content), title=texts, subtitle=texts)
)
languages = st.sampled_from(LOCALES)
cheap = settings(max_examples=60, deadline=None)


def each_cell(table):
    for number, row in enumerate(table.rows):
        for at, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            yield number, at, column, cell


@given(documents, languages)
@cheap
def test_xlsx_has_the_numbers_as_numbers_and_the_rest_in_words(report, locale):
    content = xlsx.render(report, locale=locale)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert len(book.sheetnames) == len(report.tables) + 1
    assert len({name.casefold() for name in book.sheetnames}) == len(book.sheetnames)
    for name in book.sheetnames:
        assert 0 < len(name.encode("utf-16-le")) <= 62 and not re.search(r"[\[\]:*?/\\]", name)
        assert not name.startswith("'") and not name.endswith("'")
    for table, sheet in zip(report.tables, book.worksheets, strict=False):
        assert words.as_of(report.heading, locale) == sheet.cell(3, 1).value
        assert (sheet.cell(2, 1).value or "") == _line(table.about, locale)
        assert sheet.freeze_panes == "B6"
        assert sheet.max_row <= 5 + len(table.rows) + 2
        for number, at, column, cell in each_cell(table):
            _check_xlsx(sheet.cell(6 + number, 1 + at), column, cell, locale)
    archive = zipfile.ZipFile(io.BytesIO(content))
    for name in archive.namelist():
        if name.startswith("xl/worksheets/"):
            assert not re.search(rb"<f[ >]|<hyperlink", archive.read(name))


def _line(text, locale):
    return words.plain(text.in_(locale)).replace("\n", " ")


def _check_xlsx(found, column, cell, locale):
    assert found.data_type in "snd"
    if cell.absent:
        assert found.value == words.ABSENT[cell.absent].in_(locale)
    elif column.kind is Kind.DATE:
        if cell.value >= "1900-03-01":
            assert found.value.date().isoformat() == cell.value
            assert found.number_format == "yyyy-mm-dd"
        else:
            assert found.value == cell.value
    elif column.kind is Kind.TEXT:
        text = words.words(cell, locale)
        assert unescaped(found.value or "") == text
        assert not text.startswith(FORMULA_STARTS) or found.quotePrefix
    elif found.data_type == "s":
        assert type(cell.value)(found.value) == cell.value
        small = isinstance(cell.value, float) and abs(cell.value) <= 1e-307
        assert small or abs(cell.value) >= xlsx.EXACT, "an ordinary number is a number"
    else:
        assert found.data_type == "n"
        assert math.isclose(found.value, cell.value, rel_tol=1e-14)  # a spreadsheet's 15 digits
        assert ("%" in found.number_format) == (column.kind is Kind.SHARE)


def unescaped(text):
    return re.sub(r"_x005F_", "_", text)


@given(documents, languages)
@cheap
def test_csv_has_exact_numbers_and_nothing_that_runs(report, locale):
    archive = zipfile.ZipFile(io.BytesIO(csv_file.render_all(report, locale=locale)))
    for table in report.tables:
        content = archive.read(csv_file.file_name(table))
        assert content == csv_file.render(table, locale=locale)
        head, *lines = _csv(content)
        assert [_unsafe(name) for name in head] == [words.plain(c.name.in_(locale)) for c in table.columns]  # fmt: skip
        assert len(lines) == len(table.rows)
        for number, at, column, cell in each_cell(table):
            found = lines[number][at]
            if cell.absent:
                assert found == words.ABSENT[cell.absent].in_(locale)
            elif column.kind in (Kind.TEXT, Kind.DATE):
                assert _unsafe(found) == words.words(cell, locale)
            else:
                assert type(cell.value)(found) == cell.value
                assert not isinstance(cell.value, float) or float(found) == cell.value
    for name in archive.namelist():
        for line in _csv(archive.read(name)):
            for text in line:
                assert not text.startswith(FORMULA_STARTS) or re.fullmatch(r"-[\d.e+-]+", text)
    described = [line[3] for line in _csv(archive.read("dictionary.csv"))[1:] if len(line) == 6]
    assert described == [column.key for table in report.tables for column in table.columns]


def _csv(content):
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _unsafe(text):
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


@given(documents)
@cheap
def test_json_is_the_report_again_and_proves_its_numbers(report):
    content = json_file.render(report)
    assert json_file.read(content) == report
    whole = json.loads(content)
    assert whole["report"]["digest"] == digest(report.tables)
    cells = [cell for table in whole["tables"] for row in table["rows"] for cell in row]
    assert all((cell["absent"] is None) != (cell["value"] is None and cell["text"] is None) for cell in cells)  # fmt: skip


@given(documents, languages)
@settings(max_examples=40, deadline=None)
def test_pdf_shows_every_cell_in_order(report, locale):
    drawn = drawn_by(assets.path("Pretendard-Regular.otf"))
    content = pdf.render(report, locale=locale)
    text = _squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))
    at = 0
    for table in report.tables:
        for _number, _at, column, cell in each_cell(table):
            said = words.written(cell, column.kind, locale)
            expected = _squeezed(with_glyphs(said, drawn))
            found = text.find(expected, at)
            assert found >= 0, (said, text[at : at + 200])
            at = found + len(expected)


def test_hyphens_are_read_as_hyphens_beside_a_soft_one():
    columns = (Column("c0", Text("가\xad나", "so\xadft"), Kind.TEXT),)
    report = document(
        Table("T1", Text("표", "Table"), Text("\xad", "\xad"), columns, ((Cell("6-7"),),))
    )
    content = pdf.render(report, locale="en")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    assert "6-7" in text and "\xad" not in text


def _squeezed(text):
    """Without what a line break or a page may add or take."""
    return "".join(c for c in unicodedata.normalize("NFC", text) if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))  # fmt: skip


@pytest.fixture(scope="module")
def long():
    columns = (
        Column("cohort", Text("기수 이름", "Cohort name"), Kind.TEXT),
        Column("people", Text("수료자", "Completers"), Kind.COUNT),
        Column("share", Text("취업률", "Rate"), Kind.SHARE),
    )
    rows = tuple(
        (Cell(text=Text(f"{n}기", f"Cohort {n}")), Cell(n), Cell(absent=Absent.HIDDEN))
        for n in range(120)
    )
    return document(Table("T1", Text("긴 표", "Long table"), Text("설명", "About"), columns, rows))


@pytest.mark.parametrize("locale", LOCALES)
def test_pdf_is_tagged_and_carries_its_fonts(long, locale):
    reader = PdfReader(io.BytesIO(pdf.render(long, locale=locale)))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"].startswith(locale)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert reader.metadata.title == long.heading.title.in_(locale)
    kinds = [node["/S"] for node in _nodes(root["/StructTreeRoot"]) if "/S" in node]
    assert kinds.count("/Table") == 1 and kinds.count("/TD") == 360
    assert {"/H1", "/THead", "/TH"} <= {*kinds} or {"/Title", "/THead", "/TH"} <= {*kinds}
    fonts = {font["/BaseFont"]: font for page in reader.pages for font in _fonts(page)}
    assert fonts and all("Pretendard" in name for name in fonts)
    for font in fonts.values():
        descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & {*descriptor.keys()}


def _fonts(page):
    return [font.get_object() for font in page["/Resources"].get("/Font", {}).values()]


def _nodes(node):
    """Every element of the structure tree."""
    node = node.get_object() if isinstance(node, IndirectObject) else node
    if isinstance(node, list):
        for one in node:
            yield from _nodes(one)
    elif isinstance(node, dict):
        yield node
        yield from _nodes(node.get("/K", []))


BARS = {"mark": "bar", "encoding": {"x": {"field": "people", "type": "quantitative"}, "y": {"field": "cohort", "type": "nominal"}}}  # fmt: skip


@pytest.mark.parametrize("locale", LOCALES)
def test_a_chart_in_the_pdf_is_the_pages_own_with_a_description(long, locale):
    rows = (*long.tables[0].rows[40:43], (Cell(text=Text("漢기", "Cohort 漢")), Cell(absent=Absent.OPEN), Cell(0.5)))  # fmt: skip
    report = document(replace(long.tables[0], rows=rows, chart=BARS))
    content = pdf.render(report, locale=locale)
    assert content == pdf.render(report, locale=locale)
    reader = PdfReader(io.BytesIO(content))
    figures = [node for node in _nodes(reader.trailer["/Root"]["/StructTreeRoot"]) if node.get("/S") == "/Figure"]  # fmt: skip
    assert [node["/Alt"] for node in figures] == [report.tables[0].about.in_(locale)]
    text = _squeezed("".join(page.extract_text() for page in reader.pages))
    assert text.count(_squeezed(rows[0][0].text.in_(locale))) == 2, "of the axis and of the table"
    assert _squeezed(f"{words.ABSENT[Absent.OPEN].in_(locale)} (1)") in text
    forms = [form.get_object() for page in reader.pages for form in page["/Resources"].get("/XObject", {}).values()]  # fmt: skip
    fonts = [font for holder in (*reader.pages, *forms) if "/Resources" in holder for font in _fonts(holder)]  # fmt: skip
    assert fonts and all("Pretendard" in font["/BaseFont"] for font in fonts)


def test_paper_has_the_pages_light_colours():
    sheet = (assets.STATIC / "academy.css").read_text()
    for token, colour in look.PAPER.items():
        found = re.search(rf"--{token}: (?:light-dark\()?(#[0-9a-f]+)", sheet)
        assert found and found[1] == colour, token


@pytest.fixture
def crowded():
    """Long metrics, cohorts, and as many numbers or reasons beside them as fit an upright page."""
    metric = Text("졸업 후 두 번째 분기의 취업 비율(WIOA 기준)", "Employment rate in the second quarter after the exit quarter")  # fmt: skip
    names = ("Numerator", "Denominator", "Rate", "95 % from", "95 % to")
    columns = (
        Column("metric", Text("지표", "Metric"), Kind.TEXT),
        Column("cohort", Text("기수", "Cohort"), Kind.TEXT),
        *(Column(name, Text(name, name), Kind.COUNT) for name in names),
    )
    rows = [
        (Cell(metric.ko, text=metric), Cell(text=Text(f"{n}기", f"Cohort {n}"), value=f"{n}기"))
        + ((Cell(n),) * 5 if n % 3 else (Cell(absent=Absent.HIDDEN),) * 5)
        for n in (*range(1, 13), 155)
    ]
    return Table("T5", Text("비율", "Rates"), Text("설명", "About"), columns, tuple(rows))


@pytest.mark.parametrize("locale", LOCALES)
def test_neither_a_cohort_nor_a_columns_name_is_broken(crowded, locale):
    content = pdf.render(document(crowded), locale=locale)
    text = "".join(page.extract_text() + "\n" for page in PdfReader(io.BytesIO(content)).pages)
    lines = [" ".join(line.split()) for line in text.split("\n")]
    for n in (*range(1, 13), 155):
        name = f"Cohort {n}" if locale == "en" else f"{n}기"
        assert any(re.search(rf"\b{name}\b", line) for line in lines), name
    assert any("Numerator Denominator Rate" in line for line in lines)
    book = openpyxl.load_workbook(io.BytesIO(xlsx.render(document(crowded), locale=locale)))
    sheet = book.worksheets[0]
    assert sheet.column_dimensions["B"].width >= len("Cohort 155") * (locale == "en") + 1


@pytest.mark.parametrize("locale", LOCALES)
def test_each_page_of_a_long_table_says_its_columns_and_the_day(long, locale):
    pages = PdfReader(io.BytesIO(pdf.render(long, locale=locale))).pages
    assert len(pages) >= 3
    for number, page in enumerate(pages, start=1):
        text = _squeezed(page.extract_text())
        assert _squeezed(words.as_of(long.heading, locale)) in text
        assert f"{number}/{len(pages)}" in text
        if re.search(r"\d기\d+비공개|Cohort\d+hidden", text):
            assert all(_squeezed(column.name.in_(locale)) in text for column in long.tables[0].columns)  # fmt: skip


def test_texts_are_never_markup_and_a_missing_glyph_is_told():
    columns = (Column("text", Text("글", "Text"), Kind.TEXT),)
    rows = tuple((Cell(text=Text(text, text)),) for text in ("#panic(1)", "*굵게*", "$x$", "漢"))
    table = Table("T1", Text("#let", "#let"), Text("= h", "= h"), columns, rows)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.render(document(table), locale="ko"))).pages)  # fmt: skip
    assert all(said in text for said in ("#panic(1)", "*굵게*", "$x$", "#let", "= h", MISSING))
    assert _squeezed(words.label("glyphs", "ko")) in _squeezed(text)
    assert MISSING not in "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.render(document(replace(table, rows=rows[:3])), locale="ko"))).pages)  # fmt: skip


RENDER = """
import hashlib, sys
from lms.reports import csv_file, json_file, pdf, xlsx
report = json_file.read(sys.stdin.buffer.read())
for render in (xlsx.render, csv_file.render_all, pdf.render):
    for locale in ("ko", "en"):
        print(hashlib.sha256(render(report, locale=locale)).hexdigest())
print(hashlib.sha256(json_file.render(report)).hexdigest())
"""


def test_equal_reports_are_equal_bytes_elsewhere_and_later(long):
    here = [
        hashlib.sha256(render(long, locale=locale)).hexdigest()
        for render in (xlsx.render, csv_file.render_all, pdf.render)
        for locale in LOCALES
    ]
    here.append(hashlib.sha256(json_file.render(long)).hexdigest())
    elsewhere = subprocess.run(
        [sys.executable, "-c", RENDER], input=json_file.render(long), capture_output=True, check=True, cwd=assets.ROOT,
        env=os.environ | {"PYTHONHASHSEED": "7", "TZ": "America/Lima", "LC_ALL": "C"},
    )  # fmt: skip
    assert elsewhere.stdout.decode().split() == here


@pytest.mark.parametrize(
    "cell",
    [Cell(), Cell(3, Absent.HIDDEN), Cell(text=Text("넷", "four"), absent=Absent.HIDDEN), Cell(math.nan), Cell(math.inf)],
)  # fmt: skip
def test_a_cell_that_hides_and_tells_at_once_makes_no_report(cell):
    table = Table(
        "T1",
        Text("표", "T"),
        Text("표", "T"),
        (Column("n", Text("수", "n"), Kind.NUMBER),),
        ((cell,),),
    )
    with pytest.raises(ValueError, match=r"T1, column n"):
        document(table)


def test_numbers_that_are_not_the_digests_make_no_report(long):
    other = replace(long.tables[0], rows=long.tables[0].rows[1:])
    with pytest.raises(ValueError, match="digest"):
        Document(long.heading, (other,))
    content = json_file.render(long).replace(b'"value": 7,', b'"value": 8,', 1)
    with pytest.raises(ValueError, match="digest"):
        json_file.read(content)


def test_shares_are_rounded_as_a_spreadsheet_rounds():
    shown = [words.written(Cell(value), Kind.SHARE, "ko") for value in (0.0625, 0.3125, 0.71185, 1, 0, 0.0005)]  # fmt: skip
    assert shown == ["6.3%", "31.3%", "71.2%", "100.0%", "0.0%", "0.1%"]
