"""What one side of sealed tests does when the other asks for it: the whole of their language."""

import asyncio
import copy
import inspect
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

from grading.sandbox import exports
from grading.sandbox.values import SealedError

# The rest is the tests' to ask alone.
ASKED_OF_TESTS = {
    "call", "get", "set", "do", "get item", "repr", "str", "hash", "signature", "input",
}  # fmt: skip


# A warning is shown where its caller is `__main__`: a call comes from there, as without the seal.
_MAIN: dict[str, Any] = {"__name__": "__main__"}
exec("def call(target, /, *args, **named):\n    return target(*args, **named)", _MAIN)


def warn_again() -> None:
    """What was warned of in an earlier test is in a new one: so does a cell when it starts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")


def do(what: str, target: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return DEEDS[what](target, *args, **named)


def do_for_stranger(what: str, target: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """On the tests' side. Raises SealedError, AttributeError."""
    if what not in ASKED_OF_TESTS:
        raise SealedError(f"sealed tests cannot be asked for '{what}'")
    exports.check(what, target, args)
    if what == "signature":
        return _parameters(target, shown=False)
    return do(what, target, args, named)


def check_lent(question: dict[str, Any]) -> None:
    """A stranger asks about objects it was lent, not about values, types or modules it names."""
    match question:
        case {"what": "input", "of": [None, *_]} | {"of": [["yours", int()], *_]}:
            return
    raise SealedError("sealed tests cannot be asked about a value")


def _special(target: Any, name: str, *args: Any) -> Any:
    return getattr(type(target), name)(target, *args)


def _parameters(target: Any, *, shown: bool = True) -> list[Any]:
    """(name, kind, () or its default) of each; `shown`: the default itself, not `...`."""
    return [
        (one.name, int(one.kind), () if one.default is one.empty else (one.default if shown else ...,))
        for one in inspect.signature(target).parameters.values()
    ]  # fmt: skip


def _wait_for(target: Any) -> Any:
    """Run a coroutine to its end; here a loop is running, so in a thread with another."""
    found: list[Any] = []

    async def wait() -> Any:
        return await target

    def run() -> None:
        try:
            found.append((asyncio.run(wait()), None))
        except BaseException as error:
            found.append((None, error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    value, error = found[0]
    if error is not None:
        raise error
    return value


def _seed(target: Any, module: str, *args: Any, **named: Any) -> None:
    if module in sys.modules:
        sys.modules[module].seed(*args, **named)


def _input(target: Any, prompt: str) -> str:
    return input(prompt)


DEEDS: dict[str, Callable[..., Any]] = {
    "call": _MAIN["call"],
    "get": getattr,
    "set": setattr,
    "del": delattr,
    "do": _special,
    "get item": lambda target, key: target[key],
    "hash": hash,
    "repr": repr,
    "str": str,
    "format": format,
    "dir": dir,
    "copy": lambda target, deep: copy.deepcopy(target) if deep else copy.copy(target),
    "await": _wait_for,
    "seed": _seed,
    "input": _input,
    "signature": _parameters,
    "source": inspect.getsource,
}
