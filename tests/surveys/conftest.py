"""lena has completed her cohort on 2 March 2026 and agreed to be asked; its first wave is open where a
test asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from lms.accounts.models import User
from lms.db import db
from lms.metrics.facts import Spell, SpellKind
from lms.outcomes.actions import record_spell
from lms.outcomes.models import StatusSpell
from lms.privacy import purpose_files
from lms.privacy import queries as privacy_queries
from lms.privacy.actions import decide
from lms.privacy.models import Channel
from lms.surveys import actions, queries
from lms.surveys.models import PURPOSE, Invitation, Wave

COMPLETED = date(2026, 3, 2)


def agree(*people: User) -> None:
    for person in people:
        decide(person, PURPOSE, version=1, given=True, channel=Channel.PAGE, by=person)
    db.session.commit()


@pytest.fixture(autouse=True)
def texts_of_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """The purposes were in effect before every day that a test travels to."""
    before = tuple(replace(one, since=date(2020, 1, 1)) for one in purpose_files.versions())
    for module in (purpose_files, privacy_queries):
        monkeypatch.setattr(module, "versions", lambda: before)


@pytest.fixture
def completed(academy: SimpleNamespace) -> SimpleNamespace:
    agree(academy.lena)
    enrolment = academy.enrolments[0]
    enrolment.enrolled_on, enrolment.completed_on = date(2026, 1, 5), COMPLETED
    db.session.commit()
    return academy


@pytest.fixture
def wave(completed: SimpleNamespace) -> Wave:
    """Three months after completion; opened by ada."""
    planned = queries.schedule(completed.cohorts[0])[0]
    wave = actions.open_wave(planned, by=completed.ada)
    db.session.commit()
    return wave


@pytest.fixture
def asked(wave: Wave) -> Invitation:
    """lena's invitation."""
    return db.session.scalars(select(Invitation).where(Invitation.wave_id == wave.id)).one()


@pytest.fixture
def mails() -> Callable[[], list[dict[str, str]]]:
    """The messages enqueued so far, the newest last."""

    def _mails() -> list[dict[str, str]]:
        rows = text(
            "SELECT args FROM procrastinate_jobs WHERE task_name = 'lms.deliver' ORDER BY id"
        )
        return list(db.session.scalars(rows))

    return _mails


@pytest.fixture
def link(wave: Wave, mails: Callable[[], list[dict[str, str]]]) -> str:
    """The path of the link in lena's mail."""
    found = re.search(r"http://localhost:8000(/surveys/\S+)\n", mails()[-1]["text"])
    assert found
    return found[1]


@pytest.fixture
def seeking(completed: SimpleNamespace) -> StatusSpell:
    """lena looks for work since she completed, by her own word."""
    spell = Spell(kind=SpellKind.SEEKING, valid_from=COMPLETED, evidence_level=1)
    row = record_spell(completed.lena, spell, source="telephone", by=completed.ada)
    db.session.commit()
    return row
