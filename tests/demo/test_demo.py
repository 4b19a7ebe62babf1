"""The demonstration academy: the public totals hold, and the same load gives the same academy."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, text

from ..conftest import undone
from .conftest import digest, flask, load

pytestmark = pytest.mark.slow  # the loader lets nbgrader make the release versions

ROOT = Path(__file__).parents[2]
NOTEBOOK_PYTHON = ROOT / ".venv-notebook/bin/python"
MOST_STATEMENTS = 1000


def test_without_the_course_it_says_what_to_do(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["demo", "load"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: There is no course python-programming: publish")


@pytest.fixture(scope="module")
def loads(migrated_app: Flask) -> Iterator[SimpleNamespace]:
    """The demonstration, loaded twice into an empty database; the second stays for the tests."""
    done = SimpleNamespace(app=migrated_app, digests=[], seconds=[], statements=[])
    with undone(migrated_app):
        load(done)
    with undone(migrated_app):
        load(done)
        yield done


@pytest.fixture
def loaded(loads: SimpleNamespace) -> Iterator[Flask]:
    from lms.db import db

    yield loads.app
    db.session.rollback()


@pytest.fixture
def cohorts(loaded: Flask) -> SimpleNamespace:
    from lms.cohorts.queries import cohort_by_number

    return SimpleNamespace(
        first=cohort_by_number(1),
        second=cohort_by_number(2),
        finished=[cohort_by_number(number) for number in range(1, 6)],
        running=cohort_by_number(6),
    )


def test_funnels_hold_the_public_figures(cohorts: SimpleNamespace) -> None:
    from lms.cohorts.queries import funnel

    first, second, *others = (funnel(cohort) for cohort in cohorts.finished)
    assert [count for _step, count in first.steps] == [1045, 420, 374, 180, 180, 155]
    assert [count for _step, count in second.steps] == [609, None, None, 180, 180, 157]
    assert (first.left, second.left) == (25, 23)
    assert [[count for _step, count in one.steps] for one in others] == [
        [applied, None, None, 330, 330, completed]
        for applied, completed in ((772, 302), (779, 302), (712, 305))
    ]


def test_the_audit_of_2021_holds(cohorts: SimpleNamespace) -> None:
    from lms.metrics.facts import SpellKind
    from lms.outcomes.queries import cohort_outcomes

    first, second = cohort_outcomes([cohorts.first, cohorts.second], valid_on=date(2021, 11, 4))
    counts = {kind: count for kind, count in first.by_kind.items() if count}
    assert counts == {
        SpellKind.FOUNDER: 6,
        SpellKind.EMPLOYEE: 33,
        SpellKind.STUDY: 86,
        SpellKind.SEEKING: 30,
    }
    assert first.completers == 155
    assert second.completers == 0  # its ceremony was in December


def test_the_audit_reads_the_same_as_it_was_known_then(cohorts: SimpleNamespace) -> None:
    from lms.demo.rows import seoul
    from lms.outcomes.queries import cohort_outcomes

    now, then = (
        cohort_outcomes([cohorts.first], valid_on=date(2021, 11, 4), recorded_by=moment)[0]
        for moment in (None, seoul(date(2021, 12, 1), 9))
    )
    assert now.by_kind == then.by_kind


def test_the_figures_of_december_2025_hold(cohorts: SimpleNamespace) -> None:
    from lms.outcomes.queries import cohort_outcomes

    rows = cohort_outcomes(cohorts.finished, valid_on=date(2025, 12, 31))
    counts = [(row.completers, row.working, row.in_gwangju, row.elsewhere) for row in rows]
    assert counts == [
        (155, 55, 28, 27), (157, 49, 21, 28), (302, 203, 99, 104), (302, 214, 109, 105), (305, 203, 83, 120),
    ]  # fmt: skip
    assert [sum(column) for column in zip(*counts, strict=True)] == [1221, 724, 340, 384]
    assert [row.unknown for row in rows[:2]] == [100, 108]


def test_every_graduate_has_grades_and_an_outcome(cohorts: SimpleNamespace) -> None:
    from lms.accounts.queries import user_by_name
    from lms.cohorts.models import Enrolment
    from lms.db import db
    from lms.gradebook.queries import WorkState, gradebook_for
    from lms.outcomes.models import StatusSpell

    administrator = user_by_name("admin")
    graduates = 0
    for cohort in cohorts.finished:
        gradebook = gradebook_for(administrator, cohort.offerings[0])
        graduates += len(gradebook.rows)
        for row in gradebook.rows:
            states = {grade.state for grade in row.grades.values()}
            assert len(row.grades) == 3 and states == {WorkState.RELEASED}
        totals = [row.points / gradebook.max_points for row in gradebook.rows]
        assert 0.5 < sum(totals) / len(totals) < 0.95
        assert len({round(total, 2) for total in totals}) > 20
    live = StatusSpell.superseded_at.is_(None) & StatusSpell.valid_to.is_(None)
    completed = select(Enrolment.user_id).where(Enrolment.completed_on.is_not(None))
    known = select(func.count(StatusSpell.user_id.distinct())).where(
        live, StatusSpell.user_id.in_(completed)
    )
    assert graduates == 1221 == db.session.scalar(known)


def test_graduates_work_somewhere_and_founders_have_ventures(loaded: Flask) -> None:
    from lms.careers.queries import VentureTotals, ventures
    from lms.outcomes import employer_queries

    day = date(2025, 12, 31)
    employed, stay = employer_queries.employed(day), employer_queries.stay(day)
    assert (employed.graduates, employed.employed) == (1221, 724 - 36)
    assert 0 < employed.by_partners < employed.employer_known < employed.employed
    assert (stay.where(True), stay.where(False)) == (340, 384)
    found = employer_queries.founders(day)
    assert found.founders == found.venture_known == 36
    rows = ventures(day)
    assert (
        VentureTotals.of(rows, day).founded == 31 and sum(len(row.founders) for row in rows) == 36
    )


def test_about_one_in_sixteen_is_late(cohorts: SimpleNamespace) -> None:
    from lms.coursework.models import Assignment
    from lms.db import db
    from lms.gradebook.queries import board

    offering = cohorts.first.offerings[0]
    query = select(Assignment).where(Assignment.offering_id == offering.id)
    rows = [row for assignment in db.session.scalars(query) for row in board(assignment)]
    assert 0.02 < sum(row.is_late for row in rows) / len(rows) < 0.12


def test_the_running_cohort_has_work_for_everybody(cohorts: SimpleNamespace) -> None:
    from lms.accounts.queries import user_by_name
    from lms.cohorts.queries import instructors, roster
    from lms.coursework.queries import assignments
    from lms.db import db
    from lms.gradebook.queries import WorkState, board, released_since, standings, state_counts

    offering = cohorts.running.offerings[0]
    first, second = assignments(offering)
    rows = board(first)
    assert len(db.session.scalars(roster(cohorts.running)).all()) == len(rows) == 30
    assert len(instructors(cohorts.running)) == 2
    assert state_counts(rows) == {
        WorkState.RELEASED: 12,
        WorkState.GRADED: 4,
        WorkState.TO_MARK: 8,
        WorkState.FAILED: 1,
        WorkState.NOT_STARTED: 5,
    }
    assert sum(row.is_late for row in rows) == 1
    assert state_counts(board(second)) == {WorkState.WAITING: 5, WorkState.NOT_STARTED: 25}
    trainee = user_by_name("trainee")
    assert set(standings(trainee, offering)) == {first.id}
    [release] = released_since(trainee, first.published_at)
    result = standings(trainee, offering)[first.id]
    assert release.submission_id == result.submission.id
    assert any(question.comment for question in result.questions)


def test_live_work_waits_for_the_worker(loaded: Flask) -> None:
    from lms.db import db

    query = "SELECT task_name, count(*) FROM procrastinate_jobs GROUP BY task_name"
    assert dict(tuple(row) for row in db.session.execute(text(query))) == {
        "coursework.prepare_release": 1,
        "coursework.grade": 5,
        "coursework.make_feedback": 12,
    }


@pytest.mark.parametrize(
    "now",
    ["2026-11-21T08:30", "2026-11-23T10:00", "2026-11-23T12:30", "2026-11-23T21:59"],
)
def test_a_class_is_going_on_during_the_day(
    loaded: Flask, cohorts: SimpleNamespace, now: str
) -> None:
    from datetime import datetime, timedelta

    from lms.accounts.queries import user_by_name
    from lms.cohorts.models import Meeting
    from lms.cohorts.queries import meetings
    from lms.db import db
    from lms.demo.timetable import draw_up_timetable
    from lms.i18n import SEOUL

    moment = datetime.fromisoformat(now).replace(tzinfo=SEOUL)
    month = timedelta(days=30)
    offering = cohorts.running.offerings[0]
    db.session.execute(delete(Meeting))
    draw_up_timetable(offering, list(offering.course.lessons), now=moment)
    trainee = user_by_name("trainee")
    going_on = meetings(trainee, since=moment, until=moment + timedelta(seconds=1))
    around = meetings(trainee, since=moment - month, until=moment + month)
    assert len(going_on) == 1
    assert len(around) > 40
    assert all(before.ends_at <= after.starts_at for before, after in pairwise(around))


def test_only_four_accounts_have_a_password(loaded: Flask) -> None:
    from lms.accounts.actions import sign_in
    from lms.accounts.models import User
    from lms.db import db

    printed = [line.split() for line in flask(loaded, "demo", "accounts").splitlines()]
    with_password = db.session.scalars(select(User.username).where(User.password_hash.is_not(None)))
    assert {username for _ko, _role, username, _password in printed} == set(with_password)
    for _ko, _role, username, password in printed:
        assert sign_in(username, password, address="127.0.0.1").username == username


def test_a_second_load_does_nothing(loaded: Flask) -> None:
    before = digest()
    assert "nothing was loaded" in flask(loaded, "demo", "load")
    assert digest() == before


def test_the_real_grader_gives_every_answer_the_same_points(loaded: Flask, tmp_path: Path) -> None:
    import grading
    from lms import storage
    from lms.curricula.queries import authored_assignments, course_by_slug
    from lms.demo.answers import prepare

    kernel = [NOTEBOOK_PYTHON, "-m", "ipykernel", "install", "--prefix", tmp_path]
    subprocess.run(kernel, check=True, capture_output=True)

    def judge(name: str, source: Path, submission: Path) -> dict[tuple[str, str], float | None]:
        kernels = tmp_path / "share/jupyter/kernels"
        result = grading.autograde(source, submission, name=name, kernels=kernels)
        return {(score.notebook, score.grade_id): score.points for score in result.scores}

    with ThreadPoolExecutor(2) as pool:
        judged = []
        for authored in authored_assignments(course_by_slug("python-programming")):
            source = tmp_path / authored.slug
            storage.write_into(source, authored.files)
            for number, answer in enumerate(prepare(authored).answers):
                submission = tmp_path / f"{authored.slug}-{number}"
                storage.write_into(submission, answer.files)
                points = pool.submit(judge, authored.slug, source, submission)
                judged.append((submission.name, answer.points, points))
        assert len(judged) >= 9
        for name, expected, points in judged:
            assert points.result() == expected, name


def test_two_loads_give_the_same_academy(loads: SimpleNamespace) -> None:
    assert loads.digests[0] == loads.digests[1]


def test_rows_are_loaded_many_at_a_time(loads: SimpleNamespace) -> None:
    """That it is done in seconds depends on the machine; how often the database is asked does not."""
    print("seconds:", *(f"{one:.1f}" for one in loads.seconds), "statements:", *loads.statements)
    assert max(loads.statements) < MOST_STATEMENTS
