"""What the graduates founded, and the AI Startup Camp."""

from __future__ import annotations

from lms.careers.models import CAMPS
from lms.disclosure.cells import Share
from lms.disclosure.shape import At, Shape
from lms.metrics.definition import Text
from lms.reports.counters.ventures import CAMP, GRANTED, INVESTED, OF_VENTURES, SUBJECT
from lms.reports.facts import Facts
from lms.reports.table import Cell, Column, Kind, Table
from lms.reports.tables import money
from lms.reports.tables.cells import (
    COHORT,
    EVERY_COHORT,
    EVERY_ROW,
    Made,
    bars_of_cohorts,
    is_several,
    name_of,
    row_of,
    word,
)

STEPS = {
    "founded": Text("설립(곳)", "Founded"),
    "registered": Text("사업자 등록(곳)", "Registered"),
    "trading": Text("매출 발생(곳)", "Trading"),
    "closed": Text("폐업(곳)", "Closed"),
}
COLUMNS = {
    "founders": Text("창업한 수료생(명)", "Founders"),
    **STEPS,
    "open": Text("운영 중(곳)", "Open"),
    "counted": Text("고용 집계(곳)", "Of these counted"),
    "jobs": Text("일자리(명)", "Jobs"),
}
INVESTMENT = money.columns(
    Text("투자받은 회사의 창업자(명)", "Founders of those with investment"),
    Text("투자받은 회사(곳)", "With investment"),
    Text("받은 투자금(원)", "Investment received, KRW"),
)
GRANTS = money.columns(
    Text("지원금 받은 회사의 창업자(명)", "Founders of those with grants"),
    Text("지원금 받은 회사(곳)", "Ventures with grants"),
    Text("받은 지원금(원)", "Grants received, KRW"),
)
INVESTMENT_IS = Text(
    "투자는 지분 투자와 전환사채 등으로 회사가 기준일까지 실제로 받은 금액입니다. 지원금은 T11c에 따로 적습니다.",
    "Investment is what ventures had received by the day for shares, or as loans that may become shares. "
    "Grants are in T11c.",
)
PLACES = {
    "tenants": Text("입주(곳)", "Ventures in rooms"),
    "waiting_ventures": Text("대기 중인 회사(곳)", "Ventures waiting"),
    "waiting_people": Text("대기 중인 예비 창업자(명)", "People waiting who have not founded yet"),
    "ever": Text("누적 입주(곳)", "Ever in a room"),
}


def ventures(facts: Facts, *, of_plain: str) -> Made:
    """T11. `of_plain`: the table that counts all who completed in its column `population`.

    A report that was made before investment was recorded is without its columns.
    """
    lines = {row_of(one): (name_of(one), one.counts[SUBJECT]) for one in facts.cohorts}
    parts = tuple(lines)
    if is_several(facts):
        founders = sum(counts["founders"] for _, counts in lines.values())
        lines[EVERY_ROW] = (EVERY_COHORT, {"founders": founders} | facts.counts[SUBJECT])
    invested = money.counted(facts, INVESTED) if facts.has(INVESTED) else {}
    table = Table(
        id="T11",
        title=Text("창업", "Ventures"),
        about=Text(
            "기준일까지 수료생이 설립한 회사와 그 회사가 기준일까지 이른 단계입니다. 여러 기수가 함께 설립한 회사는 기수마다 세고 전체에서는 한 곳으로 셉니다.",
            "Ventures that completers had founded by the day, and the steps these had reached. One founded "
            "by several cohorts counts in each, and once in all.",
        ),
        columns=(
            COHORT,
            *(Column(key, name, Kind.COUNT) for key, name in COLUMNS.items()),
            *(INVESTMENT if invested else ()),
        ),
        rows=tuple(
            (
                name,
                *(Cell(counts[key]) for key in COLUMNS),
                *(money.cells(invested[row]) if invested else ()),
            )
            for row, (name, counts) in lines.items()
        ),
        notes=(
            Text(
                "일자리는 운영 중인 회사가 고용한 사람이며, 회사마다 기준일까지 마지막으로 집계된 수의 합입니다. 창업자와 대표는 창출된 일자리로 세지 않습니다.",
                "Jobs are people employed by the ventures still open, by the last head count of each up to "
                "the day. Founders and owners do not count as jobs created.",
            ),
            *((INVESTMENT_IS, money.WHEN_HIDDEN) if invested else ()),
        ),
        chart=bars_of_cohorts(STEPS, name="step", number="ventures"),
    )  # fmt: skip
    return Made(
        table=table,
        shape=Shape(
            down={EVERY_ROW: parts} if is_several(facts) else {},
            things=frozenset((*OF_VENTURES, "funded")),
        ),
        nested=tuple(
            Share(At("T11", row, "founders"), At(of_plain, row, "population")) for row in parts
        ),
        # Who founded is hidden with what was founded: a venture is registered with its owner's name.
        follows={
            At("T11", row, column): (At("T11", row, "founders"),)
            for row in lines
            for column in OF_VENTURES
        }
        | money.follows("T11", invested),
        amounts=money.amounts("T11", invested),
    )


def grants(facts: Facts) -> Made:
    """T11c."""
    rows = money.counted(facts, GRANTED)
    names = {row_of(one): name_of(one) for one in facts.cohorts} | {EVERY_ROW: EVERY_COHORT}
    table = Table(
        id="T11c",
        title=Text("창업 회사가 받은 지원금", "Grants to the ventures"),
        about=Text(
            "수료생이 설립한 회사가 기준일까지 받은 지원금입니다. 갚거나 지분을 내주지 않는 돈이며 투자(T11)에 넣지 않습니다.",
            "Grants and subsidies that ventures of completers had received by the day: no shares are given "
            "for them and nothing is paid back. They are not part of investment (T11).",
        ),
        columns=(COHORT, *GRANTS),
        rows=tuple((names[row], *money.cells(counts)) for row, counts in rows.items()),
        notes=(money.WHEN_HIDDEN,),
    )  # fmt: skip
    parts = tuple(row for row in rows if row != EVERY_ROW)
    return Made(
        table=table,
        shape=Shape(
            down={EVERY_ROW: parts} if is_several(facts) else {}, things=frozenset({"funded"})
        ),
        follows=money.follows("T11c", rows),
        amounts=money.amounts("T11c", rows),
    )


def camp(facts: Facts) -> Made:
    """T11b."""
    table = Table(
        id="T11b",
        title=Text("AI 창업캠프", "AI Startup Camp"),
        about=Text(
            "이 보고서의 기수와 관계없이 캠프 전체의 기준일 현황입니다. 누적 입주는 그날의 입주와 다릅니다.",
            "The whole camp on the day, whatever cohort its people are of. Ever in a room is a running "
            "total, not the tenants of the day.",
        ),
        columns=(
            Column("camp", Text("캠프", "Camp"), Kind.TEXT),
            *(Column(key, name, Kind.COUNT) for key, name in PLACES.items()),
        ),
        rows=tuple(
            (
                word(f"{number}호", f"Camp {number}"),
                *(Cell(facts.counts[CAMP.format(number)][key]) for key in PLACES),
            )
            for number in CAMPS
        ),
    )
    return Made(table=table, shape=Shape(things=frozenset(PLACES) - {"waiting_people"}))
