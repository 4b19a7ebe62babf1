"""Markdown: emphasis beside Korean, math, code, tables, and nothing that an author could smuggle in."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lms.markdown import LANGUAGES, render, toc

COMMONMARK = MarkdownIt("commonmark")


TAGS = {
    "a",
    "blockquote",
    "br",
    "code",
    "div",
    "em",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "img",
    "li",
}
TAGS |= {"ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"}


class Found(HTMLParser):
    """The elements, attributes and addresses of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []

    @classmethod
    def within(cls, html: str) -> "Found":
        found = cls()
        found.feed(html)
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]


def inline(text: str) -> str:
    return render(text).removeprefix("<p>").removesuffix("</p>\n")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**인공지능(AI)**을", "<strong>인공지능(AI)</strong>을"),
        ("그는 **“안녕”**이라고", "그는 <strong>“안녕”</strong>이라고"),
        ("이것은**(중요)**하다", "이것은<strong>(중요)</strong>하다"),
        ("**`print`**는", "<strong><code>print</code></strong>는"),
        ("*평균(mean)*은", "<em>평균(mean)</em>은"),
        ("***꼭!***입니다", "<em><strong>꼭!</strong></em>입니다"),
        ("~~취소(선)~~는", "<s>취소(선)</s>는"),
        ("**强调。**是", "<strong>强调。</strong>是"),
        ("**한글(가)**을", "<strong>한글(가)</strong>을"),  # decomposed Hangul
        ("** 공백 **은", "** 공백 **은"),
        ("변수_이름_둘", "변수_이름_둘"),
    ],
)
def test_emphasis_beside_korean(text: str, html: str) -> None:
    assert inline(text) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a*b*c", "a<em>b</em>c"),
        ("5 * 3 * 2", "5 * 3 * 2"),
        ("snake_case_name", "snake_case_name"),
        ("a**(b)**c", "a**(b)**c"),
        ("2**10", "2**10"),
    ],
)
def test_emphasis_elsewhere_is_commonmark(text: str, html: str) -> None:
    assert inline(text) == html


@given(st.text("ab ._*(", max_size=40))
def test_text_without_korean_is_read_as_commonmark_reads_it(text: str) -> None:
    assert render("x" + text) == COMMONMARK.render("x" + text)


def test_math_keeps_its_tex() -> None:
    assert inline("식 $x<y$는") == '식 <span class="math" data-tex="x&lt;y">x&lt;y</span>는'
    assert render('$$\n\\text{"a"}\n$$') == (
        '<div class="math display" data-tex="\\text{&quot;a&quot;}" tabindex="0">'
        '\\text{"a"}</div>\n'
    )


@pytest.mark.parametrize("text", ["가격은 $5에서 $10", "1$와 2$", "`$x$`", r"\$x\$"])
def test_prices_and_code_are_no_math(text: str) -> None:
    assert "math" not in render(text)


def test_code_is_highlighted_by_class_alone() -> None:
    html = render("```python\ndef f(): return '<b>'\n```")
    assert html.startswith('<div class="highlight"><pre tabindex="0"><code><span class="k">def')
    assert "&lt;b&gt;" in html and "style" not in html


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_named_language_has_a_lexer(language: str) -> None:
    assert '<div class="highlight">' in render(f"```{language}\n1\n```")


@pytest.mark.parametrize("info", ["", "text", "nonsense", 'x" onclick="y'])
def test_code_of_other_languages_stays_plain(info: str) -> None:
    assert render(f"```{info}\n<i> 1\n```") == (
        '<div class="highlight"><pre tabindex="0"><code>&lt;i&gt; 1\n</code></pre></div>\n'
    )


def test_tables_align_by_class_and_can_be_scrolled() -> None:
    html = render("|a|b|c|\n|:-|:-:|-:|\n|1|2|3|")
    assert html.startswith('<div class="table-responsive" tabindex="0"><table class="table">')
    assert '<td class="text-start">1</td>' in html and "style" not in html
    assert '<td class="text-center">2</td>' in html and '<td class="text-end">3</td>' in html


def test_headings_start_below_the_title_of_the_page_and_have_their_own_ids() -> None:
    text = "# 값과 `이름`\n\n## 값과 이름\n\n### $x^2$ **끝(1)**은"
    assert render(text).count("<h2 ") == 2 and "<h1" not in render(text)
    assert toc(text) == [
        (2, "section-값과-이름", "값과 이름"),
        (2, "section-값과-이름-2", "값과 이름"),
        (3, "section-x-2-끝-1-은", "x^2 끝(1)은"),
    ]
    for heading in toc(text, prefix="comment-7-"):
        assert f'<h{heading.level} id="{heading.id}">' in render(text, prefix="comment-7-")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        "![x](javascript:alert(1))",
        "<javascript:alert(1)>",
        '[x](/a "t\\" onclick=\\"y")',
        '$x" onclick="y$',
        '## a" onclick="y',
        "<div style='position:fixed'>",
        "<iframe src=https://evil.example></iframe>",
    ],
)
def test_nothing_runs(text: str) -> None:
    found = Found.within(render(text))
    assert not found.attributes & {"style", "onclick", "onerror"}
    assert not found.tags & {"script", "iframe", "img"}
    assert not [url for url in found.links if url.startswith(("javascript:", "data:"))]


@given(st.text("<>\"'&$`*_[]()!#|-= \nascriptonerjv:/가", max_size=80))
def test_no_text_gets_an_element_or_attribute_of_its_own(text: str) -> None:
    found = Found.within(render(text))
    assert found.tags <= TAGS
    assert not [name for name in found.attributes if name.startswith("on") or name == "style"]


def test_links_do_not_lead_back() -> None:
    assert inline("[문서](https://example.org/)") == (
        '<a href="https://example.org/" rel="noopener noreferrer">문서</a>'
    )
    assert 'href="../files/a.csv"' in render("[자료](../files/a.csv)")


def test_pictures_of_other_sites_become_links() -> None:
    assert inline("![그림](a.png)") == '<img src="a.png" alt="그림">'
    for source in ("https://example.org/a.png", "//example.org/a.png", "http://example.org/a.png"):
        assert "<img" not in render(f"![그림]({source})")
        assert f'<a href="{source}"' in render(f"![그림]({source})")
