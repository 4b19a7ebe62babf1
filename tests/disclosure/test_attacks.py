"""Random tables: an attacker with a solver of their own finds no hidden count more narrowly than k."""

from __future__ import annotations

import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.disclosure.cells import Counts, Key, Rest, Share, Sum
from lms.disclosure.policy import AGREEMENT, PUBLIC, Policy
from lms.disclosure.suppressing import audit, suppress
from tests.disclosure.attacker import Attacker
from tests.disclosure.tables import cells_of, filled, two_way

SMALL = st.one_of(st.integers(0, 6), st.integers(0, 60))
POLICIES = st.sampled_from([PUBLIC, AGREEMENT])
often = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def grids(draw: st.DrawFn, rows: int = 5, columns: int = 5) -> list[list[int]]:
    width, height = draw(st.integers(2, columns)), draw(st.integers(1, rows))
    return draw(
        st.lists(st.lists(SMALL, min_size=width, max_size=width), min_size=height, max_size=height)
    )


def printed(counts: Counts, hidden: frozenset[Key]) -> dict[Key, int]:
    return {key: n for key, n in counts.values.items() if key not in hidden | counts.unprinted}


def assert_safe(
    counts: Counts, sums: list[Sum], policy: Policy, shares: tuple[Share, ...] = ()
) -> frozenset[Key]:
    hidden, found = suppress(counts, policy)
    assert found.passed
    known = sums + [Sum(one.base, (one.part, Rest(one.part, one.base))) for one in shares]
    attacker = Attacker(printed(counts, hidden), known)
    assert not [key for key, n in printed(counts, hidden).items() if policy.is_small(n)]
    for key in [
        *hidden,
        *(rest for rest in counts.unprinted if policy.is_small(counts.values[rest])),
    ]:
        low, high = attacker.bounds((key, 1))
        assert high - low >= policy.k, (key, low, high)
    return hidden


@often
@given(grids(), POLICIES)
def test_two_way_tables(rows: list[list[int]], policy: Policy) -> None:
    values, sums = cells_of(rows)
    assert_safe(Counts.of(values, sums), sums, policy)


@often
@given(grids(3, 4), POLICIES, st.data())
def test_tables_that_share_a_margin_and_have_sums_across(
    rows: list[list[int]], policy: Policy, data: st.DataObject
) -> None:
    """Two tables of the same people: their rows are the same cells, and two columns have a subtotal."""
    values, sums = cells_of(rows, "sex")
    other: list[list[int]] = []
    for row in rows:
        cut = data.draw(st.integers(0, sum(row)))
        other.append([cut, sum(row) - cut])
    more, others = cells_of(other, "age")
    values |= more
    sums += others + [Sum(("age", i, -1), (("sex", i, -1),)) for i in range(len(rows))]
    values["employed"] = values["sex", -1, 0] + values["sex", -1, 1]
    sums.append(Sum("employed", (("sex", -1, 0), ("sex", -1, 1))))
    shares = (Share("employed", ("sex", -1, -1)), Share(("age", 0, 0), ("age", 0, -1)))
    assert_safe(Counts.of(values, sums, shares), sums, policy, shares)


@often
@given(
    st.lists(
        st.lists(st.lists(SMALL, min_size=3, max_size=3), min_size=2, max_size=2),
        min_size=2,
        max_size=2,
    )
)
def test_three_ways(layers: list[list[list[int]]]) -> None:
    """Corners of these need not be whole numbers: the audit may then only promise less than there is."""
    values: dict[Key, int] = {}
    sums: list[Sum] = []
    for name, rows in zip("fm", layers, strict=True):
        more, of = cells_of(rows, name)
        values |= more
        sums += of
    total, of = cells_of(
        [[a + b for a, b in zip(*pair, strict=True)] for pair in zip(*layers, strict=True)], "all"
    )
    values |= total
    sums += of + [Sum(key, (("f", *key[1:]), ("m", *key[1:]))) for key in total]
    assert_safe(Counts.of(values, sums), sums, PUBLIC)


@often
@given(grids(4, 4), st.data())
def test_the_audit_tells_the_solver_s_interval(rows: list[list[int]], data: st.DataObject) -> None:
    values, sums = cells_of(rows)
    counts = Counts.of(values, sums)
    hidden = data.draw(st.frozensets(st.sampled_from(list(values))))
    attacker = Attacker(printed(counts, hidden), sums)
    for key, interval in audit(counts, hidden, PUBLIC).intervals.items():
        low, high = attacker.bounds((key, 1))
        assert (interval.low, float("inf") if interval.high is None else interval.high) == (
            low,
            high,
        )


@often
@given(
    st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=3), min_size=2, max_size=2).filter(
        lambda t: len({len(r) for r in t}) == 1
    ),
    st.data(),
)
def test_the_audit_tells_what_counting_out_all_tables_tells(
    rows: list[list[int]], data: st.DataObject
) -> None:
    values, sums = cells_of(rows)
    counts = Counts.of(values, sums)
    inner = [key for key in values if -1 not in key]
    hidden = data.draw(st.frozensets(st.sampled_from(inner)))
    tables = list(Attacker(printed(counts, hidden), sums).tables(9))
    for key, interval in audit(counts, hidden, PUBLIC).intervals.items():
        found = {table[key] for table in tables}
        assert (interval.low, interval.high) == (min(found), max(found))


@often
@given(grids())
def test_the_same_counts_hide_the_same_cells(rows: list[list[int]]) -> None:
    assert (
        suppress(two_way(rows), PUBLIC)[0]
        == suppress(two_way([list(row) for row in rows]), PUBLIC)[0]
    )


def test_a_large_table_takes_well_under_a_second() -> None:
    counts = two_way(filled(20, 8, people=300, seed=1))
    began = time.perf_counter()
    assert suppress(counts, PUBLIC)[1].passed
    assert time.perf_counter() - began < 1


def test_a_report_of_sixteen_tables_takes_less_than_three() -> None:
    values: dict[Key, int] = {}
    sums: list[Sum] = []
    for number in range(16):
        more, of = cells_of(filled(20, 8, people=1221, seed=number), f"T{number}")
        values |= more
        sums += of
        if number:
            sums.append(Sum((f"T{number}", -1, -1), (("T0", -1, -1),)))
    counts = Counts.of(values, sums)
    began = time.perf_counter()
    assert suppress(counts, PUBLIC)[1].passed
    assert time.perf_counter() - began < 3
