"""Formulas of a notebook, from TeX to MathML, which browsers show without a script.

A page is cleaned (page.py) as if each formula were a word, and that word is then exchanged for what
is made here: elements and attributes of a fixed list, with text in them. What is not understood for
certain stays the TeX it is.
"""
# latex2mathml is typed in part.
# mypy: disable-error-code=no-untyped-call

import re
import secrets
from html import unescape
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element

MOST_TEX = 2000
MOST_FORMULAS = 500
ELEMENTS = {
    "math", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts",
    "mroot", "mrow", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext",
    "mtr", "munder", "munderover", "none",
}  # fmt: skip
ATTRIBUTES = {
    "accent", "accentunder", "columnalign", "columnspacing", "depth", "display", "displaystyle", "fence",
    "form", "height", "largeop", "linethickness", "lspace", "mathcolor", "mathvariant", "maxsize",
    "minsize", "movablelimits", "rowspacing", "rspace", "scriptlevel", "stretchy", "symmetric", "voffset",
    "width",
}  # fmt: skip
PLAIN_VALUE = re.compile(r"[A-Za-z0-9#.%+ -]{1,60}\Z")
MACRO = re.compile(r"\\(def|let|newcommand|renewcommand|providecommand|require)\b")
WITHIN = re.compile(r"\\(begin|end)\{(aligned|gathered|eqnarray\*?|align)\}")
# A typeface of one letter without braces is taken for none.
ONE_LETTER = re.compile(r"\\(math[a-z]+|boldsymbol|bm)\s+([A-Za-z0-9])")
DOLLARS = re.compile(r"\s*(\${1,2})(?!\$)(.+?)\1\s*\Z", re.DOTALL)
ENVIRONMENT = re.compile(r"\s*\\begin\{[a-z]+\*?\}.*\\end\{[a-z]+\*?\}\s*\Z", re.DOTALL)


class Formulas:
    """Those of one page."""

    def __init__(self) -> None:
        # Nobody can write down what stands for a formula without knowing this.
        self._token = secrets.token_hex(16)
        self._made: list[tuple[str, str]] = []
        self._places = re.compile(rf"{self._token}n(\d+)e")

    def word(self, tex: str, *, display: bool, source: str) -> str | None:
        """What stands for a formula until `put_in`, None where it is none; `source`: as it was written."""
        made = mathml(tex, display=display) if len(self._made) < MOST_FORMULAS else None
        if made is None:
            return None
        self._made.append((made, source))
        return f"{self._token}n{len(self._made) - 1}e"

    def in_output(self, text: str) -> str:
        """An output of the kind text/latex, as `word`, or as it was."""
        found = DOLLARS.match(text)
        if found or ENVIRONMENT.match(text):
            return self.word(found[2] if found else text, display=True, source=text) or text
        return text

    def as_text(self, value: str) -> str:
        """An attribute's value, in which no formula can stand."""
        return self._places.sub(lambda place: self._made[int(place[1])][1], value)

    def put_in(self, html: str) -> str:
        """Cleaned HTML, whose attributes went through `as_text`, with the formulas."""
        return self._places.sub(lambda place: self._made[int(place[1])][0], html)


def mathml(tex: str, *, display: bool) -> str | None:
    """A <math> element, or None where something of it would not be shown as it is meant."""
    if len(tex) > MOST_TEX or MACRO.search(tex):
        return None
    tex = ONE_LETTER.sub(r"\\\1{\2}", WITHIN.sub(r"\\\1{align*}", tex))
    try:
        made = convert_to_element(tex, display="block" if display else "inline")
        if not all(_is_understood(element) for element in made.iter()):
            return None
        text = ElementTree.tostring(made, encoding="unicode")
    except Exception:  # RecursionError too: anybody may have written it
        return None
    return f'<span class="academy-formula">{text}</span>' if display else text


def _is_understood(element: ElementTree.Element) -> bool:
    """Whether it is of the list; attributes that are not are taken away."""
    raw = (element.text or "").strip()
    if element.tag not in ELEMENTS or element.tail or raw == "&" or raw.startswith("\\"):
        return False
    if element.get("linebreak"):
        return False  # browsers do not break there
    element.text = unescape(element.text) if element.text else None
    element.attrib = {
        name: value
        for name, value in element.attrib.items()
        if name in ATTRIBUTES and PLAIN_VALUE.match(value)
    }
    return True
