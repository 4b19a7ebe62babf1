"""Inside the warm process: the tables of a gradebook.db, made and filled through nbgrader's models.

One transaction and one INSERT a table, where nbgrader itself commits once for every cell. The cells
of each assignment are what nbgrader writes when it makes the release version.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from alembic.config import Config
from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import Connection, create_engine, text

from grading import course, generating
from grading.facts import Say
from grading.gradebook import gradebook
from grading.gradebook_files.reader import about
from grading.gradebook_files.writing import FILE, SOURCES
from grading.workplace import COURSE

Row = dict[str, Any]
CELLS = ("notebook", "base_cell", "grade_cells", "solution_cells", "task_cells", "source_cell")


def export(job: dict[str, Any], say: Say) -> None:
    root, given = Path(job["root"]), job["gradebook"]
    books = [
        _book(root, number, kernels=job["kernels"]) for number in range(len(given["assignments"]))
    ]
    engine = create_engine(f"sqlite:///{root / COURSE / FILE}")
    with engine.begin() as connection:
        _make_tables(connection)
        for table, rows in _rows(given, books).items():
            if rows:
                connection.execute(api.Base.metadata.tables[table].insert(), rows)
    engine.dispose()
    say({"event": "written"})


def _make_tables(connection: Connection) -> None:
    """nbgrader's own, with the stamp by which its programs know that no migration is due."""
    api.Base.metadata.create_all(connection)
    settings = Config()
    settings.set_main_option("script_location", ALEMBIC_DIR)
    head = ScriptDirectory.from_config(settings).get_current_head()
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})


class Book(NamedTuple):
    """What nbgrader wrote down of one assignment: rows by table, and where comments belong."""

    rows: dict[str, list[Row]]
    graded: dict[tuple[str, str], str]  # (notebook, cell) -> id of its grade or task cell
    answers: dict[tuple[str, str], str]  # (notebook, cell) -> id of its solution or task cell
    commented: dict[tuple[str, str], tuple[str, str]]  # graded cell -> where its comment goes


def _book(root: Path, number: int, *, kernels: list[str]) -> Book:
    source = course.source_folder(root)
    for folder in (source, course.release_folder(root)):
        shutil.rmtree(folder, ignore_errors=True)
    source.parent.mkdir(parents=True, exist_ok=True)
    (root / COURSE / SOURCES / str(number)).rename(source)
    with gradebook() as keeper:
        generating.generate(root, kernels=kernels)
        keeper.row_factory = sqlite3.Row
        rows = {
            table: [dict(row) for row in keeper.execute(f"SELECT * FROM {table} ORDER BY rowid")]
            for table in CELLS
        }
    notebooks = {row["id"]: row["name"] for row in rows["notebook"]}
    places = {row["id"]: (notebooks[row["notebook_id"]], row["name"]) for row in rows["base_cell"]}
    graded, answers = (
        {places[row["id"]]: row["id"] for table in tables for row in rows[table]}
        for tables in (("grade_cells", "task_cells"), ("solution_cells", "task_cells"))
    )
    order = [(notebooks[row["notebook_id"]], row["name"]) for row in rows["source_cell"]]
    return Book(rows, graded, answers, dict(_commented(order, graded, answers)))


def _commented(
    order: list[tuple[str, str]], graded: dict[Any, str], answers: dict[Any, str]
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """nbgrader has room for comments at answers only: a test's goes to the answer before it."""
    last: dict[str, tuple[str, str]] = {}
    for place in order:
        if place in answers:
            last[place[0]] = place
        if place in graded and (place in answers or place[0] in last):
            yield place, last[place[0]]


def _rows(given: dict[str, Any], books: list[Book]) -> dict[str, list[Row]]:
    """Every row of the file, by table, in an order that foreign keys allow."""
    tables = ("course", "assignment", *CELLS, "student", "submitted_assignment")
    made: dict[str, list[Row]] = {table: [] for table in tables}
    made |= {"submitted_notebook": [], "grade": [], "comment": []}
    made["course"].append({"id": given["course"]})
    made["student"] = [
        {key: student[key] for key in ("id", "first_name", "last_name", "email")}
        | {"lms_user_id": student["number"]}
        for student in given["students"]
    ]
    shelf: dict[str, tuple[str, Book]] = {}
    for assignment, book in zip(given["assignments"], books, strict=True):
        key = _id()
        shelf[assignment["name"]] = key, book
        made["assignment"].append(
            {
                "id": key,
                "name": assignment["name"],
                "duedate": _time(assignment["due_at"]),
                "course_id": given["course"],
            }
        )
        for table, rows in book.rows.items():
            made[table] += rows
        for row in book.rows["notebook"]:
            row["assignment_id"] = key
    for submission in given["submissions"]:
        _add_submission(made, submission, *shelf[submission["assignment"]])
    return made


def _add_submission(made: dict[str, list[Row]], given: Row, assignment: str, book: Book) -> None:
    """A submission mirrors its whole assignment: nbgrader expects every cell of it."""
    key = _id()
    made["submitted_assignment"].append(
        {
            "id": key,
            "assignment_id": assignment,
            "student_id": given["student"],
            "timestamp": _time(given["submitted_at"]),
        }
    )
    notebooks = {row["name"]: _id() for row in book.rows["notebook"]}
    made["submitted_notebook"] += [
        {"id": notebooks[row["name"]], "notebook_id": row["id"], "assignment_id": key}
        for row in book.rows["notebook"]
    ]
    grades = {(grade["notebook"], grade["name"]): grade for grade in given["grades"]}
    comments: dict[tuple[str, str], list[str]] = {}
    for place, cell in book.graded.items():
        grade = grades.get(place, {})
        made["grade"].append(
            {
                "id": _id(),
                "cell_id": cell,
                "notebook_id": notebooks[place[0]],
                "auto_score": grade.get("auto"),
                "manual_score": grade.get("manual"),
                "extra_credit": grade.get("extra"),
                "needs_manual_grade": grade.get("needs_manual", True),
            }
        )
        if grade.get("comment") and place in book.commented:
            where = book.commented[place]
            text = grade["comment"] if where == place else about(place[1], grade["comment"])
            comments.setdefault(where, []).append(text)
    made["comment"] += [
        {
            "id": _id(),
            "cell_id": cell,
            "notebook_id": notebooks[place[0]],
            "manual_comment": "\n\n".join(comments.get(place, [])) or None,
        }
        for place, cell in book.answers.items()
    ]


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _id() -> str:
    return uuid4().hex
