"""A gradebook.db comes in: checked first, whole or not at all, the same again changes nothing."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask_babel import force_locale
from nbgrader.api import Gradebook
from sqlalchemy import func, select

from grading import gradebook_files
from lms.coursework.models import Run, Score, Submission, Via
from lms.db import db
from lms.gradebook import file_export, file_import
from lms.gradebook.actions import mark
from lms.gradebook.file_import import WorkChange
from lms.gradebook.models import GradebookImport, ImportedSubmission, Mark
from lms.gradebook.queries import WorkState, board, grade_of, gradebook_for
from tests.gradebook.conftest import SOURCES

WRITTEN = (Submission, Run, Score, Mark, ImportedSubmission)


def counts() -> list[int]:
    return [db.session.scalar(select(func.count()).select_from(table)) for table in WRITTEN]


def bring(offering: object, content: bytes, by: object) -> tuple[object, object]:
    """The plan and what importing it did."""
    kept = file_import.keep_upload(offering, content, name="gradebook.db", by=by)
    with force_locale("en"):
        plan = file_import.plan_import(kept)
        done = file_import.import_grades(kept, by=by)
    db.session.commit()
    return plan, done


@pytest.fixture
def leaving(
    academy: SimpleNamespace, give: Callable[..., list[object]], work: Callable[..., list[object]]
) -> SimpleNamespace:
    """Cohort 1's grades as a file, and the points of each trainee and assignment in it."""
    offering = academy.offerings[0]
    submissions = work(give(offering))
    points = {
        (one.enrolment.user.username, one.assignment.name): grade_of(one) for one in submissions
    }
    return SimpleNamespace(file=file_export.make(offering), grades=points, submissions=submissions)


@pytest.fixture
def elsewhere(
    academy: SimpleNamespace, give: Callable[..., list[object]], people: list[object]
) -> object:
    """An empty course of cohort 2 with the same people and assignments."""
    from lms.cohorts.actions import enrol

    for n, one in enumerate(people[:2]):
        enrol(academy.cohorts[1], one.user, student_number=f"2-1{n}", by=academy.ada)
    give(academy.offerings[1])
    return academy.offerings[1]


def test_out_and_in_again_is_the_same(
    leaving: SimpleNamespace, elsewhere: object, academy: SimpleNamespace
) -> None:
    plan, _done = bring(elsewhere, leaving.file, academy.ada)
    assert plan.counts == {WorkChange.NEW: 6} and not plan.notes
    found = gradebook_for(academy.ada, elsewhere)
    seen = 0
    for row in found.rows:
        for grade in row.grades.values():
            ours = leaving.grades[row.enrolment.user.username, grade.submission.assignment.name]
            assert (grade.points, grade.max_points) == (ours.points, ours.max_points)
            assert grade.state == ours.state and grade.submission.via is Via.IMPORT
            assert grade.submission.received_at == ours.submission.received_at
            assert [(q.title, q.score, q.mark, q.comment) for q in grade.questions] == [
                (q.title, q.score, q.mark, q.comment) for q in ours.questions
            ]
            seen += 1
    assert seen == 6
    # …and out once more, the file says the same.
    again = gradebook_files.read_gradebook(file_export.make(elsewhere))
    before = gradebook_files.read_gradebook(leaving.file)
    assert set(again.submissions) == set(before.submissions)


def test_the_same_file_again_changes_nothing(
    leaving: SimpleNamespace, elsewhere: object, academy: SimpleNamespace
) -> None:
    bring(elsewhere, leaving.file, academy.ada)
    before = counts()
    plan, done = bring(elsewhere, leaving.file, academy.ada)
    assert plan.counts == done.counts == {WorkChange.UNCHANGED: 6}
    assert counts() == before


def test_in_its_own_course_only_what_a_person_did_comes_in(
    leaving: SimpleNamespace, academy: SimpleNamespace, tmp_path: Path
) -> None:
    """An instructor marks in formgrader and brings the file back."""
    plan, _done = bring(academy.offerings[0], leaving.file, academy.ines)
    assert plan.counts == {WorkChange.UNCHANGED: 6} and not plan.notes
    submission = leaving.submissions[0]
    manual = next(q for q in grade_of(submission).questions if q.kind == "manual")
    tested = next(q for q in grade_of(submission).questions if q.kind != "manual")
    file = tmp_path / "gradebook.db"
    file.write_bytes(leaving.file)
    place = (submission.assignment.name, submission.enrolment.user.username)
    with Gradebook(f"sqlite:///{file}") as gradebook:
        grade = gradebook.find_grade(manual.title, manual.question.notebook, *place)
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.25, 0.5, False
        tests = gradebook.find_grade(tested.title, tested.question.notebook, *place)
        tests.auto_score = tested.max_points if not tested.score else 0
        gradebook.db.commit()
    before = grade_of(submission)
    runs = len(submission.runs)
    plan, _done = bring(academy.offerings[0], file.read_bytes(), academy.ines)
    assert plan.counts == {WorkChange.UNCHANGED: 5, WorkChange.CHANGED: 1}
    assert ["test points" in note.message for note in plan.notes] == [True]
    db.session.expire_all()
    after = grade_of(submission)
    assert len(submission.runs) == runs and submission.via is Via.PAGE
    assert after.points == before.points - (manual.points or 0) + 1.75


def test_grades_of_a_real_nbgrader_course(
    academy: SimpleNamespace, give: Callable[..., list[object]], tmp_path: Path
) -> None:
    """nbgrader's own programs: generate, autograde a submission; a person marks; it comes in."""
    given = give(academy.offerings[0])[0]
    (tmp_path / "source").mkdir()
    shutil.copytree(SOURCES / "ps1-basics", tmp_path / "source/ps1-basics")
    submitted = tmp_path / "submitted/lena/ps1-basics"
    run = {
        "cwd": tmp_path, "check": True, "capture_output": True,
        "env": {
            **os.environ, "HOME": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path),
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        },
    }  # fmt: skip
    program = [sys.executable, "-m", "nbgrader"]
    subprocess.run([*program, "generate_assignment", "ps1-basics", "--create"], **run)
    shutil.copytree(tmp_path / "release/ps1-basics", submitted)
    (submitted / "timestamp.txt").write_text("2026-03-02 10:20:30.123456 UTC")
    solved = submitted / "ps1-basics.ipynb"
    solved.write_bytes(with_solutions(solved.read_bytes()))
    kernels = notebook_kernel(tmp_path)
    run["env"]["JUPYTER_PATH"] = str(kernels)
    subprocess.run([*program, "autograde", "ps1-basics", "--create"], **run)
    questions = {question.grade_id: question for question in given.questions}
    manual = next(one for one in given.questions if one.kind == "manual")
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission("ps1-basics", "lena")
        grade = gradebook.find_grade(manual.grade_id, manual.notebook, "ps1-basics", "lena")
        grade.manual_score, grade.needs_manual_grade = 2.5, False
        comment = gradebook.find_comment(manual.grade_id, manual.notebook, "ps1-basics", "lena")
        comment.manual_comment = "이유가 좋아요."
        gradebook.db.commit()
        gradebook.db.refresh(submission)
        theirs = submission.score
        by_cell = {
            one.name: (one.auto_score, one.manual_score)
            for book in submission.notebooks
            for one in book.grades
        }
    assert theirs > 5 and set(by_cell) == set(questions)
    content = (tmp_path / "gradebook.db").read_bytes()
    plan, _done = bring(academy.offerings[0], content, academy.ines)
    assert plan.counts == {WorkChange.NEW: 1} and not plan.notes
    grade = board(given)[0].grade
    assert grade.points == theirs and grade.state is WorkState.GRADED
    assert {q.title: (q.score, q.mark) for q in grade.questions} == by_cell
    assert grade.submission.received_at == datetime(2026, 3, 2, 10, 20, 30, 123456, UTC)
    assert {q.comment for q in grade.questions} == {"", "이유가 좋아요."}


def with_solutions(content: bytes) -> bytes:
    """The released notebook, its answers as the authors wrote them."""
    source = json.loads((SOURCES / "ps1-basics/ps1-basics.ipynb").read_bytes())
    book = json.loads(content)
    answers = {cell["metadata"]["nbgrader"]["grade_id"]: cell["source"]
               for cell in source["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")}  # fmt: skip
    for cell in book["cells"]:
        if (name := cell["metadata"].get("nbgrader", {}).get("grade_id")) in answers:
            cell["source"] = answers[name]
    return json.dumps(book).encode()


def notebook_kernel(folder: Path) -> Path:
    named = os.environ.get("NOTEBOOK_PYTHON")
    python = Path(named) if named else SOURCES.parents[2] / ".venv-notebook/bin/python"
    spec = folder / "kernels-here/kernels/python3"
    spec.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"})
    )
    return folder / "kernels-here"


class TestMatching:
    def changed(self, file: bytes, script: str, tmp_path: Path) -> bytes:
        path = tmp_path / "changed.db"
        path.write_bytes(file)
        with sqlite3.connect(path) as database:
            database.executescript(script)
        database.close()
        return path.read_bytes()

    @pytest.mark.parametrize(
        ("script", "about", "sentence", "outcome"),
        [
            ("UPDATE student SET email = 'x@y.example', id = 'nobody' WHERE id = 'lena';"
             "UPDATE submitted_assignment SET student_id = 'nobody' WHERE student_id = 'lena'",
             "x@y.example", "Nobody of this cohort", {"new": 4}),
            ("UPDATE student SET email = 'stan@academy.example' WHERE id = 'lena'",
             "stan@academy.example", "two people", {"new": 4}),
            ("UPDATE assignment SET name = 'ps9' WHERE name = 'ps1-basics'",
             "ps9", "no released assignment", {"new": 3}),
            ("UPDATE grade_cells SET max_score = max_score + 1 WHERE id IN"
             " (SELECT id FROM base_cell WHERE name = 'ps1-bill-test')",
             "ps1-basics · ps1-basics · ps1-bill-test", "worth 4 points in the file, 3 here",
             {"new": 6}),
            ("UPDATE base_cell SET name = 'renamed' WHERE name = 'ps1-bill-test'",
             "ps1-basics · ps1-basics · renamed", "no such question", {"new": 6}),
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_listed_and_left_out(
        self,
        script: str,
        about: str,
        sentence: str,
        outcome: dict[str, int],
        leaving: SimpleNamespace,
        elsewhere: object,
        academy: SimpleNamespace,
        tmp_path: Path,
    ) -> None:
        plan, _done = bring(elsewhere, self.changed(leaving.file, script, tmp_path), academy.ada)
        assert plan.counts == outcome
        assert any(note.about == about and sentence in note.message for note in plan.notes)

    def test_by_user_name_where_the_file_has_no_e_mail(
        self, leaving: SimpleNamespace, elsewhere: object, academy: SimpleNamespace, tmp_path: Path
    ) -> None:
        content = self.changed(leaving.file, "UPDATE student SET email = NULL", tmp_path)
        plan, _done = bring(elsewhere, content, academy.ada)
        assert plan.counts == {WorkChange.NEW: 6}

    def test_work_that_is_here_is_not_replaced(
        self, leaving: SimpleNamespace, academy: SimpleNamespace, tmp_path: Path
    ) -> None:
        script = "UPDATE submitted_assignment SET timestamp = '2027-01-01 00:00:00.000000'"
        before = counts()
        plan, _done = bring(
            academy.offerings[0], self.changed(leaving.file, script, tmp_path), academy.ines
        )
        assert plan.counts == {WorkChange.SKIPPED: 6} and counts() == before
        assert all("it stands" in note.message for note in plan.notes)

    def test_a_newer_file_brings_what_changed_there(
        self, leaving: SimpleNamespace, elsewhere: object, academy: SimpleNamespace, tmp_path: Path
    ) -> None:
        """Graded again with other points; handed in later."""
        bring(elsewhere, leaving.file, academy.ada)
        full = "UPDATE grade SET auto_score = 0.5 WHERE auto_score IS NOT NULL"
        plan, _done = bring(elsewhere, self.changed(leaving.file, full, tmp_path), academy.ada)
        assert plan.counts == {WorkChange.CHANGED: 6}
        machine = [
            question.score
            for row in gradebook_for(academy.ada, elsewhere).rows
            for grade in row.grades.values()
            for question in grade.questions
        ]
        assert set(machine) == {0.5, None}
        later = "UPDATE submitted_assignment SET timestamp = '2030-01-01 00:00:00.000000'"
        plan, _done = bring(elsewhere, self.changed(leaving.file, later, tmp_path), academy.ada)
        assert plan.counts == {WorkChange.NEW: 6}
        earlier = "UPDATE submitted_assignment SET timestamp = '2020-01-01 00:00:00.000000'"
        plan, _done = bring(elsewhere, self.changed(leaving.file, earlier, tmp_path), academy.ada)
        assert plan.counts == {WorkChange.SKIPPED: 6}

    def test_without_times_it_is_still_the_same_work(
        self, leaving: SimpleNamespace, elsewhere: object, academy: SimpleNamespace, tmp_path: Path
    ) -> None:
        content = self.changed(
            leaving.file, "UPDATE submitted_assignment SET timestamp = NULL", tmp_path
        )
        assert bring(elsewhere, content, academy.ada)[0].counts == {WorkChange.NEW: 6}
        assert bring(elsewhere, content, academy.ada)[0].counts == {WorkChange.UNCHANGED: 6}

    def test_marks_given_here_since_are_not_taken_away(
        self, leaving: SimpleNamespace, elsewhere: object, academy: SimpleNamespace
    ) -> None:
        bring(elsewhere, leaving.file, academy.ada)
        row = gradebook_for(academy.ada, elsewhere).rows[0]
        grade = next(iter(row.grades.values()))
        question = next(q for q in grade.questions if q.mark is None and q.score is not None)
        mark(grade.submission, question.question, points=0.25, comment="", by=academy.ines)
        plan, _done = bring(elsewhere, leaving.file, academy.ada)
        assert plan.counts == {WorkChange.UNCHANGED: 6}


HOSTILE = {
    "not-sqlite": b"PK\x03\x04 no database",
    "empty": b"",
    "cut": None,
    "view": "ALTER TABLE grade RENAME TO grade2; CREATE VIEW grade AS SELECT * FROM grade2",
    "trigger": "CREATE TRIGGER t AFTER INSERT ON grade BEGIN DELETE FROM grade; END",
    "virtual": "CREATE VIRTUAL TABLE extra USING fts5(words)",
    "computed": "ALTER TABLE student RENAME COLUMN email TO old;"
                "ALTER TABLE student ADD COLUMN email AS (hex(zeroblob(1000)))",
    "old": "DROP TABLE task_cells",
    "column": "ALTER TABLE grade DROP COLUMN extra_credit",
    "infinite": "UPDATE grade SET manual_score = 9e999",
    "nan": "UPDATE grade SET auto_score = 'NaN'",
    "words": "UPDATE grade SET manual_score = 'ten'",
    "huge-points": "UPDATE grade_cells SET max_score = 1e300",
    "blob-name": "UPDATE student SET id = x'ff00fe' WHERE id = 'lena'",
    "bad-text": "UPDATE student SET last_name = CAST(x'c328' AS TEXT)",
    "nul": "UPDATE comment SET manual_comment = 'a' || char(0) || 'b'",
    "long": "UPDATE comment SET manual_comment = hex(zeroblob(200000))",
    "time": "UPDATE submitted_assignment SET timestamp = 'yesterday'",
    "orphan": "UPDATE grade SET notebook_id = 'x'; UPDATE base_cell SET notebook_id = 'nowhere'",
    "many": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600000)"
            " INSERT INTO course SELECT 'c' || i FROM n",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_sentence(
    name: str,
    tmp_path: Path,
    academy: SimpleNamespace,
    hostile_ground: bytes,
    as_: Callable[..., object],
) -> None:
    how, content = HOSTILE[name], hostile_ground
    if isinstance(how, bytes):
        content = how
    elif how is None:
        content = content[: len(content) // 2]
    else:
        file = tmp_path / "gradebook.db"
        file.write_bytes(content)
        database = sqlite3.connect(file)
        database.executescript(how)
        database.commit()
        database.close()
        content = file.read_bytes()
    before = counts()
    base = f"/gradebook/courses/{academy.offerings[0].id}/nbgrader"
    form = {"file": (io.BytesIO(content), "gradebook.db")}
    answer = as_(academy.ines).post(f"{base}/imports", data=form)
    assert answer.status_code == 422, answer.location
    [sentence] = answer.text.split('id="file-error">')[1].split("</p>")[:1]
    text = sentence.rsplit("</svg>", 1)[-1].strip()
    assert 15 < len(text) < 300 and "Traceback" not in text
    assert counts() == before
    assert db.session.scalar(select(func.count()).select_from(GradebookImport)) == 0


@pytest.fixture(scope="package")
def hostile_ground(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A good file to spoil."""
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    place = ("ps1-basics", "ps1-alias")
    book = gradebook_files.GradebookFile(
        "c",
        (gradebook_files.Assignment("ps1-basics", moment + timedelta(days=1)),),
        (gradebook_files.Student("lena", None, "Lena", "lena@academy.example"),),
        (
            gradebook_files.Submission(
                "ps1-basics",
                "lena",
                moment,
                (gradebook_files.CellGrade(*place, auto=None, manual=1.0, comment="x"),),
            ),
        ),
    )
    return gradebook_files.write_gradebook(book, sources={"ps1-basics": SOURCES / "ps1-basics"})


def test_through_the_page(
    leaving: SimpleNamespace,
    elsewhere: object,
    academy: SimpleNamespace,
    as_: Callable[..., object],
) -> None:
    base, client = f"/gradebook/courses/{elsewhere.id}/nbgrader", as_(academy.ada)
    before = counts()
    form = {"file": (io.BytesIO(leaving.file), "gradebook.db")}
    checked = client.post(f"{base}/imports", data=form)
    assert checked.status_code == 302 and counts() == before
    page = client.get(checked.location).text
    assert "Import 6 submissions now" in page and counts() == before
    assert client.post(f"{checked.location}/application").status_code == 302
    assert counts()[0] == before[0] + 6
    assert client.post(f"{checked.location}/application").status_code == 409
    assert "imported already" in client.get(checked.location).text
    # What came in can be read, marked and released, but not run.
    grade = next(iter(gradebook_for(academy.ada, elsewhere).rows[0].grades.values()))
    where = (
        f"/gradebook/assignments/{grade.submission.assignment_id}/submissions/{grade.submission.id}"
    )
    page = client.get(where).text
    assert "gradebook.db" in page and "Run the grader again" not in page
    other = f"/gradebook/courses/{academy.offerings[0].id}/nbgrader"
    number = checked.location.rsplit("/", 1)[-1]
    assert as_(academy.ines).get(f"{other}/imports/{number}").status_code == 404


def test_what_came_in_without_files_is_not_graded_again(
    leaving: SimpleNamespace, elsewhere: object, academy: SimpleNamespace
) -> None:
    from lms.coursework.actions import NoFiles, run_again

    bring(elsewhere, leaving.file, academy.ada)
    row = gradebook_for(academy.ada, elsewhere).rows[0]
    submission = next(iter(row.grades.values())).submission
    with pytest.raises(NoFiles):
        run_again(submission, by=academy.ada)
