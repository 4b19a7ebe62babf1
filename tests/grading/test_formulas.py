"""Formulas of a notebook become MathML, and nothing else becomes anything by them."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import grading
from grading import formulas
from grading.formulas import ATTRIBUTES, ELEMENTS, mathml

SHOWN = {
    r"x^2": "<msup><mi>x</mi><mn>2</mn></msup>",
    r"\frac{a}{b}": "<mfrac>",
    r"\mathcal L(\theta)": "ℒ",
    r"\mathbb{E}[X]": "𝔼",
    r"a < b \& c": "<mo>&lt;</mo>",
    r"\begin{aligned}a &= b \\ &= c\end{aligned}": "<mtr>",
    r"\begin{bmatrix}1 & 2\\3 & 4\end{bmatrix}": "<mtable>",
    r"\text{평균 } \bar x": "<mtext>평균\u00a0</mtext>",
}
NOT_UNDERSTOOD = (
    r"\ours{x}", r"a & b", r"\begin{gather}x\\y\end{gather}", r"\frac{", r"\cancel{x}", "{" * 1999,
    r"\def\a{xxxx}\def\b{\a\a\a\a}\b", r"\newcommand{\a}{b}", "x" * 2001,
    r"\begin{alignedat}{2}a &= b\end{alignedat}",
)  # fmt: skip


@pytest.mark.parametrize(("tex", "shown"), SHOWN.items())
def test_a_formula_becomes_mathml(tex: str, shown: str) -> None:
    made = mathml(tex, display=False)
    assert made
    assert made.startswith('<math display="inline">')
    assert shown in made


@pytest.mark.parametrize("tex", NOT_UNDERSTOOD)
def test_what_is_not_understood_stays_as_it_is(tex: str) -> None:
    assert mathml(tex, display=True) is None


HOSTILE = (
    r"\text{</math><script>alert(1)</script>}", r"\href{javascript:alert(1)}{x}",
    r"\style{background:url(https://evil.example)}{x}", r"\class{academy-mark}{x}",
    r"\color{red;background:url(//evil.example)}{x}", r"x</math><img src=x onerror=alert(1)>",
    r"\text{&lt;script&gt;}", r"\mathrm{<style>}", r"\hspace{1em\" onclick=\"alert(1)}",
    r"\htmlClass{academy-mark}{x}", r"\operatorname{<mglyph>}",
)  # fmt: skip


class Seen(HTMLParser):
    """Tags within formulas, and with what."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))


def only_mathml(made: str) -> bool:
    seen = Seen()
    seen.feed(made)
    inner = [one for one in seen.tags if one != ("span", [("class", "academy-formula")])]
    return all(tag in ELEMENTS and {name for name, _ in has} <= ATTRIBUTES for tag, has in inner)


@pytest.mark.parametrize("tex", HOSTILE)
def test_a_hostile_formula_is_text(tex: str) -> None:
    assert only_mathml(mathml(tex, display=True) or "")


COMMANDS = st.sampled_from(
    [r"\text{", "}", "{", "<b>", "&lt;", "&", '"', "'", r"\href{", r"\style{", "^", "_", r"\color{", "x", "가", ">", "<",
     r"\begin{array}{", r"\end{array}", r"\left(", r"\right)", r"\hspace{", r"\mathrm{", r"\require", "javascript:", " "]
)  # fmt: skip


@given(st.lists(COMMANDS, max_size=12))
def test_no_formula_becomes_anything_but_mathml(parts: list[str]) -> None:
    assert only_mathml(mathml("".join(parts), display=False) or "")


def body(*cells: Any, make: Any) -> str:
    return grading.render_notebook(json.dumps(make.notebook(*cells)).encode()).split("<body>")[1]


def markdown(text: str, make: Any) -> str:
    return body(make.cell(text, kind="markdown"), make=make)


@pytest.mark.slow
def test_formulas_of_a_notebook(make: Any) -> None:
    code = make.cell("expr")
    code["outputs"] = [
        {"output_type": "display_data", "metadata": {}, "data": {"text/latex": latex, "text/plain": "-"}}
        for latex in (r"$\displaystyle \frac{x}{2}$", "$$y^2$$", r"$\ours{<b>}$", "no formula & <i>")
    ]  # fmt: skip
    text = "값은 $x^2$ 이고 `$code$`, \\$5 와 $\\ours{<i>x}$ 이다.\n\n$$\\sum_i x_i$$\n\n"
    text += "\\begin{align}\na &= b\n\\end{align}"
    page = body(make.cell(text, kind="markdown"), code, make=make)
    assert page.count("<math") == page.count("</math>") == 5
    assert page.count('<span class="academy-formula"><math display="block">') == 4
    assert "<code>$code$</code>, $5 와 $\\ours{&lt;i&gt;x}$ 이다." in page
    assert r"$\ours{&lt;b&gt;}$" in page
    assert "no formula &amp; &lt;i&gt;" in page


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["# Title $x^2$", "![$x^2$](attachment:a.png)", "[a](https://x.example '$x^2$')",
     '<p title="$x^2$">a</p>', '<abbr title=$x^2$ lang="$y^2$">a</abbr>'],
)  # fmt: skip
def test_no_formula_stands_in_an_attribute(text: str, make: Any) -> None:
    page = markdown(text, make)
    assert not re.search(r'="[^"]*<math', page)
    assert not re.search(r"[0-9a-f]{32}", page)


@pytest.mark.slow
def test_more_formulas_than_anybody_reads_stay_tex(make: Any) -> None:
    page = markdown("$x$ " * (formulas.MOST_FORMULAS + 10), make)
    assert page.count("<math") == formulas.MOST_FORMULAS
    assert page.count("$x$") == 10
