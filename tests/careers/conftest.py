"""Two employers and a venture of lena's, who completed cohort 1 with omar, ines and three more."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from lms.accounts.actions import add_person
from lms.careers import actions, venture_actions
from lms.careers.models import MouKind
from lms.cohorts.actions import enrol
from lms.db import db
from lms.metrics.facts import SpellKind
from lms.outcomes.models import StatusSpell

DAY = date(2026, 3, 1)


@pytest.fixture
def world(academy: SimpleNamespace) -> SimpleNamespace:
    """`partner` (MOU, of Gwangju) hired four graduates, one of whom left; `other` (of Seoul) hired
    one, who works in Gwangju; one founded `venture`; of one employed in Seoul nobody knows where."""
    ada, cohort = academy.ada, academy.cohorts[0]
    partner = actions.add_employer(name="가람소프트", region="29", by=ada)
    other = actions.add_employer(name="나래전자", region="11", by=ada)
    venture = actions.add_employer(name="다온랩", region="29", by=ada)
    venture_actions.record_venture(venture, founded_on=date(2026, 2, 10), by=ada)
    actions.sign_mou(partner, kind=MouKind.HIRE, on=date(2026, 1, 10), by=ada)
    people = []
    spells = [
        ("29", {"employer_id": partner.id, "in_field": True}),
        ("29", {"employer_id": partner.id, "in_field": False}),
        ("11", {"employer_id": partner.id}),
        ("29", {"employer_id": partner.id, "valid_to": date(2026, 2, 20)}),
        ("29", {"employer_id": other.id}),
        ("29", {"venture_id": venture.id, "kind": SpellKind.FOUNDER}),
        ("11", {}),
    ]  # fmt: skip
    for number, (region, values) in enumerate(spells):
        name = f"grad-{number}"
        person = add_person(
            username=name, name=f"졸업{number}", email=f"{name}@academy.example", by=None
        )
        enrolment = enrol(cohort, person, student_number=f"G{number}", on=date(2026, 1, 5), by=None)
        enrolment.completed_on = date(2026, 2, 1)
        db.session.flush()
        spell = {"kind": SpellKind.EMPLOYEE, "valid_from": date(2026, 2, 10), **values}
        db.session.add(
            StatusSpell(
                user_id=person.id, region=region, evidence_level=3, source="test", **spell
            )
        )  # fmt: skip
        people.append(person)
    venture_actions.add_founder(venture, people[5], since=date(2026, 2, 10), by=ada)
    db.session.commit()
    return SimpleNamespace(
        ada=ada, partner=partner, other=other, venture=venture, people=people, academy=academy
    )
