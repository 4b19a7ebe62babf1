"""nbgrader's own scores of the corpus, and its executed notebooks, for the comparison."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from grading.nbgrader_reference import Assignment, Graded, autograde_all

Key = tuple[str, str]  # assignment, trainee


def graded_by_nbgrader(
    assignments: Sequence[Assignment], *, processes: int = 2
) -> dict[Key, Graded]:
    """Each process is one nbgrader with a gradebook and a course folder of its own."""
    with ThreadPoolExecutor(processes) as pool:
        parts = [part for part in _parts(assignments, processes) if part]
        return {
            (one.assignment, one.trainee): one
            for reference in pool.map(autograde_all, parts)
            for one in reference.graded
        }


def _parts(assignments: Sequence[Assignment], number: int) -> list[list[Assignment]]:
    """As many submissions in each; an assignment with many trainees is shared out."""
    parts: list[dict[str, Assignment]] = [{} for _ in range(number)]
    turn = 0
    for assignment in assignments:
        for trainee, submission in assignment.submissions.items():
            part = parts[turn % number]
            turn += 1
            known = part.get(assignment.name)
            submissions = {**(known.submissions if known else {}), trainee: submission}
            part[assignment.name] = Assignment(
                assignment.name, assignment.source, submissions, assignment.cell_seconds
            )
    return [list(part.values()) for part in parts]
