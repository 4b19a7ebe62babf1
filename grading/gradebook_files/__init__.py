"""nbgrader's gradebook.db, out and in: how an academy leaves with its grades, or comes with them.

Values in and out; the file is written by nbgrader's own models in the warm process and read by
nothing but SQLite in a process of its own.
"""

from grading.gradebook_files.facts import (
    Assignment,
    CellGrade,
    GradebookFile,
    GradedCell,
    Student,
    Submission,
)
from grading.gradebook_files.reading import (
    UnusableGradebook,
    from_plain,
    read_gradebook,
    to_plain,
)
from grading.gradebook_files.writing import write_gradebook

__all__ = [
    "Assignment",
    "CellGrade",
    "GradebookFile",
    "GradedCell",
    "Student",
    "Submission",
    "UnusableGradebook",
    "from_plain",
    "read_gradebook",
    "to_plain",
    "write_gradebook",
]
