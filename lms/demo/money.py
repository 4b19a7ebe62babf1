"""What the cohorts of the demonstration cost and what was promised for them.

Public: the budget of 8.4 billion won for 330 places, the targets of cohorts 3 and 4 (two reports
contradict each other on cohort 3) and the numbers of projects. What is invented says so (가상); so are
the days of the budgets.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

from lms.cohorts.models import Cohort
from lms.db import db
from lms.demo.rows import backdated, insert_rows
from lms.funding.models import Achievement, Cost, CostKind, Measure, Target

RECORDED = datetime(2025, 12, 31, tzinfo=UTC)
INVENTED = "가상 자료"
BUDGET = "보도(2026-02-24): 330명 과정에 84억 원, 문서 날짜는 가상"
ITEM = "교육 과정 운영"

COSTS = (  # cohort, kind, won, day, source
    (1, CostKind.BUDGET, 3_600_000_000, date(2020, 2, 3), INVENTED),
    (1, CostKind.ACTUAL, 3_480_000_000, date(2021, 1, 29), INVENTED),
    (2, CostKind.BUDGET, 4_000_000_000, date(2021, 2, 1), INVENTED),
    (2, CostKind.ACTUAL, 3_910_000_000, date(2022, 1, 28), INVENTED),
    (4, CostKind.BUDGET, 8_400_000_000, date(2023, 2, 1), BUDGET),
    (5, CostKind.BUDGET, 8_400_000_000, date(2024, 2, 1), BUDGET),
)
EMPLOYED = ("수료생 가운데 취업·창업한 비율", "Employed or founded, of those who completed")
CONTRACT_NEWS, BEFORE_NEWS, AFTER_NEWS = "보도(2022-04-13)", "보도(2022-12-13)", "보도(2023-11-20)"
TARGETS = (  # cohort, measure, value, definition, day, source
    (3, "plain", 60, EMPLOYED, date(2022, 12, 13), BEFORE_NEWS),
    (3, "plain", 70, EMPLOYED, date(2022, 4, 13), CONTRACT_NEWS),
    (3, Measure.CERTIFICATES, 50, ("교육생의 AI 자격증 취득 비율", "Trainees with an AI certificate"), date(2022, 4, 13), CONTRACT_NEWS),
    (3, Measure.IP_FILINGS, 10, ("지식재산권 출원 건수", "Filings of intellectual property"), date(2022, 4, 13), CONTRACT_NEWS),
    (3, "local-retention", 50, ("취업자 가운데 지역 기업 취업 비율", "Hired by firms of the region, of the employed"), date(2022, 4, 13), CONTRACT_NEWS),
    (4, "plain", 75, EMPLOYED, date(2023, 11, 20), AFTER_NEWS),
)  # fmt: skip
PROJECTS = (  # cohort, number, day, source
    (1, 33, date(2020, 11, 27), "보도(2020-11-27): 33개 팀"),
    (4, 64, date(2023, 12, 5), "수료식 보도(2023-12-05)"),
    (5, 60, date(2024, 11, 26), "수료식 보도(2024-11-26)"),
)


def load_money() -> None:
    """For the cohorts that are there."""
    ids = {number: key for key, number in db.session.execute(select(Cohort.id, Cohort.number))}

    def insert(model: Any, columns: tuple[str, ...], lines: Any) -> None:
        with backdated(model):
            insert_rows(
                model,
                [
                    {"cohort_id": ids[number], "recorded_at": RECORDED, **dict(zip(columns, values, strict=True))}
                    for number, *values in lines
                    if number in ids
                ],
            )  # fmt: skip

    insert(
        Cost,
        ("kind", "amount", "dated_on", "source", "item"),
        [(*line, ITEM) for line in COSTS],
    )
    insert(
        Target,
        ("measure", "value", "definition_ko", "definition_en", "dated_on", "source"),
        [(number, str(measure), value, *words, *rest) for number, measure, value, words, *rest in TARGETS],
    )  # fmt: skip
    insert(
        Achievement,
        ("value", "dated_on", "source", "measure"),
        [(*line, Measure.PROJECTS) for line in PROJECTS],
    )
