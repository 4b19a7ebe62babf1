"""NumPy's and pandas' data as typed JSON: what values.py is for Python's own. A process that has
not loaded them has no such values; it loads them when it is sent some."""

import base64
import re
import sys
from importlib import import_module
from typing import Any

# Numbers, truth values, times, fixed text; no Python objects, no fields.
KINDS = "biufcmMUS"
NUMPY_TYPES = {"ndarray", "bool", "bool_", "int8", "int16", "int32", "int64", "uint8", "uint16",
               "uint32", "uint64", "float16", "float32", "float64", "longdouble", "complex64",
               "complex128", "str_", "bytes_", "datetime64", "timedelta64", "generic", "number",
               "integer", "floating"}  # fmt: skip
PANDAS_TYPES = {"DataFrame", "Series", "Index", "RangeIndex", "DatetimeIndex", "MultiIndex",
                "CategoricalIndex", "Timestamp", "Timedelta", "Categorical"}  # fmt: skip
# Columns of pandas' own kinds that can be made again from a list of their values.
EXTENSION = re.compile(
    r"str|string(\[\w+\])?|boolean|U?Int(8|16|32|64)|Float(32|64)"
    r"|period\[[\w-]+\]|datetime64\[\w+, [\w/+:-]+\]"
)
MOST_DIMENSIONS = 32


def _numpy() -> Any:
    return sys.modules.get("numpy")


def _pandas() -> Any:
    return sys.modules.get("pandas") if "numpy" in sys.modules else None


def _needed(name: str) -> Any:
    return sys.modules.get(name) or import_module(name)


def is_mutable(value: Any) -> bool:
    np, pd = _numpy(), _pandas()
    kind = type(value)
    return bool(np and kind is np.ndarray and _is_plain(value.dtype)) or bool(
        pd and hasattr(pd, "DataFrame") and kind in (pd.DataFrame, pd.Series)
    )


def type_named(name: str) -> type | None:
    module, _, short = name.rpartition(".")
    known = {"numpy": NUMPY_TYPES, "pandas": PANDAS_TYPES}.get(module, set())
    found = getattr(_needed(module), short, None) if short in known else None
    return found if isinstance(found, type) else None


def form(value: Any, writer: Any) -> Any:
    np, pd = _numpy(), _pandas()
    kind = type(value)
    if np and kind is np.ndarray and _is_plain(value.dtype):
        return _array(value, writer)
    if (
        np
        and isinstance(value, np.generic)
        and _is_plain(value.dtype)
        and kind.__module__ == "numpy"
    ):
        return ["np", value.dtype.str, base64.b64encode(np.asarray(value).tobytes()).decode()]
    if np and isinstance(value, np.dtype) and value.kind in KINDS and value.fields is None:
        return ["dtype", value.str]
    return _pandas_form(pd, value, writer) if pd and hasattr(pd, "DataFrame") else None


def _is_plain(dtype: Any) -> bool:
    return (dtype.kind in KINDS and dtype.fields is None) or dtype.kind == "O"


def _array(value: Any, writer: Any) -> Any:
    if value.dtype.kind == "O":
        return ["objects", list(value.shape), writer.all(value.ravel().tolist())]
    writer.spend(value.nbytes)
    content = base64.b64encode(value.tobytes()).decode()
    return ["array", value.dtype.str, list(value.shape), content]


def _pandas_form(pd: Any, value: Any, writer: Any) -> Any:
    kind = type(value)
    if value is pd.NaT or value is pd.NA:
        return ["missing", "NaT" if value is pd.NaT else "NA"]
    if kind is pd.Timestamp:
        zone = value.tzinfo
        if zone is None or (zone := writer.write(zone))[0] in ("timezone", "ZoneInfo"):
            return ["Timestamp", value.as_unit("ns").value, value.unit, zone]
    if kind is pd.Timedelta:
        return ["Timedelta", value.as_unit("ns").value, value.unit]
    if kind is pd.DataFrame:
        columns = [_column(pd, value.iloc[:, at].array, writer) for at in range(value.shape[1])]
        if None not in columns:
            return ["frame", columns, *writer.all((value.index, value.columns))]
    if kind is pd.Series and (column := _column(pd, value.array, writer)):
        return ["series", column, *writer.all((value.index, value.name))]
    if isinstance(value, pd.Index):
        return _index(pd, value, writer)
    if kind is pd.Categorical:
        return _column(pd, value, writer)
    if isinstance(value, pd.api.extensions.ExtensionDtype) and EXTENSION.fullmatch(str(value)):
        return ["column type", str(value)]
    if isinstance(value, pd.api.extensions.ExtensionArray):
        column = _column(pd, value, writer)
        return column if column and column[0] == "column" else None
    return None


def _column(pd: Any, values: Any, writer: Any) -> Any:
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = _array(values.codes, writer)
        return ["categories", codes, writer.write(dtype.categories), bool(dtype.ordered)]
    if hasattr(dtype, "numpy_dtype") and EXTENSION.fullmatch(str(dtype)) is None:
        dtype = dtype.numpy_dtype
    if not isinstance(dtype, pd.api.extensions.ExtensionDtype):
        plain = values.to_numpy()
        return _array(plain, writer) if _is_plain(plain.dtype) else None
    if EXTENSION.fullmatch(str(dtype)):
        missing = values.isna()
        listed = [None if gone else one for one, gone in zip(values, missing, strict=True)]
        if str(dtype).startswith("period"):
            listed = [one and str(one) for one in listed]
        return ["column", str(dtype), writer.all(listed)]
    return None


def _index(pd: Any, value: Any, writer: Any) -> Any:
    if type(value) is pd.RangeIndex:
        return ["range index", value.start, value.stop, value.step, writer.write(value.name)]
    if type(value) is pd.MultiIndex:
        levels = [writer.write(value.get_level_values(at)) for at in range(value.nlevels)]
        return ["levels", levels, writer.all(value.names)]
    column = _column(pd, value.array, writer)
    frequency = getattr(value, "freqstr", None) if type(value) is pd.DatetimeIndex else None
    return column and ["index", column, writer.write(value.name), frequency]


def renew(old: Any, new: Any) -> None:
    np = _numpy()
    if type(old) is np.ndarray:
        if old.shape == new.shape and old.dtype == new.dtype and old.flags.writeable:
            old[...] = new
    else:
        # What every `inplace=True` of pandas ends in; there is no public name for it.
        old._update_inplace(new)


def _read_array(reader: Any, parts: list[Any], known: bool) -> Any:
    return reader.keep(_plain_array(*parts), known)


def _plain_array(name: str, shape: list[int], content: str) -> Any:
    values = _needed("numpy").frombuffer(
        base64.b64decode(content, validate=True), dtype=_dtype(name)
    )
    return values.reshape(_shape(shape)).copy()


def _read_objects(reader: Any, parts: list[Any], known: bool) -> Any:
    np = _needed("numpy")
    shape = _shape(parts[0])
    made = reader.keep(np.empty(shape, dtype=object), known)
    flat = np.empty(len(parts[1]), dtype=object)
    for at, one in enumerate(parts[1]):
        flat[at] = reader.read(one)
    made[...] = flat.reshape(shape)
    return made


def _dtype(name: Any) -> Any:
    dtype = _needed("numpy").dtype(str(name))
    if dtype.kind not in KINDS or dtype.fields is not None or dtype.subdtype is not None:
        raise ValueError(name)
    return dtype


def _shape(shape: list[int]) -> tuple[int, ...]:
    """No size that its content does not bear out is ever allocated: reshape checks the product."""
    if len(shape) > MOST_DIMENSIONS or not all(type(one) is int and one >= 0 for one in shape):
        raise ValueError("shape")
    return tuple(shape)


def _read_scalar(reader: Any, parts: list[Any], known: bool) -> Any:
    (value,) = _plain_array(parts[0], [1], parts[1])
    return value


def _values(reader: Any, column: list[Any]) -> Any:
    """The data of a column: an array, or one of pandas' own kinds. It has no number of its own."""
    if not isinstance(column, list) or column[0] not in {
        "array",
        "objects",
        "column",
        "categories",
    }:
        raise ValueError("column")
    return reader.content(column)


def _read_column(reader: Any, parts: list[Any], known: bool) -> Any:
    return _needed("pandas").array(reader.all(parts[1]), dtype=_column_type(parts[0]))


def _column_type(name: Any) -> str:
    if not EXTENSION.fullmatch(name):
        raise ValueError("column")
    return str(name)


def _read_categories(reader: Any, parts: list[Any], known: bool) -> Any:
    pd = _needed("pandas")
    codes = _values(reader, parts[0])
    return pd.Categorical.from_codes(codes, categories=reader.read(parts[1]), ordered=parts[2])


def _read_series(reader: Any, parts: list[Any], known: bool) -> Any:
    # Its number comes before those of what is in it.
    place = len(reader.shared)
    reader.keep(None, known)
    made = _needed("pandas").Series(_values(reader, parts[0]), index=reader.read(parts[1]))
    made.name = reader.read(parts[2])
    if not known:
        reader.shared[place] = made
    return made


def _read_frame(reader: Any, parts: list[Any], known: bool) -> Any:
    pd = _needed("pandas")
    place = len(reader.shared)
    reader.keep(None, known)
    columns = [_values(reader, column) for column in parts[0]]
    index = reader.read(parts[1])
    made = pd.DataFrame(dict(enumerate(columns)), index=index)
    made.columns = reader.read(parts[2])
    if not known:
        reader.shared[place] = made
    return made


def _read_index(reader: Any, parts: list[Any], known: bool) -> Any:
    values, name = _values(reader, parts[0]), reader.read(parts[1])
    made = _needed("pandas").Index(values, dtype=values.dtype, name=name)
    if parts[2] is not None:
        made.freq = str(parts[2])
    return made


def _read_levels(reader: Any, parts: list[Any], known: bool) -> Any:
    return _needed("pandas").MultiIndex.from_arrays(
        reader.all(parts[0]), names=reader.all(parts[1])
    )


def _read_range_index(reader: Any, parts: list[Any], known: bool) -> Any:
    return _needed("pandas").RangeIndex(*parts[:3], name=reader.read(parts[3]))


def _read_timestamp(reader: Any, parts: list[Any], known: bool) -> Any:
    made = _needed("pandas").Timestamp(parts[0], unit="ns").as_unit(parts[1])
    zone = reader.read(parts[2])
    return made.tz_localize("UTC").tz_convert(zone) if zone is not None else made


READERS: dict[str, Any] = {
    "array": _read_array,
    "objects": _read_objects,
    "np": _read_scalar,
    "dtype": lambda reader, parts, known: _dtype(parts[0]),
    "missing": lambda reader, parts, known: getattr(_needed("pandas"), {"NaT": "NaT", "NA": "NA"}[parts[0]]),
    "Timestamp": _read_timestamp,
    "Timedelta": lambda reader, parts, known: _needed("pandas").Timedelta(parts[0], unit="ns").as_unit(parts[1]),
    "column": _read_column,
    "column type": lambda reader, parts, known: _needed("pandas").api.types.pandas_dtype(_column_type(parts[0])),
    "categories": _read_categories,
    "series": _read_series,
    "frame": _read_frame,
    "index": _read_index,
    "levels": _read_levels,
    "range index": _read_range_index,
}  # fmt: skip
