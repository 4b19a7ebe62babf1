"""Answers that an object keeps as long as it lives; functools.cache would keep the object, too."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

Of = TypeVar("Of")
Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def kept(
    method: Callable[Concatenate[Of, Asked], Answer],
) -> Callable[Concatenate[Of, Asked], Answer]:
    """A method that is asked the same again, by position."""

    @wraps(method)
    def answer(self: Of, /, *asked: Asked.args, **named: Asked.kwargs) -> Answer:
        answers: dict[Any, Answer] = vars(self).setdefault(f"_{method.__name__}_kept", {})
        if asked not in answers:
            answers[asked] = method(self, *asked, **named)
        return answers[asked]

    return answer
