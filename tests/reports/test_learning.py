"""T16: course results beside employment, against the gradebook and plain's figure; unchanged by later writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from lms.accounts.actions import add_person
from lms.cohorts.actions import enrol
from lms.cohorts.models import Cohort
from lms.coursework.models import Question, Run, Score, Submission, Via
from lms.db import db, utcnow
from lms.disclosure.policy import POLICIES
from lms.gradebook.models import GradeRelease, Mark
from lms.gradebook.queries import gradebook_for
from lms.gradebook.results import course_results
from lms.metrics.definition_files import definitions
from lms.metrics.facts import SpellKind
from lms.metrics.intervals import wilson
from lms.outcomes.models import StatusSpell
from lms.recorded import settled_moment
from lms.regrading import actions as regrading
from lms.reports import counting
from lms.reports.composing import compose
from lms.reports.counters.results import COMPLETED, WORK
from lms.reports.facts import Facts
from lms.reports.table import Absent

DAY = utcnow().date()


@pytest.fixture
def completed(academy: SimpleNamespace) -> Cohort:
    """Sixty completers of cohort 1: q1 has 0–6 of 6 by the grader, q2 4 of 4 by a person, every tenth
    handed nothing in, two of three work."""
    cohort, assignment = academy.cohorts[0], academy.assignments[0]
    first, second = assignment.questions
    academy.enrolments[0].enrolled_on = date(2026, 1, 5)
    academy.enrolments[0].left_on = date(2026, 2, 9)
    for number in range(60):
        name = f"grad-{number}"
        person = add_person(username=name, name=name, email=f"{name}@academy.example", by=None)
        enrolment = enrol(cohort, person, student_number=name, on=date(2026, 1, 5), by=None)
        enrolment.completed_on = date(2026, 6, 1)
        db.session.flush()
        if number % 3:
            kind = SpellKind.EMPLOYEE if number % 2 else SpellKind.FREELANCE
            db.session.add(
                StatusSpell(
                    user_id=person.id, kind=kind, valid_from=date(2026, 6, 10), evidence_level=3,
                    source="test",
                )
            )  # fmt: skip
        if number % 10 == 0:
            continue
        submission = Submission(
            assignment_id=assignment.id, enrolment_id=enrolment.id, via=Via.PAGE,
            idempotency_key=uuid4(), files=assignment.release_files, digest="0" * 64,
        )  # fmt: skip
        db.session.add(submission)
        db.session.flush()
        run = Run(submission_id=submission.id, attempts=1, finished_at=utcnow())
        db.session.add(run)
        db.session.flush()
        db.session.add_all(
            [
                Score(run_id=run.id, question_id=first.id, points=number % 7),
                Score(run_id=run.id, question_id=second.id, points=None),
                Mark(submission_id=submission.id, question_id=second.id, points=1, by_id=academy.ines.id),
                Mark(submission_id=submission.id, question_id=second.id, points=4, by_id=academy.ines.id),
                GradeRelease(submission_id=submission.id, by_id=academy.ines.id),
            ]
        )  # fmt: skip
    db.session.commit()
    return cohort


def count(cohort: Cohort, **options: object) -> Facts:
    moment = options.get("known_at") or utcnow() + timedelta(minutes=1)
    return counting.count_facts(
        [cohort], valid_on=DAY, known_at=moment, metrics=definitions(on=DAY)
    )


def test_the_results_are_the_gradebook_s(completed: Cohort, academy: SimpleNamespace) -> None:
    book = gradebook_for(academy.ada, academy.offerings[0])
    wanted = {row.enrolment.id: row.points / book.max_points for row in book.rows if row.grades}
    assert course_results([completed.id], at=utcnow()) == pytest.approx(wanted)
    assert len(wanted) == 54


def test_the_bands_add_up_to_the_plain_figure(completed: Cohort) -> None:
    cohort = count(completed).cohorts[0]
    people, work = cohort.counts[COMPLETED], cohort.counts[WORK]
    # (n % 7 + 4) of 10 points: 40, 50 | 60 | 70 | 80 | 90, 100 per cent.
    worth = {n: n % 7 + 4 for n in range(60) if n % 10}
    assert people == {
        "below": sum(p < 7 for p in worth.values()),
        **{f"from-{10 * p}": sum(q == p for q in worth.values()) for p in (7, 8)},
        "from-90": sum(p >= 9 for p in worth.values()),
        "none": 6,
    }
    assert work["from-70"] == sum(1 for n, p in worth.items() if p == 7 and n % 3)
    plain = cohort.figures["plain"]
    assert (sum(work.values()), sum(people.values())) == (plain.numerator, plain.denominator)


def test_the_table_shows_n_rate_and_interval_and_hides_small_bands(completed: Cohort) -> None:
    facts = count(completed)
    made = compose(facts, definitions(on=DAY))
    shown = made.shown(POLICIES["public"], day=DAY)  # audited: or it raises NotProtected
    true, seen = (next(t for t in tables if t.id == "T16") for tables in (made.tables, shown))
    whole = [cell.value for cell in true.rows[0]][2:]
    plain = facts.cohorts[0].figures["plain"]
    assert whole == [60, 40, plain.value, *wilson(40, 60)]
    assert [cell.value for cell in seen.rows[0]][2:] == whole
    assert [cell.value for cell in seen.rows[-1]][:2] == ["1기", "기록 없음"]
    for before, after in zip(true.rows, seen.rows, strict=True):
        n, part = before[2].value, before[3].value
        if part in range(1, 5) or n - part in range(1, 5):
            assert after[3].absent is after[4].absent is after[5].absent is Absent.HIDDEN
        elif n < POLICIES["public"].percent_base:
            assert after[4].absent in (Absent.TOO_FEW, Absent.HIDDEN)
    words = " ".join(text.en for text in (true.title, true.about, *true.notes)).lower()
    assert not {"because", "effect", "leads to", "improves", "thanks to"} & set(words.split())


def test_later_marks_releases_and_runs_change_nothing(
    completed: Cohort, academy: SimpleNamespace
) -> None:
    moment = settled_moment()
    before = count(completed, known_at=moment)
    results = course_results([completed.id], at=moment)
    submission = db.session.query(Submission).order_by(Submission.id).first()
    second = academy.assignments[0].questions[1]
    db.session.add(
        Mark(submission_id=submission.id, question_id=second.id, points=0, by_id=academy.ines.id)
    )  # fmt: skip
    run = Run(submission_id=submission.id, attempts=1, queued_at=utcnow(), finished_at=utcnow())
    db.session.add(run)
    db.session.flush()
    db.session.add(
        Score(run_id=run.id, question_id=academy.assignments[0].questions[0].id, points=6)
    )
    db.session.flush()
    assert count(completed, known_at=moment).sha256 == before.sha256
    assert course_results([completed.id], at=moment) == results
    assert course_results([completed.id], at=utcnow())[submission.enrolment_id] == pytest.approx(
        0.6
    )


def test_a_later_regrade_changes_nothing_and_counts_from_when_it_is_applied(
    completed: Cohort, academy: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lms.coursework.models import Regrade

    assignment, moment = academy.assignments[0], settled_moment()
    before = course_results([completed.id], at=moment)
    submission = db.session.query(Submission).order_by(Submission.id).first()
    first = assignment.questions[0]
    wanted = [regrading._said(one) | {"max_points": 16 if one is first else 4} for one in assignment.questions]  # fmt: skip
    regrade = Regrade(
        assignment=assignment, by_id=academy.ines.id, source_files=assignment.source_files, rules=[],
        release_files=assignment.release_files, questions=wanted, prepared_at=utcnow(), requested_at=utcnow(),
    )  # fmt: skip
    db.session.add(regrade)
    db.session.flush()
    run = Run(
        submission_id=submission.id, regrade_id=regrade.id, counts=False, attempts=1,
        queued_at=utcnow(), finished_at=utcnow(),
    )  # fmt: skip
    db.session.add(run)
    db.session.flush()
    db.session.add(Score(run_id=run.id, question_id=first.id, points=16))
    db.session.flush()
    assert course_results([completed.id], at=utcnow()) == before  # it is only tried
    monkeypatch.setattr(regrading.queries, "waited_for", lambda regrade: [])
    regrading.apply(regrade, by=academy.ines)
    db.session.flush()
    assert course_results([completed.id], at=moment) == before
    after = course_results([completed.id], at=utcnow())
    assert after[submission.enrolment_id] == 1
    assert {question.max_points for question in db.session.query(Question).filter_by(assignment_id=assignment.id)} == {16, 4}  # fmt: skip


def test_without_results_there_is_no_table(
    academy: SimpleNamespace, graded: Callable[..., object]
) -> None:
    graded(q1=6.0)  # not released
    facts = count(academy.cohorts[0])
    assert COMPLETED not in facts.cohorts[0].counts
    assert "T16" not in {one.id for one in compose(facts, definitions(on=DAY)).tables}
