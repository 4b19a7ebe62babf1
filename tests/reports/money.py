"""What the first of two working cohorts costs, and what was promised for it."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from lms.db import db
from lms.funding import actions
from lms.funding.models import Achievement, Cost, CostKind, Measure, Target

BUDGET = 8_400_000_000


@pytest.fixture
def funded(working: SimpleNamespace) -> SimpleNamespace:
    """Cohort 1 has a budget of two items, one expense, two targets for one rate and two others; cohort 2 nothing."""
    first = working.cohorts[0]

    def record(model: type, **values: object) -> object:
        given = {"dated_on": date(2026, 2, 1), "source": "contract", "by": None}
        return actions.record(model, first, **(given | values))

    def target(measure: str, value: float, **values: object) -> object:
        return record(Target, measure=measure, value=value, definition_ko="정의", definition_en="As defined", **values)  # fmt: skip

    record(Cost, kind=CostKind.BUDGET, item="Training", amount=BUDGET - 400)
    allowance = record(Cost, kind=CostKind.BUDGET, item="Allowance", amount=400)
    record(Cost, kind=CostKind.BUDGET, item="Next year", amount=1, dated_on=date(2026, 9, 2))
    record(Cost, kind=CostKind.ACTUAL, item="Training", amount=7_000_000_001)
    target("plain", 60)
    target("plain", 70, source="city budget")
    target("local-retention", 50)
    target("plain-12m", 55.5)
    target(Measure.CERTIFICATES, 50)
    target(Measure.IP_FILINGS, 10)
    record(Achievement, measure=Measure.IP_FILINGS, value=4, dated_on=date(2026, 7, 1))
    record(Achievement, measure=Measure.IP_FILINGS, value=7, dated_on=date(2026, 8, 1), source="patent office")  # fmt: skip
    record(Achievement, measure=Measure.IP_FILINGS, value=9, dated_on=date(2026, 9, 2))
    record(Achievement, measure=Measure.PROJECTS, value=33)
    db.session.commit()
    return SimpleNamespace(**vars(working), allowance=allowance, record=record)
