"""How many points a cell is worth after it ran: nbgrader's `determine_grade`, bug for bug, and the
named departures from it (`Rules`).

nbgrader: an error or anything on standard error is 0; the value of the last line, if a number from
0 on, is the points; a negative number, NaN and anything else is full points; a number above the
maximum fails the notebook; an answer whose checksum is unchanged is 0, any other is for a person.
"""

import hashlib
from typing import Any

from grading.facts import Rules

Cell = dict[str, Any]


class UnusableValue(Exception):
    """nbgrader cannot make points of what a test gave: more than its cell is worth, or no text."""


class OddValue(Exception):
    """Under `values_checked`: the partial credit is NaN, negative or above the maximum."""


def points_of(cell: Cell, rules: Rules) -> float | None:
    """None where a person must grade it.

    Raises:
        UnusableValue, OddValue
    """
    marks = cell["metadata"]["nbgrader"]
    most = float(marks["points"])
    if marks.get("solution"):
        return 0.0 if marks.get("checksum") == checksum(cell) else None
    if cell["cell_type"] != "code":
        return None
    for output in cell["outputs"]:
        if _fails(output, rules):
            return 0.0
        if output["output_type"] == "execute_result":
            return _partial(output["data"].get("text/plain"), most, rules)
    return most


def _fails(output: dict[str, Any], rules: Rules) -> bool:
    if output["output_type"] == "error":
        return True
    return (
        output["output_type"] == "stream"
        and output["name"] == "stderr"
        and not rules.warnings_allowed
    )


def _partial(text: Any, most: float, rules: Rules) -> float:
    if not text:
        raise (OddValue if rules.values_checked else UnusableValue)("it has no text")
    if isinstance(text, list):
        if len(text) > 1:
            return most
        text = text[0]
    try:
        value = float(text)
    except ValueError:
        return most
    except (TypeError, OverflowError) as error:
        raise (OddValue if rules.values_checked else UnusableValue)("it is no text") from error
    if rules.values_checked and not 0.0 <= value <= most:
        raise OddValue(f"{value:g}")
    if value > most:
        raise UnusableValue("partial credit cannot be greater than maximum points for cell")
    return value if value >= 0.0 else most


def checksum(cell: Cell) -> str:
    """nbgrader's MD5 over text, kind, flags, name and points of a cell."""
    marks = cell["metadata"]["nbgrader"]
    grade, solution = marks.get("grade", False), marks.get("solution", False)
    locked = not solution and (grade or marks.get("locked", False))
    parts = [cell["source"], cell["cell_type"], grade, solution, locked, marks["grade_id"]]
    if grade:
        parts.append(float(marks["points"]))
    total = hashlib.md5(usedforsecurity=False)
    for part in parts:
        total.update(str(part).encode())
    return total.hexdigest()
