"""The parts around nbgrader: folders, kernels, environments, and the warm process."""

import json
import os
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

import grading
from grading import folder, kernels, workplace

SPEC = {"argv": [sys.executable, "-m", "ipykernel_launcher"], "language": "python"}


def test_links_checkpoints_and_timestamps_are_not_copied(tmp_path: Path) -> None:
    given = tmp_path / "given"
    (given / ".ipynb_checkpoints").mkdir(parents=True)
    (given / ".ipynb_checkpoints" / "a.ipynb").write_text("old")
    (given / "timestamp.txt").write_text("1999")
    (given / "secret").symlink_to("/etc/passwd")
    (given / "folder").symlink_to("/etc")
    (given / "a.ipynb").write_text("new")
    folder.copy(given, tmp_path / "into")
    assert [path for path, _ in folder.regular_files(tmp_path / "into")] == ["a.ipynb"]


def test_names_from_a_mac_are_composed(tmp_path: Path) -> None:
    (tmp_path / unicodedata.normalize("NFD", "과제.ipynb")).write_text("{}")
    assert folder.notebook_names(tmp_path) == (unicodedata.normalize("NFC", "과제"),)


def test_the_digest_follows_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    before = folder.digest(tmp_path)
    assert folder.digest(tmp_path) == before
    (tmp_path / "a").write_text("2")
    assert folder.digest(tmp_path) != before
    (tmp_path / "a").write_text("1")
    (tmp_path / "a").rename(tmp_path / "b")
    assert folder.digest(tmp_path) != before


@pytest.mark.parametrize("below", ["python3", "kernels/python3", "share/jupyter/kernels/python3"])
def test_the_kernel_is_found_by_prefix_or_folder(below: str, tmp_path: Path) -> None:
    (tmp_path / below).mkdir(parents=True)
    (tmp_path / below / "kernel.json").write_text(json.dumps(SPEC))
    assert kernels.notebook_kernel(tmp_path)["argv"][0] == sys.executable


@pytest.mark.parametrize(
    "text", ["{", "{}", "[]", '{"argv": 5}', '{"argv": []}', '{"argv": ["python"]}']
)
def test_a_kernel_that_would_run_in_our_own_environment_is_refused(
    text: str, tmp_path: Path
) -> None:
    (tmp_path / "python3").mkdir()
    (tmp_path / "python3/kernel.json").write_text(text)
    with pytest.raises(grading.UnusableInput, match="register it again"):
        kernels.notebook_kernel(tmp_path)


def test_the_environment_holds_only_what_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "LMS_SIGNING_KEY", "HUB_CLIENT_SECRET", "SSH_AUTH_SOCK"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("TZ", "Asia/Seoul")
    environment = workplace.base_environment()
    assert environment["TZ"] == "Asia/Seoul"
    assert "secret" not in environment.values()
    assert str(Path(sys.executable).parent) == environment["PATH"].split(os.pathsep)[0]


@pytest.mark.slow
def test_two_threads_grade_at_once(handed: Any) -> None:
    handed.solve().grade()
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: handed.grade_again(), range(2)))
    assert results[0].scores == results[1].scores
    assert results[0].scores[0].points == 1


@pytest.mark.slow
def test_nothing_outlives_a_worker_that_is_killed(
    handed: Any, make: Any, tmp_path: Path, eventually: Any
) -> None:
    mark = f"orphan-{os.getpid()}"
    handed.solve().cell("add")["source"] = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)', '{mark}'])\n"
        "time.sleep(300)"
    )
    make.write(handed.folder, **handed.books)
    words = [sys.executable, "-m", "grading", "autograde", str(handed.folder)]
    worker = subprocess.Popen(
        [*words, "--source", str(handed.source), "--kernels", str(handed.kernels)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert eventually(lambda: running(mark))
    worker.kill()
    worker.wait()
    assert eventually(lambda: not running(mark))
    assert eventually(lambda: not list(tmp_path.glob("grading-*")))


def running(mark: str) -> bool:
    for process in psutil.process_iter():
        try:
            if mark in process.cmdline():
                return True
        except psutil.Error:
            continue
    return False
