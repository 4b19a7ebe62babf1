"""What the benchmark grades: one notebook of 38 cells with numpy and pandas, ten of them tested and
one for a person, and submissions that solve all, some or none of it."""

import json
import random
from pathlib import Path
from typing import Any

Cell = dict[str, Any]
# Name, what the trainee writes, what most often goes wrong, the test, its points.
TASKS: tuple[tuple[str, str, str, str, int], ...] = (
    ("mean", "return float(np.mean(x))", "return float(np.median(x))",
     "assert abs(mean(np.array([1.0, 2.0, 6.0])) - 3.0) < 1e-9", 2),
    ("scale", "return (x - x.mean(axis=0)) / x.std(axis=0)", "return x - x.mean(axis=0)",
     "t = scale(np.random.default_rng(1).normal(3, 2, (200, 4)))\nassert np.allclose(t.std(axis=0), 1)", 3),
    ("fit", "return np.linalg.lstsq(x, y, rcond=None)[0]", "return np.zeros(x.shape[1])",
     "r = np.random.default_rng(2)\nx = r.normal(size=(500, 60))\nw = r.normal(size=60)\nassert np.allclose(fit(x, x @ w), w)", 4),
    ("window", "return np.convolve(x, np.ones(n) / n, mode='valid')", "return x[:n]",
     "assert np.allclose(window(np.arange(6.0), 3), [1, 2, 3, 4])", 2),
    ("table", "return pd.DataFrame({'day': days, 'sales': sales})", "return pd.DataFrame(days)",
     "f = table(['mon', 'tue'], [3, 4])\nassert list(f.columns) == ['day', 'sales']", 2),
    ("totals", "return frame.groupby('item')['price'].sum().sort_index()", "return frame['price']",
     "f = pd.DataFrame({'item': list('abab'), 'price': [1, 2, 3, 4]})\nassert totals(f).to_dict() == {'a': 4, 'b': 6}", 3),
    ("clean", "return frame.dropna().drop_duplicates().reset_index(drop=True)", "return frame",
     "f = pd.DataFrame({'x': [1, 1, None, 2]})\nassert len(clean(f)) == 2", 2),
    ("share", "return round(float(part) / whole, 4)", "return part // whole",
     "2 * (share(1, 4) == 0.25)", 2),
    ("words", "return {w: text.split().count(w) for w in sorted(set(text.split()))}", "return {}",
     "assert words('가 나 가') == {'가': 2, '나': 1}", 2),
    ("primes", "return [i for i in range(2, n) if all(i % d for d in range(2, int(i ** 0.5) + 1))]",
     "raise NotImplementedError()", "assert primes(30)[-3:] == [19, 23, 29]", 3),
)  # fmt: skip
ARGUMENTS = {"fit": "x, y", "window": "x, n", "table": "days, sales", "totals": "frame",
             "clean": "frame", "share": "part, whole", "words": "text", "primes": "n"}  # fmt: skip


def make_source(into: Path) -> Path:
    cells = [_cell("# 벤치마크", kind="markdown"), _cell("import numpy as np\nimport pandas as pd")]
    for name, right, _, test, points in TASKS:
        cells += [
            _cell(f"## {name}", kind="markdown"),
            _marked(_function(name, f"### BEGIN SOLUTION\n    {right}\n    ### END SOLUTION"), name,
                    solution=True),
            _marked(test, f"test-{name}", grade=True, locked=True, points=points),
        ]  # fmt: skip
    cells += [_cell(f"print('{number}', np.arange({number}).sum())") for number in range(5)]
    cells.append(
        {
            **_marked("답을 쓰세요.", "why", grade=True, solution=True, points=5),
            "cell_type": "markdown",
        }
    )
    for cell in cells:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    into.mkdir(parents=True)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    (into / "work.ipynb").write_text(json.dumps(book))
    return into


def make_submissions(release: Path, into: Path, count: int) -> list[Path]:
    """The same for the same count; every fifth is untouched, the others solve part of it."""
    chance = random.Random(7)
    made = []
    for number in range(count):
        book = json.loads((release / "work.ipynb").read_bytes())
        for cell in book["cells"]:
            grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
            task = next((task for task in TASKS if task[0] == grade_id), None)
            if task and number % 5:
                cell["source"] = _function(task[0], task[1] if chance.random() < 0.8 else task[2])
            elif grade_id == "why" and number % 5:
                cell["source"] = f"왜냐하면 {number}."
        place = into / f"trainee{number:04}"
        place.mkdir(parents=True)
        (place / "work.ipynb").write_text(json.dumps(book))
        made.append(place)
    return made


def _function(name: str, body: str) -> str:
    return f"def {name}({ARGUMENTS.get(name, 'x')}):\n    {body}"


def _cell(source: str, *, kind: str = "code") -> Cell:
    return {
        "cell_type": kind,
        "id": f"c{abs(hash(source)) % 10**9}",
        "metadata": {},
        "source": source,
    }


def _marked(source: str, grade_id: str, **marks: Any) -> Cell:
    flags = {"grade": False, "solution": False, "locked": False, "task": False}
    cell = _cell(source)
    cell["metadata"]["nbgrader"] = {"schema_version": 3, "grade_id": grade_id, **flags, **marks}
    return cell
