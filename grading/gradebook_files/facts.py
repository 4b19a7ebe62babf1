"""What a gradebook.db says, as values: a course's assignments and people, and every graded cell.

Names of notebooks are without the ending `.ipynb`; times are aware. A student's `id` is the user name
on the hub, which is what nbgrader calls a student.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GradedCell:
    """A cell that carries points."""

    notebook: str
    name: str
    max_points: float


@dataclass(frozen=True, slots=True)
class Assignment:
    name: str
    due_at: datetime | None
    cells: tuple[GradedCell, ...] = ()


@dataclass(frozen=True, slots=True)
class Student:
    id: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class CellGrade:
    """Points of one cell: the tests', a person's, and extra credit on top of what counts of the two."""

    notebook: str
    name: str
    auto: float | None
    manual: float | None = None
    extra: float | None = None
    needs_manual: bool = False
    comment: str = ""

    @property
    def points(self) -> float | None:
        """What counts; None where nobody has graded the cell. nbgrader sums that as 0."""
        counted = self.auto if self.manual is None else self.manual
        return None if counted is None else counted + (self.extra or 0.0)


@dataclass(frozen=True, slots=True)
class Submission:
    """The one submission of a student for an assignment that nbgrader keeps."""

    assignment: str
    student: str
    submitted_at: datetime | None
    grades: tuple[CellGrade, ...]

    @property
    def points(self) -> float:
        return sum(grade.points or 0.0 for grade in self.grades)


@dataclass(frozen=True, slots=True)
class GradebookFile:
    course: str
    assignments: tuple[Assignment, ...]
    students: tuple[Student, ...]
    submissions: tuple[Submission, ...] = field(repr=False)
