"""Two cohorts whose graduates work at known firms or founded ventures; what is true stands in lists."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from types import SimpleNamespace

import pytest

from lms.accounts.models import User
from lms.careers import actions as careers
from lms.careers import venture_actions
from lms.careers.models import MouKind, Sector, Size
from lms.cohorts.models import Enrolment
from lms.db import db
from lms.disclosure.policy import Policy
from lms.disclosure.shape import counts_of
from lms.disclosure.suppressing import audit
from lms.metrics.facts import SpellKind
from lms.outcomes.models import StatusSpell
from lms.reports.composing import Composed
from lms.reports.table import Table

DAY = date(2026, 9, 1)
COMPLETED = date(2026, 6, 1)
PEOPLE = (90, 70)
KINDS = (*[SpellKind.EMPLOYEE] * 6, SpellKind.FOUNDER, SpellKind.STUDY, None)


@pytest.fixture
def working(academy: SimpleNamespace) -> SimpleNamespace:
    """`people`: dicts with cohort (0 or 1), user, kind, firm (a place in `firms`), in_field, subsidised."""
    random = Random(7)
    firms = [
        careers.add_employer(
            name=f"Firm {n}", size=[*Size, None][n % 6], sector=[*Sector, None][n % 3], by=None
        )
        for n in range(12)
    ]
    heads = {0: 3, 1: 4, 2: 5, 3: 49, 4: 50, 5: 300}  # the others were never counted
    for n, jobs in heads.items():
        careers.count_heads(firms[n], on=date(2026, 7, 1), jobs=jobs, source="test", by=None)
    signed = [(0, MouKind.HIRE), (0, MouKind.PROJECT), (1, MouKind.HIRE), (2, MouKind.ATTRACT)]
    for n, kind in signed:
        careers.sign_mou(firms[n], kind=kind, on=date(2026, 2, 1), by=None)
    unused = careers.add_employer(name="Partner of nobody", by=None)
    careers.sign_mou(unused, kind=MouKind.HIRE, on=date(2026, 2, 1), by=None)
    careers.sign_mou(firms[5], kind=MouKind.HIRE, on=date(2025, 2, 1), until=DAY, by=None)  # over
    users = [User(username=f"w-{n}", name=f"w-{n}", email=f"w-{n}@academy.example") for n in range(sum(PEOPLE))]  # fmt: skip
    db.session.add_all(users)
    db.session.flush()
    for enrolment in academy.enrolments:  # lena and omar left early, so both cohorts have ended
        enrolment.enrolled_on, enrolment.left_on = date(2026, 1, 5), date(2026, 2, 9)
    people = []
    for n, user in enumerate(users):
        cohort = 0 if n < PEOPLE[0] else 1
        db.session.add(
            Enrolment(
                cohort_id=academy.cohorts[cohort].id, user_id=user.id, student_number=f"W{n}",
                enrolled_on=date(2026, 1, 5), completed_on=COMPLETED,
            )
        )  # fmt: skip
        kind = random.choice(KINDS)
        hired = kind is SpellKind.EMPLOYEE
        firm = min(int(random.expovariate(0.5)), 12) if hired else 12
        one = {
            "cohort": cohort, "user": user, "kind": kind, "firm": firm if firm < 12 else None,
            "in_field": random.choice((True, True, False, None)) if hired else None,
            "subsidised": random.choice((True, False, None)) if hired else None,
        }  # fmt: skip
        people.append(one)
        if kind:
            db.session.add(
                StatusSpell(
                    user_id=user.id, kind=kind, valid_from=date(2026, 6, 10), evidence_level=3, source="test",
                    region="29", in_field=one["in_field"], subsidised=one["subsidised"],
                    employer_id=firms[firm].id if firm < 12 else None,
                )
            )  # fmt: skip
    db.session.flush()
    ventures = _found(people)
    db.session.commit()
    return SimpleNamespace(
        academy=academy, cohorts=academy.cohorts, firms=firms, heads=heads, signed=signed,
        people=people, ventures=ventures, day=DAY,
    )  # fmt: skip


def _found(people: list[dict[str, object]]) -> list[SimpleNamespace]:
    """Each founder one venture, but for the first and the last, who are of two cohorts and share theirs."""
    founders = [one for one in people if one["kind"] is SpellKind.FOUNDER]
    assert len(founders) > 10 and founders[0]["cohort"] != founders[-1]["cohort"]
    found = []
    for n, founder in enumerate(founders[:-1]):
        venture = careers.add_employer(name=f"Venture {n}", by=None)
        team = [founder, founders[-1]] if n == 0 else [founder]
        began = date(2026, 6, 10) + timedelta(days=n)
        dates = {
            "founded_on": began,
            "registered_on": began + timedelta(days=7) if n % 2 else None,
            "first_sale_on": began + timedelta(days=20) if n % 3 == 1 else None,
            "closed_on": date(2026, 8, 20) if n == 2 else None,
        }
        venture_actions.record_venture(venture, **dates, by=None)
        for one in team:
            venture_actions.add_founder(venture, one["user"], since=began, by=None)
        jobs = n if n % 4 else None
        if jobs is not None:
            careers.count_heads(venture, on=began, jobs=jobs, source="test", by=None)
        found.append(SimpleNamespace(employer=venture, team=team, jobs=jobs, **dates))
    return found


def cells(tables: tuple[Table, ...], id: str) -> dict[object, dict[str, object]]:
    """A table's rows by their first cell (of T9b: the second), by column: the value, or why there is none."""
    [table] = [one for one in tables if one.id == id]
    named_by = 1 if id == "T9b" else 0
    return {
        row[named_by].text.en: {
            column.key: cell.value if cell.absent is None else cell.absent
            for column, cell in zip(table.columns, row, strict=True)
        }
        for row in table.rows
    }


def is_closed(composed: Composed, shown: tuple[Table, ...], policy: Policy) -> bool:
    """Whether nothing that is hidden can be worked out: the audit anew, of what is left on the page."""
    counts = counts_of(composed.tables, composed.structure)
    left = counts_of(shown, composed.structure).values
    hidden = counts.values.keys() - counts.unprinted - left.keys()
    return bool(hidden) and audit(counts, hidden, policy).passed
