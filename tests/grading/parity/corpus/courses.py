"""The project's own courses: untouched, solved, and partly wrong in seeded ways."""

import json
import re
from pathlib import Path
from random import Random

from tests.grading.parity.corpus.making import Assignment, Books, Edit, as_released

COURSES = Path(__file__).parents[4] / "courses"
SEED = 20261121
VARIANTS = 5
MARKERS = re.compile(r"^\s*### (BEGIN|END) SOLUTION\n?", re.MULTILINE)

SLIPS = [
    (" + ", " - "), (" - ", " + "), (" * ", " + "), (" / ", " // "), (" // ", " / "), ("<=", "<"), (" < ", " <= "),
    (" == ", " != "), ("True", "False"), ("return ", "print("), ("return ", "return None and "), ("0", "1"), ("1", "2"),
    ("not ", ""), (".lower()", ""), (".strip(", ".lstrip("), ("axis=0", "axis=1"), ("raise ValueError", "raise KeyError"),
]  # fmt: skip


def _solutions(source: Books) -> dict[tuple[str, str], str]:
    return {
        (name, one["metadata"]["nbgrader"]["grade_id"]): MARKERS.sub("", "".join(one["source"]))
        for name, book in source.items()
        for one in book["cells"]
        if one["metadata"].get("nbgrader", {}).get("solution")
    }


def _writes(solutions: dict[tuple[str, str], str]) -> Edit:
    def edit(books: Books) -> None:
        for name, book in books.items():
            for one in book["cells"]:
                key = name, one["metadata"].get("nbgrader", {}).get("grade_id")
                if key in solutions:
                    one["source"] = solutions[key]

    return edit


def _slipped(random: Random, source: str) -> str:
    for before, after in random.sample(SLIPS, len(SLIPS)):
        if before in source:
            line = source.replace(before, after, 1)
            return line + ")" if after == "print(" else line
    return source


def _partly_wrong(random: Random, solutions: dict[tuple[str, str], str]) -> Edit:
    changed = {}
    for key, source in solutions.items():
        way = random.choice(
            ["right", "right", "slip", "slip", "untouched", "noisy", "broken", "raising"]
        )
        if way == "untouched":
            continue
        changed[key] = {
            "right": source,
            "slip": _slipped(random, source),
            "noisy": f"import warnings\nwarnings.warn('mine')\n{source}\nprint('done')",
            "broken": source + "\n)",
            "raising": "raise RuntimeError('not yet')\n" + source,
        }[way]  # fmt: skip
    return _writes(changed)


def _assignment(folder: Path) -> Assignment:
    source = {file.stem: json.loads(file.read_bytes()) for file in sorted(folder.glob("*.ipynb"))}
    files = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix != ".ipynb"
    }
    solutions = _solutions(source)
    random = Random(f"{SEED} {folder.name}")
    handed_in: dict[str, Edit] = {"untouched": as_released, "solved": _writes(solutions)}
    for number in range(VARIANTS):
        handed_in[f"partly-{number}"] = _partly_wrong(random, solutions)
    return Assignment(
        folder.name, source, handed_in, files=files, quick=("partly-0",) if not files else ()
    )


ASSIGNMENTS = [
    _assignment(folder) for folder in sorted(COURSES.glob("*/source/*")) if folder.is_dir()
]
