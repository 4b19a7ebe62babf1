"""Tests put together at random (one seed, so always the same): pieces of output in any order, then
a value or an error or nothing, for any number of points."""

from random import Random

from tests.grading.parity.corpus.making import BOOK, Assignment, Cell, code, notebook, test_of

SEED = 20261121
NOTEBOOKS, CELLS = 10, 40

PIECES = [
    ("print('out')", 8),
    ("print('out', end='')", 3),
    ("import sys; print('err', file=sys.stderr)", 3),
    ("display(0.5)", 3),
    ("display({'a': 1})", 1),
    ("import warnings; warnings.warn('w')", 1),
    ("import warnings; warnings.warn('w{n}')", 1),
    ("clear_output()", 2),
    ("clear_output(wait=True)", 2),
    ("get_ipython().run_cell('{value}');", 2),
    ("x{n} = {value}", 6),
    ("assert x{earlier} is not None", 3),
    ("for i in range(3): print(i)", 2),
    ("try:\n    1/0\nexcept ZeroDivisionError:\n    print('caught')", 2),
    ("import logging; logging.warning('l')", 1),
    ("def f{n}(a): return a * {value}", 3),
    ("handle{n} = display('h', display_id=True)", 1),
    ("print('한글', {value})", 2),
    ("sys.stdout.flush()", 1),
    ("await asyncio.sleep(0)", 1),
]
ENDS = [
    ("{value}", 14),
    ("{value};", 3),
    ("x = {value}", 3),
    ("", 8),
    ("raise ValueError({value})", 4),
    ("assert {value} == {value}", 6),
    ("assert {value} == 0.123", 4),
    ("'text'", 2),
    ("None", 2),
    ("[{value}]", 2),
    ("True", 2),
    ("-{value}", 2),
    ("float('nan')", 1),
    ("min(x{earlier}, {points})", 4),
    ("min(f{earlier}(1), {points})", 2),
    ("min(_, {points})", 1),
    ("display({value})", 2),
    ("print({value})", 2),
    ("syntax error", 1),
    ("await asyncio.sleep(0, {value})", 2),
    ("%time {value}", 1),
    ("!echo {value}", 1),
]


def _chosen(random: Random, weighted: list[tuple[str, int]]) -> str:
    pieces, weights = zip(*weighted, strict=True)
    return str(random.choices(pieces, weights)[0])


def _source(random: Random, number: int, points: float) -> str:
    def filled(piece: str) -> str:
        value = random.choice(["0", "0.25", "0.5", "1", str(points), str(points / 2), "1e-2"])
        if float(value) > points:
            value = "0"
        return (
            piece.replace("{n}", str(number))
            .replace("{earlier}", str(random.randrange(max(1, number))))
            .replace("{points}", str(points))
            .replace("{value}", value)
        )

    pieces = [filled(_chosen(random, PIECES)) for _ in range(random.choice([0, 0, 1, 1, 2, 3]))]
    return "\n".join([*pieces, filled(_chosen(random, ENDS))]).strip("\n")


def _notebook(number: int) -> Assignment:
    random = Random(SEED + number)
    cells: list[Cell] = [
        code("import asyncio, sys, warnings\nfrom IPython.display import clear_output")
    ]
    for place in range(CELLS):
        points = random.choice([1, 1, 2, 2, 3, 5, 10, 0.5])
        if random.random() < 0.15:
            cells.append(code(_source(random, place, points)))
        source = _source(random, place, points)
        if random.random() < 0.2:
            hidden = _source(random, place, points)
            source += f"\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"
        cells.append(test_of(source, f"t{place}", points))
    return Assignment(f"generated-{number}", {BOOK: notebook(*cells)}, quick=("untouched",) if number == 0 else ())  # fmt: skip


ASSIGNMENTS = [_notebook(number) for number in range(NOTEBOOKS)]
