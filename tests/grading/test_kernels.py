"""Notebooks that need a real kernel: Bash, R, widgets, CUDA. The same sandbox, limits and scores."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import grading
from grading import autograding, kernels, nbgrader_reference, preparing
from grading.facts import UnusableInput
from grading.kernels import KERNEL, Need, needed

pytestmark = pytest.mark.slow
NAMES = {"python3": "python", "bash": "bash", "ir": "R"}
Points = dict[str, float | None]
BASH = {
    "equal": ('test "$(add 1 2)" = 3', 2),
    "error": ("false", 1),
    "unknown": ("no-such-command", 1),
    "half": ("echo 0.5", 2),
    "warning": ("echo careful >&2", 1),
    "last-fails": ("echo fine; ls /nowhere", 1),
    "left": ("exit 0", 1),
    "after": ("echo $((1 + 1))", 1),
}
R = {
    "equal": ("stopifnot(add(1, 2) == 3)", 2),
    "error": ("stop('no')", 1),
    "unknown": ("no_such_function()", 1),
    "half": ("0.5", 2),
    "warning": ("message('careful')", 1),
    "warned": ("warning('careful')", 1),
    "printed": ("print(add(1, 1))", 1),
    "plain": ("IRdisplay::display_text('1')", 1),
}
WIDGETS = {
    "value": ("assert slider.value == 3", 2),
    # What an Output widget catches is no output of the cell, not even standard error.
    "caught": ("import sys\nwith out:\n    print('careful', file=sys.stderr)", 1),
    "uncaught": ("print('careful', file=sys.stderr)", 1),
    "seen": ("assert out.outputs[0]['text'] == 'careful\\n'", 1),
    "half": ("0.5", 2),
    "shown": ("slider", 1),
}
ADD = {"bash": "add() { echo $(($1 + $2)); }", "ir": "add <- function(a, b) a + b"}
SLIDER = "import ipywidgets\nslider, out = ipywidgets.IntSlider(3), ipywidgets.Output()\nout"


@pytest.fixture
def book(make: Any) -> Callable[..., dict[str, Any]]:
    """A notebook of a kernel: an answer cell, then tests (source, points) by grade_id."""

    def made(kernel: str, answer: str, tests: dict[str, tuple[str, float]]) -> dict[str, Any]:
        first = make.solution(f"### BEGIN SOLUTION\n{answer}\n### END SOLUTION", "answer")
        cells = [make.test(source, name, points) for name, (source, points) in tests.items()]
        notebook: dict[str, Any] = make.notebook(first, *cells, kernel=kernel)
        notebook["metadata"]["kernelspec"]["language"] = NAMES.get(kernel, "python")
        return notebook

    return made


@pytest.fixture
def grade(make: Any, tmp_path: Path) -> Callable[..., grading.Result]:
    """Grade the author's own notebooks as if they had been handed in."""

    def graded(notebooks: dict[str, Any], *, limits: Any = None) -> grading.Result:
        source = make.write(tmp_path / "source", **notebooks)
        submission = make.write(tmp_path / "submission", **notebooks)
        return grading.autograde(
            source, submission, name="ps", limits=grading.Limits(**limits or {})
        )

    return graded


def by_nbgrader(make: Any, at: Path, notebooks: dict[str, Any]) -> Points:
    """Real nbgrader's scores. It has no stub for Bash; without a language it takes Python's."""
    plain = json.loads(json.dumps(notebooks))
    for notebook in plain.values():
        if notebook["metadata"]["kernelspec"]["name"] == "bash":
            del notebook["metadata"]["kernelspec"]["language"]
    source = make.write(at / "theirs", **plain)
    one = nbgrader_reference.Assignment("ps", source, {"lena": source})
    (graded,) = nbgrader_reference.autograde_all([one]).graded
    assert graded.failure is None
    return {name: cell.points for (_, name), cell in graded.cells.items()}


def scores(result: grading.Result) -> Points:
    return {score.grade_id: score.points for score in result.scores}


def here() -> list[str]:
    """Bash always; R where it is installed (Debian: r-cran-irkernel)."""
    return [name for name in ("bash", "ir") if name in kernels.installed()]


def test_bash_is_in_the_notebook_environment() -> None:
    assert "bash" in here()


@pytest.mark.parametrize("kernel", here())
def test_another_language_has_nbgraders_scores(
    kernel: str, book: Any, grade: Any, make: Any, tmp_path: Path
) -> None:
    tests = {"bash": BASH, "ir": R}[kernel]
    notebooks = {"one": book(kernel, ADD[kernel], tests)}
    result = grade(notebooks)
    assert result.notebooks[0].error is None
    assert scores(result) == by_nbgrader(make, tmp_path, notebooks)
    assert scores(result)["equal"] == 2 and scores(result)["error"] == 0
    assert scores(result)["half"] == 2  # "[1] 0.5" and "0.5" on standard output are no number


def test_widgets_have_nbgraders_scores(book: Any, grade: Any, make: Any, tmp_path: Path) -> None:
    notebooks = {"one": book("python3", SLIDER, WIDGETS)}
    result = grade(notebooks)
    expected = {"value": 2, "caught": 1, "uncaught": 0, "seen": 1, "half": 0.5, "shown": 1}
    assert scores(result) == expected
    assert by_nbgrader(make, tmp_path, notebooks) == expected


def test_a_stripped_assert_is_noticed_in_a_real_kernel(book: Any, grade: Any) -> None:
    strip = (
        "import ast\nclass Strip(ast.NodeTransformer):\n"
        "    def visit_Assert(self, node): return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Strip())"
    )
    result = grade({"one": book("python3", f"{SLIDER}\n{strip}", {"false": ("assert False", 1)})})
    assert scores(result) == {"false": None}
    assert [event.kind for event in result.events] == ["tampering"]


def test_one_assignment_in_two_languages(book: Any, grade: Any) -> None:
    notebooks = {
        "first": book("python3", "x = 1", {"x": ("assert x == 1", 1)}),
        "second": book("bash", "x=2", {"y": ('test "$x" = 2', 1), "z": ("pgrep -f zzz-first", 1)}),
        "third": book("python3", "x = 3", {"w": ("assert x == 3", 1)}),
    }
    left = "import subprocess\nsubprocess.Popen(['sleep', '300', 'zzz-first'])"
    notebooks["first"]["cells"].append({**notebooks["first"]["cells"][0], "source": left})
    notebooks["first"]["cells"][-1] |= {"id": "left", "metadata": {}}
    assert scores(grade(notebooks)) == {"x": 1, "y": 1, "z": 0, "w": 1}


@pytest.mark.parametrize("kernel", [*here(), KERNEL])
def test_time_of_a_submission(kernel: str, book: Any, grade: Any) -> None:
    answer, test = {
        "bash": (ADD["bash"], 'test "$(add 1 2)" = 3'),
        "ir": (ADD["ir"], "stopifnot(add(1, 2) == 3)"),
        KERNEL: (SLIDER, "assert slider.value == 3"),
    }[kernel]
    notebooks = {"one": book(kernel, answer, {"t": (test, 1)})}
    grade(notebooks)
    began = time.monotonic()
    assert scores(grade(notebooks)) == {"t": 1}
    print(f"{kernel}: {time.monotonic() - began:.2f} s per submission in a real kernel")


def test_the_release_knows_what_an_open_answer_is(book: Any, make: Any, tmp_path: Path) -> None:
    for kernel in here():
        source = make.write(tmp_path / kernel, one=book(kernel, ADD[kernel], {"t": ("true", 1)}))
        grading.release(source, tmp_path / f"{kernel}-out", name="ps")
        released = json.loads((tmp_path / f"{kernel}-out/one.ipynb").read_bytes())
        text = "".join(released["cells"][0]["source"])
        assert text == {"bash": "# YOUR CODE HERE\nfalse", "ir": "# YOUR CODE HERE\nfail()"}[kernel]
        left_open = grading.autograde(source, tmp_path / f"{kernel}-out", name="ps")
        assert left_open.notebooks[0].error is None


def test_a_kernel_that_is_not_installed_is_named(book: Any, make: Any, tmp_path: Path) -> None:
    source = make.write(tmp_path / "source", one=book("fortran", "x", {"t": ("x", 1)}))
    with pytest.raises(UnusableInput, match=r"its kernel 'fortran' is not installed .* install it"):
        grading.release(source, tmp_path / "into", name="ps")


# What trainees may try in a real kernel.

# Bash is a child of its kernel, and the kernel one of what starts it.
DRIVER = "$(grep PPid /proc/$PPID/status | cut -f2)"
HOSTILE = {
    "network": "exec 3<>/dev/tcp/127.0.0.1/{port}",
    "file": "cat {secret}",
    "environment": "env | grep -i -e database -e secret -e token",
    "driver": f"cat /proc/{DRIVER}/environ",
    "driver-files": f"ls /proc/{DRIVER}/fd/",
    "init": "cat /proc/1/maps",
    "namespace": "unshare -r true",
    "root": "touch /usr/here",
}


def test_what_a_real_kernel_cannot_reach(book: Any, grade: Any, tmp_path: Path) -> None:
    """Each test cell attacks; had it succeeded, it would score."""
    secret = tmp_path / "secret"
    secret.write_text("x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        tests = {
            name: (attack.format(port=port, secret=secret), 1) for name, attack in HOSTILE.items()
        }
        tests["driver-is-there"] = f"test {DRIVER} -gt 1 && test -e /proc/{DRIVER}/environ", 1
        reached = scores(grade({"one": book("bash", "x=1", tests)}))
    assert reached == {**dict.fromkeys(HOSTILE, 0), "driver-is-there": 1}


def test_a_daemon_of_a_real_kernel_does_not_outlive_it(
    book: Any, grade: Any, eventually: Any
) -> None:
    mark = f"30{time.time_ns() % 10**6:06}"
    start = f"(setsid setsid sleep {mark} >/dev/null 2>&1 &)"
    assert scores(grade({"one": book("bash", start, {"t": (f"pgrep -f {mark}", 1)})})) == {"t": 1}
    running = Path("/proc").glob("[0-9]*/cmdline")
    assert eventually(lambda: not any(mark.encode() in _read(file) for file in running))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("kernel", here())
def test_a_loop_without_end_costs_its_cell(kernel: str, book: Any, grade: Any) -> None:
    loop = {"bash": "while :; do :; done", "ir": "while (TRUE) {}"}[kernel]
    after = {"bash": 'test "$(add 1 2)" = 3', "ir": "stopifnot(add(1, 2) == 3)"}[kernel]
    result = grade(
        {"one": book(kernel, ADD[kernel], {"loop": (loop, 1), "after": (after, 1)})},
        limits={"cell_seconds": 2},
    )
    assert scores(result) == {"loop": 0, "after": 1}
    assert [event.kind for event in result.events] == ["time"]


@pytest.mark.parametrize(
    ("attack", "kind"),
    [
        ("kill -9 $PPID", "died"),
        (f"kill -9 {DRIVER}", "died"),
        ("python3 -c \"b'x' * 2_000_000_000\"", "memory"),
    ],
)
def test_a_kernel_that_dies_takes_its_notebook_only(
    attack: str, kind: str, book: Any, grade: Any
) -> None:
    result = grade(
        {
            "bad": book("bash", attack, {"t": ("true", 1)}),
            "good": book("bash", "x=2", {"u": ('test "$x" = 2', 1)}),
        },
        limits={"memory_bytes": 600 * 1024**2},
    )
    assert scores(result) == {"t": None, "u": 1}
    assert [event.kind for event in result.events] == [kind]
    died = "The notebook ended its own kernel 'bash'"
    assert str(result.notebooks[0].error).startswith(
        "The notebook was" if kind == "memory" else died
    )


def test_a_kernel_that_does_not_start(book: Any, make: Any, tmp_path: Path) -> None:
    """A file beside the notebook stands in the way of the kernel's own module."""
    notebooks = {
        "bad": book("bash", "x=1", {"t": ("true", 1)}),
        "good": book("python3", "x = 2", {"u": ("assert x == 2", 1)}),
    }
    source = make.write(tmp_path / "source", **notebooks)
    submission = make.write(tmp_path / "submission", **notebooks)
    (submission / "bash_kernel.py").write_text("raise SystemExit(1)")
    result = grading.autograde(source, submission, name="ps")
    assert scores(result) == {"t": None, "u": 1}
    assert "kernel 'bash' does not start" in str(result.notebooks[0].error)


# Which notebooks get a real kernel.

TORCH = "try:\n    import torch\nexcept ImportError:\n    torch = None"


@pytest.mark.parametrize(
    ("kernel", "imports", "need"),
    [
        (None, set(), None),
        ("python3", {"numpy", "os.path"}, None),
        ("ir", set(), Need("ir")),
        ("python3", {"ipywidgets.widgets"}, Need("python3")),
    ],
)
def test_which_kernel_a_notebook_needs(kernel: str, imports: set[str], need: Need | None) -> None:
    assert needed(kernel, imports) == need


def test_cuda_gets_the_device_where_there_is_one(
    book: Any, grade: Any, make: Any, tmp_path: Path
) -> None:
    """Without a device such a notebook runs warm, as any other."""
    listed = "import subprocess\nfound = subprocess.run(['nvidia-smi', '-L'], capture_output=True)"
    there = {"gpu": (f"{listed}\nassert b'GPU 0' in found.stdout, found", 1)}
    absent = {"gpu": ("import os\nassert not os.path.exists('/dev/nvidia0')", 1)}
    has_device = bool(kernels.nvidia_devices())
    notebooks = {"one": book("python3", TORCH, there if has_device else absent)}
    source = make.write(tmp_path / "author", **notebooks)
    need = preparing.assignment(source, name="ps").notebooks["one"].need
    assert need == (Need(KERNEL, cuda=True) if has_device else None)
    assert scores(grade(notebooks)) == {"gpu": 1}


def test_devices_come_with_room_for_them(
    book: Any, grade: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CUDA reserves more address space than there is memory. Another device stands in for its."""
    for module in (kernels, autograding):
        monkeypatch.setattr(module, "nvidia_devices", lambda: ("/dev/tty",))
    tests = {
        "device": ("import os, stat\nassert stat.S_ISCHR(os.stat('/dev/tty').st_mode)", 1),
        "room": ("import mmap\nassert len(mmap.mmap(-1, 2**40, flags=0x4022, prot=0))", 1),
    }
    assert scores(grade({"one": book("python3", TORCH, tests)})) == {"device": 1, "room": 1}
    tests = {"device": ("assert not os.path.exists('/dev/tty')", 1), "room": tests["room"]}
    without = grade({"one": book("python3", "import os", tests)})
    assert scores(without) == {"device": 1, "room": 0}
