"""With real transactions: what a report asked about as known at a moment stays as it was answered, and
nobody who records waits for a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError, wait
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from lms import recorded
from lms.accounts.actions import add_person
from lms.cohorts.actions import enrol, offer_course, plan_cohort
from lms.cohorts.models import Application, ApplicationStage, Stage
from lms.coursework.models import Assignment, Question, QuestionKind, Regrade, Run, Submission, Via
from lms.curricula.models import Course
from lms.db import Bilingual, db, utcnow
from lms.gradebook.models import GradeRelease, Mark
from lms.metrics.facts import SpellKind
from lms.outcomes.models import StatusSpell
from lms.recorded import StillRecording, settled_moment

SOON, LONG = 0.3, 20.0
TITLE = Bilingual("과제", "Assignment")


@pytest.fixture
def of(own_app: Flask) -> SimpleNamespace:
    """Ids of a person, a submission with a run under way, an open regrade and an application."""
    with own_app.app_context():
        boss = add_person(username="boss", name="Boss", email="boss@academy.example", by=None)
        db.session.flush()
        day = date(2026, 1, 5)
        cohort = plan_cohort(number=1, starts_on=day, ends_on=date(2026, 12, 1), seats=9, by=boss)
        course = Course(slug="c", title=TITLE, summary=TITLE, hours=1)
        db.session.add(course)
        db.session.flush()
        application = Application(cohort_id=cohort.id)
        offering = offer_course(cohort, course, starts_on=day, ends_on=cohort.ends_on, by=boss)
        assignment = Assignment(
            offering=offering, name="ps1", title=TITLE, summary=TITLE, source_files=[],
            release_files=[], released_at=utcnow(),
        )  # fmt: skip
        question = Question(
            notebook="ps1", grade_id="q1", kind=QuestionKind.MANUAL, max_points=6, position=1
        )
        assignment.questions = [question]
        submission = Submission(
            assignment=assignment, enrolment=enrol(cohort, boss, student_number="1", by=boss),
            via=Via.LAB, idempotency_key=uuid4(), files=[], digest="0" * 64,
        )  # fmt: skip
        run = Run(submission=submission, attempts=1)
        regrade = Regrade(assignment=assignment, by=boss, source_files=[], rules=[])
        rows = {
            "application": application,
            "submission": submission,
            "run": run,
            "regrade": regrade,
        }
        db.session.add_all(rows.values())
        db.session.commit()
        return SimpleNamespace(
            boss=boss.id, question=question.id, **{name: row.id for name, row in rows.items()}
        )


def mark(of: SimpleNamespace, **said: datetime) -> None:
    row = Mark(submission_id=of.submission, question_id=of.question, by_id=of.boss, **said)
    db.session.add(row)


def release(of: SimpleNamespace, **said: datetime) -> None:
    db.session.add(GradeRelease(submission_id=of.submission, by_id=of.boss, **said))


def step(of: SimpleNamespace, **said: datetime) -> None:
    row = ApplicationStage(application_id=of.application, stage=Stage.APPLIED, **said)
    db.session.add(row)


def end(of: SimpleNamespace, **said: datetime) -> None:
    db.session.get_one(Run, of.run).finished_at = said.get("finished_at", utcnow())


def import_run(of: SimpleNamespace, **said: datetime) -> None:
    db.session.add(Run(submission_id=of.submission, **{"finished_at": utcnow(), **said}))


def apply(of: SimpleNamespace, **said: datetime) -> None:
    db.session.get_one(Regrade, of.regrade).applied_at = said.get("applied_at", utcnow())


def spell(of: SimpleNamespace, **said: datetime) -> None:
    known_as = {"kind": SpellKind.SEEKING, "evidence_level": 1, "source": "test"}
    row = StatusSpell(user_id=of.boss, valid_from=date(2026, 1, 1), **known_as, **said)
    db.session.add(row)


MOMENTS = {
    mark: "mark.at",
    release: "grade_release.released_at",
    step: "application_stage.recorded_at",
    end: "run.finished_at",
    import_run: "run.finished_at",
    apply: "regrade.applied_at",
    spell: "status_spell.recorded_at",
}
each = pytest.mark.parametrize("write", MOMENTS, ids=lambda write: write.__name__)


def known(column: str, at: datetime) -> int:
    found = text(f"SELECT count(*) FROM {column.split('.')[0]} WHERE {column} <= :at")
    return db.session.execute(found, {"at": at}).scalar_one()


@pytest.fixture
def meanwhile(own_app: Flask) -> Iterator[Callable[..., Future]]:
    """meanwhile(do): in a transaction of its own, beside the test's."""

    def _do(do: Callable[[], object]) -> object:
        with own_app.app_context():
            answer = do()
            db.session.commit()
            return answer

    with ThreadPoolExecutor(4) as pool:
        yield lambda do: pool.submit(_do, do)


@each
def test_nothing_turns_up_later_for_a_moment_that_was_asked_about(
    own_app: Flask, of: SimpleNamespace, meanwhile: Callable[..., Future],
    write: Callable[..., None],
) -> None:  # fmt: skip
    def report() -> tuple[datetime, int]:
        moment = settled_moment()
        return moment, known(MOMENTS[write], moment)

    with own_app.app_context():
        write(of)
        db.session.flush()
        asked = meanwhile(report)
        wait([asked], SOON)  # a report that does not wait for us has its answer by now
        db.session.commit()
        moment, answer = asked.result(LONG)
        assert known(MOMENTS[write], moment) == answer
        assert known(MOMENTS[write], utcnow() + timedelta(1)) == 1


def test_marking_waits_neither_for_a_report_that_waits_nor_for_one_that_counts(
    own_app: Flask, of: SimpleNamespace, meanwhile: Callable[..., Future]
) -> None:
    with own_app.app_context():
        spell(of)
        db.session.flush()
        report = meanwhile(settled_moment)
        with pytest.raises(TimeoutError):
            report.result(SOON)
        meanwhile(lambda: mark(of)).result(SOON * 5)
        assert not report.done()
        db.session.commit()
        assert known("mark.at", report.result(LONG)) == 0  # later than what the report asks for
    with own_app.app_context():
        moment = settled_moment()
        meanwhile(lambda: mark(of)).result(SOON * 5)
        assert (known("mark.at", moment), known("mark.at", utcnow())) == (1, 2)


def test_a_report_gives_up_on_what_takes_too_long(
    own_app: Flask, of: SimpleNamespace, meanwhile: Callable[..., Future],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(recorded, "PATIENCE", timedelta(seconds=SOON))
    with own_app.app_context():
        mark(of)
        db.session.flush()
        with pytest.raises(StillRecording):
            meanwhile(settled_moment).result(LONG)
        db.session.rollback()
        assert meanwhile(settled_moment).result(LONG)


def test_a_transaction_that_asks_records_later_than_the_answer(
    own_app: Flask, of: SimpleNamespace
) -> None:
    with own_app.app_context():
        step(of)
        db.session.flush()
        moment = settled_moment()
        mark(of)
        db.session.flush()
        assert known("application_stage.recorded_at", moment) == 1
        assert known("mark.at", moment) == 0


@each
def test_nobody_chooses_the_moment_nor_moves_it(
    own_app: Flask, of: SimpleNamespace, write: Callable[..., None]
) -> None:
    table, column = MOMENTS[write].split(".")
    long_ago = utcnow() - timedelta(days=400)
    with own_app.app_context():
        write(of, **{column: long_ago})
        db.session.commit()
        assert known(MOMENTS[write], long_ago) == 0
        with pytest.raises(DatabaseError, match=r"append-only|never changed"):
            db.session.execute(text(f"UPDATE {table} SET {column} = :at"), {"at": long_ago})
