"""What IPython does at length for every cell, though it comes to nothing for nearly all: left out
where the result is certainly the same.
"""
# ipykernel and IPython are typed in part.
# mypy: disable-error-code="no-untyped-call,attr-defined,unused-ignore"

import functools
import re
from collections.abc import Callable
from typing import Any

from ipykernel import ipkernel

# Only where one of these stands does IPython's own syntax begin, or ends a line (`table?`).
SPECIAL = re.compile(r"[%!?\f]|^\s*[,;/\\]", re.MULTILINE)
BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))


def take(shell: Any) -> None:
    """`shell`: the kernel's InteractiveShell."""
    manager = shell.input_transformer_manager
    ipkernel._accepts_parameters = _remembered(ipkernel._accepts_parameters)
    shipped = list(manager.token_transformers)
    transform = manager.do_token_transforms

    def transformed(lines: list[str]) -> list[str]:
        """Without taking the cell apart in Python, twice for each: a tenth of all grading."""
        plain = manager.token_transformers == shipped and is_plain(lines)
        return lines if plain else transform(lines)

    manager.do_token_transforms = transformed


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


def _remembered(accepts: Callable[..., Any]) -> Callable[..., Any]:
    """What parameters a method takes stays as it is."""

    @functools.cache
    def known(method: Any, names: tuple[str, ...]) -> Any:
        return accepts(method, list(names))

    return lambda method, names: dict(known(method, tuple(names)))
