"""The door's `render_notebook`: any bytes that claim to be a notebook, as a safe HTML document."""

from collections.abc import Iterable
from html import escape
from typing import Literal

from grading import warm
from grading.facts import CellFeedback
from grading.releasing import plain
from grading.workplace import workplace

RENDER_SECONDS = 60
FAILED = {
    "ko": "이 노트북은 화면에 표시할 수 없어요. 파일을 내려받아 확인해 주세요.",
    "en": "This notebook cannot be shown. Download the file to look into it.",
}


def render_notebook(
    content: bytes,
    *,
    feedback: Iterable[CellFeedback] = (),
    lang: Literal["ko", "en"] = "ko",
    hidden: Literal["show", "hide"] = "hide",
) -> str:
    """A standalone document without scripts, event handlers or anything loaded from elsewhere.

    Points and comments stand under their cells, each of which is the anchor `cell-<grade_id>`.
    Hidden tests and mark schemes are left out unless `hidden` is "show". Never raises on what a
    notebook holds: a broken one becomes a document that says so.
    """
    job = {
        "job": "render",
        "notebook": content.decode("utf-8", errors="replace"),
        "feedback": [plain(cell) for cell in feedback],
        "lang": lang,
        "hidden": hidden,
    }
    with workplace() as root:
        answer = warm.run_job(job, root=root, seconds=RENDER_SECONDS)
    for event in answer.events:
        if event["event"] == "page":
            return str(event["html"])
    return (
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8">'
        f"<title>{escape(FAILED[lang])}</title><p>{escape(FAILED[lang])}</p></html>"
    )
