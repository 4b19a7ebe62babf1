"""How an object that is no plain value crosses: by a number of the side that owns it.

The tests' side (guarded) gives and does less than the trainee's: a stranger must not reach from a
function it was given to the test it stands in, nor have code of its choice run there.
"""

import functools
import importlib
import io
import re
import sys
import types
from collections.abc import Iterator
from random import Random
from typing import Any

from grading.sandbox import remote
from grading.sandbox.remote import Remote, RemoteType
from grading.sandbox.values import Form, Reader, SealedError, Writer, is_plain_tuple, type_named

ROUTINES = (
    types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType,
    types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType,
    functools.partial,
)  # fmt: skip
# Of the tests' side, besides routines and what the test's own classes make.
LENT = (Iterator, io.IOBase, re.Pattern, re.Match, Random)
LENT_FROM = {"unittest.mock", "numpy.random._generator", "numpy.random.mtrand"}
WORKINGS = (
    types.ModuleType, types.FrameType, types.CodeType, types.TracebackType, types.CellType,
    types.CoroutineType, types.AsyncGeneratorType,
)  # fmt: skip
INNER = re.compile(r"(gi|cr|ag|f|tb|co)_\w+")
TELLING = {"__name__", "__qualname__", "__doc__"}
LONGEST_NAME = 200


class Exports:
    """Both directions: what this side has given away, and what it has of the other."""

    def __init__(self, link: remote.Link, *, guarded: bool) -> None:
        self._link, self._guarded = link, guarded
        self._mine: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._theirs: dict[int, Any] = {}
        self._features: dict[type, list[str]] = {}

    # From here to the other side

    def form(self, value: Any, writer: Writer) -> Form:
        """Raises SealedError where the tests' side keeps it to itself."""
        if remote.is_remote(value):
            return ["yours", remote.sealed_of(value)[1]]
        if isinstance(value, types.ModuleType):
            return ["module", value.__name__]
        if isinstance(value, types.TracebackType):
            return None
        if self._guarded and (place := _place(value)):
            return ["library", *place]
        if isinstance(value, BaseException):
            return self._error(value, writer)
        if isinstance(value, type):
            return self._class(value)
        if self._guarded and not _is_lent(value):
            raise SealedError(
                f"sealed tests cannot pass a {type(value).__module__}.{type(value).__qualname__}"
                " to a function of the trainee's"
            )
        return self.by_number(value)

    def by_number(self, value: Any) -> Form:
        """Also for a value that is too large to be copied."""
        return ["mine", self._number(value), self._class(type(value)), self._has(type(value))]

    def _error(self, error: BaseException, writer: Writer) -> Form:
        args = error.args
        if isinstance(error, OSError) and error.filename is not None:
            args = (*args, error.filename)
        kept = Writer(list(writer.shared), self.form)
        forms = []
        for one in args:
            try:
                forms.append(kept.write(one))
            except SealedError:
                forms.append(kept.write(repr(one)[:1000]))
        kind = type(error)
        is_own = type_named(f"{kind.__module__}.{kind.__qualname__}") is not kind
        return ["error", self._class(kind), forms, self._number(error) if is_own else None]

    def _class(self, kind: type) -> Form:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if type_named(name) is kind:
            return ["type", name]
        bases = [self._class(base) for base in kind.__bases__ if base is not object]
        place = _place(kind) if issubclass(kind, BaseException) else None
        is_routine = kind.__module__ == "builtins"
        return ["class", self._number(kind), str(kind.__name__), bases, self._has(kind),
                list(place or ()), is_routine]  # fmt: skip

    def _has(self, kind: type) -> list[str]:
        if kind not in self._features:
            self._features[kind] = [
                name for name in remote.FEATURES if getattr(kind, name, None) is not None
            ]
        return self._features[kind]

    def _number(self, value: Any) -> int:
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._mine)
            self._mine.append(value)
        return number

    # From the other side

    def read(self, form: list[Any], reader: Reader) -> Any:
        match form:
            case ["yours", int(number)] if 0 <= number < len(self._mine):
                return self._mine[number]
            case ["mine", int(number), kind, list(features)]:
                return self._instance(number, kind, features)
            case ["class", int(), str(), list(), list(), list(), bool()]:
                return self._class_of(form)
            case ["error", kind, list(args), number]:
                return self._error_of(kind, reader.all(args), number)
            case ["module", str(name)]:
                return self._module(name)
            case ["library", str(module), str(name)] if not self._guarded:
                return _found(importlib.import_module(module), name)
        raise SealedError("a value cannot be read")

    def _instance(self, number: int, kind: Form, features: list[Any]) -> Any:
        if number not in self._theirs:
            made = self._class_of(kind)
            if not isinstance(made, RemoteType):
                name, is_value = made.__name__, made is not object
                made = remote.make_class(self._link, -1, name, [], features, stand_in=False)
                type.__setattr__(made, "_is_value", is_value)
            self._theirs[number] = remote.make_instance(made, self._link, number)
        return self._theirs[number]

    def _class_of(self, form: Form) -> type:
        match form:
            case ["type", str(name)] if (known := type_named(name)) is not None:
                return known
            case ["yours", int(number)] if isinstance(self.read(form, Reader([], self.read)), type):
                return self._mine[number]  # type: ignore[no-any-return]
            case [
                "class",
                int(number),
                str(name),
                list(bases),
                list(features),
                list(place),
                routine,
            ]:
                if number not in self._theirs:
                    self._theirs[number] = self._made_class(
                        number, name[:LONGEST_NAME], bases, features, place, bool(routine)
                    )
                made = self._theirs[number]
                if isinstance(made, type):
                    return made
        raise SealedError("a class cannot be read")

    def _made_class(
        self, number: int, name: str, bases: list[Any], features: list[Any], place: list[Any], routine: bool
    ) -> type:  # fmt: skip
        """An exception of a library that is loaded here is that exception."""
        if place and str(place[0]) in sys.modules and place[0] != "__main__":
            found = _found(sys.modules[str(place[0])], str(place[1]))
            judges = str(place[0]).startswith(("unittest", "pytest", "_pytest", "doctest"))
            if isinstance(found, type) and issubclass(found, BaseException) and not judges:
                return found
        kinds = [self._class_of(base) for base in bases]
        usable = [
            one for one in kinds if isinstance(one, RemoteType) or issubclass(one, BaseException)
        ]
        return remote.make_class(self._link, number, name, usable, features, stand_in=routine)

    def _error_of(self, form: Form, args: list[Any], number: Any) -> BaseException:
        kind = self._class_of(form)
        if not issubclass(kind, BaseException):
            raise SealedError("an error cannot be read")
        if isinstance(kind, RemoteType):
            if not isinstance(number, int):
                raise SealedError("an error cannot be read")
            if number not in self._theirs:
                self._theirs[number] = remote.make_instance(kind, self._link, number, tuple(args))
            return self._theirs[number]  # type: ignore[no-any-return]
        if kind.__module__ == "builtins":
            try:
                return kind(*args)
            except TypeError:
                pass
        made = BaseException.__new__(kind, *args)
        made.args = tuple(args)
        return made

    def _module(self, name: str) -> types.ModuleType:
        """The tests' side does not import what a stranger names: it has it, or has it not."""
        if not self._guarded:
            return importlib.import_module(name)
        if name in sys.modules and name != "__main__":
            return sys.modules[name]
        raise SealedError(f"sealed tests cannot use the module {name}: import it in the test")


def check(what: str, target: Any, args: tuple[Any, ...]) -> None:
    """What the trainee's side may do to an object of the tests'.

    Raises:
        SealedError; AttributeError where it asks for one, since `hasattr` is no attack.
    """
    name = str(args[0]) if args else ""
    public = not name.startswith("_") and not INNER.fullmatch(name)
    is_class = isinstance(target, type)
    of_test = (target if is_class else type(target)).__module__ == "__main__"
    allowed = {
        "call": of_test or not is_class,
        "get": public or name in TELLING,
        "set": public and of_test and not is_class,
        "do": name in (remote.FEATURES | remote.COMPARISONS) - {"__call__"},
    }
    if isinstance(target, WORKINGS) or not allowed.get(what, True):
        kind = target.__name__ if is_class else type(target).__name__
        text = f"sealed tests cannot let a trainee {what} '{name}' of a {kind}"
        raise AttributeError(text) if what == "get" else SealedError(text)


def _is_lent(value: Any) -> bool:
    if isinstance(value, WORKINGS):
        return False
    kind = type(value)
    return (
        kind is object
        or isinstance(value, (*ROUTINES, *LENT, Remote))
        or kind.__module__ == "__main__"
        or kind.__module__ in LENT_FROM
    )


def _place(value: Any) -> tuple[str, str] | None:
    """Where a function or class of a library is found by name, on both sides alike."""
    if not isinstance(value, (type, *ROUTINES)) or is_plain_tuple(value):
        return None
    owner = getattr(value, "__objclass__", None)
    module = getattr(owner or value, "__module__", None)
    name = getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module == "__main__":
        return None
    try:
        return (module, name) if _found(sys.modules[module], name) is value else None
    except (KeyError, AttributeError):
        return None


def _found(module: types.ModuleType, name: str) -> Any:
    return functools.reduce(getattr, name.split("."), module)
