"""Objects of the other process, as sealed tests see them: every use asks that process.

A class of the other side is a class here, without content, so that `isinstance` and `except` work;
its instances are Remote. What such an object says of itself is a stranger's word. So it does not
decide how it compares or reckons with a value of this side, unless it is of a class that the
assignment lets trainees write: else an object that equals everything would pass every test.
"""

import inspect
import types
from collections.abc import Callable
from typing import Any, Protocol

from grading.sandbox.values import Foreign, SealedError

COMPARISONS = {f"__{name}__" for name in ("eq", "ne", "lt", "le", "gt", "ge")}
_BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "matmul", "and",
           "or", "xor", "lshift", "rshift")  # fmt: skip
OPERATORS = {f"__{how}{name}__" for name in _BINARY for how in ("", "r", "i")} | COMPARISONS
OPERATORS |= {"__contains__"}
# What a class may have that its instances here then have as well.
FEATURES = (OPERATORS - COMPARISONS - {"__idivmod__"}) | {
    f"__{name}__" for name in (
        "call", "len", "length_hint", "getitem", "setitem", "delitem", "iter", "next", "reversed",
        "enter", "exit", "neg", "pos", "abs", "invert", "int", "float", "complex", "index", "round",
        "trunc", "floor", "ceil", "array", "fspath", "bytes", "bool", "await",
    )
}  # fmt: skip
# Methods whose answer is the verdict of a test: only of classes the assignment is about.
VERDICTS = {"equals", "startswith", "endswith", "issubset", "issuperset", "isdisjoint", "all",
            "any"}  # fmt: skip
# Not asked about: how a stranger's object is shown is decided here; and NumPy would leave it to the
# object what comes of a function that has it and the test's own value for arguments.
NOT_ASKED = ("_repr_", "_ipython_", "_render_", "__array_")
# A context manager of the trainee's does not make them undone.
FAILURES = (AssertionError, SealedError)
# An object of the other side may pass for these: they hold no value that a test compares.
STAND_INS = {
    one.__name__: one
    for one in (types.FunctionType, types.BuiltinFunctionType, types.GeneratorType, types.CoroutineType)
}  # fmt: skip


class Link(Protocol):
    def ask(
        self, what: str, target: Any, *args: Any, named: dict[str, Any] | None = None
    ) -> Any: ...


class RemoteType(Foreign):
    _sealed: tuple[Link, int]
    _known: bool

    def __new__(cls, name: str, bases: tuple[type, ...], content: dict[str, Any]) -> "RemoteType":
        for base in bases:
            if isinstance(base, RemoteType):
                raise SealedError(
                    f"sealed tests cannot derive a class from {base.__name__}, which the trainee wrote"
                )
        return super().__new__(cls, name, bases, content)

    def __call__(cls, *args: Any, **named: Any) -> Any:
        return cls._sealed[0].ask("call", cls, *args, named=named)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith(NOT_ASKED):
            raise AttributeError(name)
        return cls._sealed[0].ask("get", cls, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        cls._sealed[0].ask("set", cls, name, value)

    def __delattr__(cls, name: str) -> None:
        cls._sealed[0].ask("del", cls, name)

    def __iter__(cls) -> Any:
        return cls._sealed[0].ask("do", cls, "__iter__")

    def __len__(cls) -> Any:
        return cls._sealed[0].ask("do", cls, "__len__")

    def __getitem__(cls, key: Any) -> Any:
        return cls._sealed[0].ask("get item", cls, key)

    def __contains__(cls, key: Any) -> Any:
        return cls._sealed[0].ask("do", cls, "__contains__", key)

    def __bool__(cls) -> bool:
        return True

    @property
    def __doc__(cls) -> Any:  # type: ignore[override]
        return cls._sealed[0].ask("get", cls, "__doc__")

    @property
    def __signature__(cls) -> Any:
        return signature(cls)


class Remote(metaclass=RemoteType):
    __array_ufunc__ = None  # NumPy leaves operators to this class
    _known = False
    _is_value = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith(NOT_ASKED):
            raise AttributeError(name)
        if name in VERDICTS and not type(self)._known:
            raise SealedError(self._unfit(f".{name}()"))
        return self._sealed[0].ask("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(self, BaseException) and name.startswith("__"):
            object.__setattr__(self, name, value)
        else:
            self._sealed[0].ask("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._sealed[0].ask("del", self, name)

    def __eq__(self, other: object) -> Any:
        return self._compared("__eq__", other)

    def __ne__(self, other: object) -> Any:
        return self._compared("__ne__", other)

    def _compared(self, name: str, other: object) -> Any:
        if self._decides(other):
            return self._sealed[0].ask("do", self, name, other)
        if type(self)._is_value and other is not None:
            raise SealedError(self._unfit("=="))
        return NotImplemented  # so they are not equal

    def _ordered(self, name: str, other: object) -> Any:
        if not self._decides(other):
            raise SealedError(self._unfit(name))
        return self._sealed[0].ask("do", self, name, other)

    def __lt__(self, other: object) -> Any:
        return self._ordered("__lt__", other)

    def __le__(self, other: object) -> Any:
        return self._ordered("__le__", other)

    def __gt__(self, other: object) -> Any:
        return self._ordered("__gt__", other)

    def __ge__(self, other: object) -> Any:
        return self._ordered("__ge__", other)

    def _decides(self, *others: object) -> bool:
        return type(self)._known or all(is_remote(one) for one in others)

    def _unfit(self, what: str) -> str:
        return (
            f"sealed tests cannot let a {type(self).__name__} of the trainee's process answer {what}"
            " with a value of the test; take values out of it and compare those"
        )

    def __hash__(self) -> int:
        return int(self._sealed[0].ask("hash", self))

    def __repr__(self) -> str:
        return str(self._sealed[0].ask("repr", self))

    def __str__(self) -> str:
        return str(self._sealed[0].ask("str", self))

    def __format__(self, how: str) -> str:
        return str(self._sealed[0].ask("format", self, how))

    def __dir__(self) -> list[str]:
        return list(self._sealed[0].ask("dir", self))

    def __copy__(self) -> Any:
        return self._sealed[0].ask("copy", self, False)

    def __deepcopy__(self, memo: object) -> Any:
        return self._sealed[0].ask("copy", self, True)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise SealedError(f"sealed tests cannot pickle a {type(self).__name__} of the trainee's")

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(f"<{type(self).__name__} in the trainee's process>")

    @property
    def __doc__(self) -> Any:  # type: ignore[override]
        return self._sealed[0].ask("get", self, "__doc__")

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        return self._sealed[0].ask("get", self, "__dict__")

    @property
    def __signature__(self) -> Any:
        return signature(self)


def is_remote(value: object) -> bool:
    return isinstance(type(value), RemoteType) or type(value) is RemoteType


def sealed_of(value: Any) -> tuple[Link, int]:
    """The link a remote object or class hangs on, and its number there."""
    found: tuple[Link, int] = (
        type.__getattribute__(value, "_sealed")
        if type(value) is RemoteType
        else object.__getattribute__(value, "_sealed")
    )
    return found


def make_class(
    link: Link, number: int, name: str, bases: list[type], features: list[str], *, stand_in: bool
) -> RemoteType:
    """A class for one of the other side's; `bases` are such classes or exceptions of Python's own."""
    content: dict[str, Any] = {
        "_sealed": (link, number),
        "__qualname__": name,
        "__module__": "__main__",
        "__doc__": vars(Remote)["__doc__"],  # else a class has None for its own
    }
    for feature in FEATURES.intersection(features):
        content[feature] = _forwarder(feature)
    if stand_in and name in STAND_INS:
        content["__class__"] = property(lambda _: STAND_INS[name])
    if not any(isinstance(base, RemoteType) for base in bases):
        bases = [Remote, *bases]
    try:
        return type.__new__(RemoteType, name, tuple(bases), content)
    except TypeError as error:
        raise SealedError(f"sealed tests cannot use the class {name}: {error}") from error


def make_instance(kind: RemoteType, link: Link, number: int, args: tuple[Any, ...] = ()) -> Any:
    made = (
        BaseException.__new__(kind, *args)
        if issubclass(kind, BaseException)
        else object.__new__(kind)
    )
    object.__setattr__(made, "_sealed", (link, number))
    return made


def _forwarder(name: str) -> Callable[..., Any]:
    def forward(self: Any, *args: Any) -> Any:
        if name in OPERATORS and not self._decides(*args):
            raise SealedError(self._unfit(name))
        if name != "__exit__":
            return self._sealed[0].ask("do", self, name, *args)
        # A traceback stays where it is.
        done = self._sealed[0].ask("do", self, name, *args[:2], None)
        return done and not (args[0] and issubclass(args[0], FAILURES))

    def call(self: Any, *args: Any, **named: Any) -> Any:
        return self._sealed[0].ask("call", self, *args, named=named)

    def wait(self: Any) -> Any:
        yield from ()  # a generator that never waits
        return self._sealed[0].ask("await", self)

    made = {"__call__": call, "__await__": wait}.get(name, forward)
    made.__name__ = made.__qualname__ = name
    return made


def signature(value: Any) -> inspect.Signature:
    parameters = sealed_of(value)[0].ask("signature", value)
    return inspect.Signature(
        [
            inspect.Parameter(name, inspect._ParameterKind(kind), default=default[0] if default else inspect.Parameter.empty)
            for name, kind, default in parameters
        ]
    )  # fmt: skip
