"""The gradebook.db that nbgrader's own programs open: every total in it is ours."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbgrader.api import Gradebook

from lms.gradebook import file_export, tasks
from lms.gradebook.models import GradebookExport
from lms.gradebook.queries import grade_of
from lms.queue import waiting
from tests.gradebook.conftest import SOURCES


@pytest.fixture
def made(
    academy: SimpleNamespace,
    give: Callable[..., list[object]],
    work: Callable[..., list[object]],
    tmp_path: Path,
) -> SimpleNamespace:
    submissions = work(give(academy.offerings[0]))
    file = tmp_path / "gradebook.db"
    file.write_bytes(file_export.make(academy.offerings[0]))
    return SimpleNamespace(file=file, submissions=submissions, code=academy.offerings[0].code)


def test_nbgrader_reads_the_same_points_and_comments(made: SimpleNamespace) -> None:
    assert len(made.submissions) == 6
    with Gradebook(f"sqlite:///{made.file}", made.code) as gradebook:
        commented = 0
        for submission in made.submissions:
            name, student = submission.assignment.name, submission.enrolment.user.username
            found = gradebook.find_submission(name, student)
            ours = grade_of(submission)
            assert (found.score, found.max_score) == (ours.points, ours.max_points)
            assert found.needs_manual_grade == bool(ours.to_mark)
            assert found.timestamp == submission.received_at.replace(tzinfo=None)
            for question in ours.questions:
                place = question.title, question.question.notebook, name, student
                grade = gradebook.find_grade(*place)
                assert (grade.auto_score, grade.manual_score) == (question.score, question.mark)
                assert grade.max_score == question.max_points
                if question.comment:
                    comments = [c.manual_comment or "" for n in found.notebooks for c in n.comments]
                    assert any(question.comment in text for text in comments)
                    commented += 1
        assert commented > 3
        people = {one.id: one for one in gradebook.students}
        assert set(people) == {"lena", "stan", "omar"}
        assert (people["stan"].last_name, people["stan"].email) == (
            "김하늘",
            "stan@academy.example",
        )


def test_the_cells_are_what_nbgrader_itself_writes(made: SimpleNamespace, tmp_path: Path) -> None:
    """The same assignment through nbgrader's own program, compared cell by cell."""
    (tmp_path / "own/source").mkdir(parents=True)
    (tmp_path / "own/source/ps1-basics").symlink_to(SOURCES / "ps1-basics")
    program = [sys.executable, "-m", "nbgrader"]
    own_path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    subprocess.run(
        [*program, "generate_assignment", "ps1-basics", "--create"],
        cwd=tmp_path / "own", check=True, capture_output=True,
        env={**os.environ, "PATH": own_path, "HOME": str(tmp_path)},
    )  # fmt: skip
    cells = """
        SELECT s.name, s.cell_type, s.locked, s.source, s.checksum,
               (SELECT group_concat(type || ':' || coalesce(g.max_score, t.max_score, '-'), ' ')
                FROM base_cell b LEFT JOIN grade_cells g ON g.id = b.id
                LEFT JOIN task_cells t ON t.id = b.id
                WHERE b.name = s.name AND b.notebook_id = n.id ORDER BY type),
               n.name, n.kernelspec
        FROM source_cell s JOIN notebook n ON n.id = s.notebook_id
        JOIN assignment a ON a.id = n.assignment_id WHERE a.name = 'ps1-basics' ORDER BY s.rowid
    """
    ours, theirs = (
        sqlite3.connect(file).execute(cells).fetchall()
        for file in (made.file, tmp_path / "own/gradebook.db")
    )
    assert ours == theirs and len(ours) > 6
    schemas = [
        sqlite3.connect(file).execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        for file in (made.file, tmp_path / "own/gradebook.db")
    ]
    assert {name for _type, name, _sql in schemas[0]} == {name for _t, name, _s in schemas[1]}
    stamps = [
        sqlite3.connect(file).execute("SELECT version_num FROM alembic_version").fetchall()
        for file in (made.file, tmp_path / "own/gradebook.db")
    ]
    assert stamps[0] == stamps[1]


def test_nbgraders_programs_take_the_file(made: SimpleNamespace, tmp_path: Path) -> None:
    own_path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": own_path, "HOME": str(tmp_path)}
    run = {"cwd": tmp_path, "check": True, "capture_output": True, "text": True, "env": environment}
    course = f"--CourseDirectory.course_id={made.code}"
    program = [sys.executable, "-m", "nbgrader"]
    subprocess.run([*program, "export", course], **run)
    lines = (tmp_path / "grades.csv").read_text().splitlines()
    total = sum(grade_of(submission).points for submission in made.submissions)
    column = lines[0].split(",").index("score")
    assert sum(float(line.split(",")[column] or 0) for line in lines[1:]) == pytest.approx(total)
    upgraded = subprocess.run([*program, "db", "upgrade", course], **run)
    assert "Running upgrade" not in upgraded.stderr + upgraded.stdout


def test_through_the_page(
    academy: SimpleNamespace,
    give: Callable[..., list[object]],
    work: Callable[..., list[object]],
    as_: Callable[..., object],
    tmp_path: Path,
) -> None:
    offering = academy.offerings[0]
    submissions = work(give(offering))
    client, base = as_(academy.ines), f"/gradebook/courses/{offering.id}/nbgrader"
    assert client.get(f"{base}/file").status_code == 404
    before = waiting()
    assert client.post(f"{base}/exports").status_code == 302
    assert client.post(f"{base}/exports").status_code == 302
    assert waiting() == before + 1  # asked twice, made once
    assert 'hx-trigger="every 2s"' in client.get(base).text
    export = file_export.latest_export(offering)
    tasks.make_file(export.id)
    assert "hx-trigger" not in client.get(base).text
    reason = {"purpose": "move", "reason": "We go on grading with formgrader."}
    answer = client.post(f"{base}/file", data=reason)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    (tmp_path / "g.db").write_bytes(answer.data)
    with Gradebook(f"sqlite:///{tmp_path / 'g.db'}", offering.code) as gradebook:
        total = sum(student.score for student in gradebook.students)
    assert total == sum(grade_of(submission).points for submission in submissions)
    client.post(f"{base}/exports")
    assert file_export.latest_export(offering).id != export.id
    tasks.make_file(export.id)  # replaced meanwhile: nothing to do
    assert file_export.latest_export(offering).made_at is None


def test_what_nbgrader_cannot_take_is_said(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    """The academy's own assignment is no notebook with a kernel."""
    offering = academy.offerings[0]
    export = file_export.request_export(offering, by=academy.ines)
    tasks.make_file(export.id)
    found = file_export.latest_export(offering)
    assert isinstance(found, GradebookExport) and found.made_at is None
    page = as_(academy.ines).get(f"/gradebook/courses/{offering.id}/nbgrader").text
    assert "ps1.ipynb" in page
