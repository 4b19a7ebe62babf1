"""Which cells to hide with a hidden one: the cheapest way to change it and still fit all equations.

A move adds to some cells and takes from others so that every sum still holds. In a two-way table it
is a closed walk from row to column to row, and the search is Dijkstra's; nested and linked tables
only make more sums to put right.
"""

from __future__ import annotations

from collections.abc import Set
from heapq import heappop, heappush

from lms.disclosure.cells import Network

Move = dict[int, int]
Wrong = tuple[tuple[int, int], ...]  # by how much which equations are wrong
TRIES = 400  # states looked at before a search is given up; a two-way table has some dozens


def cheapest(
    network: Network, hidden: Set[int], *, cell: int, sign: int, times: int
) -> tuple[int, Move] | None:
    """The move with the least to hide that changes `cell` by `sign` and can be made so many times.

    Returns what it costs and by how much it changes each cell; None where no move was found.
    """
    counter = 0
    start: Wrong = tuple((e, sign * network.equations[e][cell]) for e in network.places[cell])
    heap: list[tuple[int, int, int, Wrong, tuple[tuple[int, int], ...]]] = [
        (0, 1, 0, start, ((cell, sign),))
    ]
    seen: set[Wrong] = set()
    while heap and len(seen) < TRIES:
        cost, length, _, wrong, path = heappop(heap)
        if not wrong:
            return cost, dict(path)
        if wrong in seen:
            continue
        seen.add(wrong)
        e, excess = wrong[-1]
        used = {i for i, _ in path}
        for i, factor in network.equations[e].items():
            change = -excess * factor  # factors are 1 and -1
            if i in used or i in network.fixed or network.values[i] + times * change < 0:
                continue
            price = 0 if i in hidden else network.costs[i]
            counter += 1
            after = _put_right(network, wrong, i, change)
            heappush(heap, (cost + price, length + 1, counter, after, (*path, (i, change))))
    return None


def _put_right(network: Network, wrong: Wrong, cell: int, change: int) -> Wrong:
    """What is still wrong in which equation once a cell has changed; the newest comes last."""
    excesses = dict(wrong)
    for e in network.places[cell]:
        excess = excesses.pop(e, 0) + change * network.equations[e][cell]
        if excess:
            excesses[e] = excess
    return tuple(excesses.items())


def room(network: Network, move: Move) -> tuple[int | None, int | None]:
    """How many times a move can be made, and how many times undone; None: as often as one likes."""
    up = [network.values[i] // -change for i, change in move.items() if change < 0]
    down = [network.values[i] // change for i, change in move.items() if change > 0]
    return min(up, default=None), min(down, default=None)
