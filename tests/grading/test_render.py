"""Any notebook as a page that runs nothing, loads nothing and cannot pretend to be graded."""

import json
import re
from typing import Any

import pytest

import grading
from grading import CellFeedback

pytestmark = pytest.mark.slow

HOSTILE = """# Title
<script>alert(1)</script>
<img src=x onerror=alert(1)> <img src="https://evil.example/x.png"> <img src="//evil.example/y">
<img src="data:text/html;base64,PHNjcmlwdD4="> <svg onload=alert(1)><script>1</script></svg>
[link](javascript:alert(1)) <a href="jAvAsCrIpT:alert(1)">x</a> <a href="data:text/html,x">y</a>
<iframe src="https://evil.example"></iframe><object data="x"></object><embed src="x">
<form action="https://evil.example"><input name=x><button>go</button></form>
<style>* { display: none }</style> <link rel=stylesheet href=//evil.example> <base href=//evil>
<meta http-equiv=refresh content="0;url=https://evil.example"> <video src=//evil.example/v></video>
<p style="background:url(https://evil.example/z)">styled</p> <math><mtext><script>1</script>
</section></main></body><div class="academy-mark">5 / 5</div><h2 id="cell-t">fake</h2><div>open
"""
FORBIDDEN = re.compile(
    r"<\s*(script|iframe|object|embed|form|input|button|link|base|video|svg|math)\b"
    r"|\son\w+\s*=|javascript:|evil\.example/[xyzv]|http-equiv|style=|data:text/html",
    re.IGNORECASE,
)


def body(page: str) -> str:
    return page.split("<body>")[1]


def render(book: Any, **how: Any) -> str:
    return grading.render_notebook(json.dumps(book).encode(), **how)


def test_hostile_markup_is_taken_out_of_every_place(make: Any) -> None:
    code = make.cell("'</pre><script>alert(1)</script>'")
    data = {"text/html": HOSTILE, "text/markdown": HOSTILE, "application/javascript": "alert(1)"}
    code["outputs"] = [
        *({"output_type": "display_data", "metadata": {}, "data": {m: v}} for m, v in data.items()),
        {"output_type": "stream", "name": "stdout", "text": HOSTILE},
        {"output_type": "error", "ename": "<script>", "evalue": HOSTILE, "traceback": [HOSTILE]},
        {"output_type": "display_data", "metadata": {"text/html": {"isolated": True}},
         "data": {"text/html": HOSTILE, "image/png": '"><script>alert(1)</script>'}},
    ]  # fmt: skip
    page = body(render(make.notebook(make.cell(HOSTILE, kind="markdown"), code)))
    markup = re.sub(r"&lt;.*?&gt;", "", page)
    tags = re.findall(r"<[^>]*>", markup)
    assert [tag for tag in tags if FORBIDDEN.search(tag)] == []
    assert "Title</" in page or "Title<a" in page
    assert [tag for tag in tags if "academy-mark" in tag or "cell-t" in tag] == []
    assert page.count("<section") == page.count("</section>") == 2


def test_marks_stand_under_their_cells(make: Any) -> None:
    book = make.notebook(
        make.test("assert True", "first", 3), make.answer("Text", "second", 5), make.cell("1")
    )
    marks = [
        CellFeedback("first", 2.5, 3, "좋아요 <b>굵게</b>\n둘째 줄"),
        CellFeedback("second", None, 5),
        CellFeedback("gone", 0, 1, "어디 있나요?"),
    ]
    page = render(book, feedback=marks)
    assert page.startswith('<!doctype html>\n<html lang="ko">')
    first = page.split('id="cell-first"')[1].split("</section>")[0]
    assert "2.5 / 3점" in first
    assert "좋아요 &lt;b&gt;굵게&lt;/b&gt;\n둘째 줄" in first
    assert "채점 전 / 5점" in page.split('id="cell-second"')[1].split("</section>")[0]
    assert "어디 있나요?" in page.split('id="cell-gone"')[1]
    english = render(book, feedback=marks, lang="en")
    assert '<html lang="en">' in english
    assert "not graded yet / 5 points" in english


def test_hidden_tests_are_for_those_who_grade(make: Any) -> None:
    hidden = "assert a\n### BEGIN HIDDEN TESTS\nassert secret\n### END HIDDEN TESTS\nassert b"
    test = make.test(hidden, "t", 1)
    test["outputs"] = [
        {"output_type": "error", "ename": "NameError", "evalue": "no", "traceback": ["> secret"]}
    ]
    own = make.cell("# BEGIN HIDDEN TESTS\nmine = 1")
    page = render(make.notebook(test, own))
    assert "secret" not in page
    assert "NameError: no" in page
    assert "mine" in page
    assert "secret" in render(make.notebook(test, own), hidden="show")


def test_long_output_is_cut_with_a_note(make: Any) -> None:
    code = make.cell("print()")
    code["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "x" * 1_000_000},
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * 9_000_000}},
        *({"output_type": "stream", "name": "stdout", "text": f"{n}\n"} for n in range(500)),
    ]
    page = render(make.notebook(code))
    assert len(page) < 100_000
    assert page.count("출력이 너무 길어") == 3


def test_errors_tables_and_images_can_be_read(make: Any) -> None:
    code = make.cell("df")
    red = "\x1b[0;31mValueError\x1b[0m: bad <value>"
    code["outputs"] = [
        {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": [red]},
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0KGgo="}},
        {"output_type": "display_data", "metadata": {},
         "data": {"text/html": "<style>td{}</style><table><tr><td>7</td></tr></table>"}},
    ]  # fmt: skip
    page = body(render(make.notebook(code)))
    assert '<span class="ansi-red-fg">ValueError</span>: bad &lt;value&gt;' in page
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in page
    assert "<td>7</td>" in page
    assert "td{}" not in page


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b"\xff\xfe\x00", b"[" * 100_000, b'{"nbformat": 99, "cells": []}',
     b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [1]}',
     b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "x"}]}',
     b'{"nbformat": "4", "cells": {}}'],
)  # fmt: skip
def test_what_is_no_notebook_becomes_a_page_that_says_so(content: bytes) -> None:
    page = grading.render_notebook(content)
    assert page.startswith("<!doctype html>")
    assert "읽을 수 없어요" in page


def test_a_cell_that_hangs_the_renderer_gives_a_page(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading.rendering, "RENDER_SECONDS", 0)
    page = render(make.notebook(make.cell("1")))
    assert "표시할 수 없어요" in page
    monkeypatch.undo()
    assert "highlight" in render(make.notebook(make.cell("1")))
