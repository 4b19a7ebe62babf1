"""Sealed tests: what a test can do with the trainee's functions from another process, and what no
trainee's code can do to it. Each assignment here has many questions of one point, graded at once."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import grading
from grading.sandbox.channel import Channel
from tests.grading.sealed_cases import CHEATS, WORKING, WRONG, Case, Grade, errors

pytestmark = pytest.mark.slow
SOURCES = sorted(Path(__file__).parents[2].glob("courses/*/source/*"))
SEALED = grading.Rules(tests_sealed=True)


@pytest.fixture(scope="module")
def grade(make: SimpleNamespace, kernels: Path, tmp_path_factory: pytest.TempPathFactory) -> Grade:
    return Grade(make, kernels, tmp_path_factory)


@pytest.fixture(scope="module")
def working(grade: Grade) -> grading.Result:
    return grade([WORKING])


@pytest.mark.parametrize("case", WORKING, ids=lambda case: case.name)
def test_a_right_answer_gets_its_point(case: Case, working: grading.Result, points: Any) -> None:
    assert points(working)[case.name] == 1, errors(working).get(case.name)


@pytest.fixture(scope="module")
def wrong(grade: Grade) -> grading.Result:
    return grade([WRONG])


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_what_cannot_be_says_so(case: Case, wrong: grading.Result, points: Any) -> None:
    assert points(wrong)[case.name] == 0
    assert case.error in errors(wrong)[case.name]


@pytest.fixture(scope="module")
def cheated(grade: Grade) -> grading.Result:
    return grade([[case] for case in CHEATS], cell_seconds=8)


@pytest.mark.parametrize("case", CHEATS, ids=lambda case: case.name)
def test_a_cheat_gets_nothing(case: Case, cheated: grading.Result, points: Any) -> None:
    assert not points(cheated)[case.name]


def test_the_answers_cheats_stand_for_would_be_right(grade: Grade, points: Any) -> None:
    honest = grade([[dataclasses.replace(case, answer=None) for case in CHEATS]])
    assert set(points(honest).values()) == {1.0}, errors(honest)


MARK = "HIDDEN-MARK-77"
SEARCH = """
import gc, re
def search():
    found, pattern = [], re.compile("HIDDEN[-]MARK[-][7]{2}")
    for thing in gc.get_objects():
        texts = list(thing) + list(thing.values()) if type(thing) is dict else thing if type(thing) in (list, tuple) else [thing]
        found += [one for one in texts if type(one) is str and pattern.search(one)]
    try:
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb") as memory:
            for line in maps:
                start, end = (int(word, 16) for word in line.split()[0].split("-"))
                if " rw" in line and end - start < 2**28:
                    memory.seek(start)
                    found += re.findall(rb"HIDDEN[-]MARK[-][7]{2}", memory.read(end - start))
    except OSError:
        pass
    return len(found)
"""


def test_a_hidden_test_never_comes_near_the_trainees_process(
    grade: Grade, points: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[int, list[str]] = {}
    trainees = set()
    send = Channel.send

    def listening(channel: Channel, message: Any, **more: Any) -> None:
        told.setdefault(id(channel), []).append(json.dumps(message) + repr(more.get("content")))
        if message.get("side") == "trainee":
            trainees.add(id(channel))
        send(channel, message, **more)

    monkeypatch.setattr(Channel, "send", listening)
    test = f"### BEGIN HIDDEN TESTS\nprint('{MARK}')\n### END HIDDEN TESTS\nassert search() == 0"
    case = Case("search", SEARCH, test)
    assert points(grade([[case, dataclasses.replace(case, name="again")]])) == {
        "search": 1,
        "again": 1,
    }
    assert len(trainees) == 1
    heard = {channel for channel, words in told.items() if any(MARK in word for word in words)}
    assert heard and not heard & trainees
    # The same search finds it where the tests run in the trainee's process.
    assert points(grade([[case]], rules=grading.Rules()))["search"] == 0


def test_a_value_of_a_package_the_author_does_not_use(grade: Grade, points: Any) -> None:
    answer = "import numpy\ndef four():\n    return numpy.int64(4)"
    case = Case("four", "def four():\n    return 4", "assert four() == 4", answer=answer)
    assert points(grade([[case]])) == {"four": 1}


def test_a_warning_costs_each_test_that_meets_it(grade: Grade, points: Any) -> None:
    old = "import warnings\ndef old(x):\n    warnings.warn('old', DeprecationWarning, stacklevel=2)"
    cases = [Case("old", old, "old(1)"), Case("older", "pass", "old(2)\nold(3)")]
    assert (
        points(grade([cases]))
        == points(grade([cases], rules=grading.Rules()))
        == {"old": 0, "older": 0}
    )


def test_each_cell_shows_its_own_outputs(grade: Grade) -> None:
    solution = "print('made')\ndef shout():\n    print('called')\n    return 3"
    result = grade([[Case("shout", solution, "print('before')\nshout()\n0.5")]])
    (content,) = result.executed.values()
    answer, test = json.loads(content)["cells"]
    assert [one["text"] for one in answer["outputs"]] == ["made\n"]
    assert [one.get("text") for one in test["outputs"]] == ["before\ncalled\n", None]
    assert test["outputs"][1]["data"] == {"text/plain": "0.5"}
    assert result.scores[0].points == 0.5


def test_what_a_function_complains_about_counts_as_without_seal(grade: Grade, points: Any) -> None:
    loud = Case("loud", "import sys\ndef loud():\n    print('careful', file=sys.stderr)", "loud()")
    assert points(grade([[loud]])) == {"loud": 0}
    allowed = dataclasses.replace(SEALED, warnings_allowed=True)
    assert points(grade([[loud]], rules=allowed)) == {"loud": 1}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_the_courses_score_the_same_with_and_without_seal(source: Path, tmp_path: Path) -> None:
    grading.release(source, tmp_path, name=source.name)
    for submission in (source, tmp_path):
        plain = grading.autograde(source, submission, name=source.name)
        sealed = grading.autograde(source, submission, name=source.name, rules=SEALED)
        assert sealed.scores == plain.scores
        assert sealed.events == ()


def test_sealed_tests_are_for_warm_python(grade: Grade) -> None:
    with pytest.raises(grading.UnusableInput, match="sealed tests need a Python notebook"):
        grade([[Case("widget", "import ipywidgets", "assert ipywidgets")]])


def test_names_are_read_off_the_authors_notebook(make: SimpleNamespace) -> None:
    from grading.borrowing import borrowed

    book = make.notebook(
        make.cell("import numpy as np\n%matplotlib inline\nspare = 1"),
        make.cell("data = [1]\ntool = len", grade_id="given", locked=True),
        make.solution("data.append(2)\nfor i in data: pass\nclass Box:\n    inner = 1", "answer"),
        make.test("local = 1", "first", 1),
        make.test("assert local", "second", 1),
    )
    found = borrowed(json.dumps(book).encode())
    assert found["given"].theirs == {"spare"} and found["given"].ours == {"np", "data", "tool"}
    assert found["first"].theirs == {"spare", "data", "i", "Box"}
    assert found["first"].classes == {"Box"} and found["first"].ours == {"np", "tool", "local"}
    assert found["second"].ours == {"np", "tool", "local"}
    assert found["second"].imports == ((("np",), "import numpy as np"),)
