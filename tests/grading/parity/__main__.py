"""`python -m tests.grading.parity`: the corpus, or some of its families, through both graders.

python -m tests.grading.parity                       everything
python -m tests.grading.parity stderr values         two families
python -m tests.grading.parity warnings --outputs    one assignment; also outputs that differ
python -m tests.grading.parity threads --repeat 3    nbgrader alone, three times: what is racy
python -m tests.grading.parity --list
"""

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.grading.parity.comparing import (
    OUTCOMES,
    Cell,
    compared,
    outputs_of,
    their_words,
    written,
)
from tests.grading.parity.corpus import FAMILIES
from tests.grading.parity.corpus.making import Assignment
from tests.grading.parity.racy import RACY
from tests.grading.parity.reference import graded_by_nbgrader


def chosen(names: list[str]) -> list[Assignment]:
    return [
        assignment
        for family, assignments in FAMILIES.items()
        for assignment in assignments
        if not names or family in names or assignment.name in names
    ]


def report(cells: list[Cell], *, outputs: bool = False) -> int:
    """Prints what differs and the counts by family; the number of differences."""
    family = {one.name: name for name, many in FAMILIES.items() for one in many}
    counted = [cell for cell in cells if (cell.assignment, cell.grade_id) not in RACY]
    different = [cell for cell in counted if not cell.same]
    otherwise = [cell for cell in counted if cell.same and not cell.same_outputs]
    for cell in different + (otherwise if outputs else []):
        print(cell)
    print(
        f"\n{'family':<14}{'submissions':>12}{'cells':>8}",
        *map("{:>9}".format, OUTCOMES),
        " different",
    )
    for name in FAMILIES:
        mine = [cell for cell in counted if family[cell.assignment] == name]
        if mine:
            runs = {(cell.assignment, cell.trainee) for cell in mine}
            outcomes = Counter(cell.outcome for cell in mine)
            figures = [f"{outcomes[outcome]:>9}" for outcome in OUTCOMES]
            wrong = sum(not cell.same for cell in mine)
            print(f"{name:<14}{len(runs):>12}{len(mine):>8}", *figures, f"{wrong:>10}")
    print(
        f"{len(counted)} graded cells, {len(different)} different"
        f" ({len(otherwise)} with the same points after other kinds of outputs;"
        f" {len(cells) - len(counted)} racy cells left out)"
    )
    return len(different)


def repeat(assignments: list[Assignment], root: Path, times: int) -> None:
    folders = written(assignments, root)
    rounds = [graded_by_nbgrader(folders) for _ in range(times)]
    for key, first in rounds[0].items():
        for cell in sorted(first.cells):
            said = Counter(
                (their_words(one[key], cell), str(outputs_of(one[key].executed).get(cell)))
                for one in rounds
            )
            if len({words for words, _ in said}) > 1:
                print(*key, *cell, dict(said))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="families or assignments")
    parser.add_argument("--outputs", action="store_true", help="print also outputs that differ")
    parser.add_argument("--repeat", type=int, default=0, help="run nbgrader only, so many times")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    assignments = chosen(arguments.names)
    if arguments.list:
        for family, many in FAMILIES.items():
            print(f"{family}: {', '.join(one.name for one in many)}")
        return 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="parity-") as root:
        if arguments.repeat:
            repeat(assignments, Path(root), arguments.repeat)
            return 0
        different = report(compared(assignments, Path(root)), outputs=arguments.outputs)
    print(f"{time.monotonic() - began:.0f} s")
    return bool(different)


if __name__ == "__main__":
    raise SystemExit(main())
