"""Where the engine departs from nbgrader on purpose: what both give, and why.

nbgrader steers by marks in the submitted file; the engine gives every cell of the assignment the
marks it was released with, and drops all others. nbgrader throws a submission away where one of its
notebooks fails; the engine keeps the others. The README lists these.
"""

import copy
from dataclasses import dataclass
from typing import Any

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
    solution,
    test_of,
)

Points = dict[str, float | None]
GIVES_UP = "gives up"

SOURCE = {
    BOOK: notebook(
        solution("### BEGIN SOLUTION\ndef add(a, b):\n    return a + b\n### END SOLUTION", "add"),
        test_of("assert add(1, 2) == 3", "test-add", 3),
        manual("Why?", "why", 5),
        test_of("assert True", "free", 1),
    ),
    "other": notebook(
        test_of("assert True", "other-test", 1),
        test_of("import cycler\nassert cycler.cycler(a=[1]).keys == {'b'}", "library", 1),
    ),
}
# Nothing solved: what an honest grader gives.
HONEST: Points = {"test-add": 0, "why": 0, "free": 1, "other-test": 1, "library": 0}
OPEN: Points = dict.fromkeys(HONEST)


@dataclass(frozen=True)
class Departure:
    """`nbgrader` and `ours`: the points that differ from an honest grader's, by grade_id."""

    why: str
    edit: Edit
    nbgrader: Points | str
    ours: Points

    @property
    def their_points(self) -> Points:
        return OPEN if isinstance(self.nbgrader, str) else HONEST | self.nbgrader

    @property
    def our_points(self) -> Points:
        return HONEST | self.ours


def notes(name: str, /, **changes: Any) -> Edit:
    def edit(books: Books) -> None:
        marked(books, name)["metadata"]["nbgrader"] |= changes

    return edit


def without(grade_id: str, *keys: str) -> Edit:
    def edit(books: Books) -> None:
        for key in keys:
            del marked(books, grade_id)["metadata"]["nbgrader"][key]

    return edit


def tagged(grade_id: str, *tags: str) -> Edit:
    def edit(books: Books) -> None:
        marked(books, grade_id)["metadata"]["tags"] = list(tags)

    return edit


def whole(notes: Any) -> Edit:
    def edit(books: Books) -> None:
        marked(books, "add")["metadata"]["nbgrader"] = notes

    return edit


def added(source: str, **marks: Any) -> Edit:
    flags = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}

    def edit(books: Books) -> None:
        cell = code(source, nbgrader={**flags, **marks})
        books[BOOK]["cells"].append({**cell, "id": "added"})

    return edit


def copied(grade_id: str, source: str, *, first: bool) -> Edit:
    def edit(books: Books) -> None:
        twin = copy.deepcopy(marked(books, grade_id)) | {"id": "twin", "source": source}
        books[BOOK]["cells"].insert(0 if first else len(books[BOOK]["cells"]), twin)

    return edit


def books_exchanged(books: Books) -> None:
    books[BOOK], books["other"] = books["other"], books[BOOK]


def exchanged(books: Books) -> None:
    one, two = (marked(books, name)["metadata"]["nbgrader"] for name in ("test-add", "free"))
    one["grade_id"], two["grade_id"] = two["grade_id"], one["grade_id"]


def dies(books: Books) -> None:
    marked(books, "add")["source"] = "import os\nos._exit(0)"


def strips_asserts(books: Books) -> None:
    marked(books, "add")["source"] = (
        "import ast\nclass Strip(ast.NodeTransformer):\n    def visit_Assert(self, node):\n"
        "        return ast.copy_location(ast.Pass(), node)\n"
        "get_ipython().ast_transformers.append(Strip())"
    )


def publishes_nonsense(books: Books) -> None:
    marked(books, "add")["source"] = (
        "class Mine(Exception):\n    def _render_traceback_(self): return None\nraise Mine"
    )


def own_package(books: Books) -> None:
    false = "class cycler:\n    keys = {'b'}\n    def __init__(self, a): pass\n"
    first = code(f"with open('cycler.py', 'w') as file: file.write({false!r})") | {"id": "first"}
    books["other"]["cells"].insert(0, first)


def unreadable(books: Books) -> None:
    books[BOOK] = "no notebook"


def nothing(books: Books) -> None:
    books["elsewhere"] = books.pop(BOOK)
    del books["other"]


LOST: Points = {"test-add": None, "why": None, "free": None}

DELIBERATE: dict[str, Departure] = {
    "skip-execution": Departure(
        "a tag that keeps a test from running gives full points in nbgrader",
        tagged("test-add", "skip-execution"), {"test-add": 3}, {},
    ),
    "no-test": Departure(
        "a test that says it is none stops nbgrader",
        notes("test-add", grade=False, locked=False), GIVES_UP, {},
    ),
    "read-only": Departure(
        "a test that says it is only locked stops nbgrader",
        notes("test-add", grade=False), GIVES_UP, {},
    ),
    "no-answer": Departure(
        "an untouched answer that says it is none stays open in nbgrader",
        notes("why", grade=False, solution=False), {"why": None}, {},
    ),
    "test-as-answer": Departure(
        "a test that says it is also an answer stops nbgrader",
        notes("test-add", solution=True), GIVES_UP, {},
    ),
    "answer-as-test": Departure(
        "an answer that says it is a test stops nbgrader",
        notes("why", solution=False), GIVES_UP, {},
    ),
    "task-flag": Departure(
        "a test that says it is a task stops nbgrader",
        notes("test-add", task=True), GIVES_UP, {},
    ),
    "schema-0": Departure("old notes stop nbgrader", without("test-add", "schema_version"), GIVES_UP, {}),
    "schema-1": Departure("old notes stop nbgrader", notes("test-add", schema_version=1), GIVES_UP, {}),
    "schema-2": Departure("old notes stop nbgrader", notes("test-add", schema_version=2), GIVES_UP, {}),
    "schema-4": Departure("new notes stop nbgrader", notes("test-add", schema_version=4), GIVES_UP, {}),
    "points-missing": Departure("notes cut short stop nbgrader", without("test-add", "points"), GIVES_UP, {}),
    "points-text": Departure("odd notes stop nbgrader", notes("test-add", points="many"), GIVES_UP, {}),
    "flag-missing": Departure("notes cut short stop nbgrader", without("test-add", "grade"), GIVES_UP, {}),
    "id-odd": Departure("odd notes stop nbgrader", notes("test-add", grade_id=7), GIVES_UP, {"test-add": None}),
    "notes-text": Departure("odd notes stop nbgrader", whole("text"), GIVES_UP, {}),
    "notes-list": Departure("odd notes stop nbgrader", whole([]), GIVES_UP, {}),
    "own-test": Departure(
        "a test the trainee added stops nbgrader",
        added("assert True", grade=True, locked=True, grade_id="mine", points=100), GIVES_UP, {},
    ),
    "dies": Departure(
        "one notebook that ends its Python costs the others in nbgrader",
        dies, GIVES_UP, LOST,
    ),
    "strips-asserts": Departure(
        "asserts that the trainee's code takes out of tests earn full points in nbgrader; a test"
        " after which a false claim passes too is left to a person",
        strips_asserts, {"test-add": 3}, {"test-add": None, "free": None},
    ),
    "nonsense": Departure(
        "one output that no notebook can hold costs the other notebooks in nbgrader",
        publishes_nonsense, GIVES_UP, LOST,
    ),
    "own-package": Departure(
        "a file of the trainee's named as a package takes the package's place in nbgrader; what"
        " the assignment imports is there before any file of the trainee's",
        own_package, {"library": 1}, {},
    ),
    "unreadable": Departure(
        "one file that is no notebook costs the others in nbgrader",
        unreadable, GIVES_UP, LOST,
    ),
    "nothing": Departure(
        "without any notebook of the assignment nbgrader gives no score; a missing notebook is 0",
        nothing, GIVES_UP, {"test-add": 0, "why": 0, "free": 0, "other-test": 0, "library": 0},
    ),
    "copy-after": Departure(
        "a copied cell stops nbgrader, marks and all; of the copies the last one counts",
        copied("test-add", "pass", first=False), GIVES_UP, {},
    ),
    "copy-before": Departure(
        "a copied cell stops nbgrader, marks and all; of the copies the last one counts",
        copied("test-add", "pass", first=True), GIVES_UP, {},
    ),
    "answer-copied-after": Departure(
        "of a copied answer the last one counts: here it was written",
        copied("why", "Because.", first=False), GIVES_UP, {"why": None},
    ),
    "answer-copied-before": Departure(
        "of a copied answer the last one counts: here it is the untouched one",
        copied("why", "Because.", first=True), GIVES_UP, {},
    ),
    "solution-copied": Departure(
        "a solution may be copied: all copies run",
        copied("add", "def add(a, b):\n    return a + b", first=True), GIVES_UP, {"test-add": 3},
    ),
    "notes-empty": Departure("empty notes stop nbgrader", whole({}), GIVES_UP, {}),
    "own-solution": Departure(
        "a solution cell the trainee added stops nbgrader",
        added("x = 1", solution=True, grade_id="mine"), GIVES_UP, {},
    ),
    "books-exchanged": Departure(
        "notebooks under each other's name stop nbgrader",
        books_exchanged, GIVES_UP, {"test-add": None, "why": None, "free": None, "other-test": None, "library": None},
    ),
    "exchanged": Departure(
        "two tests with exchanged names: their text follows the name in both, so nothing differs",
        exchanged, {}, {},
    ),
}  # fmt: skip

ASSIGNMENT = Assignment(
    "deliberate",
    SOURCE,
    {"honest": as_released, **{name: one.edit for name, one in DELIBERATE.items()}},
)
