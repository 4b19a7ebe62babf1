"""`python -I reader.py FILE`: what a gradebook.db says, as JSON. Anybody may have made the file.

Runs in a process of its own with little memory and time, imports nothing of ours, and asks SQLite
for plain columns of plain tables only: nothing that the file defines is ever carried out. Prints
{"gradebook": …}, or {"reason": …, "where": …} of the first thing that is not as nbgrader makes it.
"""

import json
import math
import re
import resource
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import quote

SECONDS, MEMORY = 20, 1024**3
MOST_ROWS = 500_000
LONGEST_TEXT = 100_000
MOST_POINTS = 1e6
TABLES = {
    "assignment": ("id", "name", "duedate"),
    "notebook": ("id", "name", "assignment_id"),
    "base_cell": ("id", "name", "notebook_id"),
    "grade_cells": ("id", "max_score"),
    "task_cells": ("id", "max_score"),
    "source_cell": ("name", "notebook_id"),
    "student": ("id", "first_name", "last_name", "email", "lms_user_id"),
    "submitted_assignment": ("id", "assignment_id", "student_id", "timestamp"),
    "submitted_notebook": ("id", "notebook_id", "assignment_id"),
    "grade": ("notebook_id", "cell_id", "auto_score", "manual_score", "extra_credit",
              "needs_manual_grade"),
    "comment": ("notebook_id", "cell_id", "manual_comment"),
    "course": ("id",),
}  # fmt: skip
Row = dict[str, Any]


class Unusable(Exception):
    def __init__(self, reason: str, where: str = "") -> None:
        super().__init__(reason, where)
        self.reason, self.where = reason, where[:200]


def about(name: str, comment: str) -> str:
    """A comment on a test, which has room only at the answer before it."""
    return f"[{name}] {comment}"


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        answer: Row = {"gradebook": _gradebook(read_tables(sys.argv[1]))}
    except Unusable as unusable:
        answer = {"reason": unusable.reason, "where": unusable.where}
    except MemoryError:
        answer = {"reason": "large", "where": ""}
    except KeyError as missing:  # a row that points at no row
        answer = {"reason": "damaged", "where": str(missing)}
    json.dump(answer, sys.stdout)


def read_tables(path: str) -> dict[str, list[Row]]:
    with open(path, "rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            raise Unusable("not-sqlite")
    until = time.monotonic() + SECONDS
    try:
        with closing(sqlite3.connect(f"file:{quote(path)}?mode=ro&immutable=1", uri=True)) as db:
            db.text_factory = _text
            for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
                db.execute(f"PRAGMA {pragma}")
            db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 50 * 1024 * 1024)
            db.set_progress_handler(lambda: time.monotonic() > until, 10_000)
            _check_schema(db)
            db.set_authorizer(_only_reading)
            return {table: list(_rows(db, table)) for table in TABLES}
    except sqlite3.Error as error:
        raise Unusable("time" if "interrupt" in str(error) else "damaged", str(error)) from None


def _only_reading(action: int, *_about: object) -> int:
    allowed = action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _check_schema(db: sqlite3.Connection) -> None:
    """nbgrader makes tables and their indexes, nothing that could act."""
    kinds = {}
    for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_master"):
        plain = kind == "index" or (kind == "table" and "virtual" not in str(sql).lower()[:40])
        if not plain:
            raise Unusable("acts", str(name))
        kinds[name] = kind
    for table, columns in TABLES.items():
        # `hidden` (the last) marks what is computed when it is read.
        found = {row[1]: row[6] for row in db.execute(f'PRAGMA table_xinfo("{table}")')}
        if kinds.get(table) != "table" or any(found.get(column) != 0 for column in columns):
            raise Unusable("schema", table)


def _rows(db: sqlite3.Connection, table: str) -> Iterator[Row]:
    columns = TABLES[table]
    # As stored, which nbgrader does in the order of the notebook.
    rows = db.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY rowid")
    for number, row in enumerate(rows):
        if number == MOST_ROWS:
            raise Unusable("large", table)
        yield dict(zip(columns, row, strict=True))


def _text(raw: bytes) -> str:
    text = raw.decode("utf-8", errors="replace")
    if len(text) > LONGEST_TEXT or "\0" in text or "\N{REPLACEMENT CHARACTER}" in text:
        raise Unusable("text", text[:40].replace("\0", " "))
    return text


def _gradebook(tables: dict[str, list[Row]]) -> Row:
    books = {row["id"]: row for row in tables["notebook"]}
    cells = {row["id"]: row for row in tables["base_cell"]}
    graded = {
        row["id"]: points(row["max_score"], cells[row["id"]]["name"])
        for table in ("grade_cells", "task_cells")
        for row in tables[table]
    }
    return {
        "course": name(tables["course"][0]["id"]) if tables["course"] else "",
        "assignments": [
            {
                "name": name(assignment["name"]),
                "due_at": moment(assignment["duedate"]),
                "cells": [
                    {
                        "notebook": name(books[cells[key]["notebook_id"]]["name"]),
                        "name": name(cells[key]["name"]),
                        "max_points": most or 0.0,
                    }
                    for key, most in graded.items()
                    if books[cells[key]["notebook_id"]]["assignment_id"] == assignment["id"]
                ],
            }
            for assignment in tables["assignment"]
        ],
        "students": [
            {
                "id": name(row["id"]),
                "number": words(row["lms_user_id"]),
                **{key: words(row[key]) for key in ("first_name", "last_name", "email")},
            }
            for row in tables["student"]
        ],
        "submissions": list(_submissions(tables, books, cells, graded)),
    }


def _submissions(
    tables: dict[str, list[Row]], books: Row, cells: Row, graded: dict[str, float | None]
) -> Iterator[Row]:
    names = {row["id"]: row["name"] for row in tables["assignment"]}
    handed_in: dict[str, list[str]] = defaultdict(list)
    for row in tables["submitted_notebook"]:
        handed_in[row["assignment_id"]].append(row["id"])
    grades: dict[str, list[Row]] = defaultdict(list)
    for row in tables["grade"]:
        if row["cell_id"] in graded:
            grades[row["notebook_id"]].append(row)
    comments = _comments(tables, cells, graded)
    for row in tables["submitted_assignment"]:
        yield {
            "assignment": name(names[row["assignment_id"]]),
            "student": name(row["student_id"]),
            "submitted_at": moment(row["timestamp"]),
            "grades": [
                _grade(grade, books, cells, comments.get((book, grade["cell_id"]), ""))
                for book in handed_in[row["id"]]
                for grade in grades[book]
            ],
        }


def _grade(grade: Row, books: Row, cells: Row, comment: str) -> Row:
    cell = cells[grade["cell_id"]]
    given = {
        key: points(grade[column], cell["name"])
        for key, column in (("auto", "auto_score"), ("manual", "manual_score"),
                            ("extra", "extra_credit"))
    }  # fmt: skip
    return {
        "notebook": name(books[cell["notebook_id"]]["name"]),
        "name": name(cell["name"]),
        **given,
        "needs_manual": bool(grade["needs_manual_grade"]),
        "comment": comment,
    }


def _comments(
    tables: dict[str, list[Row]], cells: Row, graded: dict[str, float | None]
) -> dict[tuple[str, str], str]:
    """A person's comments by submitted notebook and graded cell.

    nbgrader keeps them at answers. One at an answer without points belongs to the cells it names
    (`about`), else to the next cell with points.
    """
    by_name: dict[str, dict[str, str]] = defaultdict(dict)
    for key in graded:
        by_name[cells[key]["notebook_id"]][cells[key]["name"]] = key
    order: dict[str, list[str]] = defaultdict(list)
    for row in tables["source_cell"]:
        order[row["notebook_id"]].append(row["name"])
    found: dict[tuple[str, str], str] = {}
    for row in tables["comment"]:
        text, cell = words(row["manual_comment"]), cells[row["cell_id"]]
        if not text:
            continue
        here = by_name[cell["notebook_id"]]
        for target, part in _parts(text, cell["name"], here, order[cell["notebook_id"]]):
            found[row["notebook_id"], here[target]] = part
    return found


def _parts(text: str, at: str, graded: Row, order: list[str]) -> Iterator[tuple[str, str]]:
    if at in graded:
        yield at, text
        return
    named = re.split(r"(?:^|\n\n)\[([^\]\n]+)\] ", text)
    if len(named) > 1 and not named[0] and all(one in graded for one in named[1::2]):
        yield from zip(named[1::2], named[2::2], strict=True)
        return
    after = order[order.index(at) + 1 :] if at in order else []
    yield from ((one, text) for one in [one for one in after if one in graded][:1])


def points(value: Any, where: str) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > MOST_POINTS:
        raise Unusable("points", where)
    return float(value)


def name(value: Any) -> str:
    found = words(value)
    if not found or len(found) > 200:
        raise Unusable("text", str(value)[:40])
    return found


def words(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        _no_text(value)
    return value


def moment(value: Any) -> str | None:
    """A time as SQLAlchemy writes it, which for nbgrader is UTC."""
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC).isoformat()
    except (TypeError, ValueError):
        _no_text(value)


def _no_text(value: object) -> NoReturn:
    raise Unusable("text", repr(value)[:40])


if __name__ == "__main__":
    main()
