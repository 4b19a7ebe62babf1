"""Which names of a sealed test are the trainee's: read off the author's own notebook.

A name belongs to whoever gave it last, in the author's order: a cell trainees write (or any without
marks), or a test or read-only cell. A test takes from the trainee's process what is theirs and what
nobody gave; never what is the author's, whatever a submission puts in its place. What the author
imports anywhere is imported where the tests run: a trainee's `np` is no judge.
"""

import ast
import json
import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

MAGIC = re.compile(r"^([ \t]*)[%!?].*$", re.MULTILINE)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp,
          ast.DictComp, ast.GeneratorExp)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Borrowed:
    """For one cell: names that are the trainee's, the author's, and those of trainees' classes.

    `imports`: (names it gives, statement) of what the author imports in cells trainees write.
    """

    theirs: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    imports: tuple[tuple[tuple[str, ...], str], ...] = ()


def borrowed(notebook: bytes) -> dict[str, Borrowed]:
    """By grade_id, for every test and read-only cell of an author's notebook."""
    found: dict[str, Borrowed] = {}
    theirs: set[str] = set()
    ours: set[str] = set()
    classes: set[str] = set()
    imports: list[tuple[tuple[str, ...], str]] = []
    for cell in _code_cells(notebook):
        marks = cell.get("metadata", {}).get("nbgrader", {})
        tree = _tree("".join(cell["source"]))
        bound = set(_bound(tree))
        if marks.get("solution") or not (marks.get("grade") or marks.get("locked")):
            imported = list(_imported(tree))
            tools = {name for names, _ in imported for name in names}
            bound = (bound | set(_changed(tree))) - tools
            theirs, ours = (theirs | bound) - tools, (ours - bound) | tools
            imports += imported
            classes |= {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
            continue
        found[marks["grade_id"]] = Borrowed(
            frozenset(theirs), frozenset(ours | (bound - theirs)), frozenset(classes & theirs),
            tuple(imports),
        )  # fmt: skip
        theirs, ours = theirs - bound, ours | bound
    return found


def _code_cells(notebook: bytes) -> Iterator[dict[str, Any]]:
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        for cell in json.loads(notebook)["cells"]:
            if cell["cell_type"] == "code":
                yield cell


def _tree(code: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the author wrote: not said here
            return ast.parse(MAGIC.sub(r"\1pass", code))
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module(body=[], type_ignores=[])


def _bound(tree: ast.AST) -> Iterator[str]:
    """Names given at the top level of a cell, or declared global below it."""
    for node in _top_level(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield (alias.asname or alias.name).split(".")[0]
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from node.names


def _imported(tree: ast.AST) -> Iterator[tuple[tuple[str, ...], str]]:
    for node in _top_level(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield tuple(_bound(ast.Module([node], []))), ast.unparse(node)


def _changed(tree: ast.AST) -> Iterator[str]:
    """Names whose object a cell may change: `data["x"] = 1`, `data.sort()`, `del data[0]`."""
    for node in _top_level(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(
            node.ctx, ast.Store | ast.Del
        ):
            yield from _root(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from _root(node.value.func)


def _root(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Attribute | ast.Subscript):
        return
    inner: ast.AST = node
    while isinstance(inner, ast.Attribute | ast.Subscript):
        inner = inner.value
    if isinstance(inner, ast.Name):
        yield inner.id


def _top_level(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, SCOPES):
            yield from _top_level(node)
