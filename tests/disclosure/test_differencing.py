"""Two reports in one hand: the difference between them is people too."""

from __future__ import annotations

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.disclosure.cells import Counts, Key, Sum
from lms.disclosure.differencing import Earlier, Printed, beside
from lms.disclosure.policy import PUBLIC
from lms.disclosure.suppressing import suppress
from tests.disclosure.attacker import Attacker
from tests.disclosure.tables import cells_of

MARCH, JUNE = date(2026, 3, 31), date(2026, 6, 30)
often = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def hidden_now(
    now: Counts, earlier: list[Printed], growing: frozenset[Key] = frozenset()
) -> frozenset[Key]:
    hidden, found = suppress(beside(now, earlier, day=JUNE, policy=PUBLIC, growing=growing), PUBLIC)
    assert found.passed
    return hidden


def test_one_more_person_than_last_time_is_hidden() -> None:
    assert hidden_now(
        Counts.of({"employed": 56}), [Printed(MARCH, Counts.of({"employed": 55}))]
    ) == {"employed"}


def test_five_more_and_none_more_are_printed() -> None:
    before = [Printed(MARCH, Counts.of({"employed": 55, "founded": 8}))]
    assert not hidden_now(Counts.of({"employed": 60, "founded": 8}), before)


def test_a_late_correction_of_one_person_is_hidden() -> None:
    assert hidden_now(
        Counts.of({"employed": 54}), [Printed(JUNE, Counts.of({"employed": 55}))]
    ) == {"employed"}


def test_what_was_hidden_on_that_day_stays_hidden() -> None:
    values, sums = {"a": 2, "b": 12, "all": 14}, [Sum("all", ("a", "b"))]
    counts = Counts.of(values, sums)
    assert hidden_now(Counts.of({"b": 12}), [Printed(JUNE, counts, frozenset({"a", "b"}))]) == {"b"}


def test_a_total_of_elsewhere_does_not_open_a_table_that_hid_its_own() -> None:
    values, sums = {"a": 2, "b": 12, "all": 14}, [Sum("all", ("a", "b"))]
    elsewhere = [Printed(JUNE, Counts.of({"all": 14}))]
    assert hidden_now(Counts.of(values, sums), elsewhere) == {"a", "b"}


def test_what_can_only_grow_bounds_what_is_hidden_later() -> None:
    """7 of 8 on record as founders leave the 8 a width of ... one side only: it has no upper end."""
    before = [Printed(MARCH, Counts.of({"founded": 7, "others": 5}))]
    values, sums = {"founded": 8, "others": 6, "all": 14}, [Sum("all", ("founded", "others"))]
    hidden = hidden_now(Counts.of(values, sums), before, frozenset({"founded", "others"}))
    # With the 14 printed, founded would be one of 7, 8, 9.
    assert hidden == {"founded", "others", "all"}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[list[list[int]], list[list[int]]]:
    """A table and the same some weeks later."""
    width, height = draw(st.integers(2, 4)), draw(st.integers(1, 3))
    number = st.one_of(st.integers(0, 6), st.integers(0, 40))
    first = draw(
        st.lists(st.lists(number, min_size=width, max_size=width), min_size=height, max_size=height)
    )
    moved = st.one_of(st.just(0), st.integers(-3, 3), st.integers(-30, 30))
    return first, [[max(0, n + draw(moved)) for n in row] for row in first]


@often
@given(pairs(), st.booleans())
def test_who_holds_both_reports_bounds_nothing_more_narrowly(
    tables: tuple[list[list[int]], list[list[int]]], same_day: bool
) -> None:
    (values, sums), (later, later_sums) = map(cells_of, tables)
    first, second = Counts.of(values, sums), Counts.of(later, later_sums)
    hidden, _ = suppress(first, PUBLIC)
    day = JUNE if same_day else MARCH
    now = hidden_now(second, [Printed(day, first, hidden)])

    def name(key: Key) -> Key:
        return key if same_day and later[key] == values[key] else Earlier(key, day, values[key])

    printed = {key: n for key, n in later.items() if key not in now}
    printed |= {name(key): n for key, n in values.items() if key not in hidden}
    both = later_sums + [Sum(name(one.total), tuple(map(name, one.parts))) for one in sums]
    attacker = Attacker(printed, both)
    for key in {*now, *map(name, hidden)}:
        low, high = attacker.bounds((key, 1))
        assert high - low >= PUBLIC.k, key
    for key in later:
        if name(key) != key and PUBLIC.is_small(later[key] - values[key]):
            low, high = attacker.bounds((key, 1), (name(key), -1))
            assert high - low >= PUBLIC.k, key


@often
@given(pairs())
def test_another_table_of_the_same_people_and_day(
    tables: tuple[list[list[int]], list[list[int]]],
) -> None:
    """The second table crosses the first one's columns with something else."""
    rows, noise = tables
    values, sums = cells_of(rows)
    first = Counts.of(values, sums)
    hidden, _ = suppress(first, PUBLIC)
    split = [[min(n, sum(row[j] for row in rows)) for j, n in enumerate(noise[0])]]
    split.append([sum(row[j] for row in rows) - split[0][j] for j in range(len(rows[0]))])
    more, others = cells_of(split, "new")
    del more["new", -1, -1]
    names = {("new", -1, j): (-1, j) for j in range(len(rows[0]))} | {("new", -1, -1): (-1, -1)}
    more = {names.get(key, key): n for key, n in more.items()} | {(-1, -1): values[-1, -1]}
    others = [
        Sum(names.get(s.total, s.total), tuple(names.get(p, p) for p in s.parts)) for s in others
    ]
    joint = beside(Counts.of(more, others), [Printed(JUNE, first, hidden)], day=JUNE, policy=PUBLIC)
    now, found = suppress(joint, PUBLIC)
    assert found.passed
    printed = {k: n for k, n in more.items() if k not in now} | {
        k: n for k, n in values.items() if k not in hidden
    }
    attacker = Attacker(printed, sums + others)
    for key in now | hidden:
        low, high = attacker.bounds((key, 1))
        assert high - low >= PUBLIC.k, key
