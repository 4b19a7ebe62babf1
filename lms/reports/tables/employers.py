"""Who hired the graduates: employers, what they are like, and the partners among them.

Firms are no people, but how many firms there are tells of how few people: each of their numbers is
hidden with the graduates it is about. No firm is named.
"""

from __future__ import annotations

from lms.disclosure.cells import Share, Sum
from lms.disclosure.shape import At, Name, Ratio, Shape
from lms.metrics.definition import Text
from lms.reports.counters.employers import (
    ANY,
    CLASSES,
    HEADS,
    KINDS,
    PARTNERS,
    PARTNERS_HIRES,
    PARTNERS_HIRING,
    PEOPLE,
    SUBJECT,
    UNKNOWN,
    firms_by,
    hires_by,
)
from lms.reports.facts import Facts
from lms.reports.table import Cell, Column, Kind, Table
from lms.reports.tables.cells import (
    COHORT,
    EVERY_COHORT,
    EVERY_ROW,
    Made,
    bars_of_cohorts,
    is_several,
    name_of,
    row_of,
    said,
    share,
)

BY = {
    "heads": Text("고용 인원", "People employed"),
    "size": Text("기업 규모", "Size in law"),
    "sector": Text("업종", "Sector"),
}
NAMES = {
    "heads": {
        "heads-0": Text(f"{HEADS[0] - 1}명 이하", f"Up to {HEADS[0] - 1}"),
        "heads-5": Text(f"{HEADS[0]}–{HEADS[1] - 1}명", f"{HEADS[0]} to {HEADS[1] - 1}"),
        "heads-50": Text(f"{HEADS[1]}–{HEADS[2] - 1}명", f"{HEADS[1]} to {HEADS[2] - 1}"),
        "heads-300": Text(f"{HEADS[2]}명 이상", f"{HEADS[2]} or more"),
        UNKNOWN: Text("인원 미상", "Never counted"),
    },
    "size": {
        "small": Text("소기업", "Small business"),
        "medium": Text("중기업", "Medium-sized business"),
        "mid-size": Text("중견기업", "Mid-market company"),
        "large": Text("대기업", "Large company"),
        "public": Text("공공기관", "Public body"),
        UNKNOWN: Text("규모 미상", "Size not known"),
    },
    "sector": {
        "software": Text("소프트웨어·AI", "Software and AI"),
        "mobility": Text("자동차·모빌리티", "Cars and mobility"),
        "energy": Text("에너지", "Energy"),
        "health": Text("헬스케어", "Health care"),
        "culture": Text("문화콘텐츠", "Culture and content"),
        "manufacturing": Text("그 밖의 제조업", "Other manufacturing"),
        "other": Text("그 밖의 업종", "Other sector"),
        UNKNOWN: Text("업종 미상", "Sector not known"),
    },
}
AGREEMENTS = {
    "attract": Text("지역 유치", "Coming to the region"),
    "hire": Text("수료생 채용", "Hiring graduates"),
    "project": Text("교육생 프로젝트", "Projects with trainees"),
    ANY: Text("협약 전체", "Any agreement"),
}
EMPLOYERS = Column("employers", Text("고용 기업(곳)", "Employers"), Kind.COUNT)
GRADUATES = Column("graduates", Text("취업한 수료생(명)", "Graduates hired"), Kind.COUNT)
COLUMNS = {
    "employer_known": Text("회사를 아는 사람(명)", "Employer known"),
    "employers": EMPLOYERS.name,
    "at_partners": Text("협약 기업 취업(명)", "At partners"),
    "partners": Text("그중 협약 기업(곳)", "Partners among them"),
    "in_field_known": Text("전공 일치 여부를 아는 사람(명)", "In-field known"),
    "in_field": Text("AI 분야 취업(명)", "In-field"),
    "of_in_field": Text("AI 분야 비율", "In-field share"),
    "subsidised_known": Text("지원금 여부를 아는 사람(명)", "Subsidy known"),
    "subsidised": Text("지원금 받는 채용(명)", "Subsidised"),
    "of_subsidised": Text("지원금 비율", "Subsidised share"),
}
SHARES = {"of_in_field": "in_field", "of_subsidised": "subsidised"}
FOLLOWED = {"employers": "employer_known", "partners": "at_partners"}  # firms by their graduates


def employers(facts: Facts, *, of_plain: str) -> Made:
    """T9. `of_plain`: the table that counts whoever is employed in its column `employee`.

    It is not repeated here: a number in both would be hidden in both, and so would more of the others.
    """
    lines = [(name_of(one), row_of(one), one.counts[SUBJECT]) for one in facts.cohorts]
    parts = tuple(row for _, row, _ in lines)
    if is_several(facts):
        people = {key: sum(counts[key] for _, _, counts in lines) for key in PEOPLE}
        lines.append((EVERY_COHORT, _everybody(facts), people | facts.counts[SUBJECT]))
    table = Table(
        id="T9",
        title=Text("고용 기업", "Employers"),
        about=Text(
            f"기준일에 직장에 다니는 수료생({of_plain})과 그들이 다니는 회사의 수입니다. 협약 기업은 기준일에 협약이 유효한 회사입니다.",
            f"Completers who are employed on the day (those of {of_plain}), and how many firms employ them. "
            "Partners are firms with an agreement (MOU) in force on that day.",
        ),
        columns=(
            COHORT,
            *(Column(key, name, Kind.SHARE if key in SHARES else Kind.COUNT) for key, name in COLUMNS.items()),
        ),
        rows=tuple(
            (
                name,
                *(
                    share(counts[part], counts[f"{part}_known"]) if (part := SHARES.get(key)) else Cell(counts[key])
                    for key in COLUMNS
                ),
            )
            for name, _, counts in lines
        ),
        notes=(
            Text(
                "비율의 분모는 그 여부가 기록된 사람입니다. 여러 기수의 수료생을 고용한 회사는 전체에서 한 곳으로 셉니다.",
                "The shares are of those of whom it is recorded. A firm that hired from several cohorts "
                "is one firm of all cohorts.",
            ),
        ),
        chart=bars_of_cohorts(("employer_known", "at_partners"), name="what", number="people"),
    )  # fmt: skip
    return Made(
        table=table,
        shape=Shape(
            down={_everybody(facts): parts} if is_several(facts) else {},
            nested=(("at_partners", "employer_known"),),
            ratios=tuple(Ratio(value, f"{part}_known", part) for value, part in SHARES.items()),
            things=frozenset(FOLLOWED),
        ),
        nested=tuple(
            Share(At("T9", row, column), At(of_plain, row, "employee"))
            for row in parts
            for column in ("employer_known", "in_field_known", "subsidised_known")
        ),
        follows={
            At("T9", row, firms): (At("T9", row, people),)
            for _, row, _ in lines
            for firms, people in FOLLOWED.items()
        },
    )


def by_class(facts: Facts) -> Made:
    """T9b: the employers of T9 by what they are like; each way to divide them adds up to all."""
    rows = {
        (BY[by].ko, NAMES[by][code].ko): (
            said(BY[by]),
            said(NAMES[by][code]),
            Cell(facts.counts[firms_by(by)][code]),
            Cell(facts.counts[hires_by(by)][code]),
        )
        for by, codes in CLASSES.items()
        for code in codes
    }
    table = Table(
        id="T9b",
        title=Text("고용 기업의 규모와 업종", "Employers by size and sector"),
        about=Text(
            "기준일에 수료생을 고용한 회사를 나눈 수입니다. 고용 인원은 기준일까지 마지막으로 집계된 수입니다.",
            "Firms that employ completers on the day. People employed: by the last head count up to that day.",
        ),
        columns=(
            Column("by", Text("구분", "By"), Kind.TEXT),
            Column("class", Text("항목", "Class"), Kind.TEXT),
            EMPLOYERS,
            GRADUATES,
        ),
        rows=tuple(rows.values()),
        chart={
            "mark": "bar",
            "encoding": {
                "y": {"field": "class", "type": "nominal", "sort": None},
                "x": {"field": "graduates", "type": "quantitative"},
                "color": {"field": "by", "type": "nominal", "sort": None},
            },
        },
    )  # fmt: skip
    known = At("T9", _everybody(facts), "employer_known")
    return Made(
        table=table,
        shape=Shape(things=frozenset({"employers"})),
        sums=tuple(
            Sum(known, tuple(At("T9b", row, "graduates") for row in rows if row[0] == by.ko))
            for by in BY.values()
        ),
        follows={
            At("T9b", row, "employers"): (At("T9b", row, "graduates"),) for row in rows
        },
    )  # fmt: skip


def partners(facts: Facts) -> Made:
    """T15."""
    rows = {
        (AGREEMENTS[kind].ko,): (
            said(AGREEMENTS[kind]),
            *(Cell(facts.counts[subject][kind]) for subject in (PARTNERS, PARTNERS_HIRING, PARTNERS_HIRES)),
        )
        for kind in KINDS
    }  # fmt: skip
    table = Table(
        id="T15",
        title=Text("협약 기업", "Partner firms"),
        about=Text(
            "기준일에 협약이 유효한 회사와, 기준일에 그곳에 다니는 수료생의 수입니다. 협약이 여럿인 회사는 항목마다 셉니다.",
            "Firms with an agreement in force on the day, and the completers they employ on it. A firm with "
            "several agreements counts under each.",
        ),
        columns=(
            Column("agreement", Text("협약 내용", "Agreement about"), Kind.TEXT),
            Column("partners", Text("협약 기업(곳)", "Partners"), Kind.COUNT),
            Column("employers", Text("수료생을 고용한 곳", "That employ graduates"), Kind.COUNT),
            GRADUATES,
        ),
        rows=tuple(rows.values()),
    )
    every = (AGREEMENTS[ANY].ko,)
    return Made(
        table=table,
        shape=Shape(things=frozenset({"partners", "employers"})),
        sums=(
            Sum(
                At("T15", every, "graduates"),
                (At("T9", _everybody(facts), "at_partners"),),
            ),
        ),
        nested=tuple(
            Share(At("T15", row, "graduates"), At("T15", every, "graduates"))
            for row in rows
            if row != every
        ),
        follows={At("T15", row, "employers"): (At("T15", row, "graduates"),) for row in rows},
    )


def _everybody(facts: Facts) -> Name:
    """The row of T9 that all the report's cohorts are in."""
    return EVERY_ROW if is_several(facts) else row_of(facts.cohorts[0])
