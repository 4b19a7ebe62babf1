"""Notebooks of the corpus, made by code: cells, whole assignments, and edits of what is handed in."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Cell = dict[str, Any]
Notebook = dict[str, Any]
Books = dict[str, Any]  # notebooks by name; a string is the file's content as it is
Edit = Callable[[Books], None]
# The code of a test; of several, all but the last are cells without marks that run before it.
Code = str | tuple[str, ...]
BOOK = "book"


def as_released(_books: Books) -> None:
    """Handed in untouched."""


@dataclass(frozen=True)
class Assignment:
    """`submissions`: by trainee, an edit of the released notebooks before they are handed in.

    `quick`: the trainees whose submissions belong to the small corpus. `handed_files` lie beside
    the submission's notebooks, `files` beside the source's.
    """

    name: str
    source: Books
    submissions: Mapping[str, Edit] = field(default_factory=lambda: {"untouched": as_released})
    files: Mapping[str, bytes] = field(default_factory=dict)
    handed_files: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    quick: tuple[str, ...] = ()
    cell_seconds: int = 30


def slug(name: str) -> str:
    """nbgrader allows letters, digits, `_` and `-` in a grade_id."""
    return re.sub(r"[^a-zA-Z0-9_]+", "-", name).strip("-") or "x"


def cell(source: str, *, kind: str = "code", grade_id: str | None = None, **marks: Any) -> Cell:
    made: Cell = {"cell_type": kind, "metadata": {}, "source": source}
    if kind == "code":
        made |= {"outputs": [], "execution_count": None}
    if grade_id:
        flags = {"grade": False, "solution": False, "locked": False, "task": False}
        made["metadata"]["nbgrader"] = {
            "schema_version": 3, "grade_id": slug(grade_id), **flags, **marks
        }  # fmt: skip
    return made


def code(source: str, **metadata: Any) -> Cell:
    made = cell(source)
    made["metadata"] |= metadata
    return made


def text(source: str) -> Cell:
    return cell(source, kind="markdown")


def solution(source: str, grade_id: str) -> Cell:
    return cell(source, grade_id=grade_id, solution=True)


def test_of(source: str, grade_id: str, points: float = 2) -> Cell:
    return cell(source, grade_id=grade_id, grade=True, locked=True, points=points)


def manual(source: str, grade_id: str, points: float = 3, *, kind: str = "markdown") -> Cell:
    return cell(source, kind=kind, grade_id=grade_id, grade=True, solution=True, points=points)


def task(source: str, grade_id: str, points: float = 3) -> Cell:
    return cell(source, kind="markdown", grade_id=grade_id, locked=True, task=True, points=points)


def read_only(source: str, grade_id: str, *, kind: str = "markdown") -> Cell:
    return cell(source, kind=kind, grade_id=grade_id, locked=True)


def notebook(*cells: Cell, kernel: str = "python3") -> Notebook:
    numbered = [{**copy.deepcopy(one), "id": f"c{number}"} for number, one in enumerate(cells)]
    spec = {"name": kernel, "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": numbered
    }  # fmt: skip


def tests(cases: Mapping[str, Code], *, points: float = 2) -> list[Cell]:
    """A test per case, named after it, with the unmarked cells it needs before it."""
    cells: list[Cell] = []
    named: set[str] = set()
    for name, sources in cases.items():
        *before, last = (sources,) if isinstance(sources, str) else sources
        grade_id = slug(name)
        if grade_id in named:
            grade_id += f"-{len(named)}"
        named.add(grade_id)
        cells += [code(source) for source in before]
        cells.append(test_of(last, grade_id, points))
    return cells


def assignment_of(name: str, cases: Mapping[str, Code], **settings: Any) -> Assignment:
    """Tests that hold everything themselves: the release is handed in as it is."""
    points = settings.pop("points", 2)
    return Assignment(name, {BOOK: notebook(*tests(cases, points=points))}, **settings)


def marked(books: Books, grade_id: str, book: str = BOOK) -> Cell:
    return next(
        one
        for one in books[book]["cells"]
        if one["metadata"].get("nbgrader", {}).get("grade_id") == slug(grade_id)
    )


def writes(**sources: str) -> Edit:
    """An edit that gives cells, named by grade_id, a new source."""

    def edit(books: Books) -> None:
        for name, source in sources.items():
            marked(books, name)["source"] = source

    return edit
