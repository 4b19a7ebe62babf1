"""Cells a person marks, tasks, read-only cells, checksums: what counts as an unchanged answer."""

from tests.grading.parity.corpus.making import (
    BOOK,
    Assignment,
    Books,
    Edit,
    as_released,
    code,
    manual,
    marked,
    notebook,
    read_only,
    solution,
    task,
    test_of,
    text,
    writes,
)

SOURCE = notebook(
    read_only("# 과제 · Assignment\n\n읽기만 하세요.", "intro"),
    manual("### BEGIN SOLUTION\nBecause.\n### END SOLUTION", "why", 5),
    manual("Write here: ", "kept text", 2),
    manual("", "empty", 1),
    manual("### BEGIN SOLUTION\n답\n### END SOLUTION\n**끝**", "korean", 4),
    manual("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "code", 3, kind="code"),
    manual("def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION", "function", 3, kind="code"),
    manual("x = 5", "given code", 2, kind="code"),
    manual("y = 0.5\ny", "given value", 2, kind="code"),
    manual("### BEGIN SOLUTION\n0\n### END SOLUTION", "no points", 0, kind="code"),
    manual("no points here either", "no points text", 0),
    manual("half", "half points", 0.5),
    task("Draw a figure.\n\n=== BEGIN MARK SCHEME ===\n3 for labels\n=== END MARK SCHEME ===", "draw", 3),
    task("Upload a file.", "upload", 7),
    task("", "empty task", 1),
    text("Where the figure goes."),
    code("figure = None"),
    read_only("constant = 7", "constant", kind="code"),
    solution("### BEGIN SOLUTION\nanswer = 42\n### END SOLUTION", "answer"),
    test_of("assert answer == 42", "test-answer", 2),
    test_of("assert constant == 7", "test-constant", 1),
    test_of("assert f() == 1", "test-function", 1),
)  # fmt: skip


def _appends(what: str, *names: str) -> Edit:
    def edit(books: Books) -> None:
        for name in names or ("why", "kept text", "empty", "korean", "code", "given code"):
            marked(books, name)["source"] += what

    return edit


def _all(change: str | None) -> Edit:
    def edit(books: Books) -> None:
        for one in books[BOOK]["cells"]:
            marks = one["metadata"].get("nbgrader", {})
            if marks.get("solution"):
                one["source"] = one["source"] if change is None else change

    return edit


def _as_lines(books: Books) -> None:
    for one in books[BOOK]["cells"]:
        one["source"] = one["source"].splitlines(keepends=True)


def _windows(books: Books) -> None:
    for one in books[BOOK]["cells"]:
        one["source"] = one["source"].replace("\n", "\r\n")


def _decomposed(books: Books) -> None:
    import unicodedata

    marked(books, "korean")["source"] = unicodedata.normalize("NFD", "**끝**")
    marked(books, "why")["source"] = unicodedata.normalize("NFD", "왜냐하면")


def _checksums(books: Books) -> None:
    for one in books[BOOK]["cells"]:
        if "nbgrader" in one["metadata"]:
            one["metadata"]["nbgrader"]["checksum"] = "0" * 32


def _no_checksums(books: Books) -> None:
    for one in books[BOOK]["cells"]:
        one["metadata"].get("nbgrader", {}).pop("checksum", None)


def _answers_as_code(books: Books) -> None:
    for name in ("why", "kept text"):
        one = marked(books, name)
        one |= {"cell_type": "code", "outputs": [], "execution_count": None, "source": "1/0"}


def _code_as_text(books: Books) -> None:
    for name in ("code", "given code", "test-answer", "constant"):
        one = marked(books, name)
        del one["outputs"], one["execution_count"]
        one |= {"cell_type": "markdown", "source": "prose"}


def _code_as_raw(books: Books) -> None:
    for name in ("code", "test-answer"):
        one = marked(books, name)
        del one["outputs"], one["execution_count"]
        one |= {"cell_type": "raw"}


def _solved(books: Books) -> None:
    writes(why="Because.", answer="answer = 42", function="def f():\n    return 1")(books)
    marked(books, "korean")["source"] = "답"
    marked(books, "code")["source"] = "x = 1"


def _tasks_edited(books: Books) -> None:
    marked(books, "draw")["source"] = "Draw nothing."
    marked(books, "upload")["source"] = ""
    cells = books[BOOK]["cells"]
    cells.insert(cells.index(marked(books, "draw")) + 1, code("figure = 1"))


def _removed(*names: str) -> Edit:
    def edit(books: Books) -> None:
        for name in names:
            books[BOOK]["cells"].remove(marked(books, name))

    return edit


def _attached(books: Books) -> None:
    marked(books, "why")["source"] = "![figure](attachment:a.png)"
    marked(books, "why")["attachments"] = {"a.png": {"image/png": "iVBORw0KGgo="}}
    marked(books, "empty")["attachments"] = {"a.png": {"image/png": "iVBORw0KGgo="}}


ASSIGNMENTS = [
    Assignment(
        "marking",
        {BOOK: SOURCE},
        {
            "untouched": as_released,
            "solved": _solved,
            "everything-x": _all("x"),
            "everything-emptied": _all(""),
            "blank": _all(" "),
            "line-end": _appends("\n"),
            "space-after": _appends(" "),
            "comment-after": _appends("\n# comment"),
            "lines": _as_lines,
            "windows-lines": _windows,
            "decomposed": _decomposed,
            "checksums-forged": _checksums,
            "checksums-gone": _no_checksums,
            "answers-as-code": _answers_as_code,
            "code-as-text": _code_as_text,
            "code-as-raw": _code_as_raw,
            "tasks-edited": _tasks_edited,
            "tasks-removed": _removed("draw", "empty task"),
            "answers-removed": _removed("why", "code", "no points"),
            "read-only-removed": _removed("constant", "intro"),
            "attached": _attached,
            "failing-answers": writes(
                why="no", code="1/0", function="raise KeyError", answer="print(undefined)"
            ),
            "valued-answers": writes(code="0.5", function="def f(): return 1\n2.5", answer="answer = 42\nanswer"),
        },
        quick=("solved",),
    )
]  # fmt: skip
