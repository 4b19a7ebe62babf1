"""Who applied and who completed: by sex, age, where from, what they studied and did before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lms.cohorts.words import ANSWERS
from lms.db import Bilingual
from lms.disclosure.cells import Share, Sum
from lms.disclosure.shape import At, Shape
from lms.metrics.definition import Text
from lms.regions import AREAS
from lms.reports.counters.applicants import AGES, LAST_AGES, PARTS, subjects
from lms.reports.facts import CohortFacts, Facts
from lms.reports.table import Absent, Cell, Column, Kind, Table
from lms.reports.tables.cells import COHORT, Made, counted, name_of, row_of, said

GROUP = Column("group", Text("구분", "Who"), Kind.TEXT)
# The steps of T1 whose people are told apart.
GROUPS = {"applied": Text("지원", "Applied"), "completed": Text("수료", "Completed")}
TITLES = {
    "sex": ("T2s", Text("지원자와 수료자의 성별", "Applicants and completers by sex")),
    "age": ("T2a", Text("지원자와 수료자의 연령대", "Applicants and completers by age")),
    "region": ("T2r", Text("지원자와 수료자의 거주 지역", "Where applicants and completers lived")),
    "major": ("T2m", Text("지원자와 수료자의 전공 계열", "Applicants and completers by field of study")),
    "job": ("T2j", Text("지원자와 수료자의 지원 당시 상태", "What applicants and completers did when they applied")),
}  # fmt: skip
ABOUT = Text(
    "지원할 때 적어 낸 내용으로 나눈 수입니다. 수료자는 그 지원자 가운데 수료한 사람입니다.",
    "By what was written in the application. Completers are those of the applicants who completed.",
)
OF_AGE = Text(
    "나이는 지원한 해에서 태어난 해를 뺀 것입니다.",
    "An age is the year of the application less the year of birth.",
)
NOT_RECORDED = "not_recorded"


def all_of(facts: Facts) -> Iterator[Made]:
    """A table for each question that any cohort's applicants were asked."""
    for question in PARTS:
        if facts.has(subjects(question)[0]):
            yield _by(facts, question)


def _by(facts: Facts, question: str) -> Made:
    id, title = TITLES[question]
    parts = PARTS[question]
    rows, sums, nested = [], [], []
    for cohort in facts.cohorts:
        at = {step: (*row_of(cohort), name.ko) for step, name in GROUPS.items()}
        for step in GROUPS:
            rows.append((name_of(cohort), said(GROUPS[step]), *_cells(cohort, step, question)))
            sums.append(Sum(At(id, at[step], "people"), (At("T1", row_of(cohort), step),)))
        nested += [
            Share(At(id, at["completed"], part), At(id, at["applied"], part)) for part in parts
        ]
    names = _names(question)
    table = Table(
        id=id,
        title=title,
        about=ABOUT,
        columns=(
            COHORT,
            GROUP,
            Column("people", Text("인원", "People"), Kind.COUNT),
            *(Column(part, Text(*names[part]), Kind.COUNT) for part in parts),
            Column(NOT_RECORDED, Text("기록 없음", "Not recorded"), Kind.COUNT),
        ),
        rows=tuple(rows),
        notes=(OF_AGE,) if question == "age" else (),
        chart={
            "mark": "bar",
            "transform": [
                {"fold": [*parts, NOT_RECORDED], "as": ["part", "number"]},
                {"calculate": "datum.cohort + ' ' + datum.group", "as": "who"},
            ],
            "encoding": {
                "y": {"field": "who", "type": "nominal", "sort": None, "title": None},
                "x": {"field": "number", "type": "quantitative", "stack": "normalize", "axis": {"format": "%"}},
                "color": {"field": "part", "type": "nominal", "sort": None},
            },
        },
    )  # fmt: skip
    return Made(
        table=table,
        shape=Shape(across={"people": (*parts, NOT_RECORDED)}),
        sums=tuple(sums),
        nested=tuple(nested),
    )


def _cells(cohort: CohortFacts, step: str, question: str) -> Iterator[Cell]:
    """All, the parts, and whoever is left of all; of a cohort nobody was asked, only all."""
    people: int | None = getattr(cohort.admission, step)
    applied, completed = subjects(question)
    known = cohort.counts.get(applied if step == "applied" else completed)
    yield counted(people)
    if known is None or people is None:
        yield from [Cell(absent=Absent.NOT_RECORDED)] * (len(PARTS[question]) + 1)
        return
    parts = [known[part] for part in PARTS[question]]
    yield from map(counted, parts)
    yield counted(people - sum(parts))


def _names(question: str) -> Mapping[str, Bilingual]:
    if question == "age":
        begins = (*(last + 1 for last in LAST_AGES),)
        between = zip(AGES[1:-1], begins, LAST_AGES[1:], strict=False)
        return {
            AGES[0]: Bilingual(f"{LAST_AGES[0]}세 이하", f"{LAST_AGES[0]} or younger"),
            **{part: Bilingual(f"{low}–{high}세", f"{low}–{high}") for part, low, high in between},
            AGES[-1]: Bilingual(f"{begins[-1]}세 이상", f"{begins[-1]} or older"),
        }
    if question == "region":
        return {area: name for area, (name, _codes) in AREAS.items()}
    return ANSWERS["job_status" if question == "job" else question]
