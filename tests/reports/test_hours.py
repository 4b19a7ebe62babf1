"""T16h: notebook hours beside employment, against a plain count; unchanged by later sessions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lms.accounts.actions import add_person
from lms.accounts.models import User
from lms.cohorts.actions import enrol
from lms.cohorts.models import Cohort
from lms.compute.actions import end_sessions
from lms.compute.models import NotebookSession
from lms.db import db, utcnow
from lms.demo.rows import backdated
from lms.disclosure.policy import POLICIES
from lms.i18n import SEOUL
from lms.metrics.definition_files import definitions
from lms.metrics.facts import SpellKind
from lms.metrics.intervals import wilson
from lms.outcomes.models import StatusSpell
from lms.reports import counting
from lms.reports.composing import compose
from lms.reports.counters.hours import COMPLETED, MEDIAN, WORK
from lms.reports.facts import Facts
from lms.reports.table import Absent

DAY = date(2026, 9, 1)
ENROLLED, FINISHED = date(2026, 1, 5), date(2026, 6, 1)


def ran(
    person: User, since: datetime, hours: float, *, lives: timedelta = timedelta(days=7)
) -> None:
    """A session of the past, as the hub would have reported it then."""
    with backdated(NotebookSession):
        db.session.add(
            NotebookSession(
                user_id=person.id, key_hash=f"{person.id}-{since}", issued_at=since,
                expires_at=since + lives, ended_at=since + timedelta(hours=hours),
            )
        )  # fmt: skip
        db.session.flush()


def seoul(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=SEOUL)


@pytest.fixture
def completed(academy: SimpleNamespace) -> Cohort:
    """Sixty-six completers of cohort 1: n hours each in two sessions, the last six none; two of three work."""
    cohort = academy.cohorts[0]
    academy.enrolments[0].enrolled_on, academy.enrolments[0].left_on = ENROLLED, date(2026, 2, 9)
    for number in range(66):
        name = f"grad-{number}"
        person = add_person(username=name, name=name, email=f"{name}@academy.example", by=None)
        enrol(cohort, person, student_number=name, on=ENROLLED, by=None).completed_on = FINISHED
        db.session.flush()
        if number % 3:
            db.session.add(
                StatusSpell(
                    user_id=person.id, kind=SpellKind.EMPLOYEE, valid_from=date(2026, 6, 10),
                    evidence_level=3, source="test",
                )
            )  # fmt: skip
        for start in (seoul(date(2026, 3, 2), 9), seoul(date(2026, 4, 6), 9)):
            if number < 60:
                ran(person, start, (number + 1) / 2)
    db.session.commit()
    return cohort


def count(cohort: Cohort, **options: datetime) -> Facts:
    moment = options.get("known_at") or utcnow() + timedelta(minutes=1)
    return counting.count_facts(
        [cohort], valid_on=DAY, known_at=moment, metrics=definitions(on=DAY)
    )


def test_the_thirds_add_up_to_the_plain_figure(completed: Cohort) -> None:
    cohort = count(completed).cohorts[0]
    assert cohort.counts[COMPLETED] == {"short": 20, "middle": 20, "long": 20, "none": 6}
    assert cohort.counts[WORK] == {
        name: sum(1 for n in of if n % 3)
        for name, of in (("short", range(20)), ("middle", range(20, 40)), ("long", range(40, 60)), ("none", range(60, 66)))
    }  # fmt: skip
    assert cohort.counts[MEDIAN] == {"all": 30, "short": 10, "middle": 30, "long": 50}
    plain = cohort.figures["plain"]
    assert sum(cohort.counts[WORK].values()) == plain.numerator == 44


def test_people_with_the_same_hours_are_in_the_same_third(academy: SimpleNamespace) -> None:
    for number, (person, hours) in enumerate(
        zip((academy.lena, academy.stan, academy.ines), (5, 5, 9), strict=True)
    ):
        enrolment = academy.enrolments[0] if not number else enrol(
            academy.cohorts[0], person, student_number=f"x-{number}", by=None
        )  # fmt: skip
        enrolment.enrolled_on, enrolment.completed_on = ENROLLED, FINISHED
        db.session.flush()
        ran(person, seoul(date(2026, 3, 2), 9), hours)
    assert count(academy.cohorts[0]).cohorts[0].counts[COMPLETED] == {
        "short": 2, "middle": 0, "long": 1, "none": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("since", "hours", "counted"),
    [
        (seoul(date(2026, 1, 4), 20), 6, 2),  # from the day of enrolment
        (seoul(FINISHED, 20), 10, 4),  # to the end of the day of completion, in Seoul
        (seoul(date(2026, 3, 2), 9), 400, 168),  # no longer than its key lived
        (seoul(date(2026, 7, 1), 9), 10, None),  # after completion
    ],
)
def test_hours_are_those_of_the_training(
    since: datetime, hours: float, counted: int | None, academy: SimpleNamespace
) -> None:
    academy.enrolments[0].enrolled_on, academy.enrolments[0].completed_on = ENROLLED, FINISHED
    db.session.flush()
    ran(academy.lena, since, hours)
    counts = count(academy.cohorts[0]).cohorts[0].counts
    if counted is None:
        assert MEDIAN not in counts
    else:
        assert counts[MEDIAN]["all"] == counted


def test_the_table_shows_n_rate_interval_and_median_and_hides_small_groups(
    completed: Cohort,
) -> None:
    made = compose(count(completed), definitions(on=DAY))
    shown = made.shown(POLICIES["public"], day=DAY)  # audited: or it raises NotProtected
    true, seen = (next(t for t in tables if t.id == "T16h") for tables in (made.tables, shown))
    assert [cell.value for cell in true.rows[0]][2:] == [30, 66, 44, 44 / 66, *wilson(44, 66)]
    assert [cell.value for cell in seen.rows[0]] == [cell.value for cell in true.rows[0]]
    none = seen.rows[-1]  # six people, of whom four work and two do not
    assert none[2].absent is Absent.NOBODY
    assert {cell.absent for cell in none[4:]} == {Absent.HIDDEN}
    words = " ".join(text.en for text in (true.title, true.about, *true.notes)).lower()
    assert not {"because", "effect", "leads to", "improves", "thanks to"} & set(words.split())


def test_an_end_recorded_later_changes_nothing(completed: Cohort, academy: SimpleNamespace) -> None:
    person = db.session.query(User).filter_by(username="grad-0").one()
    session = NotebookSession(
        user_id=person.id, key_hash="open", issued_at=seoul(date(2026, 3, 9), 9),
        expires_at=seoul(date(2026, 3, 16), 9),
    )  # fmt: skip
    db.session.add(session)
    db.session.flush()
    moment = utcnow()
    before = count(completed, known_at=moment)
    db.session.execute(text("SELECT set_config('academy.recording_moment', '', true)"))
    session.ended_at = seoul(date(2026, 3, 10), 9)  # the database puts its own moment there
    db.session.flush()
    db.session.refresh(session)
    assert session.ended_at > moment
    assert count(completed, known_at=moment).sha256 == before.sha256
    assert count(completed).cohorts[0].counts[MEDIAN]["short"] != before.cohorts[0].counts[MEDIAN]["short"]  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE notebook_session SET ended_at = ended_at + interval '1 hour'",
        "UPDATE notebook_session SET ended_at = NULL",
        "UPDATE notebook_session SET issued_at = issued_at - interval '1 hour'",
        "DELETE FROM notebook_session",
        "TRUNCATE notebook_session",
    ],
)
def test_an_ended_session_stays(statement: str, academy: SimpleNamespace) -> None:
    ran(academy.lena, seoul(date(2026, 3, 2), 9), 2)
    with pytest.raises(DBAPIError, match=r"never changed|append-only"):
        db.session.execute(text(statement))


def test_nobody_begins_with_an_end_and_an_end_is_now(academy: SimpleNamespace) -> None:
    start = utcnow() - timedelta(hours=3)
    session = NotebookSession(
        user_id=academy.lena.id, key_hash="x", issued_at=start, ended_at=start, expires_at=start
    )
    db.session.add(session)
    db.session.flush()
    db.session.refresh(session)
    assert session.ended_at is None
    end_sessions(academy.lena)
    db.session.refresh(session)
    assert session.ended_at is not None and session.ended_at > start


def test_without_sessions_there_is_no_table(graduates: Cohort, make: Callable[..., object]) -> None:
    facts = count(graduates)
    assert not facts.has(COMPLETED)
    assert "T16h" not in {one.id for one in compose(facts, definitions(on=DAY)).tables}


def test_facts_sealed_before_hours_were_counted_read_as_before(completed: Cohort) -> None:
    facts = count(completed)
    before = facts.as_json()
    for subject in (COMPLETED, WORK, MEDIAN):
        del before["cohorts"][0]["counts"][subject]
    old = Facts.from_json(before)
    assert old.as_json() == before and facts.as_asked_in(old).sha256 == old.sha256
    assert "T16h" not in {one.id for one in compose(old, definitions(on=DAY)).tables}
