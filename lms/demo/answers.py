"""What trainees of the demonstration hand in: an assignment's notebooks, solved to a certain task.

A *task* is a run of answer cells and the test cells that follow, or one cell that a person marks. An
answer solves tasks as the authors did and leaves the others as nbgrader released them, so that the
machine's points follow by rule: a test passes exactly when its task is solved, and a cell for a
person that was left alone is worth 0. The slow test lets the real grader judge every answer.
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import grading
from lms import storage
from lms.curricula.models import CourseAssignment
from lms.demo.notebooks import Place, solutions, solve, tasks
from lms.storage import Manifest

SHARES = (0.25, 0.5, 0.75, 1.0)  # of the tasks with tests that are solved


@dataclass(frozen=True)
class Answer:
    """Files as handed in; the machine's points by cell, None where a person must mark."""

    contents: list[tuple[str, bytes]]
    files: Manifest
    pages: Manifest
    points: dict[Place, float | None]


@dataclass(frozen=True)
class Material:
    """An assignment of the course with its release version and the answers to it, the poorest first."""

    authored: CourseAssignment
    release: grading.Release
    answers: list[Answer]

    def answer_of(self, ability: float) -> Answer:
        """What somebody of this ability, 0 to 1, hands in: most are able to do most of it."""
        place = int(max(0.0, min(ability * 1.3, 0.99)) * len(self.answers))
        return self.answers[place]


def prepare(authored: CourseAssignment) -> Material:
    """Let nbgrader make the release version, and solve it to several degrees."""
    with TemporaryDirectory(prefix="demo-") as folder:
        source, into = Path(folder, "source"), Path(folder, "release")
        storage.write_into(source, authored.files)
        release = grading.release(source, into, name=authored.slug)
    written = {
        (question.notebook, question.grade_id)
        for question in release.questions
        if question.kind == "manual"
    }
    tested = [task for task in tasks(release.files) if written.isdisjoint(task)]
    counts = [max(1, round(share * len(tested))) for share in SHARES]
    by_authors = solutions((file.path, storage.get(file.sha256)) for file in authored.files)
    answers = []
    for count in sorted(set(counts)):
        solved = {place for task in tested[:count] for place in task}
        # Whoever solves little does not get to the written answers.
        solved |= written if count > counts[0] else set()
        answers.append(_answer(release, by_authors, solved))
    return Material(authored, release, answers)


def _answer(release: grading.Release, by_authors: dict[Place, str], solved: set[Place]) -> Answer:
    contents = [
        (path, solve(path, content, by_authors, solved) if path.endswith(".ipynb") else content)
        for path, content in release.files
    ]
    pages = [
        (path.removesuffix(".ipynb") + ".html", grading.render_notebook(content).encode())
        for path, content in contents
        if path.endswith(".ipynb")
    ]
    return Answer(
        contents,
        storage.put_all(contents),
        storage.put_all(pages),
        {
            (question.notebook, question.grade_id): _points(question, solved)
            for question in release.questions
        },
    )


def _points(question: grading.Question, solved: set[Place]) -> float | None:
    if (question.notebook, question.grade_id) not in solved:
        return 0.0
    return None if question.kind == "manual" else question.max_points
