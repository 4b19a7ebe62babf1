"""What trainees get, and what authors are told when their notebook is not right."""

import json
from pathlib import Path
from typing import Any

import pytest

import grading

pytestmark = pytest.mark.slow


def test_solutions_and_hidden_tests_are_gone(released: Path) -> None:
    text = (released / "sums.ipynb").read_text()
    assert "return a + b" not in text
    assert "add(-1, 1)" not in text
    assert "YOUR CODE HERE" in text
    assert "assert add(1, 2) == 3" in text
    assert (released / "data.csv").read_text() == "a,b\n1,2\n"


def test_cells_are_locked_and_summed(released: Path) -> None:
    cells = json.loads((released / "sums.ipynb").read_bytes())["cells"]
    marks = {c["metadata"]["nbgrader"]["grade_id"]: c["metadata"] for c in cells[1:]}
    assert marks["test-add"]["editable"] is False
    assert len(marks["test-add"]["nbgrader"]["checksum"]) == 32


def test_questions_stand_in_the_order_of_notebooks_and_cells(source: Path, tmp_path: Path) -> None:
    release = grading.release(source, tmp_path / "into", name="ps1")
    assert [(q.notebook, q.grade_id, q.max_points, q.kind) for q in release.questions] == [
        ("second", "test-x", 1, "autograded"),
        ("sums", "test-add", 3, "autograded"),
        ("sums", "share", 2, "autograded"),
        ("sums", "why", 5, "manual"),
    ]
    assert [q.position for q in release.questions] == [1, 2, 3, 4]
    assert [path for path, _ in release.files] == ["data.csv", "second.ipynb", "sums.ipynb"]
    assert all((tmp_path / "into" / path).read_bytes() == data for path, data in release.files)


def test_names_with_patterns_and_korean(make: Any, tmp_path: Path) -> None:
    book = make.notebook(make.test("assert True", "t", 1))
    folder = make.write(tmp_path / "과제 [1] *", **{"문제 [a] 1": book})
    release = grading.release(folder, tmp_path / "into", name="과제")
    assert [q.notebook for q in release.questions] == ["문제 [a] 1"]


def two_of(make: Any) -> Any:
    return make.notebook(make.test("1", "same", 1), make.test("2", "same", 1))


CASES = {
    "same ID twice": (two_of, "two cells have the ID 'same'"),
    "no kernel": (lambda m: m.notebook(m.test("1", "t", 1), kernel=None), "no kernel is named"),
    "other kernel": (lambda m: m.notebook(m.test("1", "t", 1), kernel="fortran"), "its kernel 'fortran'"),
    "no JSON": (lambda m: "{", "no readable notebook"),
    "open solution": (
        lambda m: m.notebook(m.solution("### BEGIN SOLUTION\n1", "s")), "end solution",
    ),
    "solution outside": (
        lambda m: m.notebook(m.cell("### BEGIN SOLUTION\n1\n### END SOLUTION")), "solution",
    ),
    "no points": (
        lambda m: m.notebook(m.cell("1", grade_id="t", grade=True, locked=True)), "points",
    ),
    "old marks": (
        lambda m: m.notebook(m.cell("1", grade_id="t", grade=True, schema_version=1)), "schema",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_unusable_source_says_which_notebook_and_why(
    case: str, make: Any, tmp_path: Path
) -> None:
    book, words = CASES[case]
    folder = make.write(tmp_path / "source", wrong=book(make))
    with pytest.raises(grading.UnusableInput) as refusal:
        grading.release(folder, tmp_path / "into", name="ps1")
    sentence = str(refusal.value)
    assert sentence.startswith("wrong.ipynb: ")
    assert words in sentence.lower() or words in sentence
    assert "\n" not in sentence
    assert "JupyterLab" in sentence or "another ID" in sentence


def test_an_empty_source_is_unusable(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    with pytest.raises(grading.UnusableInput, match="There is no notebook"):
        grading.release(tmp_path / "source", tmp_path / "into", name="ps1")
    with pytest.raises(grading.UnusableInput, match="no folder"):
        grading.release(tmp_path / "nowhere", tmp_path / "into", name="ps1")
