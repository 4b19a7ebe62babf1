"""Notebooks that come back other than they were released: cells deleted, copied, moved, forged, old."""

import copy
import json
from typing import Any

from tests.grading.parity.corpus.making import (
    BOOK,
    Assignment,
    Books,
    Cell,
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
    text("# Structure"),
    read_only("import math\nLIMIT = 10", "imports", kind="code"),
    solution("### BEGIN SOLUTION\ndef add(a, b):\n    return a + b\n### END SOLUTION", "add"),
    test_of("assert add(1, 2) == 3\n### BEGIN HIDDEN TESTS\nassert add(-1, 1) == 0\n### END HIDDEN TESTS", "test-add", 3),
    test_of("sum(add(n, n) == 2 * n for n in range(4)) / 2", "part-add", 2),
    solution("### BEGIN SOLUTION\nshare = 2\n### END SOLUTION", "share"),
    test_of("min(share, 2)", "test-share", 2),
    manual("### BEGIN SOLUTION\nBecause.\n### END SOLUTION", "why", 5),
    manual("### BEGIN SOLUTION\nprint(1)\n### END SOLUTION", "show", 2, kind="code"),
    task("Do it.", "do", 1),
    test_of("assert LIMIT == 10", "test-limit", 1),
    code("extra = 1"),
    test_of("assert extra", "test-extra", 0.5),
    test_of("assert isinstance(share, (int, float)), share", "test-kind", 1),
)  # fmt: skip

SOLVED = writes(
    add="def add(a, b):\n    return a + b", share="share = 2", why="Because it is.", show="print(1)"
)


def solved(then: Edit = as_released) -> Edit:
    def edit(books: Books) -> None:
        SOLVED(books)
        then(books)

    return edit


def cells(books: Books) -> list[Cell]:
    return books[BOOK]["cells"]  # type: ignore[no-any-return]


def removes(*names: str) -> Edit:
    def edit(books: Books) -> None:
        for name in names:
            cells(books).remove(marked(books, name))

    return edit


def inserts(source: str, *, before: str, **metadata: Any) -> Edit:
    def edit(books: Books) -> None:
        place = cells(books).index(marked(books, before))
        cells(books).insert(place, code(source, **metadata) | {"id": f"new{place}"})

    return edit


def marks(name: str, **changes: Any) -> Edit:
    def edit(books: Books) -> None:
        marked(books, name)["metadata"]["nbgrader"] |= changes

    return edit


def both(*edits: Edit) -> Edit:
    def edit(books: Books) -> None:
        for one in edits:
            one(books)

    return edit


def reversed_order(books: Books) -> None:
    cells(books).reverse()


def tests_first(books: Books) -> None:
    cells(books).sort(
        key=lambda one: "test" not in str(one["metadata"].get("nbgrader", {}).get("grade_id"))
    )


def tests_last(books: Books) -> None:
    cells(books).sort(
        key=lambda one: "test" in str(one["metadata"].get("nbgrader", {}).get("grade_id"))
    )


def merged(books: Books) -> None:
    marked(books, "share")["source"] = "def add(a, b):\n    return a + b\nshare = 1.5"
    marked(books, "add")["source"] = ""


def as_text(name: str) -> Edit:
    def edit(books: Books) -> None:
        one = marked(books, name)
        del one["outputs"], one["execution_count"]
        one["cell_type"] = "markdown"

    return edit


def stale_outputs(books: Books) -> None:
    for one in cells(books):
        if one["cell_type"] == "code":
            one["execution_count"] = 99
            one["outputs"] = [
                {"output_type": "stream", "name": "stderr", "text": "old"},
                {
                    "output_type": "execute_result",
                    "execution_count": 9,
                    "metadata": {},
                    "data": {"text/plain": "99"},
                },
                {"output_type": "error", "ename": "E", "evalue": "old", "traceback": []},
            ]


def broken_outputs(books: Books) -> None:
    marked(books, "test-add")["outputs"] = [
        {
            "output_type": "execute_result",
            "execution_count": 9,
            "metadata": {},
            "data": {"text/plain": ["1", "2"]},
        }
    ]


def minor(number: int) -> Edit:
    def edit(books: Books) -> None:
        books[BOOK]["nbformat_minor"] = number
        for one in cells(books):
            if number < 5:
                del one["id"]

    return edit


def version_3(books: Books) -> None:
    """As IPython 2 wrote it: worksheets, `input`, `pyout`."""
    old = []
    for one in cells(books):
        if one["cell_type"] == "code":
            old.append(
                {
                    "cell_type": "code",
                    "language": "python",
                    "input": one["source"],
                    "outputs": [],
                    "collapsed": False,
                    "metadata": one["metadata"],
                    "prompt_number": 1,
                }
            )
        else:
            old.append({key: one[key] for key in ("cell_type", "metadata", "source")})
    books[BOOK] = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": BOOK},
        "worksheets": [{"cells": old, "metadata": {}}],
    }


def no_ids(books: Books) -> None:
    for one in cells(books):
        del one["id"]


def same_ids(books: Books) -> None:
    for one in cells(books):
        one["id"] = "same"


def kernel(**spec: str) -> Edit:
    def edit(books: Books) -> None:
        books[BOOK]["metadata"]["kernelspec"] = spec

    return edit


def no_metadata(books: Books) -> None:
    books[BOOK]["metadata"] = {}


def more_metadata(books: Books) -> None:
    books[BOOK]["metadata"] |= {
        "widgets": {},
        "toc": {"base": 1},
        "celltoolbar": "Create Assignment",
        "language_info": {"name": "python", "version": "2.7"},
    }
    for one in cells(books):
        one["metadata"] |= {
            "collapsed": True,
            "scrolled": False,
            "slideshow": {"slide_type": "slide"},
            "ExecuteTime": {"end": "x"},
        }


def locked_edited(books: Books) -> None:
    for name in ("test-add", "part-add", "test-limit", "imports"):
        marked(books, name)["source"] = "pass"


def locked_weakened(books: Books) -> None:
    for name in ("test-add", "part-add", "test-limit", "test-kind"):
        one = marked(books, name)
        one["metadata"] |= {"deletable": True, "editable": True}
        one["metadata"]["nbgrader"]["locked"] = False
        one["source"] = "2"


def plain_extra_cells(books: Books) -> None:
    for source in ("import sys\nprint('x', file=sys.stderr)", "1/0", "add = None", "del share"):
        cells(books).append(code(source) | {"id": f"x{len(cells(books))}"})


def file_content(content: str) -> Edit:
    def edit(books: Books) -> None:
        books[BOOK] = content

    return edit


def saved(indent: int | None, *, ascii_only: bool) -> Edit:
    def edit(books: Books) -> None:
        books[BOOK] = json.dumps(
            books[BOOK], indent=indent, ensure_ascii=ascii_only, sort_keys=True
        )

    return edit


def marked_order(name: str, *, to: int) -> Edit:
    def edit(books: Books) -> None:
        one = marked(books, name)
        cells(books).remove(one)
        cells(books).insert(to, one)

    return edit


HANDED_IN: dict[str, Edit] = {
    "untouched": as_released,
    "solved": solved(),
    "half-solved": writes(add="def add(a, b):\n    return 3", share="share = 1"),
    "wrong-kinds": writes(add="add = 3", share="share = 'two'"),
    "raising": writes(add="def add(a, b):\n    raise KeyError(a)", share="share = 1 / 0"),
    "test-deleted": solved(removes("test-add")),
    "tests-deleted": solved(removes("test-add", "part-add", "test-share", "test-limit", "test-extra", "test-kind")),
    "solution-deleted": solved(removes("add")),
    "answers-deleted": solved(removes("why", "show")),
    "task-deleted": solved(removes("do")),
    "imports-deleted": solved(removes("imports")),
    "everything-deleted": lambda books: books[BOOK].update(cells=[]),
    "only-text": lambda books: books[BOOK].update(cells=[text("# Gone") | {"id": "t"}]),
    "reversed": solved(reversed_order),
    "tests-first": solved(tests_first),
    "tests-last": solved(tests_last),
    "one-test-first": solved(marked_order("test-share", to=0)),
    "merged": merged,
    "test-as-text": solved(as_text("test-add")),
    "solution-as-text": solved(as_text("add")),
    "stale-outputs": solved(stale_outputs),
    "stale-outputs-untouched": stale_outputs,
    "broken-outputs": solved(broken_outputs),
    "locked-edited": both(writes(add="def add(a, b):\n    return 3"), locked_edited),
    "locked-weakened": locked_weakened,
    "points-forged": both(solved(), marks("test-add", points=100), marks("why", points=99), marks("test-share", points=0)),
    "points-as-text": both(solved(), marks("part-add", points=1e6)),
    "unlocked": both(solved(), marks("test-add", locked=False), marks("test-share", locked=False)),
    "cell-type-note": both(solved(), marks("test-add", cell_type="markdown"), marks("why", cell_type="code")),
    "extra-cells": solved(plain_extra_cells),
    "noise-before-test": solved(inserts("import sys\nprint('x', file=sys.stderr)\n1/0", before="test-add")),
    "extra-changes-state": solved(inserts("LIMIT = 11\nshare = 0", before="test-limit")),
    "raises-exception-tag": solved(inserts("1/0", before="add", tags=["raises-exception"])),
    "skipped-helper": solved(inserts("share = 0", before="test-share", tags=["skip-execution"])),
    "empty-cells": solved(inserts("", before="test-add")),
    "blank-cells": solved(inserts("   \n\n", before="test-add")),
    "minor-0": solved(minor(0)),
    "minor-2": solved(minor(2)),
    "minor-4": solved(minor(4)),
    "version-3": solved(version_3),
    "no-ids": solved(no_ids),
    "same-ids": solved(same_ids),
    "no-metadata": solved(no_metadata),
    "more-metadata": solved(more_metadata),
    "kernel-other": solved(kernel(name="bash", display_name="Bash")),
    "kernel-older": solved(kernel(name="python2", display_name="Python 2", language="python")),
    "compact": solved(saved(None, ascii_only=True)),
    "indented": solved(saved(4, ascii_only=False)),
    "empty-file": file_content(""),
    "cut-off": file_content('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": ['),
    "no-notebook": file_content("[]"),
    "future-version": file_content('{"nbformat": 99, "nbformat_minor": 0, "metadata": {}, "cells": []}'),
}  # fmt: skip

TWO = {
    "first": notebook(solution("### BEGIN SOLUTION\na = 1\n### END SOLUTION", "a"), test_of("assert a == 1", "test-a", 1),
                      manual("", "why", 2)),
    "second": notebook(solution("### BEGIN SOLUTION\nb = 1\n### END SOLUTION", "b"), test_of("assert b == 1", "test-b", 1),
                       test_of("b / 2", "part-b", 1), task("Do.", "do", 3)),
    "세 번째 책": notebook(solution("### BEGIN SOLUTION\nc = 1\n### END SOLUTION", "c"), test_of("assert c == 1\nassert 'a' not in globals()", "test-c", 1)),
}  # fmt: skip


def all_solved(books: Books) -> None:
    for book, name in (("first", "a"), ("second", "b"), ("세 번째 책", "c")):
        marked(books, name, book)["source"] = f"{name} = 1"


def without(*names: str) -> Edit:
    def edit(books: Books) -> None:
        all_solved(books)
        for name in names:
            del books[name]

    return edit


def with_more(books: Books) -> None:
    all_solved(books)
    books["more"] = copy.deepcopy(books["first"])
    books["first copy"] = copy.deepcopy(books["first"])


ASSIGNMENTS = [
    Assignment("structure", {BOOK: SOURCE}, HANDED_IN, quick=("stale-outputs", "test-deleted")),
    Assignment("books", TWO, {
        "untouched": as_released, "solved": all_solved, "first-missing": without("first"), "two-missing": without("first", "second"),
        "korean-missing": without("세 번째 책"), "more": with_more,
    }),
]  # fmt: skip
