"""lena has completed her cohort and has a record; bora is a second administrator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace

import pytest
from flask import Flask
from flask_babel import force_locale

from lms.accounts.actions import add_person
from lms.accounts.models import User
from lms.db import db
from lms.metrics.facts import Spell, SpellKind
from lms.outcomes.actions import record_spell
from lms.outcomes.models import StatusSpell


@pytest.fixture
def english(app: Flask) -> Iterator[None]:
    """Messages outside of a request, which would be Korean."""
    with force_locale("en"):
        yield


@pytest.fixture
def bora(academy: SimpleNamespace) -> User:
    person = add_person(
        username="bora", name="Bora", email="bora@academy.example", locale="en", by=None,
        is_administrator=True,
    )  # fmt: skip
    db.session.commit()
    return person


@pytest.fixture
def job(academy: SimpleNamespace) -> StatusSpell:
    """lena works in Gwangju since 10 February 2026, by her own word; ada recorded it."""
    enrolment = academy.enrolments[0]
    enrolment.enrolled_on, enrolment.completed_on = date(2026, 1, 5), date(2026, 2, 1)
    spell = Spell(
        kind=SpellKind.EMPLOYEE, valid_from=date(2026, 2, 10), evidence_level=1, region="29"
    )
    row = record_spell(academy.lena, spell, source="telephone", role="developer", by=academy.ada)
    db.session.commit()
    return row
