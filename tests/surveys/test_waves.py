"""When waves open, who is written to and reminded, and what counts as a response."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from lms.cohorts.models import Enrolment
from lms.db import db, utcnow
from lms.metrics.months import add_months
from lms.privacy import actions as privacy
from lms.privacy import purpose_files
from lms.privacy import queries as privacy_queries
from lms.privacy.models import Channel as ConsentChannel
from lms.surveys import actions, queries, tasks
from lms.surveys.models import PURPOSE, Attempt, Channel, Invitation, Link, Outcome, Wave
from lms.surveys.queries import Counts, WaveState

from .conftest import COMPLETED, agree

Mails = Callable[[], list[dict[str, str]]]


@pytest.fixture
def enrolled(completed: SimpleNamespace, grow: Callable[[int], None]) -> list[Enrolment]:
    """Three more who completed with lena and have not decided."""
    grow(3)
    cohort = completed.cohorts[0]
    rows = db.session.scalars(
        select(Enrolment).where(Enrolment.cohort_id == cohort.id).order_by(Enrolment.student_number)
    ).all()
    for row in rows:
        row.enrolled_on, row.completed_on = date(2026, 1, 5), COMPLETED
    db.session.commit()
    return [row for row in rows if row.user_id != completed.lena.id]


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)  # noon in Seoul


def test_the_schedule_follows_from_completion(completed: SimpleNamespace) -> None:
    planned = queries.schedule(completed.cohorts[0])
    assert [wave.census_on for wave in planned] == [
        date(2026, 6, 2), date(2026, 9, 2), date(2027, 3, 2), date(2028, 3, 2),
    ]  # fmt: skip
    assert queries.schedule(completed.cohorts[1]) == []


def test_the_day_on_which_most_completed_counts(
    completed: SimpleNamespace, grow: Callable[[int], None]
) -> None:
    grow(3)
    rows = completed.cohorts[0]
    db.session.execute(
        text("UPDATE enrolment SET completed_on = :day WHERE cohort_id = :cohort"),
        {"day": COMPLETED, "cohort": rows.id},
    )
    completed.enrolments[0].completed_on = date(2026, 8, 1)
    db.session.commit()
    assert queries.schedule(rows)[0].census_on == add_months(COMPLETED, 3)


class TestBySchedule:
    @pytest.mark.parametrize(
        ("days", "state", "opened"),
        [(-1, WaveState.PLANNED, 0), (0, WaveState.DUE, 1), (30, WaveState.DUE, 1),
         (31, WaveState.PASSED, 0)],
    )  # fmt: skip
    def test_a_wave_opens_in_the_month_after_its_census_day(
        self, completed: SimpleNamespace, mails: Mails, days: int, state: WaveState, opened: int
    ) -> None:
        with time_machine.travel(at(date(2026, 6, 2) + timedelta(days)), tick=False):
            assert queries.schedule(completed.cohorts[0])[0].state is state
            tasks.follow_up()
            tasks.follow_up()
        assert len(db.session.scalars(select(Wave)).all()) == opened
        assert len(mails()) == opened

    def test_reminders_come_after_7_and_14_days_and_then_no_more(
        self, completed: SimpleNamespace, mails: Mails
    ) -> None:
        sent = []
        for day in range(50):
            with time_machine.travel(at(date(2026, 6, 2) + timedelta(day)), tick=False):
                before = len(mails())
                tasks.follow_up()
                sent += [day] * (len(mails()) - before)
        assert sent == [0, 7, 14]
        assert mails()[0]["subject"] != mails()[1]["subject"]

    @pytest.mark.parametrize(
        "outcome", [Outcome.REFUSED, Outcome.OPTED_OUT, Outcome.DECEASED, Outcome.BAD_CONTACT]
    )
    def test_nobody_is_reminded_after_a_refusal(
        self, asked: Invitation, mails: Mails, outcome: Outcome, academy: SimpleNamespace
    ) -> None:
        actions.record_attempt(
            asked, channel=Channel.PHONE, outcome=outcome, note="", by=academy.ada
        )
        with time_machine.travel(utcnow() + timedelta(days=8)):
            tasks.follow_up()
        assert len(mails()) == 1

    def test_nobody_is_reminded_after_an_answer(
        self, asked: Invitation, mails: Mails, link: str, as_: Callable[..., object]
    ) -> None:
        as_(None).post(link, data={"kind": "seeking"})
        as_(None).post(f"{link}/place", data={"since": "2026-03-02"})
        assert queries.outcome_of(asked) is Outcome.COMPLETE
        with time_machine.travel(utcnow() + timedelta(days=8)):
            tasks.follow_up()
        assert len(mails()) == 1


def test_a_wave_does_not_open_before_its_census_day_nor_twice(
    completed: SimpleNamespace, wave: Wave
) -> None:
    planned = queries.schedule(completed.cohorts[0])
    with pytest.raises(actions.WaveOpenedAlready):
        actions.open_wave(planned[0], by=completed.ada)
    with pytest.raises(actions.WaveNotDue):
        actions.open_wave(planned[3], by=completed.ada)


def test_who_opted_out_or_died_is_counted_in_later_waves_but_not_written_to(
    completed: SimpleNamespace, asked: Invitation, mails: Mails
) -> None:
    actions.record_attempt(
        asked, channel=Channel.PHONE, outcome=Outcome.OPTED_OUT, note="", by=completed.ada
    )
    later = actions.open_wave(queries.schedule(completed.cohorts[0])[1], by=completed.ada)
    assert len(mails()) == 1
    counts = queries.counts([later])[later.id]
    assert (counts.asked, counts.eligible, counts.by_outcome[Outcome.OPTED_OUT]) == (1, 1, 1)
    actions.record_attempt(
        asked, channel=Channel.PHONE, outcome=Outcome.DECEASED, note="", by=completed.ada
    )
    counts = queries.counts([later])[later.id]
    assert (counts.asked, counts.eligible, counts.by_outcome[Outcome.DECEASED]) == (1, 0, 1)


class TestConsent:
    def test_without_it_nobody_is_written_to_and_the_list_says_so(
        self, completed: SimpleNamespace, mails: Mails, enrolled: list[Enrolment]
    ) -> None:
        agreed, refused, silent = enrolled
        agree(agreed.user)
        privacy.withdraw(refused.user, PURPOSE, channel=ConsentChannel.PAGE, by=refused.user)
        wave = actions.open_wave(queries.schedule(completed.cohorts[0])[0], by=completed.ada)
        assert [mail["to"] for mail in mails()] == [completed.lena.email, agreed.user.email]
        by_outcome = queries.counts([wave])[wave.id].by_outcome
        assert {word: n for word, n in by_outcome.items() if n} == {
            Outcome.NO_ANSWER: 2, Outcome.OPTED_OUT: 1, Outcome.NO_CONSENT: 1,
        }  # fmt: skip
        (row,) = db.session.scalars(queries.invitations(wave, only=Outcome.NO_CONSENT))
        for ask in (actions.mail_again, actions.call):
            with pytest.raises(actions.NoConsent):
                ask(row, by=completed.ada)
        assert row.enrolment.user_id == silent.user_id

    def test_who_agrees_while_the_wave_is_open_is_asked_then(
        self, completed: SimpleNamespace, mails: Mails, enrolled: list[Enrolment]
    ) -> None:
        actions.open_wave(queries.schedule(completed.cohorts[0])[0], by=completed.ada)
        agree(enrolled[1].user)
        tasks.follow_up()
        tasks.follow_up()
        assert [mail["to"] for mail in mails()] == [completed.lena.email, enrolled[1].user.email]
        assert not mails()[1]["subject"].startswith("Reminder")

    def test_a_withdrawal_ends_the_reminders_and_agreeing_again_goes_on(
        self, asked: Invitation, mails: Mails, academy: SimpleNamespace
    ) -> None:
        decide = partial(privacy.decide, asked.person, PURPOSE, channel=ConsentChannel.PAGE)
        decide(version=1, given=False, by=asked.person)
        assert queries.outcome_of(asked) is Outcome.OPTED_OUT
        with time_machine.travel(utcnow() + timedelta(days=8)):
            tasks.follow_up()
            assert len(mails()) == 1
            actions.ask_again(asked.person, reason="called us", by=academy.ada)
            tasks.follow_up()
        assert len(mails()) == 2

    def test_a_new_text_asks_first_and_mails_then(
        self, asked: Invitation, mails: Mails, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = purpose_files.versions()
        newer = (*old, *(replace(one, version=2) for one in old if one.purpose == PURPOSE))
        for module in (purpose_files, privacy_queries):
            monkeypatch.setattr(module, "versions", lambda: newer)
        with time_machine.travel(utcnow() + timedelta(days=8)):
            tasks.follow_up()
        assert len(mails()) == 1 and queries.outcome_of(asked) is Outcome.NO_ANSWER

    def test_what_is_decided_after_the_end_does_not_change_a_wave(
        self, asked: Invitation, wave: Wave
    ) -> None:
        wave.closes_at = utcnow() - timedelta(hours=1)
        privacy.withdraw(asked.person, PURPOSE, channel=ConsentChannel.PAGE, by=asked.person)
        assert queries.outcome_of(asked) is Outcome.NO_ANSWER


def test_rates_keep_everybody_eligible_below_them() -> None:
    counts = Counts(dict(zip(Outcome, (50, 5, 4, 3, 7, 20, 10, 1, 2), strict=True)))
    assert (counts.asked, counts.eligible, counts.reached) == (102, 99, 62)


def test_an_answer_cannot_be_claimed_by_hand(
    app: Flask, asked: Invitation, academy: SimpleNamespace
) -> None:
    with pytest.raises(actions.Invalid):
        actions.record_attempt(
            asked, channel=Channel.PHONE, outcome=Outcome.COMPLETE, note="", by=academy.ada
        )


def test_what_was_tried_and_answered_stays(asked: Invitation) -> None:
    for statement in ("UPDATE survey_attempt SET channel = 'sms'", "DELETE FROM survey_attempt"):
        with pytest.raises(DBAPIError), db.session.begin_nested():
            db.session.execute(text(statement))
    assert len(asked.attempts) == 1


class TestLinks:
    def test_only_the_hash_of_a_token_is_kept(self, link: str) -> None:
        token = link.removeprefix("/surveys/")
        row = db.session.scalars(select(Link)).one()
        assert len(token) >= 43 and row.token_hash == queries.token_hash(token)
        assert token not in row.token_hash

    def test_it_ends_with_the_wave_when_revoked_and_with_time(
        self, link: str, asked: Invitation, wave: Wave, academy: SimpleNamespace
    ) -> None:
        token = link.removeprefix("/surveys/")
        assert queries.link(token) is not None
        with time_machine.travel(utcnow() + timedelta(days=61)):
            assert queries.link(token) is None
        savepoint = db.session.begin_nested()
        actions.close_wave(wave, by=academy.ada)
        assert queries.link(token) is None
        savepoint.rollback()
        assert queries.link(token) is not None
        actions.revoke_links(asked, by=academy.ada)
        assert queries.link(token) is None

    def test_a_new_mail_by_hand_takes_the_place_of_the_link(
        self, link: str, asked: Invitation, mails: Mails, academy: SimpleNamespace
    ) -> None:
        actions.mail_again(asked, by=academy.ada)
        assert queries.link(link.removeprefix("/surveys/")) is None
        assert len(mails()) == 2 and link not in mails()[1]["text"]

    def test_who_has_refused_is_not_written_to_by_hand_either(
        self, asked: Invitation, academy: SimpleNamespace
    ) -> None:
        actions.record_attempt(
            asked, channel=Channel.SMS, outcome=Outcome.REFUSED, note="", by=academy.ada
        )
        with pytest.raises(actions.NotToBeAsked):
            actions.mail_again(asked, by=academy.ada)


def test_the_mail_is_in_the_language_of_its_reader(wave: Wave, mails: Mails) -> None:
    mail = mails()[0]
    assert mail["to"] == "lena@academy.example"
    with force_locale("en"):
        assert "Cohort 1" in mail["text"] and mail["text"].startswith("Dear Lena,")
    assert "/opt-out" in mail["text"]


def test_a_refused_address_becomes_a_wrong_contact(asked: Invitation) -> None:
    tasks.mail_refused(asked.id)
    assert queries.outcome_of(asked) is Outcome.BAD_CONTACT
    assert db.session.scalars(select(Attempt).order_by(Attempt.id.desc())).first().by_id is None
