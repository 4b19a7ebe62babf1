"""Somebody who holds what was printed and solves for the rest: scipy's solver, and plain counting.

Knows nothing of lms.disclosure but the sums: whoever reads the table knows those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from lms.disclosure.cells import Key, Sum


class Attacker:
    def __init__(self, printed: Mapping[Key, int], sums: Sequence[Sum]) -> None:
        self.printed, self.sums = printed, sums
        cells = dict.fromkeys(key for one in sums for key in (one.total, *one.parts))
        self.unknown = [key for key in cells if key not in printed]
        column = {key: j for j, key in enumerate(self.unknown)}
        self.matrix, self.right = np.zeros((len(sums), len(self.unknown))), np.zeros(len(sums))
        for e, one in enumerate(sums):
            for key, factor in ((one.total, -1), *((part, 1) for part in one.parts)):
                if key in printed:
                    self.right[e] -= factor * printed[key]
                else:
                    self.matrix[e, column[key]] += factor

    def bounds(self, *cells: tuple[Key, int], whole: bool = True) -> tuple[float, float]:
        """The least and the most that the sum of cells times factors can be."""
        objective, constant = np.zeros(len(self.unknown)), 0
        for key, factor in cells:
            if key in self.printed:
                constant += factor * self.printed[key]
            else:
                objective[self.unknown.index(key)] += factor
        ends = []
        for sign in (1, -1):
            found = milp(
                sign * objective,
                constraints=LinearConstraint(self.matrix, self.right, self.right),
                bounds=Bounds(0, np.inf),
                integrality=np.full(len(self.unknown), int(whole)),
            )
            if found.status in (3, 4):  # no end, or no end or no table: there is a table
                ends.append(-np.inf)
            else:
                assert found.status == 0, found.message
                ends.append(round(found.fun, 6))
        return constant + ends[0], constant - ends[1]

    def tables(self, most: int) -> Iterator[dict[Key, int]]:
        """Every table with no hidden cell above `most` that fits, counted out."""
        for values in product(range(most + 1), repeat=len(self.unknown)):
            table = {**self.printed, **dict(zip(self.unknown, values, strict=True))}
            if all(table[s.total] == sum(table[part] for part in s.parts) for s in self.sums):
                yield table
