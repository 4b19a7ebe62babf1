"""How the graduates who are employed found their jobs."""

from __future__ import annotations

from lms.disclosure.cells import Sum
from lms.disclosure.shape import At, Shape
from lms.metrics.definition import Text
from lms.reports.counters.ways import SUBJECT, UNKNOWN, WAYS
from lms.reports.facts import Facts
from lms.reports.table import Cell, Column, Kind, Table
from lms.reports.tables.cells import (
    COHORT,
    EVERY_COHORT,
    EVERY_ROW,
    Made,
    is_several,
    name_of,
    parts_of_cohorts,
    row_of,
)

NAMES = {
    "job-fair": Text("채용박람회(명)", "Job fair"),
    "academy": Text("사관학교 알선(명)", "Introduced by the academy"),
    "project": Text("프로젝트·인턴(명)", "Project or internship there"),
    "own-search": Text("본인 구직(명)", "Own search"),
    "other": Text("기타(명)", "Another way"),
    UNKNOWN: Text("미상(명)", "Not known"),
}


def ways(facts: Facts, *, of_plain: str) -> Made:
    """T15b. `of_plain`: the table that counts whoever is employed in its column `employee`; it is not
    repeated here, as in T9."""
    lines = {row_of(one): (name_of(one), one.counts[SUBJECT]) for one in facts.cohorts}
    parts = tuple(lines)
    if is_several(facts):
        together = {way: sum(counts[way] for _, counts in lines.values()) for way in WAYS}
        lines[EVERY_ROW] = (EVERY_COHORT, together)
    table = Table(
        id="T15b",
        title=Text("취업 경로", "How the jobs were found"),
        about=Text(
            f"기준일에 직장에 다니는 수료생({of_plain})을 그 직장을 찾은 경로로 나눈 수입니다. 채용박람회로 취업한 수가 여기에 있습니다.",
            f"Completers who are employed on the day (those of {of_plain}), by the way they found that job: "
            "at a job fair, for example.",
        ),
        columns=(COHORT, *(Column(way, NAMES[way], Kind.COUNT) for way in WAYS)),
        rows=tuple((name, *(Cell(counts[way]) for way in WAYS)) for name, counts in lines.values()),
        notes=(
            Text(
                "미상은 경로가 기록되지 않은 사람이며, 본인이 구직한 사람으로 보지 않습니다.",
                "Not known are those of whom no way is recorded; they are not taken to have searched themselves.",
            ),
        ),
        chart=parts_of_cohorts(WAYS, name="way", number="people"),
    )  # fmt: skip
    return Made(
        table=table,
        shape=Shape(down={EVERY_ROW: parts} if is_several(facts) else {}),
        sums=tuple(
            Sum(At(of_plain, row, "employee"), tuple(At("T15b", row, way) for way in WAYS))
            for row in parts
        ),
    )
