"""A notebook as a safe HTML document: nbconvert's markup, cleaned cell by cell with nh3.

Cell by cell, so that markup left open in one cell cannot swallow the next or the points below it.
Whatever a notebook says, nothing of it runs, is loaded from elsewhere, or looks like our own marks.
"""
# nbformat and nbconvert are typed in part.
# mypy: disable-error-code=no-untyped-call

import re
from collections.abc import Sequence
from functools import cache, partial
from html import escape
from pathlib import Path
from typing import Any

import nbformat
import nh3
from jinja2 import pass_context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from traitlets.config import Config

from grading.facts import CellFeedback
from grading.formulas import Formulas
from grading.trimming import TEXTS, hide, trim

STYLE = Path(__file__).with_name("page.css")
MOST_CELLS = 500
NO_DESCRIPTION = 'alt="No description has been provided for this image"'
IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*\Z")
LINK = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
HEADINGS = {f"h{level}" for level in range(1, 7)}
TEXT_TAGS = "abbr b blockquote br cite code del details div em hr i ins kbd mark p pre q s samp small span strong sub summary sup tt u var"
LIST_TAGS = "dd dl dt li ol ul"
TABLE_TAGS = "caption col colgroup table tbody td tfoot th thead tr"
TAGS = HEADINGS | set(f"{TEXT_TAGS} {LIST_TAGS} {TABLE_TAGS} a figcaption figure img".split())
ATTRIBUTES = {
    "*": {"class", "title", "lang", "dir"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    **{heading: {"id"} for heading in HEADINGS},
}


class _Exporter(HTMLExporter):
    """nbconvert's, with words for the formulas of markdown."""

    formulas = Formulas()

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        attachments = context.get("cell", {}).get("attachments", {})
        renderer = _Renderer(escape=False, attachments=attachments)
        renderer.formulas = self.formulas
        return str(MarkdownWithMath(renderer=renderer).render(source))


class _Renderer(IPythonRenderer):
    formulas: Formulas

    def inline_math(self, body: str) -> str:
        return self._formula(body, f"${body}$", display=False)

    def block_math(self, body: str) -> str:
        return self._formula(body, f"$${body}$$")

    def latex_environment(self, name: str, body: str) -> str:
        tex = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return self._formula(tex, tex)

    def _formula(self, tex: str, source: str, *, display: bool = True) -> str:
        return self.formulas.word(tex, display=display, source=source) or self.escape_html(source)


@cache
def _exporter() -> _Exporter:
    return _Exporter(template_name="basic", config=Config())


def warm_up() -> None:
    """Compile the templates and load the highlighter, once for all forks."""
    cells = [nbformat.v4.new_markdown_cell("a"), nbformat.v4.new_code_cell("1")]
    _exporter().from_notebook_node(nbformat.v4.new_notebook(cells=cells))


def document(notebook: str, *, lang: str, feedback: Sequence[CellFeedback], hidden: str) -> str:
    """Never raises: what cannot be shown is said in its place."""
    texts = TEXTS[lang]
    _exporter().formulas = Formulas()
    try:
        cells = nbformat.reads(notebook, as_version=4).cells
        body = "\n".join(_sections(cells, texts, feedback, show_hidden=hidden == "show"))
    except Exception as error:
        reason = escape(f"{type(error).__name__}: {str(error)[:300]}")
        body = f'<p class="academy-note">{texts["broken"]}</p><pre>{reason}</pre>'
    return (
        f'<!doctype html>\n<html lang="{escape(lang)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{texts['title']}</title>\n<style>{STYLE.read_text(encoding='utf-8')}</style>\n"
        f"</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _sections(
    cells: Sequence[Any],
    texts: dict[str, str],
    feedback: Sequence[CellFeedback],
    *,
    show_hidden: bool,
) -> list[str]:
    open_marks = {mark.grade_id: mark for mark in feedback}
    sections = []
    for cell in cells[:MOST_CELLS]:
        grade_id = _grade_id(cell)
        mark = open_marks.pop(grade_id, None) if grade_id else None
        anchor = f' id="cell-{escape(grade_id)}"' if grade_id else ""
        inner = _cell(cell, texts, show_hidden=show_hidden)
        block = _mark(mark, texts) if mark else ""
        sections.append(f'<section class="academy-cell"{anchor}>\n{inner}\n{block}</section>')
    if len(cells) > MOST_CELLS:
        sections.append(f'<p class="academy-note">{texts["more cells"]}</p>')
    for mark in open_marks.values():
        sections.append(
            f'<section class="academy-cell" id="cell-{escape(mark.grade_id)}">'
            f'<p class="academy-note">{texts["missing"]} {escape(mark.grade_id)}</p>'
            f"{_mark(mark, texts)}</section>"
        )
    return sections


def _grade_id(cell: Any) -> str | None:
    marks = cell.metadata.get("nbgrader") if isinstance(cell.get("metadata"), dict) else None
    grade_id = marks.get("grade_id") if isinstance(marks, dict) else None
    return grade_id if isinstance(grade_id, str) else None


def _cell(cell: Any, texts: dict[str, str], *, show_hidden: bool) -> str:
    formulas = _exporter().formulas
    try:
        if not show_hidden:
            hide(cell, texts)
        trim(cell, texts)
        for output in cell.get("outputs", ()):
            if latex := output.get("data", {}).get("text/latex"):
                output["data"]["text/latex"] = formulas.in_output(latex)
        alone = nbformat.v4.new_notebook(cells=[cell])
        html, _ = _exporter().from_notebook_node(alone)
        cleaned = clean(html, formulas).replace(NO_DESCRIPTION, f'alt="{texts["image"]}"')
        return formulas.put_in(cleaned)
    except Exception:
        return f'<p class="academy-note">{texts["broken cell"]}</p>'


def clean(html: str, formulas: Formulas) -> str:
    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags={"script", "style", "iframe", "object", "svg", "math", "template"},
        attributes=ATTRIBUTES,
        attribute_filter=partial(_attribute, formulas),
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
    )


def _attribute(formulas: Formulas, tag: str, name: str, value: str) -> str | None:
    value = formulas.as_text(value)
    if name == "src":
        return value if IMAGE.match(value) else None
    if name == "href":
        return value if LINK.match(value) else None
    if name == "id":
        return None if value.lower().startswith("cell-") else value
    if name == "class":
        kept = [one for one in value.split() if not one.lower().startswith("academy")]
        return " ".join(kept) or None
    return value


def _mark(mark: CellFeedback, texts: dict[str, str]) -> str:
    points = texts["ungraded"] if mark.points is None else f"{mark.points:g}"
    comment = f"<p>{escape(mark.comment)}</p>" if mark.comment.strip() else ""
    return (
        f'<aside class="academy-mark" aria-label="{texts["mark"]}">'
        f"<strong>{points} / {mark.max_points:g}{texts['points']}</strong>{comment}</aside>\n"
    )
