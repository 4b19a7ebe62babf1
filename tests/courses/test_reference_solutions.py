"""Every assignment grades itself: its authors' solutions score full marks under real nbgrader, and
what trainees get gives away neither solutions nor hidden tests."""

import json
from pathlib import Path

import pytest

import grading

SOURCES = sorted(Path(__file__).parents[2].glob("courses/*/source/*"))
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=SOURCES, ids=lambda folder: folder.name)
def source(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture(scope="module")
def released(
    source: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, grading.Release]:
    into = tmp_path_factory.mktemp("release")
    return into, grading.release(source, into, name=source.name)


def lines_of(notebooks: list[bytes]) -> list[str]:
    cells = [cell for content in notebooks for cell in json.loads(content)["cells"]]
    return [line.strip() for cell in cells for line in "".join(cell["source"]).split("\n")]


def hidden_lines(notebooks: list[bytes]) -> set[str]:
    """Lines that stand in hidden tests and nowhere else."""
    found: dict[bool, set[str]] = {True: set(), False: set()}
    inside = False
    for line in lines_of(notebooks):
        inside = "BEGIN HIDDEN TESTS" in line or (inside and "END HIDDEN TESTS" not in line)
        found[inside].add(line)
    return found[True] - found[False]


def test_the_solution_scores_full_marks(source: Path) -> None:
    result = grading.autograde(source, source, name=source.name)
    assert result.error is None
    assert [notebook.error for notebook in result.notebooks] == [None] * len(result.notebooks)
    machine = [score for score in result.scores if score.points is not None]
    assert {score.grade_id: score.points for score in machine} == {
        score.grade_id: score.max_points for score in machine
    }
    assert 5 <= len(result.scores) <= 8
    assert [score for score in result.scores if score.points is None], "a person marks something"
    assert sum(score.max_points for score in result.scores) % 10 == 0


def test_the_release_version_scores_nothing(
    source: Path, released: tuple[Path, grading.Release]
) -> None:
    into, release = released
    result = grading.autograde(source, into, name=source.name)
    assert [notebook.error for notebook in result.notebooks] == [None] * len(result.notebooks)
    assert {score.points for score in result.scores} == {0}
    assert {score.grade_id for score in result.scores} == {
        question.grade_id for question in release.questions
    }


def test_the_release_version_gives_nothing_away(
    source: Path, released: tuple[Path, grading.Release]
) -> None:
    _, release = released
    paths = [path for path, _ in release.files]
    assert sorted(paths) == sorted(path.name for path in source.iterdir())
    notebooks = [content for path, content in release.files if path.endswith(".ipynb")]
    visible = set(lines_of(notebooks))
    assert not {line for line in visible if "BEGIN SOLUTION" in line or "HIDDEN TESTS" in line}
    hidden = hidden_lines([path.read_bytes() for path in source.glob("*.ipynb")])
    assert hidden and not hidden & visible
