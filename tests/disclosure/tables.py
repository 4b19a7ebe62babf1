"""Tables of counts to try the methods on."""

from __future__ import annotations

from random import Random

from lms.disclosure.cells import Counts, Key, Sum


def cells_of(rows: list[list[int]], name: str | None = None) -> tuple[dict[Key, int], list[Sum]]:
    """Keys are (row, column), with the table's name before them if it has one; -1 is a total."""
    at = (lambda i, j: (name, i, j)) if name else (lambda i, j: (i, j))
    down, across = range(len(rows)), range(len(rows[0]))
    values: dict[Key, int] = {at(i, j): rows[i][j] for i in down for j in across}
    sums = []
    for i in down:
        values[at(i, -1)] = sum(rows[i])
        sums.append(Sum(at(i, -1), tuple(at(i, j) for j in across)))
    for j in across:
        values[at(-1, j)] = sum(row[j] for row in rows)
        sums.append(Sum(at(-1, j), tuple(at(i, j) for i in down)))
    values[at(-1, -1)] = sum(map(sum, rows))
    sums.append(Sum(at(-1, -1), tuple(at(-1, j) for j in across)))
    sums.append(Sum(at(-1, -1), tuple(at(i, -1) for i in down)))
    return values, sums


def two_way(rows: list[list[int]]) -> Counts:
    values, sums = cells_of(rows)
    return Counts.of(values, sums)


def filled(rows: int, columns: int, *, people: int, seed: int) -> list[list[int]]:
    """So many people put into cells of very different popularity, three in ten of them empty."""
    chance = Random(seed)
    cells = [(i, j) for i in range(rows) for j in range(columns)]
    weights = [0 if chance.random() < 0.3 else chance.expovariate(1) for _ in cells]
    table = [[0] * columns for _ in range(rows)]
    for i, j in chance.choices(cells, weights, k=people):
        table[i][j] += 1
    return table
