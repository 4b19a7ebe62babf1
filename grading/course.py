"""nbgrader's folders for one job: one assignment, names of our own.

Fixed names keep patterns and odd characters in titles away from nbgrader's path matching.
"""

from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from grading.gradebook import URL
from grading.workplace import COURSE

ASSIGNMENT = "assignment"


def course(root: Path) -> CourseDirectory:
    return CourseDirectory(
        root=str(root / COURSE), course_id="course", assignment_id=ASSIGNMENT, db_url=URL
    )


def source_folder(root: Path) -> Path:
    return root / COURSE / "source" / ASSIGNMENT


def release_folder(root: Path) -> Path:
    return root / COURSE / "release" / ASSIGNMENT
