"""A report's tables on the page: chart and table say the same, in words that can be seen."""

import json
from dataclasses import asdict

import pytest
from bs4 import BeautifulSoup
from flask import render_template_string
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.metrics.definition import Text
from lms.reports import chart, words
from lms.reports.table import Absent, Cell, Column, Kind, Table

PAGE = '{% import "_report.html" as report %}{{ report.report_table(table) }}{{ report.scripts() }}'
CLASSES = ("working", "study", "unknown")
FOLDED = {
    "mark": "bar",
    "transform": [{"fold": list(CLASSES), "as": ["class", "people"]}],
    "encoding": {
        "y": {"field": "cohort", "type": "nominal"},
        "x": {"field": "people", "type": "quantitative", "stack": "normalize", "axis": {"format": "%"}},
        "color": {"field": "class", "type": "nominal"},
    },
}  # fmt: skip
labels = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
counts = st.one_of(
    st.builds(Cell, value=st.integers(0, 500)), st.builds(Cell, absent=st.sampled_from(Absent))
)


def table(rows, specification=None):
    names = [Text("취업", "Working"), Text("진학", "Study"), Text("미상", "Unknown")]
    columns = (
        Column("cohort", Text("기수", "Cohort"), Kind.TEXT),
        *(Column(key, name, Kind.COUNT) for key, name in zip(CLASSES, names, strict=True)),
    )
    about = Text("수료자 <전체> & '유형'", "All completers </script> by class")
    return Table("T4", Text("성과", "Outcomes"), about, columns, rows, (), specification)


def shown(app, content, locale):
    with app.test_request_context("/", headers={"Accept-Language": locale}):
        return BeautifulSoup(render_template_string(PAGE, table=content), "html.parser")


@given(st.lists(st.tuples(labels, counts, counts, counts), max_size=5), st.sampled_from(["ko", "en"]))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_chart_and_table_have_the_same_cells(migrated_app, rows, locale):
    rows = tuple((Cell(text=Text(name, name)), *rest) for name, *rest in rows)
    content = table(rows, FOLDED)
    page = shown(migrated_app, content, locale)
    drawn = [
        {"cohort": row["cohort"], row["class"]: row["people"]}
        for row in json.loads(page.find("script", type="application/json").string)["data"]["values"]
    ]
    expected = []
    for line, row in zip(page.select("tbody tr"), rows, strict=True):
        for column, cell, found in zip(content.columns, row, line.find_all(["th", "td"]), strict=True):  # fmt: skip
            assert found.get_text() == words.written(cell, column.kind, locale)
            assert bool(found.select(".not-recorded")) == (cell.absent is not None)
        for column, cell in zip(content.columns[1:], row[1:], strict=True):
            name = words.words(row[0], locale)
            expected.append({"cohort": name, column.name.in_(locale): cell.value})
    assert drawn == expected


def test_the_chart_is_named_and_says_what_it_does_not_draw(migrated_app):
    rows = tuple(
        (Cell(text=Text(n, n)), Cell(4), Cell(absent=Absent.HIDDEN), Cell(1)) for n in "ab"
    )
    page = shown(migrated_app, table(rows, FOLDED), "en")
    drawing = page.select_one("[data-chart] .chart")
    assert drawing["role"] == "img" and "All completers </script> by class" in drawing["aria-label"]
    assert f"{words.ABSENT[Absent.HIDDEN].en} (2)" in page.figcaption.get_text()
    assert page.caption.get_text().startswith("Outcomes")
    assert page.select_one("script[data-vega]")["type"] == "module"


def test_a_table_without_a_chart_is_only_a_table(migrated_app):
    page = shown(
        migrated_app, table(((Cell(text=Text("a", "a")), Cell(1), Cell(2), Cell(3)),)), "ko"
    )
    assert not page.select("[data-chart], figcaption") and len(page.select("tbody td")) == 3


def test_shares_of_a_whole_are_not_drawn_when_a_part_is_hidden():
    whole = ((Cell(text=Text("a", "a")), Cell(1), Cell(2), Cell(3)),)
    hidden = ((Cell(text=Text("a", "a")), Cell(1), Cell(absent=Absent.HIDDEN), Cell(3)),)
    stacks = [chart.specification(table(rows, FOLDED), "en")["encoding"]["x"]["stack"] for rows in (whole, hidden)]  # fmt: skip
    assert stacks == ["normalize", "zero"]


def test_titles_formats_and_tooltips_come_from_the_table():
    columns = (Column("n", Text("기수", "Cohort"), Kind.TEXT), Column("r", Text("취업률", "Rate"), Kind.SHARE))  # fmt: skip
    plain = {
        "title": {"ko": "제목", "en": "Title"},
        "mark": "bar",
        "encoding": {"x": {"field": "r"}, "y": {"field": "n"}},
    }
    content = Table("T5", Text("표", "T"), Text("표", "T"), columns, ((Cell("b"), Cell(0.5)), (Cell("a"), Cell(0.25))), (), plain)  # fmt: skip
    before = json.dumps(asdict(content), ensure_ascii=False)
    spec = chart.specification(content, "ko")
    assert spec["title"] == "제목" and spec["encoding"]["x"]["title"] == "취업률"
    assert spec["encoding"]["y"]["scale"]["domain"] == ["b", "a"], "the table's order"
    assert spec["encoding"]["tooltip"][0]["format"] == ".1%"
    assert json.dumps(asdict(content), ensure_ascii=False) == before, "the table is not changed"


@pytest.mark.parametrize("key", ["data", "url", "href", "datasets"])
def test_a_chart_has_no_data_of_its_own(key):
    evil = {**FOLDED, "encoding": {**FOLDED["encoding"], "href": {"value": 1}}} if key == "href" else {**FOLDED, key: {}}  # fmt: skip
    with pytest.raises(ValueError, match=key):
        chart.specification(table((), evil), "en")
