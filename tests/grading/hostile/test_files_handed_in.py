"""Files beside the notebook: links, names, bombs, what Python would run when it starts."""

import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.grading.hostile.conftest import SOLVED, outputs_of

pytestmark = pytest.mark.slow


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch /tmp/escaped; echo BOOM",)


def test_links_and_what_is_no_file_are_left_out(grader: Any) -> None:
    folder = grader.handed.solve().write().folder
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "up").symlink_to("../..")
    (folder / "loop").symlink_to("loop")
    (folder / "fifo.csv").touch()
    os.unlink(folder / "fifo.csv")
    os.mkfifo(folder / "fifo.csv")
    (folder / "kept.txt").write_text("kept")
    grader.handed.cell("x", "second")["source"] = (
        "import os\nprint('SEES', sorted(os.listdir('.')))\nx = 1"
    )
    result = grader.grade()
    assert grader.points(result) == SOLVED
    assert "SEES ['data.csv', 'kept.txt', 'second.ipynb', 'sums.ipynb']" in outputs_of(result)


def test_a_notebook_that_is_a_link(grader: Any, tmp_path: Path) -> None:
    grader.handed.solve().write()
    file = grader.handed.folder / "second.ipynb"
    file.rename(tmp_path / "elsewhere.ipynb")
    file.symlink_to(tmp_path / "elsewhere.ipynb")
    result = grader.handed.grade_again()
    assert grader.points(result) == SOLVED | {"test-x": 0}
    assert "missing" in result.notebooks[0].error


def test_a_notebook_that_is_a_folder(grader: Any) -> None:
    del grader.handed.solve().books["second"]
    (grader.handed.write().folder / "second.ipynb").mkdir()
    assert grader.points(grader.handed.grade_again()) == SOLVED | {"test-x": 0}


def test_the_assignment_s_own_files_win(grader: Any) -> None:
    folder = grader.handed.solve().write().folder
    (folder / "data.csv").mkdir()
    (folder / "data.csv" / "x").write_text("in the way")
    (folder / "timestamp.txt").write_text("2000-01-01")
    grader.handed.cell("x", "second")["source"] = "print(open('data.csv').read())\nx = 1"
    result = grader.grade()
    assert grader.points(result) == SOLVED
    assert "a,b\\n1,2" in outputs_of(result)


@pytest.mark.parametrize(
    "name",
    [
        "x" * 250, "안" * 80, "a\nb", "-rf", "~", "$(touch escaped)", "a\\b", "..x", " ", "%00",
        "\u202egnp.exe", "é", "e\u0301", ".hidden", "con", "x/y/" * 60 + "z",
    ],
    ids=lambda name: ascii(name)[:20],
)  # fmt: skip
def test_names_of_every_kind(name: str, grader: Any) -> None:
    file = grader.handed.solve().write().folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x")
    assert grader.points(grader.handed.grade_again()) == SOLVED


def test_a_name_that_is_no_text(grader: Any) -> None:
    folder = os.fsencode(grader.handed.solve().write().folder)
    Path(os.fsdecode(folder + b"/\xff\xfe.csv")).write_text("x")
    assert grader.points(grader.handed.grade_again()) == SOLVED


def test_names_that_are_one_when_composed(grader: Any) -> None:
    """A file and a folder whose names differ in the way of writing é only."""
    folder = grader.handed.solve().write().folder
    (folder / "\u00e9").write_text("a file")
    (folder / "e\u0301").mkdir()
    (folder / "e\u0301" / "inner").write_text("in a folder")
    assert grader.points(grader.handed.grade_again()) == SOLVED


def test_more_files_than_the_box_has_room_for(grader: Any) -> None:
    folder = grader.handed.solve().write().folder
    for number in range(3):
        (folder / f"large{number}").write_bytes(bytes(4 << 20))
    result = grader.grade(disk_bytes=8 << 20)
    assert grader.points(result) == SOLVED


@pytest.mark.long
def test_twenty_thousand_files(grader: Any) -> None:
    folder = grader.handed.solve().write().folder
    (folder / "many").mkdir()
    for number in range(20_500):
        (folder / "many" / str(number)).touch()
    assert grader.points(grader.handed.grade_again()) == SOLVED


def test_archives_and_pickles_are_only_data(grader: Any) -> None:
    """Nothing of ours opens them; what the trainee's own cell opens goes off in its box."""
    folder = grader.handed.solve().write().folder
    (folder / "bomb.pkl").write_bytes(pickle.dumps(Bomb()))
    (folder / "bomb.npy").write_bytes(
        b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117)
        + b"\n" + pickle.dumps([Bomb()])
    )  # fmt: skip
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("../../../../tmp/escaped", bytes(10 << 20))
        file.writestr("/tmp/escaped", b"x")
    (folder / "bad.zip").write_bytes(b"PK\x03\x04" + os.urandom(1000))
    grader.handed.cell("x", "second")["source"] = (
        "import numpy, pickle, zipfile\npickle.load(open('bomb.pkl', 'rb'))\n"
        "try: numpy.load('bomb.npy', allow_pickle=True)\nexcept Exception as error: print(error)\n"
        "try: zipfile.ZipFile('bad.zip')\nexcept zipfile.BadZipFile: pass\n"
        "zipfile.ZipFile('bomb.zip').extractall()\nx = 1"
    )
    result = grader.grade()
    assert grader.points(result) == SOLVED
    assert "BOOM" in outputs_of(result)


@pytest.mark.parametrize(
    "name",
    [
        "sitecustomize.py", "usercustomize.py", "ipython_config.py", "ipykernel_launcher.py",
        "grading/__init__.py", "numpy.py", "random.py", "socket.py", "json.py", "encodings.py",
        "evil.pth", "matplotlibrc", "pyvenv.cfg", "startup/00.py",
        ".ipython/profile_default/startup/00.py", ".jupyter/jupyter_config.py",
        ".local/lib/python3.11/site-packages/evil.pth",
    ],
)  # fmt: skip
def test_a_file_in_the_way_of_python(name: str, grader: Any) -> None:
    file = grader.handed.solve().write().folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("import os; os.system('touch /tmp/escaped'); raise SystemExit(3)")
    result = grader.handed.grade_again()
    assert grader.points(result) == SOLVED
