"""Cells that nbgrader itself does not always score the same way: shown by `python -m
tests.grading.parity --repeat 3`, named here with the reason, left out of the equality."""

# (assignment, grade_id): reason
RACY: dict[tuple[str, str], str] = {
    ("stderr", "after-much-output"): (
        "nbgrader drops all streams after 1,000 lines (LimitOutput) before it scores, so what is"
        " written to standard error after 1,200 printed lines costs the points only if its message"
        " overtakes theirs: 2 of 3 runs gave full points, 1 gave 0. With a pause between the two"
        " (`after-much-output-settled`) it is always full points."
    ),
}
