"""The policy on a report's tables: what a reader is left with, cell by cell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.disclosure.applying import NotProtected, drawn, printed, protect
from lms.disclosure.cells import Rest, Sum
from lms.disclosure.policy import AGREEMENT, PUBLIC
from lms.disclosure.shape import At, Ratio, Shape, Structure, counts_of
from lms.metrics.definition import Text
from lms.reports.table import Absent, Cell, Column, Kind, Table, as_json, from_json
from tests.disclosure.attacker import Attacker

CLASSES = ("gwangju", "elsewhere", "study", "seeking")
HIDDEN, TOO_FEW = Cell(absent=Absent.HIDDEN), Cell(absent=Absent.TOO_FEW)
JUNE, SEPTEMBER = date(2026, 6, 30), date(2026, 9, 30)


def word(text: str) -> Cell:
    return Cell(text, text=Text(text, text))


def column(key: str, kind: Kind = Kind.COUNT) -> Column:
    return Column(key, Text(key, key), kind)


def table(rows: list[list[int]], id: str = "T4") -> Table:
    """Sex by outcome, with all totals, the share that stays in Gwangju and the median of their pay."""
    lines = [
        *zip(("F", "M"), rows, strict=True),
        ("all", [sum(two) for two in zip(*rows, strict=True)]),
    ]
    return Table(
        id=id, title=Text("", ""), about=Text("", ""),
        columns=(
            column("sex", Kind.TEXT), column("all"), *map(column, CLASSES),
            column("share", Kind.SHARE), column("pay", Kind.MONEY),
        ),
        rows=tuple(
            (
                word(name), Cell(sum(row)), *map(Cell, row),
                Cell(row[0] / sum(row)) if sum(row) else Cell(absent=Absent.NOBODY), Cell(2_500_000),
            )
            for name, row in lines
        ),
        chart={"mark": "bar", "encoding": {"x": {"field": "sex"}, "y": {"field": "study"}}},
    )  # fmt: skip


SHAPE = Shape(
    across={"all": CLASSES},
    down={("all",): (("F",), ("M",))},
    ratios=(Ratio("share", "all", "gwangju"), Ratio("pay", "gwangju")),
)
STRUCTURE = Structure(shapes={"T4": SHAPE})
WORKED = table([[21, 17, 2, 9], [40, 38, 12, 18]])


def shown(found: Table) -> dict[tuple[str, str], Cell]:
    return {
        (str(row[0].value), column.key): cell
        for row in found.rows
        for column, cell in zip(found.columns, row, strict=True)
    }


def protected(rows: list[list[int]]) -> dict[tuple[str, str], Cell]:
    return shown(protect((table(rows),), STRUCTURE, PUBLIC)[0])


def test_the_worked_example() -> None:
    (found,) = protect((WORKED,), STRUCTURE, PUBLIC)
    hidden = {key for key, cell in shown(found).items() if cell == HIDDEN}
    assert hidden == {(sex, kind) for sex in "FM" for kind in ("study", "seeking")}
    assert found.notes == (PUBLIC.why_hidden,)


def test_the_policy_under_agreement_hides_less() -> None:
    (found,) = protect((table([[21, 17, 3, 9], [40, 38, 12, 18]]),), STRUCTURE, AGREEMENT)
    assert HIDDEN not in shown(found).values()


def test_a_share_is_hidden_with_its_count() -> None:
    found = protected([[2, 17, 20, 9], [40, 38, 12, 18]])
    assert found["F", "gwangju"] == found["F", "share"] == found["M", "share"] == HIDDEN
    assert found["all", "share"].value == pytest.approx(42 / 156)


def test_the_few_who_are_not_counted_are_protected_too() -> None:
    """48 of 50 stay: with the 50 printed, the share would tell of the other two."""
    simple = replace(WORKED, columns=WORKED.columns[:3] + WORKED.columns[6:7], rows=((word("F"), Cell(50), Cell(48), Cell(0.96)),), chart=None)  # fmt: skip
    structure = Structure(shapes={"T4": Shape(ratios=(Ratio("share", "all", "gwangju"),))})
    (found,) = protect((simple,), structure, PUBLIC)
    assert found.rows[0][2:] == (HIDDEN, HIDDEN)


def test_no_share_of_nine_and_no_median_of_seven() -> None:
    found = protected([[7, 0, 2 + 0, 0], [40, 38, 12, 18]])
    assert found["F", "pay"].absent is not None
    found = protected([[8, 0, 0, 0], [40, 38, 12, 18]])
    assert (found["F", "share"], found["F", "pay"].value) == (TOO_FEW, 2_500_000)
    found = protected([[7, 6, 0, 0], [40, 38, 12, 18]])
    assert (found["F", "pay"], found["F", "share"].absent) == (TOO_FEW, None)


def test_a_share_of_fewer_than_thirty_comes_with_a_warning() -> None:
    (found,) = protect((table([[7, 6, 0, 0], [40, 38, 12, 18]]),), STRUCTURE, PUBLIC)
    assert found.notes[-1] == PUBLIC.why_flagged([Text("F", "F")])


def test_a_count_that_only_its_share_tells_is_protected_by_hiding_the_share() -> None:
    bare = replace(WORKED, columns=(*WORKED.columns[:2], WORKED.columns[6]), rows=((word("F"), Cell(50), Cell(2 / 50)), (word("M"), Cell(50), Cell(0.5))), chart=None)  # fmt: skip
    structure = Structure(shapes={"T4": Shape(ratios=(Ratio("share", "all"),))})
    (found,) = protect((bare,), structure, PUBLIC)
    assert [row[2] for row in found.rows] == [HIDDEN, Cell(0.5)]


def test_the_same_cell_in_another_table_is_hidden_with_it() -> None:
    other = replace(WORKED, id="T8", columns=(WORKED.columns[0], column("students")), rows=((word("F"), Cell(2)), (word("M"), Cell(12))), chart=None)  # fmt: skip
    links = tuple(Sum(At("T8", (sex,), "students"), (At("T4", (sex,), "study"),)) for sex in "FM")
    found = protect((WORKED, other), replace(STRUCTURE, sums=links), PUBLIC)[1]
    assert [row[1] for row in found.rows] == [HIDDEN, HIDDEN]


def test_what_is_worked_out_from_hidden_cells_and_dominated_pay_are_hidden() -> None:
    follows = {At("T4", ("all",), "share"): (At("T4", ("F",), "study"),)}
    amounts = {At("T4", ("M",), "pay"): (9e6, 1e6, 1e6)}
    found = shown(
        protect((WORKED,), replace(STRUCTURE, follows=follows, amounts=amounts), PUBLIC)[0]
    )
    assert found["all", "share"] == found["M", "pay"] == HIDDEN


def test_a_chart_draws_what_can_be_seen() -> None:
    (found,) = protect((WORKED,), STRUCTURE, PUBLIC)
    assert [(row["sex"], row["study"]) for row in drawn(found)] == [("all", 14)]


def test_a_structure_that_does_not_fit_its_tables_is_refused() -> None:
    typo = Structure(shapes={"T4": replace(SHAPE, down={("all",): (("F",), ("X",))})})
    with pytest.raises(ValueError, match="no cell of these tables"):
        protect((WORKED,), typo, PUBLIC)
    wrong = Structure(shapes={"T4": replace(SHAPE, across={"all": CLASSES[:3]})})
    with pytest.raises(ValueError, match="its parts add up to"):
        protect((WORKED,), wrong, PUBLIC)
    with pytest.raises(ValueError, match="two rows called"):
        protect((replace(WORKED, rows=(WORKED.rows[0], WORKED.rows[0])),), STRUCTURE, PUBLIC)


def test_a_later_report_hides_where_one_person_has_moved() -> None:
    first = protect((WORKED,), STRUCTURE, PUBLIC)
    before = printed((WORKED,), first, STRUCTURE, day=JUNE)
    moved = table([[21, 17, 2, 9], [41, 37, 12, 18]])
    found = shown(protect((moved,), STRUCTURE, PUBLIC, day=SEPTEMBER, earlier=[before])[0])
    assert {("M", "gwangju"), ("M", "elsewhere")} <= {
        key for key, cell in found.items() if cell == HIDDEN
    }
    assert found["M", "share"] == HIDDEN


def test_a_report_that_cannot_be_protected_is_refused_with_what_to_do() -> None:
    """Everything but the two was printed before, on the same day."""
    alone = frozenset({At("T4", ("F",), "study")})
    before = replace(printed((WORKED,), (WORKED,), STRUCTURE, day=JUNE), hidden=alone)
    with pytest.raises(NotProtected, match=r"T4.*Merge categories") as refused:
        protect((WORKED,), STRUCTURE, PUBLIC, day=JUNE, earlier=[before])
    assert "T4" in refused.value.message.ko


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.lists(st.one_of(st.integers(0, 6), st.integers(0, 50)), min_size=4, max_size=4),
        min_size=2,
        max_size=2,
    )
)
def test_shares_publish_nothing_that_is_hidden(rows: list[list[int]]) -> None:
    """The attacker takes every count from its cell or, where that is empty, from a share and its base."""
    true = table(rows)
    once = protect((true,), STRUCTURE, PUBLIC)
    assert protect(once, STRUCTURE, PUBLIC) == once
    assert from_json(as_json(once)) == once
    cells, counts = shown(once[0]), counts_of((true,), STRUCTURE)
    known: dict[Any, int] = {}
    for at in counts.values:
        if isinstance(at, At) and isinstance(value := cells[at.row[0], at.column].value, int):
            known[at] = value
    for sex in ("F", "M", "all"):
        share, base = cells[sex, "share"].value, cells[sex, "all"].value
        if isinstance(share, float) and isinstance(base, int):
            known[At("T4", (sex,), "gwangju")] = round(share * base)
    sums = [
        *(Sum(At("T4", (s,), "all"), tuple(At("T4", (s,), c) for c in CLASSES)) for s in ("F", "M", "all")),
        *(Sum(At("T4", ("all",), c), tuple(At("T4", (s,), c) for s in "FM")) for c in ("all", *CLASSES)),
        *(Sum(r.base, (r.part, r)) for r in counts.unprinted if isinstance(r, Rest)),
    ]  # fmt: skip
    attacker = Attacker(known, sums)
    for key, value in counts.values.items():
        if key not in known and (key not in counts.unprinted or PUBLIC.is_small(value)):
            low, high = attacker.bounds((key, 1))
            assert high - low >= PUBLIC.k, key
