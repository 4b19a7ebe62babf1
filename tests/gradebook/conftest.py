"""A course with the project's own assignments, people with grades in it, and a course to come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from uuid import uuid4

import pytest

SOURCES = Path(__file__).parents[2] / "courses/python-programming/source"
NAMES = ("ps1-basics", "ps3-data")


@pytest.fixture(autouse=True, scope="package")
def no_warm_process_is_left() -> Iterator[None]:
    yield
    from grading import warm

    for one in warm._idle:
        one.end(Path("/nonexistent"))
    warm._idle.clear()


@pytest.fixture(scope="package")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    import grading

    return {
        name: grading.release(SOURCES / name, tmp_path_factory.mktemp(name) / "into", name=name)
        for name in NAMES
    }


@pytest.fixture
def give(academy: SimpleNamespace, releases: dict[str, object]) -> Callable[..., list[object]]:
    """give(offering): the project's assignments, released there in place of the academy's own."""
    from lms import storage
    from lms.coursework.actions import store_release
    from lms.coursework.models import Assignment
    from lms.db import Bilingual, db, utcnow

    def _give(offering: object) -> list[object]:
        for one in academy.assignments:
            one.released_at = None  # its source is no notebook that nbgrader takes
        given = []
        for name, release in releases.items():
            files = [(file.name, file.read_bytes()) for file in (SOURCES / name).iterdir()]
            assignment = Assignment(
                offering=offering,
                name=name,
                title=Bilingual(name, name),
                summary=Bilingual("", ""),
                due_at=utcnow(),
                source_files=storage.put_all(files),
            )
            db.session.add(assignment)
            store_release(assignment, release)
            given.append(assignment)
        db.session.commit()
        return given

    return _give


@pytest.fixture
def people(academy: SimpleNamespace) -> list[object]:
    """Trainees of cohort 1: lena, stan with a Korean name, and omar, who left."""
    from lms.cohorts.actions import enrol
    from lms.db import db, utcnow

    found = [academy.enrolments[0]] + [
        enrol(academy.cohorts[0], person, student_number=f"1-1{n}", by=academy.ada)
        for n, person in enumerate((academy.stan, academy.omar))
    ]
    found[2].left_on = utcnow().date()
    academy.stan.name = "김하늘"
    db.session.commit()
    return found


@pytest.fixture
def work(academy: SimpleNamespace, people: list[object]) -> Callable[[list[object]], list[object]]:
    """work(assignments): submissions of everybody with test points, a person's points and comments."""
    from lms.coursework.models import QuestionKind, Run, Score, Submission, Via
    from lms.db import db, utcnow
    from lms.gradebook.actions import mark

    def _work(assignments: list[object]) -> list[object]:
        random, submissions = Random(8), []
        for assignment in assignments:
            for enrolment in people:
                submission = Submission(
                    assignment_id=assignment.id,
                    enrolment_id=enrolment.id,
                    via=Via.PAGE,
                    idempotency_key=uuid4(),
                    files=assignment.release_files,
                    digest="0" * 64,
                    received_at=utcnow(),
                )
                run = Run(submission=submission, attempts=1, started_at=utcnow())
                run.finished_at = utcnow()
                db.session.add_all([submission, run])
                db.session.flush()
                for question in assignment.questions:
                    manual = question.kind is QuestionKind.MANUAL
                    points = None if manual else random.choice([0, question.max_points])
                    db.session.add(Score(run_id=run.id, question_id=question.id, points=points))
                    if random.random() < 0.6:
                        given = random.choice([0.5, question.max_points]) if manual else None
                        comment = random.choice(["", "논리가 분명해요.", "Why?"])
                        mark(submission, question, points=given, comment=comment, by=academy.ines)
                submissions.append(submission)
        db.session.commit()
        return submissions

    return _work
