"""What is left out of a shown notebook: output beyond measure and what authors keep hidden.

Everything left out leaves a visible note.
"""

import re
from typing import Any

MOST_TEXT = 20_000
MOST_SOURCE = 100_000
MOST_HTML = 300_000
MOST_IMAGE = 4_000_000
MOST_OUTPUTS = 50
HIDDEN = re.compile(
    r"^.*BEGIN (HIDDEN TESTS|MARK SCHEME).*$(?:.|\n)*?(?:^.*END \1.*$|\Z)", re.MULTILINE
)

TEXTS = {
    "ko": {
        "title": "노트북",
        "broken": "이 파일은 노트북으로 읽을 수 없어요. 파일을 내려받아 확인해 주세요.",
        "broken cell": "이 셀은 화면에 표시할 수 없어요.",
        "more cells": "셀이 너무 많아 나머지는 표시하지 않았어요.",
        "missing": "제출한 노트북에 없는 셀이에요.",
        "cut": "… 출력이 너무 길어 나머지는 표시하지 않았어요.",
        "hidden": "숨겨진 테스트",
        "mark": "채점 결과",
        "ungraded": "채점 전",
        "points": "점",
        "image": "그림",
    },
    "en": {
        "title": "Notebook",
        "broken": "This file cannot be read as a notebook. Download it to look into it.",
        "broken cell": "This cell cannot be shown.",
        "more cells": "There are too many cells; the rest is not shown.",
        "missing": "This cell is missing from the notebook.",
        "cut": "… The output is too long; the rest is not shown.",
        "hidden": "hidden tests",
        "mark": "Grading result",
        "ungraded": "not graded yet",
        "points": " points",
        "image": "figure",
    },
}


def hide(cell: Any, texts: dict[str, str]) -> None:
    """Take out hidden tests and mark schemes, and the tracebacks that would quote them.

    Only where authors write: in a cell of their own, trainees would hide their code by it.
    """
    marks = cell.metadata.get("nbgrader", {})
    if marks.get("solution") or not (
        marks.get("grade") or marks.get("locked") or marks.get("task")
    ):
        return
    source, count = HIDDEN.subn(f"# … {texts['hidden']} …", str(cell.source))
    if not count:
        return
    if cell.cell_type != "code":
        source = HIDDEN.sub("", str(cell.source))
    cell.source = source
    for output in cell.get("outputs", []):
        if output.get("output_type") == "error":
            output["traceback"] = [f"{output.get('ename')}: {output.get('evalue')}"]


def trim(cell: Any, texts: dict[str, str]) -> None:
    cell.source = _cut(str(cell.source), MOST_SOURCE, texts)
    cell.pop("id", None)
    if cell.cell_type != "code":
        return
    outputs = [_trimmed(output, texts) for output in cell.outputs[:MOST_OUTPUTS]]
    if len(cell.outputs) > MOST_OUTPUTS:
        outputs.append({"output_type": "stream", "name": "stdout", "text": texts["cut"]})
    cell.outputs = [type(cell)(output) for output in outputs]


def _trimmed(output: Any, texts: dict[str, str]) -> Any:
    kind = output["output_type"]
    if kind == "stream":
        output["text"] = _cut(_text(output["text"]), MOST_TEXT, texts)
    elif kind == "error":
        lines = "\n".join(map(str, output["traceback"]))
        output["traceback"] = _cut(lines, MOST_TEXT, texts).split("\n")
    else:
        output["data"] = {
            mime: shown
            for mime, value in output["data"].items()
            if (shown := _shown(mime, value, texts)) is not None
        } or {"text/plain": texts["cut"]}
        # Sizes and file names in an output's metadata are not ours to trust.
        output["metadata"] = {}
    return output


def _shown(mime: str, value: Any, texts: dict[str, str]) -> str | None:
    """The value as text; None where another form of the same output has to stand in."""
    text = _text(value)
    if mime == "text/plain":
        return _cut(text, MOST_TEXT, texts)
    if mime in {"text/html", "text/markdown", "text/latex"}:
        return text if len(text) <= MOST_HTML else None
    if mime in {"image/png", "image/jpeg", "image/svg+xml"}:
        return text if len(text) <= MOST_IMAGE else None
    return None


def _text(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def _cut(text: str, most: int, texts: dict[str, str]) -> str:
    return text if len(text) <= most else f"{text[:most]}\n{texts['cut']}"
