"""What is left out for speed changes nothing, and what is done beforehand leaves no trace."""

import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ipykernel.compiler import murmur2_x86
from IPython.core import interactiveshell
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.io import capture_output
from traitlets.config import Config

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


@given(st.text(), st.integers(0, 2**32 - 1))
def test_a_cells_file_is_named_as_the_kernel_names_it(text: str, seed: int) -> None:
    assert shortcuts.murmur2(text, seed) == murmur2_x86(text, seed)


# For IPython's history: cells that fail one after the other in one shell.
FAILING = {
    "a plain error": ["1 / 0"],
    "in a function": ["def f(x):\n    return x['b']", "f({'a': 1})"],
    "with another before it": ["try:\n    1 / 0\nexcept ZeroDivisionError:\n    [][1]"],
    "of another": ["try:\n    1 / 0\nexcept ZeroDivisionError as one:\n    raise ValueError('two') from one"],
    "of itself": ["one = ValueError('one')\nraise one from one"],
    "with a note": ["one = ValueError('one')\none.add_note('more')\nraise one"],
    "whose text changes": [
        "said = []\nclass Odd(Exception):\n    def __str__(self):\n        said.append(1)\n        return str(said)",
        "raise Odd",
    ],
    "whose argument's text changes": [
        "said = []\nclass Odd:\n    def __repr__(self):\n        said.append(1)\n        return str(said)",
        "raise ValueError(Odd())",
    ],
    "shown by hand, then another": [
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    get_ipython().showtraceback()\n[][1]"
    ],
    "in every mode": ["%xmode Verbose", "x = 1\nx / 0", "%xmode Plain", "x / 0", "%xmode Minimal", "x / 0"],
    "that is no Python": ["x = = 1", "  y"],
    "that leaves": ["raise SystemExit(3)"],
}  # fmt: skip


@pytest.mark.parametrize("cells", FAILING.values(), ids=FAILING)
def test_the_history_of_errors_is_ipythons(cells: list[str]) -> None:
    shown, kept = _failing(cells, quick=True)
    assert (shown, kept) == _failing(cells, quick=False)
    assert kept


def _failing(cells: list[str], *, quick: bool) -> tuple[str, dict[int, Any]]:
    """What is shown, and what IPython remembers."""
    config = Config(
        {"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}}
    )
    shell: Any = InteractiveShell(config=config)
    if quick:
        shortcuts.format_once(shell)
        shortcuts.transform_once(shell.input_transformer_manager)
    with capture_output() as shown, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for cell in cells:
            shell.run_cell(cell, store_history=True)
    return shown.stdout, dict(shell.history_manager.exceptions)


def test_a_traceback_is_formatted_once() -> None:
    shell: Any = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    asked = []
    form = shell.InteractiveTB.structured_traceback
    shell.InteractiveTB.structured_traceback = lambda *words: asked.append(words) or form(*words)
    shortcuts.format_once(shell)
    with capture_output():
        shell.run_cell("1 / 0", store_history=True)
        shell.run_cell("2 / 0", store_history=True)
    assert len(asked) == 2
    assert len(shell.history_manager.exceptions) == 2


GAPS = st.sampled_from(["", " ", "  # what?\n", "\n"])
ATOMS = st.sampled_from(
    ["x", "x1", "1", "2.5", "1e5", "0x1f", "1_0", "2j", "'a'", "f'{x}'", "None", "True", "..."]
)


def _larger(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions of expressions, with gaps at odd places."""
    return st.one_of(
        st.builds("{}{}({}{})".format, parts, GAPS, parts, GAPS),
        st.builds("{}{}[{}{}]".format, parts, GAPS, parts, GAPS),
        st.builds("({}{}{}, {})".format, GAPS, parts, GAPS, parts),
        st.builds("({}{}{})".format, GAPS, parts, GAPS),
        st.builds("{{{}: {}}}".format, parts, parts),
        st.builds("[{} for y in {}]".format, parts, parts),
        st.builds("{} {} {}".format, parts, st.sampled_from(["is", "is not", "==", "+", "in"]), parts),
        st.builds("{}if {}else {}".format, parts, parts, parts),
        st.builds("-{}".format, parts),
        st.builds("await {}".format, parts),
    )  # fmt: skip


EXPRESSIONS = st.recursive(ATOMS, _larger, max_leaves=6)
STATEMENTS = st.one_of(
    st.builds("assert {}".format, EXPRESSIONS),
    st.builds("assert{}{}, 'why'".format, GAPS, EXPRESSIONS),
    st.builds("z = {}".format, EXPRESSIONS),
    st.builds("for i in x:\n    try: y\n    finally: {}; continue".format, EXPRESSIONS),
    EXPRESSIONS,
)


@settings(max_examples=1500, deadline=None)
@given(st.lists(STATEMENTS, min_size=1, max_size=3))
@example(["x" + "(1)" * 900])
@example(["-" * 1999 + "1"])
def test_a_cell_that_is_not_compiled_beforehand_awaits_and_warns_nothing(cell: list[str]) -> None:
    text = "\n".join(cell)
    if not shortcuts.awaits_and_warns_nothing(text):
        return
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert not interactiveshell._should_be_async(text)
    assert not heard


@pytest.mark.parametrize(
    "text",
    ["await x", "async def f(): ...", "x is 1", "assert (x, 'why')", "'a'(1)", "[1, 2]['a']", "{1}\n(2)",
     "(1 # one\n(2))", "1if x else 2", "0x1for", "'\\d'", "x = 1\n" * 500],
)  # fmt: skip
def test_a_cell_whose_compiling_may_tell_something_is_compiled_beforehand(text: str) -> None:
    assert not shortcuts.awaits_and_warns_nothing(text)


def test_a_cell_is_asked_again_only_where_compiling_it_warns() -> None:
    asked: list[str] = []

    def ask(cell: str) -> bool:
        asked.append(cell)
        return bool(compile(cell, "<>", "exec").co_flags & 128)

    should_be_async = shortcuts.asked_once(ask)
    cells = ("f(x)[1]", "f(x)[1]", "f(x)[2]", "f(x)[2]", "x = 1")
    assert not any(should_be_async(cell) for cell in cells)
    assert asked == ["f(x)[1]", "f(x)[2]"]
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        should_be_async("x is 1")
        should_be_async("x is 1")
    assert [str(one.message) for one in heard] == [str(heard[0].message)] * 2


def test_a_transformer_of_the_trainees_sees_every_cell_twice() -> None:
    manager = TransformerManager()
    shortcuts.transform_once(manager)
    assert manager.transform_cell("%pwd") == TransformerManager().transform_cell("%pwd")
    seen: list[list[str]] = []
    manager.line_transforms.append(lambda lines: seen.append(lines) or ["changed"])
    assert [manager.transform_cell("x"), manager.transform_cell("x")] == ["changed"] * 2
    assert seen == [["x\n"], ["x\n"]]
