"""Values that cross between two processes as typed JSON, never pickle: sealed tests.

What says nothing but its value crosses as a copy: numbers, text, bytes, containers, times, paths,
NumPy's and pandas' data (arrays.py). Everything else is for the caller to name (`other`). Reading
makes values and runs nothing a stranger chose. A list of mutable objects, in the order they were
met, is the same on both sides: it keeps what is one object one object, and carries changes back.
"""

import base64
import json
import math
import sys
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import PosixPath, PurePosixPath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from grading.sandbox import arrays

MOST_BYTES = 8 * 1024 * 1024
MOST_DEEP = 100
PART_BYTES = 8
WORD = 2**63
Form = Any


class SealedError(Exception):
    """Something that tests in a process of their own cannot do. The text names it."""


class Foreign(type):
    """The type of classes that stand for the other side's; such an object is asked nothing here."""


MAPPINGS: dict[type, str] = {
    dict: "dict", Counter: "counter", OrderedDict: "ordered", defaultdict: "default"
}  # fmt: skip
SEQUENCES: dict[type, str] = {list: "list", set: "set"}
MUTABLE = {*MAPPINGS, *SEQUENCES, bytearray, deque}
SIZED = MUTABLE | {tuple, frozenset}
BUILTIN_TYPES = (
    object, type(None), bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set,
    frozenset, range, slice,
)  # fmt: skip
TYPES = {
    f"{one.__module__}.{one.__qualname__}": one
    for one in (*BUILTIN_TYPES, Counter, OrderedDict, defaultdict, deque, date, datetime, time,
                timedelta, timezone, ZoneInfo, Decimal, Fraction, UUID, PosixPath, PurePosixPath)
}  # fmt: skip
CONSTANTS = {"Ellipsis": Ellipsis, "NotImplemented": NotImplemented}
ORIGINS = {"date": date, "time": time, "datetime": datetime}
VIEWS = {type({}.keys()): "keys", type({}.values()): "values", type({}.items()): "items"}
GENERATED = {
    "__doc__", "__slots__", "_fields", "_field_defaults", "__new__", "_make", "_replace",
    "__replace__", "__repr__", "_asdict", "__getnewargs__", "__match_args__", "__module__",
    "__annotations__", "__orig_bases__", "__static_attributes__", "__firstlineno__",
}  # fmt: skip
_tuples: dict[tuple[str, tuple[str, ...]], Any] = {}


class Writer:
    """From values to JSON. `other` gives the form of what is no value, or raises SealedError."""

    def __init__(self, shared: list[Any], other: Callable[[Any, "Writer"], Form]) -> None:
        self.shared, self._other = shared, other
        self._numbers = {id(one): number for number, one in enumerate(shared)}
        self._left = MOST_BYTES
        self._depth = 0

    def write(self, value: Any) -> Form:
        kind = type(value)
        if value is None or kind is bool:
            self._spend(PART_BYTES // 2)
            return value
        if kind is int or kind is float:
            self._spend(PART_BYTES // 2)
        if kind is int:
            return value if -WORD < value < WORD else ["int", self._spent(hex(value))]
        if kind is float:
            return value if math.isfinite(value) else ["float", repr(value)]
        if kind is str:
            return self._spent(value)
        if (number := self._numbers.get(id(value))) is not None:
            return ["same", number]
        if kind in MUTABLE or arrays.is_mutable(value):
            self._numbers[id(value)] = len(self.shared)
            self.shared.append(value)
        return self.content(value)

    def content(self, value: Any) -> Form:
        """Of an object that may have a number: what is in it, not its number."""
        self._depth += 1
        try:
            if self._depth > MOST_DEEP:
                raise SealedError(
                    f"sealed tests cannot pass on what is nested more than {MOST_DEEP} levels deep"
                )
            self._spend(PART_BYTES)
            if isinstance(value, Foreign) or isinstance(type(value), Foreign):
                return self._other(value, self)
            return self._container(value) or self._plain(value) or self._other(value, self)
        finally:
            self._depth -= 1

    def all(self, values: Any) -> list[Form]:
        return [self.write(value) for value in values]

    def _container(self, value: Any) -> Form:
        kind = type(value)
        if kind in SIZED and len(value) * PART_BYTES // 2 > self._left:
            self._spend(self._left + 1)  # not after having read half of it
        if kind in SEQUENCES or kind in (tuple, frozenset):
            return [SEQUENCES.get(kind) or kind.__name__, self.all(value)]
        if kind in MAPPINGS:
            pairs = [[self.write(key), self.write(one)] for key, one in value.items()]
            extra = [self.write(value.default_factory)] if kind is defaultdict else []
            return [MAPPINGS[kind], pairs, *extra]
        if kind is deque:
            return ["deque", self.all(value), value.maxlen]
        if kind in VIEWS:
            return [VIEWS[kind], [self.all(one) if kind is type({}.items()) else self.write(one)
                                  for one in value]]  # fmt: skip
        if is_plain_tuple(kind):
            return ["named", *_described(kind), self.all(value)]
        return None

    def _plain(self, value: Any) -> Form:
        kind = type(value)
        if kind in (bytes, bytearray):
            self._spend(len(value))
            return [kind.__name__, base64.b64encode(value).decode()]
        if kind is complex:
            return ["complex", self.all((value.real, value.imag))]
        if kind in (range, slice):
            return [kind.__name__, self.all((value.start, value.stop, value.step))]
        if kind in (Decimal, UUID, PosixPath, PurePosixPath):
            return [kind.__name__, self._spent(str(value))]
        if kind is Fraction:
            return ["Fraction", self.all((value.numerator, value.denominator))]
        if kind is timedelta:
            return ["timedelta", [value.days, value.seconds, value.microseconds]]
        if kind in (date, time, datetime):
            zone = getattr(value, "tzinfo", None)
            if type(zone) in (type(None), timezone, ZoneInfo):
                bare = value.replace(tzinfo=None) if zone else value
                return [kind.__name__, bare.isoformat(), self.write(zone), getattr(bare, "fold", 0)]
        if kind is timezone:
            return ["timezone", self.all(value.__getinitargs__())]
        if kind is ZoneInfo and value.key:
            return ["ZoneInfo", value.key]
        for name, constant in CONSTANTS.items():
            if value is constant:
                return ["constant", name]
        return self._type(value) if isinstance(value, type) else arrays.form(value, self)

    def _type(self, value: type) -> Form:
        name = f"{value.__module__}.{value.__qualname__}"
        if type_named(name) is value:
            return ["type", name]
        if is_plain_tuple(value):
            return ["named type", *_described(value)]
        return None

    def _spent(self, text: str) -> str:
        self._spend(len(text))
        return text

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise SealedError(
                f"sealed tests cannot pass on more than {MOST_BYTES // 1024**2} MiB at a time"
            )

    spend = _spend


class Reader:
    """From JSON to values. `other` reads what `Writer.other` wrote. Raises SealedError."""

    def __init__(self, shared: list[Any], other: Callable[[list[Any], "Reader"], Any]) -> None:
        self.shared, self._other = shared, other

    def read(self, form: Form) -> Any:
        return self._read(form, known=False)

    def content(self, form: Form) -> Any:
        """A new state of an object that has its number already."""
        return self._read(form, known=True)

    def _read(self, form: Form, *, known: bool) -> Any:
        if not isinstance(form, list):
            if isinstance(form, dict):
                raise SealedError("a value cannot be read")
            return form
        try:
            tag, *parts = form
            if (read := _READERS.get(tag)) is not None:
                return read(self, parts, known)
            return self._other(form, self)
        except SealedError:
            raise
        except RecursionError as error:
            raise SealedError("a value is nested too deeply to be read") from error
        except Exception as error:
            raise SealedError(f"a value cannot be read: {type(error).__name__}") from error

    def keep(self, value: Any, known: bool) -> Any:
        if not known:
            self.shared.append(value)
        return value

    def all(self, forms: Any) -> list[Any]:
        return [self.read(form) for form in forms]


def renew(old: Any, new: Any) -> None:
    """Give an object the content of another of the same type."""
    if type(old) is not type(new):
        raise SealedError("a value came back as another type")
    if isinstance(old, list | bytearray):
        old[:] = new
    elif isinstance(old, dict | set):
        old.clear()
        old.update(new)
    elif isinstance(old, deque):
        old.clear()
        old.extend(new)
    else:
        arrays.renew(old, new)


def text_of(form: Form) -> str:
    text = json.dumps(form, separators=(",", ":"))
    if len(text) > 2 * MOST_BYTES:
        raise SealedError(f"sealed tests cannot pass on more than {MOST_BYTES // 1024**2} MiB")
    return text


def form_of(text: str) -> Form:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SealedError(f"an answer cannot be read: {type(error).__name__}") from error


def type_named(name: str) -> type | None:
    """A type of values, or one of Python's own exceptions; nothing else has a name here."""
    if (known := TYPES.get(name)) is not None:
        return known
    module, _, short = name.rpartition(".")
    if module == "builtins":
        found = vars(sys.modules["builtins"]).get(short)
        return found if isinstance(found, type) and issubclass(found, BaseException) else None
    return arrays.type_named(name)


def is_plain_tuple(kind: Any) -> bool:
    """A named tuple's class that was generated and has nothing of its own."""
    fields = getattr(kind, "_fields", None)
    return (
        isinstance(kind, type)
        and kind.__bases__ == (tuple,)
        and type(fields) is tuple
        and all(type(name) is str for name in fields)
        and vars(kind).keys() <= GENERATED | set(fields)
    )


def _described(kind: Any) -> tuple[str, list[str]]:
    _tuples.setdefault((kind.__name__, kind._fields), kind)
    return kind.__name__, list(kind._fields)


def _tuple_named(name: str, fields: list[str]) -> Any:
    key = str(name), tuple(map(str, fields))
    if key not in _tuples:
        if len(_tuples) > 1000:
            raise SealedError("there are too many kinds of named tuples")
        _tuples[key] = namedtuple(*key)
    return _tuples[key]


def _bytes(reader: Reader, parts: list[Any], known: bool) -> Any:
    return base64.b64decode(parts[0], validate=True)


def _sequence(make: type) -> Any:
    def read(reader: Reader, parts: list[Any], known: bool) -> Any:
        made = reader.keep(make(), known)
        (made.extend if make is list else made.update)(reader.all(parts[0]))
        return made

    return read


def _mapping(make: type) -> Any:
    def read(reader: Reader, parts: list[Any], known: bool) -> Any:
        made = reader.keep(make(), known)
        for key, one in parts[0]:
            made[reader.read(key)] = reader.read(one)
        if len(parts) > 1:
            made.default_factory = reader.read(parts[1])
        return made

    return read


def _deque(reader: Reader, parts: list[Any], known: bool) -> Any:
    made: deque[Any] = reader.keep(deque(maxlen=parts[1]), known)
    made.extend(reader.all(parts[0]))
    return made


def _time(make: Any) -> Any:
    def read(reader: Reader, parts: list[Any], known: bool) -> Any:
        made = make.fromisoformat(parts[0])
        if make is date:
            return made
        return made.replace(tzinfo=reader.read(parts[1]), fold=parts[2])

    return read


def _view(name: str) -> Any:
    def read(reader: Reader, parts: list[Any], known: bool) -> Any:
        if name == "values":
            return dict(enumerate(reader.all(parts[0]))).values()
        if name == "keys":
            return dict.fromkeys(reader.all(parts[0])).keys()
        return dict(reader.all(pair) for pair in parts[0]).items()

    return read


def _type(reader: Reader, parts: list[Any], known: bool) -> Any:
    if (found := type_named(parts[0])) is None:
        raise SealedError("a type is not known")
    return found


_READERS: dict[Any, Any] = {
    "same": lambda reader, parts, known: reader.shared[parts[0]],
    "int": lambda reader, parts, known: int(parts[0], 16),
    "float": lambda reader, parts, known: float(parts[0]),
    "complex": lambda reader, parts, known: complex(*reader.all(parts[0])),
    "bytes": _bytes,
    "bytearray": lambda *parts: parts[0].keep(bytearray(_bytes(*parts)), parts[2]),
    "tuple": lambda reader, parts, known: tuple(reader.all(parts[0])),
    "frozenset": lambda reader, parts, known: frozenset(reader.all(parts[0])),
    "range": lambda reader, parts, known: range(*reader.all(parts[0])),
    "slice": lambda reader, parts, known: slice(*reader.all(parts[0])),
    "Fraction": lambda reader, parts, known: Fraction(*reader.all(parts[0])),
    "timedelta": lambda reader, parts, known: timedelta(*parts[0]),
    "timezone": lambda reader, parts, known: timezone(*reader.all(parts[0])),
    "ZoneInfo": lambda reader, parts, known: ZoneInfo(parts[0]),
    "constant": lambda reader, parts, known: CONSTANTS[parts[0]],
    "named": lambda reader, parts, known: _tuple_named(*parts[:2])(*reader.all(parts[2])),
    "named type": lambda reader, parts, known: _tuple_named(*parts[:2]),
    "type": _type,
    "deque": _deque,
    **{one.__name__: (lambda make: lambda _, parts, known: make(parts[0]))(one)
       for one in (Decimal, UUID, PosixPath, PurePosixPath)},
    **{name: _sequence(make) for make, name in SEQUENCES.items()},
    **{name: _mapping(make) for make, name in MAPPINGS.items()},
    **{name: _time(make) for name, make in ORIGINS.items()},
    **{name: _view(name) for name in VIEWS.values()},
    **arrays.READERS,
}  # fmt: skip
