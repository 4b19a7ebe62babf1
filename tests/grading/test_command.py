"""`python -m grading` as a person or a script meets it: output and exit status."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def command(*arguments: Any) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "grading", *map(str, arguments)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_json(handed: Any, make: Any) -> None:
    del handed.solve().books["second"]
    make.write(handed.folder, **handed.books)
    done = command(
        "autograde", handed.folder, "--source", handed.source, "--kernels", handed.kernels, "--json"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "notebooks": {
            "second": {
                "cells": {"test-x": {"score": 0, "max": 1}},
                "error": "The notebook is missing from the submission.",
            },
            "sums": {
                "cells": {
                    "test-add": {"score": 3, "max": 3},
                    "share": {"score": 2, "max": 2},
                    "why": {"score": None, "max": 5},
                },
                "error": None,
            },
        }
    }


def test_table_with_the_kernel_found_by_itself(handed: Any, released: Path) -> None:
    done = command("autograde", released, "--source", handed.source)
    assert done.returncode == 0
    assert "test-add" in done.stdout
    assert "0 of 11 points" in done.stdout


def test_release(source: Path, tmp_path: Path) -> None:
    done = command("release", source, tmp_path / "into")
    assert done.returncode == 0
    assert (tmp_path / "into/sums.ipynb").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["autograde", "/nonexistent", "--source", "SOURCE"],
        ["autograde", "SOURCE", "--source", "/nonexistent"],
        ["autograde", "SOURCE", "--source", "EMPTY"],
        ["autograde", "SOURCE", "--source", "SOURCE", "--kernels", "EMPTY"],
        ["release", "EMPTY", "EMPTY"],
    ],
)
def test_unusable_input_is_two_and_one_sentence(
    words: list[str], source: Path, tmp_path: Path
) -> None:
    places = {"SOURCE": source, "EMPTY": tmp_path}
    done = command(*(places.get(word, word) for word in words))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_importing_the_door_is_cheap_and_brings_no_nbgrader() -> None:
    code = "import grading, sys; print([m for m in ('nbgrader', 'nbformat', 'psutil', 'flask') if m in sys.modules])"
    best = 9.0
    for _ in range(3):
        began = time.process_time(), time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
        )
        best = min(best, time.monotonic() - began[1])
    assert done.stdout.strip() == "[]"
    assert best < 0.5
