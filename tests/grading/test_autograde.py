"""nbgrader's scores, for honest submissions and for those that changed what is not theirs."""

from pathlib import Path
from typing import Any

import pytest

import grading

pytestmark = pytest.mark.slow
SOLVED = {"test-x": 1.0, "test-add": 3.0, "share": 2.0, "why": None}


def test_a_solved_assignment_gets_full_points(handed: Any, points: Any) -> None:
    result = handed.solve().grade()
    assert points(result) == SOLVED
    assert [(n.name, n.error) for n in result.notebooks] == [("second", None), ("sums", None)]
    assert result.error is None
    assert "add(-1, 1)" in result.executed["sums.ipynb"].decode()
    assert {s.grade_id: s.max_points for s in result.scores}["test-add"] == 3


def test_an_untouched_assignment_gets_nothing(handed: Any, points: Any) -> None:
    assert points(handed.grade()) == {"test-x": 0, "test-add": 0, "share": 0, "why": 0}


def test_part_of_the_points(handed: Any, points: Any) -> None:
    handed.solve().cell("give")["source"] = "share = 0.5"
    assert points(handed.grade()) == SOLVED | {"share": 0.5}


def test_hidden_tests_count(handed: Any, points: Any) -> None:
    handed.solve().cell("add")["source"] = "def add(a, b):\n    return 3"
    assert points(handed.grade()) == SOLVED | {"test-add": 0}


def test_standard_error_in_a_test_costs_its_points(handed: Any, points: Any) -> None:
    handed.solve().cell("add")["source"] = (
        "import sys\ndef add(a, b):\n    print('careful', file=sys.stderr)\n    return a + b"
    )
    assert points(handed.grade()) == SOLVED | {"test-add": 0}


def test_more_than_the_most_points_is_an_error_of_the_notebook(handed: Any, points: Any) -> None:
    handed.solve().cell("give")["source"] = "share = 9"
    result = handed.grade()
    assert points(result) == {"test-x": 1, "test-add": None, "share": None, "why": None}
    assert "partial credit" in result.notebooks[1].error
    assert "share = 9" in result.executed["sums.ipynb"].decode()


def test_a_missing_notebook_gets_nothing_and_the_other_is_graded(handed: Any, points: Any) -> None:
    del handed.solve().books["sums"]
    result = handed.grade()
    assert points(result) == {"test-x": 1, "test-add": 0, "share": 0, "why": 0}
    assert "missing" in result.notebooks[1].error


def test_nothing_handed_in(handed: Any, points: Any) -> None:
    handed.books.clear()
    assert set(points(handed.grade()).values()) == {0}


def test_notebook_code_runs_in_the_notebook_environment(handed: Any, notebook_python: Path) -> None:
    handed.solve().cell("add")["source"] = (
        "import os, sys, numpy\nprint('PREFIX', sys.prefix, os.environ['PATH'].split(':')[0])\n"
        "print('PATH', [p for p in sys.path if p and not p.startswith(sys.base_prefix)])"
    )
    text = handed.grade().executed["sums.ipynb"].decode()
    assert f"PREFIX {notebook_python.parents[1]} {notebook_python.parent}" in text
    root = Path(grading.__file__).parents[1]
    assert f"'{root}'" not in text


def test_no_kernel_is_a_clear_refusal(handed: Any, tmp_path: Path) -> None:
    handed.kernels = tmp_path / "nothing"
    with pytest.raises(grading.UnusableInput, match="no kernel 'python3'"):
        handed.solve().grade()


def test_plots_cost_no_points(make: Any, kernels: Path, tmp_path: Path, points: Any) -> None:
    book = make.notebook(
        make.test("import matplotlib.pyplot as plt\nplt.plot([1, 2]);\nplt.show()", "plot", 1)
    )
    folder = make.write(tmp_path / "plots", plots=book)
    result = grading.autograde(folder, folder, name="plots", kernels=kernels)
    assert points(result) == {"plot": 1}
    assert "image/png" in result.executed["plots.ipynb"].decode()


def test_a_trainees_own_name_for_something_is_no_tampering(
    make: Any, tmp_path: Path, points: Any
) -> None:
    """Whatever is called `len` or `min` meanwhile, a false claim after a test is still false."""
    names = "min = max = len = sorted = sum = abs = int = str = list = dict = lambda *_: 1"
    tests = [make.test("assert True", f"test-{number}", 1) for number in range(40)]
    folder = make.write(tmp_path / "ps", work=make.notebook(make.cell(names), *tests))
    result = grading.autograde(folder, folder, name="ps")
    assert set(points(result).values()) == {1.0}
