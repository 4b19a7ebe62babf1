"""Cohort 1 with forty completers, and a report of it; bea is a second administrator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace

import pytest

from lms.accounts.actions import add_person
from lms.accounts.models import User
from lms.cohorts.actions import enrol
from lms.cohorts.models import Cohort
from lms.db import Bilingual, db
from lms.metrics.facts import SpellKind
from lms.outcomes.models import StatusSpell
from lms.reports import actions
from lms.reports.models import Report
from tests.reports.firms import working as working
from tests.reports.money import funded as funded

DAY = date(2026, 9, 1)
KINDS = [
    *[(SpellKind.EMPLOYEE, "29")] * 14, *[(SpellKind.EMPLOYEE, "11")] * 9,
    *[(SpellKind.FOUNDER, "29")] * 2, *[(SpellKind.STUDY, None)] * 7, *[(None, None)] * 8,
]  # fmt: skip


@pytest.fixture
def graduates(academy: SimpleNamespace) -> Cohort:
    """Cohort 1 with forty completers: 14 work in Gwangju, 9 elsewhere, 2 founded, 7 study, 8 unknown."""
    cohort = academy.cohorts[0]
    for number, (kind, region) in enumerate(KINDS):
        name = f"grad-{number}"
        person = add_person(username=name, name=name, email=f"{name}@academy.example", by=None)
        enrolment = enrol(cohort, person, student_number=f"G{number}", on=date(2026, 1, 5), by=None)
        enrolment.completed_on = date(2026, 6, 1)
        db.session.flush()
        if kind:
            db.session.add(
                StatusSpell(
                    user_id=person.id, kind=kind, valid_from=date(2026, 6, 10), evidence_level=3,
                    source="test", region=region,
                )
            )  # fmt: skip
    academy.enrolments[0].enrolled_on = date(2026, 1, 5)
    academy.enrolments[0].left_on = date(2026, 2, 9)
    db.session.commit()
    return cohort


@pytest.fixture
def bea(academy: SimpleNamespace) -> User:
    return add_person(
        username="bea", name="Bea", email="bea@academy.example", by=None, is_administrator=True
    )


@pytest.fixture
def make(academy: SimpleNamespace, graduates: Cohort) -> Callable[..., Report]:
    def _make(**given: object) -> Report:
        report = actions.make_report(
            [graduates],
            **({
                "title": Bilingual("성과", "Outcomes"), "recipient": "City", "legal_basis": "",
                "valid_on": DAY, "policy": "public", "by": academy.ada,
            } | given),
        )  # fmt: skip
        db.session.flush()
        return report

    return _make


@pytest.fixture
def published(make: Callable[..., Report], academy: SimpleNamespace, bea: User) -> Report:
    report = make()
    for person in (academy.ada, bea):
        actions.decide(report, approved=True, note="seen", by=person)
    db.session.commit()
    return report
