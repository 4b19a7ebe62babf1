"""What a trainee's first page says: now, next, still open, came back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

from lms.cohorts.models import Meeting
from lms.db import Bilingual, db, utcnow
from lms.gradebook.actions import mark, release_grades
from lms.home.queries import trainee_day
from lms.i18n import seoul_day


def meeting(academy: SimpleNamespace, *, cohort: int, starts: int, ends: int) -> Meeting:
    """A class from `starts` to `ends` minutes from now."""
    row = Meeting(
        offering=academy.offerings[cohort],
        title=Bilingual("수업", "Class"),
        starts_at=utcnow() + timedelta(minutes=starts),
        ends_at=utcnow() + timedelta(minutes=ends),
        room="101",
    )
    db.session.add(row)
    db.session.flush()
    return row


def test_now_is_ones_own_class_that_is_on(academy: SimpleNamespace) -> None:
    on = meeting(academy, cohort=0, starts=-10, ends=10)
    meeting(academy, cohort=1, starts=-10, ends=10)
    day = trainee_day(academy.lena, day=seoul_day())
    assert day.now == [on]
    assert on in day.today


def test_next_says_whether_something_was_handed_in(
    academy: SimpleNamespace, hand_in: Callable[..., object]
) -> None:
    (item,) = trainee_day(academy.lena, day=seoul_day()).next
    assert item.assignment is academy.assignments[0] and item.handed_in_at is None
    hand_in()
    (item,) = trainee_day(academy.lena, day=seoul_day()).next
    assert item.handed_in_at is not None


def test_overdue_is_what_was_not_handed_in(
    academy: SimpleNamespace, hand_in: Callable[..., object]
) -> None:
    academy.assignments[0].due_at = utcnow() - timedelta(hours=1)
    db.session.commit()
    day = trainee_day(academy.lena, day=seoul_day())
    assert [item.assignment for item in day.overdue] == [academy.assignments[0]]
    assert not day.next
    hand_in()
    assert not trainee_day(academy.lena, day=seoul_day()).overdue


def test_a_closed_cohort_asks_for_nothing(academy: SimpleNamespace) -> None:
    academy.cohorts[0].close()
    db.session.commit()
    day = trainee_day(academy.lena, day=seoul_day())
    assert not day.next and not day.overdue


def test_feedback_appears_with_its_release_and_only_for_its_owner(
    academy: SimpleNamespace, graded: Callable[..., object]
) -> None:
    submission = graded(q1=6)
    assert not trainee_day(academy.lena, day=seoul_day()).feedback
    mark(submission, submission.assignment.questions[1], points=4, comment="", by=academy.ines)
    release_grades(submission.assignment, by=academy.ines)
    db.session.commit()
    (found,) = trainee_day(academy.lena, day=seoul_day()).feedback
    assert found.submission is submission
    assert not trainee_day(academy.omar, day=seoul_day()).feedback
