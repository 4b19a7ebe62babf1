"""What is left out for speed changes nothing, and what is done beforehand leaves no trace."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

import grading
from grading.kernels import notebook_python
from grading.sandbox import mistakes, shortcuts

PIECES = (
    "x = 1", "if x:", "    y = 2", "        z", "  odd", "\ty", "%time x", "!ls", "x?", "?x", "a = !ls",
    "a = %pwd", ",f a", ";f a", "/f a", "x % 2", "'%d'", "# what?", "(", ")", "[", "]", "'''", "\\", "", "\f",
    "f(a,", "  b)", "for i in y:", "\\n,f", "\u00a0,f", "@property", "가 = '나'",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8))
def test_a_cell_called_plain_is_one_ipython_leaves_alone(pieces: list[str]) -> None:
    lines = [f"{piece}\n" for piece in pieces]
    if not shortcuts.is_plain(lines):
        return
    try:
        assert TransformerManager().do_token_transforms(list(lines)) == lines
    except IndentationError:
        # Python says the same in other words; only a text that is no Python anyway gets here.
        with pytest.raises(SyntaxError):
            compile("".join(lines), "cell", "exec")


@pytest.mark.parametrize("text", ["%time x", "  !ls", "x?", "/f a", "if x:\n        y\n    z"])
def test_a_cell_with_syntax_of_ipythons_is_not_plain(text: str) -> None:
    assert not shortcuts.is_plain(f"{text}\n".splitlines(keepends=True))


@pytest.mark.parametrize("cell", [cell for cells in mistakes.USUAL.values() for cell in cells])
def test_a_usual_mistake_fails_and_warns_of_nothing(cell: str) -> None:
    """A warning in the zygote would not be shown in the trainee's cell any more."""
    code = (
        "import warnings\nwith warnings.catch_warnings(record=True) as heard:\n"
        "    warnings.simplefilter('always')\n"
        f"    try:\n        exec({cell!r})\n    except Exception as error: failed = error\n"
        "assert failed.__traceback__.tb_next.tb_next, 'not in the library'\nassert not heard, heard"
    )
    ran = subprocess.run(
        [notebook_python(None), "-I", "-c", code], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_an_error_in_a_library_is_shown_in_full(make: object, tmp_path: Path) -> None:
    """The same words whether or not the library's source was read beforehand."""
    cell = "import numpy as np\nnp.allclose([1, 2], [1, 2, 3])"
    book = make.notebook(make.test(cell, "t", 1))  # type: ignore[attr-defined]
    folder = make.write(tmp_path / "ps", work=book)  # type: ignore[attr-defined]
    result = grading.autograde(folder, folder, name="ps")
    assert result.scores[0].points == 0
    assert b"in allclose(a, b, rtol, atol, equal_nan)" in result.executed["work.ipynb"]
