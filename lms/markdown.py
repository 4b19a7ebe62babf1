"""Markdown of lessons and comments to HTML that is safe to show.

Raw HTML is text, nothing carries inline style or script (the content policy refuses both), and
math keeps its TeX as text, so a page reads without JavaScript. Emphasis works beside Korean.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

# Short, so that a comment cannot reach a lexer whose expressions take exponential time.
LANGUAGES = {
    "bash": "bash",
    "css": "css",
    "html": "html",
    "ini": "ini",
    "javascript": "javascript",
    "js": "javascript",
    "json": "json",
    "py": "python",
    "pycon": "pycon",
    "python": "python",
    "sh": "bash",
    "sql": "sql",
    "toml": "toml",
    "yaml": "yaml",
}
ALIGNMENTS = {
    "text-align:left": "text-start",
    "text-align:center": "text-center",
    "text-align:right": "text-end",
}
CLEANER = nh3.Cleaner(
    tags={"a", "em", "img", "s", "span", "strong", "code", "br"}
    | {"p", "h2", "h3", "h4", "h5", "h6", "hr", "div", "pre", "blockquote", "ol", "ul", "li"}
    | {"table", "thead", "tbody", "tr", "th", "td"},
    attributes={
        "a": {"href", "title"},
        "code": {"class"},
        "div": {"class", "data-tex", "tabindex"},
        **{f"h{level}": {"id"} for level in range(2, 7)},
        "img": {"alt", "src", "title"},
        "ol": {"start"},
        "pre": {"tabindex"},
        "span": {"class", "data-tex"},
        "table": {"class"},
        "td": {"class"},
        "th": {"class"},
    },
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer",
)


class Heading(NamedTuple):
    level: int
    id: str
    title: str


def render(text: str, *, prefix: str = "section-") -> Markup:
    """HTML of `text`; `prefix` opens every heading id, so that two texts fit on one page."""
    return Markup(CLEANER.clean(MARKDOWN.render(text, {"prefix": prefix})))


def toc(text: str, *, prefix: str = "section-") -> list[Heading]:
    """The headings of `text` in order, with the ids that `render` gives them."""
    tokens = MARKDOWN.parse(text, {"prefix": prefix})
    return [
        Heading(int(token.tag[1:]), str(token.attrs["id"]), _plain(inline))
        for token, inline in _headings(tokens)
    ]


class _KoreanState(StateInline):
    """Lets `**` and `~~` beside a CJK letter open and close.

    CommonMark (0.31, 6.2) asks for a space or punctuation there, which Korean particles never
    leave: `**인공지능(AI)**을` would stay plain. `_` keeps the rule, for names such as 변수_이름.
    """

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        scanned = super().scanDelims(start, canSplitWord)
        end = start + scanned.length
        if not canSplitWord or start == 0 or end >= self.posMax:
            return scanned
        before, after = self.src[start - 1], self.src[end]
        return Scanned(
            scanned.can_open or (_is_cjk(before) and not isWhiteSpace(ord(after))),
            scanned.can_close or (_is_cjk(after) and not isWhiteSpace(ord(before))),
            scanned.length,
        )


class _KoreanParser(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = _KoreanState(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def _is_cjk(char: str) -> bool:
    """A letter of a script without spaces around its particles, decomposed Hangul included."""
    return unicodedata.category(char).startswith("L") and (
        unicodedata.east_asian_width(char) in "WFH" or "\u1100" <= char <= "\u11ff"
    )


def _headings(tokens: Sequence[Token]) -> Iterator[tuple[Token, Token]]:
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            yield token, inline


def _plain(inline: Token) -> str:
    kinds = {"text", "code_inline", "math_inline"}
    return "".join(child.content for child in inline.children or [] if child.type in kinds)


def _mark_headings(state: StateCore) -> None:
    """The page owns its one h1, so the text starts at h2; ids are unique within the text."""
    seen: set[str] = set()
    for token, inline in _headings(state.tokens):
        words = re.sub(r"[^\w]+", "-", _plain(inline).lower()).strip("-") or "part"
        name, count = words, 1
        while name in seen:
            count += 1
            name = f"{words}-{count}"
        seen.add(name)
        token.attrs["id"] = state.env.get("prefix", "") + name
    for token in state.tokens:
        if token.type.startswith("heading_") and token.tag == "h1":
            token.tag = "h2"


def _style_tables(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "table_open":
            token.attrs["class"] = "table"
        elif token.type in {"th_open", "td_open"} and "style" in token.attrs:
            token.attrs["class"] = ALIGNMENTS[str(token.attrs.pop("style"))]


class _Renderer(RendererHTML):
    """Scrolling blocks take the focus, so that the keyboard reaches what is off to the side."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        language = tokens[idx].info.strip().split(maxsplit=1)[:1]
        return _code_block(tokens[idx].content, language=language[0] if language else "")

    def code_block(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return _code_block(tokens[idx].content, language="")

    def math_inline(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        tex = escapeHtml(tokens[idx].content.strip())
        return f'<span class="math" data-tex="{tex}">{tex}</span>'

    def math_block(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        tex = escapeHtml(tokens[idx].content.strip())
        return f'<div class="math display" data-tex="{tex}" tabindex="0">{tex}</div>\n'

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return '<div class="table-responsive" tabindex="0">' + self.renderToken(
            tokens, idx, options, env
        )

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return self.renderToken(tokens, idx, options, env) + "</div>\n"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A picture of another site would tell that site who reads: it becomes a link."""
        token = tokens[idx]
        source = str(token.attrs["src"])
        if not re.match(r"[a-z][a-z0-9+.-]*:|[/\\]{2}", source, re.IGNORECASE):
            return super().image(tokens, idx, options, env)
        words = token.content or source
        return f'<a href="{escapeHtml(source)}">{escapeHtml(words)}</a>'


def _code_block(code: str, *, language: str) -> str:
    body = escapeHtml(code)
    if language in LANGUAGES:
        lexer = get_lexer_by_name(LANGUAGES[language], stripnl=False)
        body = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return f'<div class="highlight"><pre tabindex="0"><code>{body}</code></pre></div>\n'


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer)
    markdown.inline = _KoreanParser()
    markdown.enable(["table", "strikethrough"])
    # Prices stay prices: "$5에서 $10" has a space inside and "1$" a digit outside.
    markdown.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False)
    markdown.add_render_rule("math_inline", _Renderer.math_inline)
    markdown.add_render_rule("math_block", _Renderer.math_block)
    markdown.core.ruler.push("mark_headings", _mark_headings)
    markdown.core.ruler.push("style_tables", _style_tables)
    return markdown


MARKDOWN = _markdown()
