"""The survey waves of a finished cohort: whom it asked, how often, by which way, and what they said.

An answer says what the person's life said that day. A wave that is still open is told up to now; the
worker goes on with it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from lms.careers.models import EmployerRecord
from lms.cohorts.models import Cohort
from lms.db import db
from lms.demo.following import BY_PHONE_AFTER, census_on, opened_at
from lms.demo.jobs import Spell
from lms.demo.lives import Life
from lms.demo.rows import backdated, chance, copy_rows, insert_rows
from lms.metrics.facts import SpellKind
from lms.recorded import known
from lms.surveys.actions import OPEN_DAYS, REMINDED_AFTER
from lms.surveys.models import (
    MONTHS,
    QUESTIONNAIRE,
    Attempt,
    Channel,
    Draft,
    Invitation,
    Outcome,
    Response,
    Wave,
)

ADDRESS_GONE = 0.10  # of those who never answer
REFUSES_ON_PHONE, BEGINS_ONLY = 0.07, 0.04  # of those who are called
TEXTED, EMPLOYER_ASKED = 0.5, 0.12
CALL_AGAIN = "저녁 6시 이후 통화 가능"
BANDS = (200, 250, 300, 350, 400, 500)  # 10,000 KRW a month: where a band of pay ends
WORK = (SpellKind.EMPLOYEE, SpellKind.FOUNDER, SpellKind.FREELANCE)


@dataclass(frozen=True)
class Survey:
    """What the waves of a cohort share. `lives` by student number; `gone`: whose address is no good."""

    cohort: Cohort
    lives: Sequence[Life]
    gone: Collection[int]
    employers: Mapping[int, str]
    by_id: int
    now: datetime
    random: Random


def load_waves(cohort: Cohort, lives: Sequence[Life], *, by_id: int, now: datetime) -> None:
    """Every wave whose census day has come."""
    random = chance(f"survey of cohort {cohort.number}")
    query = select(EmployerRecord.employer_id, EmployerRecord.name).where(known(EmployerRecord))
    employers = {row.employer_id: row.name for row in db.session.execute(query)}
    lives = sorted(lives, key=lambda life: life.followed.enrolment_id)
    silent = [life.followed.user_id for life in lives if not life.followed.answered]
    gone = {person for person in silent if random.random() < ADDRESS_GONE}
    survey = Survey(cohort, lives, gone, employers, by_id, now, random)
    for months in MONTHS:
        begins = opened_at(lives[0].followed.completed_on, months)
        if begins <= now:
            _load_wave(survey, months, begins)


def _load_wave(survey: Survey, months: int, begins: datetime) -> None:
    now, random, lives = survey.now, survey.random, survey.lives
    census = census_on(lives[0].followed.completed_on, months)
    [wave] = insert_rows(Wave, [_wave(survey.cohort, months, census, begins)])
    asked = [{"wave_id": wave, "enrolment_id": life.followed.enrolment_id} for life in lives]
    attempts, drafts, responses = [], [], []
    for invitation, life in zip(insert_rows(Invitation, asked), lives, strict=True):
        one = life.followed
        if not one.agrees(begins):
            continue
        answered_at = one.answered.get(months)
        stops_at = answered_at or one.withdrew_at
        is_gone = one.user_id in survey.gone
        tries = _tries(begins, stops_at, is_gone, answered_at is not None, random)
        attempts += [_attempt(invitation, survey.by_id, *each) for each in tries if each[0] <= now]
        if answered_at and answered_at <= now:
            responses.append(_response(invitation, life, months, answered_at, survey.employers))
        elif not answered_at and random.random() < BEGINS_ONLY:
            drafts.append(_draft(invitation, begins + timedelta(hours=random.randint(1, 60))))
    copy_rows(Attempt, attempts)
    copy_rows(Draft, [draft for draft in drafts if draft["saved_at"] <= now])
    with backdated(Response):
        copy_rows(Response, responses)


def _wave(cohort: Cohort, months: int, census: date, begins: datetime) -> dict[str, Any]:
    return {
        "cohort_id": cohort.id,
        "months": months,
        "census_on": census,
        "questionnaire": QUESTIONNAIRE,
        "opened_at": begins,
        "opened_by_id": None,
        "closes_at": begins + timedelta(days=OPEN_DAYS),
    }


Try = tuple[datetime, Channel, Outcome | None, str]


def _tries(
    begins: datetime, stops_at: datetime | None, is_gone: bool, answers: bool, random: Random
) -> Iterator[Try]:
    """Mails while nothing came, then the telephone, and for some a text message or their employer."""
    yield begins, Channel.MAIL, None, ""
    if is_gone:
        yield begins + timedelta(minutes=2), Channel.MAIL, Outcome.BAD_CONTACT, ""
        return
    for number in (1, 2):
        at = begins + number * REMINDED_AFTER
        if stops_at is not None and stops_at <= at:
            return
        yield at, Channel.MAIL, None, ""
    if answers and stops_at is not None:
        if stops_at > begins + BY_PHONE_AFTER:
            yield stops_at - timedelta(minutes=6), Channel.PHONE, None, ""
        return
    called_at = begins + BY_PHONE_AFTER + timedelta(hours=random.randint(1, 400))
    if random.random() < REFUSES_ON_PHONE:
        yield called_at, Channel.PHONE, Outcome.REFUSED, ""
        return
    yield called_at, Channel.PHONE, Outcome.NO_ANSWER, random.choice((CALL_AGAIN, "", "", ""))
    if random.random() < TEXTED:
        yield called_at + timedelta(days=3), Channel.SMS, Outcome.NO_ANSWER, ""
    if random.random() < EMPLOYER_ASKED:
        yield called_at + timedelta(days=9), Channel.EMPLOYER, Outcome.NO_ANSWER, ""


def _attempt(
    invitation: int, by_id: int, at: datetime, channel: Channel, outcome: Outcome | None, note: str
) -> dict[str, Any]:
    return {
        "invitation_id": invitation,
        "channel": channel,
        "outcome": outcome,
        "note": note,
        "at": at,
        "by_id": None if channel is Channel.MAIL else by_id,
    }


def _draft(invitation: int, saved_at: datetime) -> dict[str, Any]:
    """Somebody has said what they do, and not yet where."""
    answers = {"kind": SpellKind.EMPLOYEE.value}
    return {"invitation_id": invitation, "answers": answers, "saved_at": saved_at}


def _response(
    invitation: int, life: Life, months: int, at: datetime, employers: Mapping[int, str]
) -> dict[str, Any]:
    """Nothing has changed, or what the person does on the day of the answer."""
    one = life.followed
    row = _does(life, at.date())
    said_before = [moment for when, moment in one.answered.items() if when < months]
    unchanged = bool(said_before) and _does(life, said_before[-1].date()) is row
    return {
        "invitation_id": invitation,
        "channel": Channel.PHONE if at - opened_at(one.completed_on, months) > BY_PHONE_AFTER else Channel.MAIL,
        "unchanged": unchanged,
        "answers": {} if unchanged else _answers(row, employers),
        "recorded_at": at,
    }  # fmt: skip


def _does(life: Life, day: date) -> Spell:
    [row] = [
        row
        for row in life.spells
        if row["valid_from"] <= day and (row["valid_to"] is None or row["valid_to"] > day)
    ]
    assert row["kind"] is not SpellKind.UNKNOWN, life
    return row


def _answers(row: Spell, employers: Mapping[int, str]) -> dict[str, Any]:
    """As the form keeps them (lms/surveys/forms.py)."""
    kind, answers = row["kind"], {"kind": row["kind"].value, "since": row["valid_from"].isoformat()}
    if kind in WORK:
        answers["region"], answers["in_field"] = row["region"], row["in_field"]
        answers["employer"] = employers.get(row["employer_id"] or row["venture_id"])
    if kind is SpellKind.FOUNDER:
        answers["registered"] = row["registered"]
    if kind is SpellKind.EMPLOYEE:
        contract = row["contract"]
        answers |= {
            name: row[name]
            for name in ("role", "hours", "contract_months", "insured", "subsidised")
        }
        answers |= {"contract": contract and contract.value, "pay_band": _band(row["base_pay"])}
    return answers  # fmt: skip


def _band(pay: int | None) -> str | None:
    if pay is None:
        return None
    first = next((end for end in BANDS if pay < 10_000 * end), None)
    if first is None:
        return f"{BANDS[-1]}-"
    below = BANDS.index(first) - 1
    return f"{BANDS[below] if below >= 0 else ''}-{first}"
