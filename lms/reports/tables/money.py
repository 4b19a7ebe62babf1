"""What ventures received by the day: the columns of it, and what hides an amount.

An amount is hidden with the founders it is about, where it would tell what one venture received, and
where another cohort's is hidden that could then be worked out from the sum of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lms.disclosure.shape import At, Name
from lms.metrics.definition import Text
from lms.reports.facts import Facts
from lms.reports.table import Cell, Column, Kind
from lms.reports.tables.cells import EVERY_ROW, is_several, row_of

FEWEST = 3  # ventures: of two, each knows what the other received
Counted = Mapping[str, int]  # counters.ventures.OF_MONEY, and `backed`
SHOWN = {"backed": "backed", "funded": "ventures", "won": "won"}  # column: what it counts
WHEN_HIDDEN = Text(
    f"금액은 받은 회사가 {FEWEST}곳보다 적거나 한 곳이 거의 다 받았으면 적지 않습니다. 한 기수의 금액을 적지 않으면 다른 기수의 금액도 적지 않고 모든 기수의 합만 적습니다.",
    f"No amount is given of fewer than {FEWEST} ventures, or of which one received nearly all. Where one "
    "cohort's is not given, no other cohort's is, but only that of all together.",
)


def columns(backed: Text, funded: Text, won: Text) -> tuple[Column, ...]:
    return (
        Column("backed", backed, Kind.COUNT),
        Column("funded", funded, Kind.COUNT),
        Column("won", won, Kind.MONEY),
    )


def counted(facts: Facts, subject: str) -> dict[Name, Counted]:
    """By the name of the row: each cohort, and all of them."""
    found: dict[Name, Counted] = {row_of(one): one.counts[subject] for one in facts.cohorts}
    if is_several(facts):
        backed = sum(one["backed"] for one in found.values())
        found[EVERY_ROW] = {"backed": backed} | facts.counts[subject]
    return found


def cells(counts: Counted) -> tuple[Cell, ...]:
    return tuple(Cell(counts[what]) for what in SHOWN.values())


def follows(table: str, rows: Mapping[Name, Counted]) -> dict[At, tuple[At, ...]]:
    """What the founders, the ventures and the amounts are hidden with.

    `backed` is no part of T11's founders to the policy: how many are without is no secret, as it is none
    how many ventures do not trade yet.
    """
    some = [row for row, counts in rows.items() if row != EVERY_ROW and counts["won"]]
    found: dict[At, tuple[At, ...]] = {
        At(table, row, "backed"): (At("T11", row, "founders"),) for row in rows
    }
    for row in rows:  # after all of those, as these follow from them
        backed = At(table, row, "backed")
        others = [other for other in some if other != row] if row in some else []
        found[At(table, row, "funded")] = (backed,)
        found[At(table, row, "won")] = (backed, *_both(table, others))
    return found


def _both(table: str, rows: Sequence[Name]) -> list[At]:
    return [At(table, row, column) for row in rows for column in ("backed", "won")]


def amounts(table: str, rows: Mapping[Name, Counted]) -> dict[At, tuple[float, ...]]:
    """What each amount is made of, as far as it matters: the largest, and the rest in halves."""
    return {At(table, row, "won"): _parts(counts) for row, counts in rows.items()}


def _parts(counts: Counted) -> tuple[float, ...]:
    if counts["ventures"] < FEWEST:
        return (counts["won"],)
    rest = (counts["won"] - counts["largest"]) / 2
    return (counts["largest"], rest, rest)
