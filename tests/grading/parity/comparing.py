"""The corpus through both graders, and what differs, in words.

What equal means, cell by cell: the same maximum; the same points, where "a person must mark" (ours:
points None) is nbgrader's needs_manual_grade or no auto_score. Where nbgrader gives up on the
submission, ours has an error on the notebook and leaves all its cells open.
"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grading
from grading import nbgrader_reference
from grading.nbgrader_reference import Graded
from tests.grading.parity.corpus.making import Assignment, Books
from tests.grading.parity.reference import Key, graded_by_nbgrader

Outputs = list[str]
OUTCOMES = ("full", "part", "zero", "by hand", "gave up")


@dataclass(frozen=True)
class Cell:
    """One graded cell of one submission, as both graders have it; outputs in comparable words."""

    assignment: str
    trainee: str
    notebook: str
    grade_id: str
    source: str
    theirs: str
    ours: str
    their_outputs: Outputs
    our_outputs: Outputs

    @property
    def same(self) -> bool:
        return self.theirs == self.ours

    @property
    def outcome(self) -> str:
        """Nbgrader's, for the counts: a corpus of one kind would prove little."""
        points, _, most = self.theirs.partition(" of ")
        if most.endswith("gave up") or points == "by hand":
            return "gave up" if most.endswith("gave up") else points
        if float(points) == float(most):
            return "full"
        return "part" if float(points) else "zero"

    @property
    def same_outputs(self) -> bool:
        return _kinds(self.their_outputs) == _kinds(self.our_outputs)

    def __str__(self) -> str:
        return "\n".join([
            f"--- {self.assignment} / {self.trainee} / {self.notebook} / {self.grade_id}",
            *(f"    | {line}" for line in self.source.splitlines()[:20]),
            f"    nbgrader {self.theirs}: {' · '.join(self.their_outputs) or 'no output'}",
            f"    ours     {self.ours}: {' · '.join(self.our_outputs) or 'no output'}",
        ])  # fmt: skip


def written(assignments: Iterable[Assignment], root: Path) -> list[nbgrader_reference.Assignment]:
    """Sources, and what each trainee hands in for the release of them, as folders below `root`."""
    return [_written(assignment, root / assignment.name) for assignment in assignments]


def _written(assignment: Assignment, root: Path) -> nbgrader_reference.Assignment:
    source, released = root / "source", root / "release"
    _write(source, assignment.source, assignment.files)
    grading.release(source, released, name=assignment.name)
    books = {file.stem: _read(file) for file in released.glob("*.ipynb")}
    submissions = {}
    for trainee, edit in assignment.submissions.items():
        handed_in = copy.deepcopy(books)
        edit(handed_in)
        submissions[trainee] = root / "submitted" / trainee
        _write(submissions[trainee], handed_in, assignment.files)
    shutil.rmtree(released)
    return nbgrader_reference.Assignment(
        assignment.name, source, submissions, assignment.cell_seconds
    )


def _read(file: Path) -> dict[str, Any]:
    """With sources in one piece, as the edits expect them."""
    book: dict[str, Any] = json.loads(file.read_bytes())
    for one in book["cells"]:
        one["source"] = "".join(one["source"])
    return book


def _write(folder: Path, books: Books, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, book in books.items():
        content = book if isinstance(book, str) else json.dumps(book, ensure_ascii=False)
        (folder / f"{name}.ipynb").write_bytes(content.encode("utf-8", "surrogatepass"))
    for path, given in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(given)


def graded_by_us(
    assignments: Sequence[nbgrader_reference.Assignment], *, threads: int = 2
) -> dict[Key, grading.Result]:
    jobs = [
        (assignment, trainee) for assignment in assignments for trainee in assignment.submissions
    ]

    def grade(job: tuple[nbgrader_reference.Assignment, str]) -> grading.Result:
        assignment, trainee = job
        return grading.autograde(
            assignment.source,
            assignment.submissions[trainee],
            name=assignment.name,
            limits=grading.Limits(cell_seconds=assignment.cell_seconds),
        )

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(grade, jobs))
    return {
        (assignment.name, trainee): result
        for (assignment, trainee), result in zip(jobs, results, strict=True)
    }


def compared(assignments: Iterable[Assignment], root: Path) -> list[Cell]:
    """Every graded cell of every submission, through nbgrader and through ours."""
    folders = written(assignments, root)
    theirs = graded_by_nbgrader(folders)
    ours = graded_by_us(folders)
    sources = {one.name: _sources(one.source) for one in folders}
    return [
        cell
        for key, graded in theirs.items()
        for cell in cells_of(graded, ours[key], sources[key[0]])
    ]


def cells_of(
    graded: Graded, result: grading.Result, sources: Mapping[tuple[str, str], str]
) -> Iterator[Cell]:
    points = {(score.notebook, score.grade_id): score for score in result.scores}
    errors = {notebook.name: notebook.error for notebook in result.notebooks}
    their_outputs, our_outputs = outputs_of(graded.executed), outputs_of(result.executed)
    for key in sorted(graded.cells.keys() | points.keys()):
        missing = not graded.failure and f"{key[0]}.ipynb" not in graded.executed
        error = errors.get(key[0])
        yield Cell(
            graded.assignment,
            graded.trainee,
            *key,
            sources.get(key, ""),
            their_words(graded, key),
            "no such cell" if key not in points
            else _words(points[key].points, points[key].max_points, gave_up=bool(error) and not missing),
            [f"gave up: {graded.failure}"] if graded.failure else their_outputs.get(key, []),
            [f"gave up: {error}"] if error and not missing else our_outputs.get(key, []),
        )  # fmt: skip


def their_words(graded: Graded, key: tuple[str, str]) -> str:
    if key not in graded.cells:
        return "no such cell"
    cell = graded.cells[key]
    # What nbgrader wrote to the gradebook before it gave up stands for nothing.
    points = None if graded.failure else cell.points
    return _words(points, cell.max_score, gave_up=bool(graded.failure))


def _words(points: float | None, most: float, *, gave_up: bool) -> str:
    given = "by hand" if points is None else repr(float(points) + 0.0)
    return f"{given} of {most:g}{', gave up' if gave_up else ''}"


def _sources(folder: Path) -> dict[tuple[str, str], str]:
    return {
        (file.stem, one["metadata"]["nbgrader"]["grade_id"]): "".join(one["source"])
        for file in folder.glob("*.ipynb")
        for one in json.loads(file.read_bytes())["cells"]
        if "nbgrader" in one["metadata"]
    }


def outputs_of(executed: Mapping[str, bytes]) -> dict[tuple[str, str], Outputs]:
    return {
        (path.removesuffix(".ipynb"), grade_id): [_output(output) for output in one["outputs"]]
        for path, content in executed.items()
        for one in json.loads(content)["cells"]
        if one["cell_type"] == "code"
        and (grade_id := one["metadata"].get("nbgrader", {}).get("grade_id"))
    }


def _output(output: dict[str, Any]) -> str:
    kind = output["output_type"]
    if kind == "stream":
        return f"{output['name']}: {_short(output['text'])}"
    if kind == "error":
        return f"error {output['ename']}: {_short(output['evalue'])}"
    mimes = "+".join(sorted(output["data"]))
    return f"{kind} {mimes}: {_short(output['data'].get('text/plain', ''))}"


def _short(text: Any) -> str:
    return repr("".join(text) if isinstance(text, list) else text)[:100]


def _kinds(outputs: Outputs) -> list[str]:
    """Streams first and once each: how nbgrader cuts them up is chance, and changes no score."""
    kinds = [output.partition(":")[0] for output in outputs]
    streams = sorted({kind for kind in kinds if kind in {"stdout", "stderr"}})
    return streams + [kind for kind in kinds if kind not in streams]
