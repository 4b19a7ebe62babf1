"""Values that cross between two processes: the same on the other side, whatever they are made of;
and no text a stranger sends makes more than a value or a SealedError."""

import math
from collections import Counter, OrderedDict, deque
from datetime import UTC, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading.sandbox import values
from grading.sandbox.values import Reader, SealedError, Writer

PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.complex_numbers(allow_nan=False),
    st.text() | st.just("\ud800"), st.binary(), st.dates(), st.times(), st.timedeltas(),
    st.datetimes(timezones=st.sampled_from([None, UTC, timezone(timedelta(hours=9), "KST")])),
    st.decimals(allow_nan=False), st.fractions(), st.uuids(), st.builds(range, st.integers(), st.integers()),
    st.sampled_from([int, str, object, ValueError, ..., NotImplemented]),
)  # fmt: skip
HASHABLE = st.recursive(
    PLAIN, lambda inner: st.tuples(inner, inner) | st.frozensets(inner), max_leaves=5
)
ANY = st.recursive(
    PLAIN | st.binary().map(bytearray),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(HASHABLE, inner) | st.sets(HASHABLE)
    | st.builds(deque, st.lists(inner), st.none() | st.integers(0, 5))
    | st.builds(OrderedDict, st.dictionaries(HASHABLE, inner)) | st.builds(Counter, st.lists(HASHABLE)),
    max_leaves=15,
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.builds(lambda tag, rest: [tag, *rest], st.sampled_from(sorted(map(str, values._READERS))), st.lists(inner, max_size=3)),
    max_leaves=12,
)  # fmt: skip


def refuse(value: Any, _: Any) -> Any:
    raise SealedError(f"no value: {type(value)}")


def is_same(one: Any, other: Any) -> bool:
    """Also of the same types, all the way down; True is not 1."""
    if type(one) is not type(other) or one != other:
        return False
    if isinstance(one, dict):
        one, other = [*one.items()], [*other.items()]
    if isinstance(one, list | tuple | deque):
        return len(one) == len(other) and all(map(is_same, one, other))
    return isinstance(one, set | frozenset) or repr(one) == repr(other)


def crossed(value: Any) -> Any:
    writer, reader = Writer([], refuse), Reader([], refuse)
    found = reader.read(values.form_of(values.text_of(writer.write(value))))
    assert [type(one) for one in writer.shared] == [type(one) for one in reader.shared]
    return found


@given(ANY)
@settings(max_examples=300, deadline=None)
def test_a_value_is_the_same_on_the_other_side(value: Any) -> None:
    found = crossed(value)
    assert is_same(found, value)


@given(JSON)
@settings(max_examples=500, deadline=None)
def test_what_a_stranger_sends_is_a_value_or_an_error(form: Any) -> None:
    try:
        Reader([[], {}], refuse).read(form)
    except SealedError:
        return
    except MemoryError:
        pytest.fail("it asked for memory that it does not bear out")


@given(st.lists(ANY, min_size=1, max_size=3), st.lists(ANY, max_size=3))
@settings(max_examples=100, deadline=None)
def test_a_change_arrives_in_place(before: list[Any], after: list[Any]) -> None:
    """A list, on the side that lent it, after the other side has put other things into it."""
    lent, lender, borrower = [*before], [], []
    form = Writer(lender, refuse).write(lent)
    borrowed = Reader(borrower, refuse).read(form)
    borrowed[:] = after
    writer, reader = Writer(list(borrower), refuse), Reader(list(lender), refuse)
    values.renew(lent, reader.content(writer.content(borrowed)))
    assert lent == after


def test_what_is_one_object_stays_one_object() -> None:
    inner: list[Any] = [1]
    inner.append(inner)
    first, second = crossed([inner, {"k": inner}])
    assert first[1] is first
    assert second["k"] is first


@pytest.mark.parametrize(
    "value",
    [math.inf, -math.inf, -0.0, 2**63, -(2**63), 1 << 20_000],
    ids=lambda value: hex(value)[:9] if isinstance(value, int) else None,
)
def test_numbers_at_the_edge(value: float) -> None:
    assert (
        repr(crossed(value)) == repr(value) if isinstance(value, float) else crossed(value) == value
    )


def test_not_a_number() -> None:
    assert math.isnan(crossed(math.nan))


def test_too_much_and_too_deep() -> None:
    for value in (
        "x" * values.MOST_BYTES * 2,
        [0] * values.MOST_BYTES,
        b"x" * values.MOST_BYTES * 2,
    ):
        with pytest.raises(SealedError, match="more than 8 MiB"):
            crossed(value)
    deep: list[Any] = []
    for _ in range(values.MOST_DEEP + 1):
        deep = [deep]
    with pytest.raises(SealedError, match="nested more than"):
        crossed(deep)
