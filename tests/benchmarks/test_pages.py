"""Prints, for the main pages, SQL statements and time at 30 and at 300 trainees, measured in turn.

make test-long PYTEST="-k benchmarks -s"
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from statistics import median
from types import SimpleNamespace

import pytest

PAGES = {
    "home, trainee": ("lena", "/"),
    "home, instructor": ("ines", "/"),
    "home, administrator": ("ada", "/"),
    "course, trainee": ("lena", "/coursework/courses/{offering}"),
    "course, instructor": ("ines", "/coursework/courses/{offering}"),
    "lesson": ("lena", "/coursework/courses/{offering}/lessons/first"),
    "assignment": ("lena", "/coursework/assignments/{assignment}"),
    "own grades": ("lena", "/gradebook/courses/{offering}"),
    "submissions board": ("ines", "/gradebook/assignments/{assignment}/board"),
    "gradebook": ("ines", "/gradebook/courses/{offering}"),
    "gradebook CSV, its reason": ("ines", "/gradebook/courses/{offering}/grades-file"),
    "cohort": ("ada", "/cohorts/{cohort}"),
    "people": ("ada", "/accounts/people"),
    "outcomes": ("ada", "/outcomes/"),
}
ROUNDS = 15


@pytest.mark.long
def test_benchmark_of_the_main_pages(
    academy: SimpleNamespace,
    as_: Callable[..., object],
    grow: Callable[[int], None],
    counted: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    ids = {
        "offering": academy.offerings[0].id,
        "assignment": academy.assignments[0].id,
        "cohort": academy.cohorts[0].id,
    }
    figures: dict[str, list[tuple[int, float]]] = {name: [] for name in PAGES}
    for more in (30, 270):
        grow(more)
        for name, (person, path) in PAGES.items():
            client, address = as_(getattr(academy, person)), path.format(**ids)
            client.get(address)
            with counted() as statements:
                client.get(address)
            times = []
            for _round in range(ROUNDS):
                began = time.process_time()
                assert client.get(address).status_code == 200
                times.append(1000 * (time.process_time() - began))
            figures[name].append((len(statements), median(times)))
    print(
        f"\n{'page':<22}{'SQL at 30':>10}{'at 300':>8}{'CPU ms at 30':>14}{'at 300':>9}{'ratio':>7}"
    )
    for name, ((small_sql, small), (large_sql, large)) in figures.items():
        print(
            f"{name:<22}{small_sql:>10}{large_sql:>8}{small:>14.1f}{large:>9.1f}{large / small:>7.1f}"
        )
        assert small_sql == large_sql, name
