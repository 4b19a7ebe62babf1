"""What IPython does at length for every cell, though it comes to nothing for nearly all, or does
twice: left out where the result is certainly the same.
"""
# ipykernel and IPython are typed in part.
# mypy: disable-error-code="no-untyped-call,attr-defined,assignment,unused-ignore"

import functools
import re
import struct
import warnings
from collections.abc import Callable
from typing import Any

from ipykernel import compiler, ipkernel
from IPython.core import interactiveshell

# Only where one of these stands does IPython's own syntax begin, or ends a line (`table?`).
SPECIAL = re.compile(r"[%!?\f]|^\s*[,;/\\]", re.MULTILINE)
# Only where one of these stands does a cell await something, or compiling it warn: an escape, a jump
# out of `finally`, identity with a literal, a claim about a tuple, a literal that is called or asked for
# a part, a number that runs into a word.
MAY_WARN = re.compile(
    r"await|async|\\|finally|\bis\b|assert\s*\("
    r"|(?:[\"')\]}\d]|None|True|False|\.\.\.)\s*[(\[]|#.*\n\s*[(\[]"
    r"|\d(?![eE][-+\d])[A-Za-z]"
)
NO_RECURSION = 2000  # letters nest less deeply than Python minds
BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
WORD = 0xFFFFFFFF
PLAIN_ERRORS = {AssertionError, IndexError, KeyError, NameError, NotImplementedError, TypeError,
                ValueError, ZeroDivisionError}  # fmt: skip
MOST_ERRORS = 10  # of one chain; `raise error from error` makes a circle


def take(shell: Any) -> None:
    """`shell`: the kernel's InteractiveShell."""
    ipkernel._accepts_parameters = _remembered(ipkernel._accepts_parameters)
    compiler.murmur2_x86 = murmur2
    interactiveshell._should_be_async = asked_once(interactiveshell._should_be_async)
    transform_once(shell.input_transformer_manager)
    format_once(shell)


def transform_once(manager: Any) -> None:
    """The kernel and its shell both transform each cell; most have nothing to transform."""
    steps = ("cleanup_transforms", "line_transforms", "token_transformers")
    shipped = [list(getattr(manager, step)) for step in steps]
    transform, transform_tokens = manager.transform_cell, manager.do_token_transforms
    last: tuple[str, str] | None = None

    def transformed(cell: str) -> Any:
        nonlocal last
        if shipped != [getattr(manager, step) for step in steps]:
            return transform(cell)
        if last is None or last[0] != cell:
            last = (cell, transform(cell))
        return last[1]

    def tokens_transformed(lines: list[str]) -> Any:
        """Without taking the cell apart in Python."""
        plain = manager.token_transformers == shipped[2] and is_plain(lines)
        return lines if plain else transform_tokens(lines)

    manager.transform_cell, manager.do_token_transforms = transformed, tokens_transformed


def is_plain(lines: list[str]) -> bool:
    """Whether IPython would give these lines back as they are. In doubt False."""
    text = "".join(lines)
    if SPECIAL.search(text) or any(text.count(one) != text.count(two) for one, two in BRACKETS):
        return False
    return _is_indented_evenly(lines)


def _is_indented_evenly(lines: list[str]) -> bool:
    """Where a line goes back to no earlier indentation, IPython reports it before Python does."""
    open_blocks = [0]
    for line in lines:
        text = line.lstrip(" ")
        indent = len(line) - len(text)
        if not text.strip() or text[0] == "#":
            continue
        if text[0].isspace():
            return False  # tabs and other blanks count in their own way
        if indent > open_blocks[-1]:
            open_blocks.append(indent)
        while indent < open_blocks[-1]:
            open_blocks.pop()
        if indent > open_blocks[-1]:
            return False
    return True


def asked_once(ask: Callable[[str], bool]) -> Callable[[str], bool]:
    """Both compile each cell to see whether it awaits something at its top level. How often counts only
    where compiling warns."""
    last: tuple[str, bool] | None = None

    def should_be_async(cell: str) -> bool:
        nonlocal last
        if awaits_and_warns_nothing(cell):
            return False
        if last and last[0] == cell:
            answer, last = last[1], None
            return answer
        warned = False

        def tell(message: Any) -> None:
            nonlocal warned
            warned = True
            show(message)

        show, warnings._showwarnmsg = warnings._showwarnmsg, tell
        try:
            answer = ask(cell)
        finally:
            warnings._showwarnmsg = show
        last = None if warned or answer else (cell, answer)
        return answer

    return should_be_async


def awaits_and_warns_nothing(cell: str) -> bool:
    """Whether compiling `cell` would tell nothing. In doubt False."""
    return len(cell) <= NO_RECURSION and not MAY_WARN.search(cell)


def format_once(shell: Any) -> None:
    """A traceback is formatted to be shown, and again for IPython's history."""
    formatter = shell.InteractiveTB
    form, store = formatter.structured_traceback, shell._format_exception_for_storage
    last: tuple[Any, Any, list[str]] = (None, None, [])

    def formatted(
        etype: Any = None, error: Any = None, tb: Any = None, tb_offset: Any = None, *words: Any
    ) -> Any:
        nonlocal last
        lines = form(etype, error, tb, tb_offset, *words)
        same = tb_offset in {None, 1} and not words and formatter.mode == "Context"
        last = (error, tb, lines) if same else (None, None, [])
        return lines

    def stored(error: Any, *words: Any, **options: Any) -> Any:
        nonlocal last
        (shown, tb, lines), last = last, (None, None, [])
        if error is shown and error.__traceback__ is tb and _is_plain_error(error):
            name = type(error).__name__
            return {"ename": name, "evalue": str(error), "traceback": list(lines)}
        return store(error, *words, **options)

    formatter.structured_traceback = formatted
    shell._format_exception_for_storage = stored


def _is_plain_error(error: BaseException | None) -> bool:
    """Whether no line of a trainee's runs where it is put into words."""
    for _ in range(MOST_ERRORS):
        if error is None:
            return True
        values = {type(part) for part in error.args}
        if type(error) not in PLAIN_ERRORS or error.__dict__ or values - {str, int, float}:
            return False
        error = error.__cause__ or error.__context__
    return False


def murmur2(text: str, seed: int) -> int:
    """The hash that names a cell's file, as ipykernel counts it letter by letter (MurmurHash2 of 32
    bits)."""
    data = text.encode()
    whole = len(data) & ~3
    mixed = seed ^ len(data)
    for word in struct.unpack(f"<{whole // 4}I", data[:whole]):
        word = word * 0x5BD1E995 & WORD
        word = (word ^ word >> 24) * 0x5BD1E995 & WORD
        mixed = mixed * 0x5BD1E995 & WORD ^ word
    if rest := data[whole:]:
        mixed = (mixed ^ int.from_bytes(rest, "little")) * 0x5BD1E995 & WORD
    mixed = (mixed ^ mixed >> 13) * 0x5BD1E995 & WORD
    return mixed ^ mixed >> 15


def _remembered(accepts: Callable[..., Any]) -> Callable[..., Any]:
    """What parameters a method takes stays as it is."""

    @functools.cache
    def known(method: Any, names: tuple[str, ...]) -> Any:
        return accepts(method, list(names))

    return lambda method, names: dict(known(method, tuple(names)))
