"""Courses as folders: the shipped one is whole, and every way to break one has its own sentence."""

import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import grading
from lms.curricula import files
from lms.curricula.files import CourseFileError, read_course
from lms.curricula.outline import RULES

COURSES = Path(__file__).parents[2] / "courses"
YAML = """\
slug: tiny
title: {ko: 작은 강의, en: Tiny}
summary: {ko: 요약, en: Summary}
hours: 2
lessons:
  - slug: one
    title: {ko: 하나, en: One}
    minutes: 30
assignments:
  - slug: ps1
    title: {ko: 과제, en: Problems}
    summary: {ko: 요약, en: Summary}
    after: one
    minutes: 60
"""
SOLVED = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
TESTED = "assert f()\n### BEGIN HIDDEN TESTS\nassert f() == 1\n### END HIDDEN TESTS"


def cell(grade_id: str, source: str, kind: str = "code", **labels: Any) -> dict[str, Any]:
    nbgrader = {"grade": False, "grade_id": grade_id, "locked": False, "schema_version": 3}
    nbgrader |= {"solution": False, "task": False} | labels
    lines = source.splitlines(keepends=True)
    return {"cell_type": kind, "id": grade_id, "metadata": {"nbgrader": nbgrader}, "source": lines}


def notebook() -> dict[str, Any]:
    return {
        "cells": [
            cell("f", SOLVED, solution=True),
            cell("f-test", TESTED, grade=True, locked=True, points=2),
        ],
        "metadata": {"kernelspec": {"name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole course in courses/tiny below the current folder."""
    monkeypatch.chdir(tmp_path)
    folder = Path("courses/tiny")
    for path, text in {
        "course.yaml": YAML,
        "lessons/one.ko.md": "하나",
        "lessons/one.en.md": "One",
        "source/ps1/data.csv": "a,b\n",
        "source/ps1/ps1.ipynb": json.dumps(notebook(), indent=1),
        "source/ps1/.ipynb_checkpoints/ps1.ipynb": "the editor's own",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(CourseFileError) as caught:
        read_course(folder)
    assert str(caught.value).split("\n") == [str(problem) for problem in caught.value.problems]
    return [str(problem).removeprefix("courses/tiny/") for problem in caught.value.problems]


def test_a_whole_course(course: Path) -> None:
    read = read_course(course)
    assert (read.slug, read.title, read.hours) == ("tiny", ("작은 강의", "Tiny"), 2)
    (lesson,), (assignment,) = read.lessons, read.assignments
    assert (lesson.slug, lesson.body, lesson.minutes) == ("one", ("하나", "One"), 30)
    assert (assignment.slug, assignment.after, assignment.minutes) == ("ps1", "one", 60)
    assert [path for path, _ in assignment.files] == ["data.csv", "ps1.ipynb"]
    assert assignment.files[0][1] == b"a,b\n"


@pytest.mark.parametrize(
    "folder",
    sorted(path.parent for path in COURSES.glob("*/course.yaml")),
    ids=lambda folder: folder.name,
)
def test_the_shipped_courses_are_whole(folder: Path) -> None:
    course = read_course(folder)
    assert course.lessons and course.assignments


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("slug: tiny", "slug: small", '1: the slug is "small" but the folder "tiny": name both the same.'),
        ("hours: 2\n", "", '1: the course has no "hours": add it.'),
        ("hours: 2", "hours: two", "4: hours must be a whole number above 0: write one such as 60."),
        ("hours: 2", "hours: 2\ncolour: red", '5: the course has the unknown key "colour": use only slug, title, summary, hours, lessons and assignments.'),
        ("hours: 2", "hours: 2\nhours: 3", '5: the course has the key "hours" twice: delete one.'),
        ("en: Tiny", "en: 3", "2: the title of the course in English must be text: put it in double quotes."),
        ("en: Tiny", "en: ''", "2: the title of the course in English is empty: write it."),
        ("{ko: 하나, en: One}", "{ko: 하나}", '7: the title of lesson "one" has no "en": add it.'),
        ("{ko: 하나, en: One}", "하나", '7: the title of lesson "one" must have the keys ko and en: write them below it.'),
        ("minutes: 30", "minutes: 0", '8: minutes of lesson "one" must be a whole number above 0: write one such as 60.'),
        ("after: one", "after: two", '13: assignment "ps1" comes after "two", which is no lesson: name one.'),
        ("assignments:\n", "  - slug: one\n    title: {ko: 둘, en: Two}\n    minutes: 1\nassignments:\n", '9: lesson "one" is also on line 6: rename one.'),
        ("assignments:\n", "  - slug: Two_\n    title: {ko: 둘, en: Two}\n    minutes: 1\nassignments:\n", '9: "Two_" is no slug: use small letters, digits and single hyphens, such as control-flow.'),
        ("hours: 2", "hours: [", "6: the file is not YAML (expected the node content, but found '-'): correct this line."),
        (YAML, "", "1: the file is empty: write slug, title, summary, hours, lessons and assignments."),
        (YAML, "- a\n", "1: the course must have the keys slug, title, summary, hours, lessons and assignments: write them below it."),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_outline(course: Path, old: str, new: str, problem: str) -> None:
    assert YAML.count(old) == 1
    (course / "course.yaml").write_text(YAML.replace(old, new))
    assert f"course.yaml:{problem}" in problems_of(course)


def edit(path: str, change: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda folder: change(folder / path)


def link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


@pytest.mark.parametrize(
    ("break_it", "problems"),
    [
        (edit("course.yaml", Path.unlink), ["course.yaml:1: is missing: write it."]),
        (edit("course.yaml", lambda path: path.write_bytes(b"\xff")), ["course.yaml:1: the file is not UTF-8: save it as UTF-8."]),
        (edit("lessons/one.en.md", Path.unlink), ['course.yaml:6: lesson "one" has no English text: add lessons/one.en.md.']),
        (edit("lessons/one.ko.md", lambda path: path.write_bytes(b"a\n\xff")), ["lessons/one.ko.md:2: the text is not UTF-8: save it as UTF-8."]),
        (edit("lessons/one.ko.md", lambda path: path.write_text("\n")), ["lessons/one.ko.md:1: the lesson is empty: write it."]),
        (edit("lessons/two.ko.md", Path.touch), ['lessons/two.ko.md:1: course.yaml has no lesson "two": list it or delete this.']),
        (edit("lessons/one.md", Path.touch), ["lessons/one.md:1: is no lesson text: name it <lesson>.ko.md or <lesson>.en.md."]),
        (edit("lessons/one.ko.md", link), ['course.yaml:6: lesson "one" has no Korean text: add lessons/one.ko.md.', "lessons/one.ko.md:1: is a symbolic link: put the file itself here."]),
        (edit("source/ps1", shutil.rmtree), ['course.yaml:10: assignment "ps1" has no files: add source/ps1/ with a notebook.']),
        (edit("source/ps1/ps1.ipynb", Path.unlink), ["source/ps1:1: has no notebook: add one."]),
        (edit("source/ps1", lambda path: shutil.copytree(path, path.with_name("ps2"))), ['source/ps2:1: course.yaml has no assignment "ps2": list it or delete this.']),
        (edit("source/ps1/a", lambda path: shutil.copytree(path.parent, path)), ["source/ps1/a/ps1.ipynb:1: is in a folder, where nbgrader looks for none: move it up."]),
        (edit("source/ps1/data.csv", lambda path: os.truncate(path, files.MAX_FILE_BYTES + 1)), ["source/ps1/data.csv:1: is larger than 10 MB: make it smaller."]),
        (edit("source/ps1/pipe", os.mkfifo), ["source/ps1/pipe:1: is neither a file nor a folder: delete it."]),
        (edit("source/ps1/ps1.ipynb", lambda path: path.write_text('{\n"cells": [}')), ["source/ps1/ps1.ipynb:2: the notebook is not JSON (Expecting value): save the notebook again with a current JupyterLab."]),
        (edit("source/ps1/ps1.ipynb", lambda path: path.write_text("[]")), ["source/ps1/ps1.ipynb:1: the file is no notebook: save the notebook again with a current JupyterLab."]),
        (edit("source/ps1/ps1.ipynb", lambda path: path.write_text("[" * 100_000)), ["source/ps1/ps1.ipynb:1: the file is no notebook: save the notebook again with a current JupyterLab."]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_files(
    course: Path, break_it: Callable[[Path], object], problems: list[str]
) -> None:
    break_it(course)
    assert problems_of(course) == problems


AGAIN = "save the notebook again with a current JupyterLab."
SECOND = '23: cell 2 ("f-test")'


def label(number: int, **labels: Any) -> Callable[[dict[str, Any]], None]:
    return lambda nb: nb["cells"][number]["metadata"]["nbgrader"].update(labels)


def source(number: int, text: str) -> Callable[[dict[str, Any]], None]:
    return lambda nb: nb["cells"][number].update(source=text)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda nb: nb.update(nbformat_minor=4), f"1: the notebook is older than nbformat 4.5: {AGAIN}"),
        (lambda nb: nb["metadata"]["kernelspec"].pop("name"), "1: no kernel is named: choose one in JupyterLab and save it."),
        (lambda nb: nb["cells"][1].pop("id"), f"{SECOND} has no id: give it one of letters, digits, hyphens and underscores."),
        (lambda nb: nb["cells"][1].update(id="f"), f'{SECOND} has the id "f" of cell 1: give it another.'),
        (lambda nb: nb["cells"][1].pop("source"), f"{SECOND} has no source: {AGAIN}"),
        (lambda nb: nb["cells"].append(7), f"44: cell 3 is no notebook cell: {AGAIN}"),
        (label(1, grade_id="f"), '23: cell 2 ("f") has the grade_id "f" of cell 1: give it another.'),
        (label(1, grade_id=""), "23: cell 2 has no grade_id: give it one of letters, digits, hyphens and underscores."),
        (label(1, schema_version=2), f"{SECOND} has nbgrader metadata that is not of schema version 3: run nbgrader update."),
        (label(1, grade="yes"), f'{SECOND} has a value of "grade" that is neither true nor false: correct it.'),
        (label(1, points=-1), f"{SECOND} has no points: give it a number from 0 up."),
        (label(1, points=float("nan")), f"{SECOND} has no points: give it a number from 0 up."),
        (label(1, points=True), f"{SECOND} has no points: give it a number from 0 up."),
        (label(1, locked=False), f"{SECOND} is an autograder test that trainees can change: lock it."),
        (label(1, grade=False), f"{SECOND} has HIDDEN TESTS markers outside an autograder test cell (nbgrader: grade): move them or label the cell."),
        (label(1, grade=False, task=True), f"{SECOND} is a task in a code cell: make it a Markdown cell."),
        (lambda nb: nb["cells"][1].update(cell_type="markdown"), f"{SECOND} is an autograder test in a text cell: make it a code cell."),
        (lambda nb: nb["cells"][0].update(cell_type="markdown"), '3: cell 1 ("f") is an answer in text without points: make it manually graded.'),
        (label(0, solution=False), '3: cell 1 ("f") has SOLUTION markers outside an answer cell (nbgrader: solution): move them or label the cell.'),
        (source(0, "### BEGIN SOLUTION"), '3: cell 1 ("f") has BEGIN SOLUTION without END SOLUTION: add it below.'),
        (source(0, "### END SOLUTION"), '3: cell 1 ("f") has END SOLUTION without BEGIN SOLUTION: add it above.'),
        (source(0, "### BEGIN SOLUTION\n" * 2 + "### END SOLUTION"), '3: cell 1 ("f") has BEGIN SOLUTION twice in a row: put END SOLUTION between them.'),
        (lambda nb: nb["cells"].pop(), "1: has no graded cell: give one points in nbgrader."),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_notebook(
    course: Path, change: Callable[[dict[str, Any]], object], problem: str
) -> None:
    nb = notebook()
    change(nb)
    (course / "source/ps1/ps1.ipynb").write_text(json.dumps(nb, indent=1))
    assert f"source/ps1/ps1.ipynb:{problem}" in problems_of(course)


def test_all_problems_are_told_at_once_and_in_order(course: Path) -> None:
    (course / "course.yaml").write_text(YAML.replace("hours: 2", "hours: no"))
    (course / "lessons/one.en.md").unlink()
    (course / "source/ps1/ps1.ipynb").write_text("{}")
    assert problems_of(course) == [
        "course.yaml:4: hours must be a whole number above 0: write one such as 60.",
        'course.yaml:6: lesson "one" has no English text: add lessons/one.en.md.',
        f"source/ps1/ps1.ipynb:1: the file is no notebook: {AGAIN}",
    ]


def with_rules(course: Path, rules: str) -> None:
    (course / "course.yaml").write_text(YAML + f"    rules: {rules}\n")


def test_an_assignment_names_its_rules_of_scoring(course: Path) -> None:
    assert read_course(course).assignments[0].rules == []
    with_rules(course, "[points_kept, warnings_allowed]")
    assert read_course(course).assignments[0].rules == ["warnings_allowed", "points_kept"]


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ("[generous]", 'has the unknown rule "generous": use only warnings_allowed, values_checked, points_kept and tests_sealed.'),
        ("[points_kept, points_kept]", 'has the rule "points_kept" twice: delete one.'),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_rules(course: Path, rules: str, problem: str) -> None:
    with_rules(course, rules)
    assert problems_of(course) == [f'course.yaml:15: assignment "ps1" {problem}']


def test_rules_must_be_a_list(course: Path) -> None:
    with_rules(course, "points_kept")
    assert problems_of(course) == [
        'course.yaml:15: the rules of assignment "ps1" must be a list: begin each of them with a hyphen.'
    ]


def test_the_rules_are_those_of_the_grader() -> None:
    assert tuple(field.name for field in dataclasses.fields(grading.Rules)) == RULES
