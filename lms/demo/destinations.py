"""What the academy knew of its graduates and when: spells recorded some weeks after they began.

A spell that ended was known as going on until the next one became known. What people say themselves
becomes known with their answer to a survey; papers come in by and by. What began before a published
count was known by it, so that the count holds with the knowledge of its day.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, zip_longest
from random import Random

from lms.demo.admissions import Participant
from lms.demo.careers import give_workplaces
from lms.demo.figures import PublishedCohort
from lms.demo.following import Followed
from lms.demo.jobs import INSURED_FROM, SHOWN_FROM, Spell, job, spell, way
from lms.demo.lives import AUDIT_ON, LAST_NEWS_ON, WORKING_BY, Life, lives
from lms.demo.rows import backdated, chance, copy_rows, insert_rows, seoul
from lms.metrics.facts import GWANGJU, Leaving, SpellKind
from lms.outcomes.models import StatusSpell

# By when what had begun until then was known.
COUNTS = (
    (AUDIT_ON, datetime(2021, 11, 5, tzinfo=UTC)),
    (WORKING_BY, datetime(2025, 12, 31, tzinfo=UTC)),
    (LAST_NEWS_ON, datetime(2026, 11, 24, tzinfo=UTC)),
)
SAID_WITHIN = timedelta(days=150)  # of its begin something is told of in a survey, or else before
NOTHING_HEARD = timedelta(days=60)  # until somebody counts as unknown: the wave is closed
INVENTED = "공표 인원에 맞춘 가상 자료"
FOLLOWED_UP = "다른 상태로 이어짐"


def record_destinations(
    figures: PublishedCohort,
    people: Sequence[Followed],
    leavers: Iterable[Participant],
    *,
    recorded_by_id: int,
) -> list[Life]:
    """Write the spells of a finished cohort's graduates, and of those who left it for a job."""
    random = chance(f"destinations of cohort {figures.number}")
    found = lives(figures, people, random)
    give_workplaces([row for life in found for row in life.spells], cohort=figures.number)
    ways = chance(f"how cohort {figures.number} found its jobs")
    for life in found:
        for row in life.spells:
            if row["kind"] is SpellKind.EMPLOYEE:
                row["found_through"] = way(ways)
    first: list[Spell] = []
    later: list[tuple[int, Spell]] = []  # with the place of the row that it supersedes
    for life in found:
        for before, after in _known(life, recorded_by_id, random):
            first.append(before)
            if after is not None:
                later.append((len(first) - 1, after))
    first += [
        {**_early_job(one, random), "recorded_by_id": recorded_by_id}
        for one in leavers
        if one.leaving is Leaving.EARLY_JOB
    ]
    with backdated(StatusSpell):
        ids = insert_rows(StatusSpell, first)
        copy_rows(StatusSpell, [{**row, "supersedes_id": ids[place]} for place, row in later])
    return found


@dataclass(frozen=True)
class Learnt:
    """When and how somebody heard of a spell; what people answer is recorded by nobody else."""

    at: datetime
    source: str
    in_survey: bool = False


def _known(life: Life, by_id: int, random: Random) -> Iterator[tuple[Spell, Spell | None]]:
    """Each spell as it was known first, and as its end became known."""
    learnt = [_learnt(row, life.followed, random) for row in life.spells]
    known_at = [*accumulate((one.at for one in learnt), max)]
    for row, one, at, ended_at in zip_longest(life.spells, learnt, known_at, known_at[1:]):
        known: Spell = {
            **row,
            "recorded_at": at,
            "source": f"{one.source} · {INVENTED}",
            "recorded_by_id": None if one.in_survey else by_id,
        }
        if ended_at in (None, at):
            yield known, None
            continue
        yield (
            {**known, "valid_to": None, "superseded_at": ended_at},
            {**known, "recorded_at": ended_at, "reason": FOLLOWED_UP},
        )


def _learnt(row: Spell, one: Followed, random: Random) -> Learnt:
    began, ended, level = row["valid_from"], row["valid_to"], row["evidence_level"]
    latest = _latest(began)
    by_and_by = seoul(began + timedelta(days=random.randint(14, 56)), random.randint(9, 17))
    if row["kind"] is SpellKind.UNKNOWN:
        return Learnt(min(seoul(began + NOTHING_HEARD, 9), latest), "조사에서 확인되지 않음")
    if level >= SHOWN_FROM:
        papers = "보험·세금 기록" if level >= INSURED_FROM else "계약서·등록증·재학증명서"
        return Learnt(min(by_and_by, latest), papers)
    for months, at in one.answered.items():
        still_so = began <= at.date() and (ended is None or at.date() < ended)
        if still_so and at <= min(latest, seoul(began + SAID_WITHIN, 9)):
            return Learnt(at, f"수료 후 {months}개월 조사", in_survey=True)
    return Learnt(min(by_and_by, latest), "전화 확인")


def _latest(began: date) -> datetime:
    return next(known_at for day, known_at in COUNTS if began <= day)


def _early_job(leaver: Participant, random: Random) -> Spell:
    assert leaver.left_on is not None
    region = GWANGJU if random.random() < 0.5 else "11"
    row = spell(
        leaver.user_id, SpellKind.EMPLOYEE, leaver.left_on, None, region=region, **job(random)
    )
    recorded_at = seoul(leaver.left_on + timedelta(days=random.randint(14, 56)), 10)
    return {**row, "recorded_at": recorded_at, "source": f"중도 취업 확인 · {INVENTED}"}
