"""The history of an assignment in a cohort: what was given, handed in, run, marked and shown.

Written as rows because it is past: nothing is enqueued, and the machine's points are those of the
answer (answers.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from lms import storage
from lms.cohorts.models import Offering
from lms.coursework.actions import store_release
from lms.coursework.models import (
    Assignment,
    Run,
    Score,
    Submission,
    Via,
)
from lms.db import db
from lms.demo.answers import Answer, Material
from lms.demo.rows import backdated, copy_rows, insert_rows, random_key
from lms.gradebook.models import GradeRelease, Mark

LATE_SHARE = 0.06
PRAISE = (
    "설명이 명확하고 근거도 충분합니다. 아주 좋습니다.",
    "핵심을 정확히 짚었고 예시도 알맞습니다.",
    "군더더기 없이 잘 정리했습니다. 이 방식을 계속 유지해 주세요.",
    "이유까지 스스로 설명해서 읽기 좋았습니다.",
)
ADVICE = (
    "방향은 맞습니다. 왜 그런지 한 문장만 더 적어 주세요.",
    "결론은 좋지만 근거가 되는 예를 하나 들면 더 설득력이 있습니다.",
    "변수 이름을 뜻이 드러나게 바꾸면 설명이 훨씬 쉬워집니다.",
    "빈 입력처럼 예외적인 경우도 함께 생각해 보세요.",
)
HELP = (
    "질문의 의도와 조금 다릅니다. 수업 자료의 해당 부분을 다시 읽고 이야기해 봅시다.",
    "시작은 좋습니다. 다음 보충 시간에 함께 고쳐 봅시다.",
)


@dataclass(frozen=True)
class HandedIn:
    """A submission to be written. `ability` is 0 to 1."""

    enrolment_id: int
    answer: Answer
    received_at: datetime
    ability: float


def handed_in_at(due_at: datetime, random: Random) -> datetime:
    """Mostly in the last two days, and about one in sixteen late."""
    if random.random() < LATE_SHARE:
        return due_at + timedelta(minutes=random.randint(5, 36 * 60))
    return due_at - timedelta(minutes=min(12 * 24 * 60, random.expovariate(1 / (20 * 60))))


def give(
    material: Material, offering: Offering, *, published_at: datetime, due_at: datetime
) -> Assignment:
    """An assignment that was published and made ready in the past."""
    authored, release = material.authored, material.release
    assignment = Assignment(
        offering=offering,
        name=authored.slug,
        title=authored.title,
        summary=authored.summary,
        due_at=due_at,
        source_files=authored.files,
        published_at=published_at,
    )
    store_release(assignment, release)
    assignment.released_at = published_at + timedelta(seconds=20)
    db.session.add(assignment)
    db.session.flush()
    return assignment


def hand_in(assignment: Assignment, works: Sequence[HandedIn], *, random: Random) -> list[int]:
    """Submissions with a finished run and its scores; their ids."""
    submissions = insert_rows(Submission, [_submission(assignment, work, random) for work in works])
    ended = [
        {
            "submission_id": submission,
            "attempts": 1,
            "queued_at": work.received_at,
            "started_at": work.received_at + timedelta(seconds=1),
            "finished_at": work.received_at + timedelta(seconds=random.randint(4, 9)),
            "executed_files": work.answer.files,
            "pages": work.answer.pages,
        }
        for submission, work in zip(submissions, works, strict=True)
    ]
    with backdated(Run):
        runs = insert_rows(Run, ended)
    scores = [
        {
            "run_id": run,
            "question_id": question.id,
            "points": work.answer.points[question.notebook, question.grade_id],
        }
        for run, work in zip(runs, works, strict=True)
        for question in assignment.questions
    ]
    copy_rows(Score, scores)
    return submissions


def hand_in_ungradable(
    assignment: Assignment, work: HandedIn, *, error: str, random: Random
) -> None:
    """A submission that the grader could not grade."""
    [submission] = insert_rows(Submission, [_submission(assignment, work, random)])
    ended = {
        "submission_id": submission,
        "attempts": 1,
        "queued_at": work.received_at,
        "started_at": work.received_at + timedelta(seconds=1),
        "finished_at": work.received_at + timedelta(seconds=602),
        "error": error,
    }
    with backdated(Run):
        insert_rows(Run, [ended])


def _submission(assignment: Assignment, work: HandedIn, random: Random) -> dict[str, Any]:
    return {
        "assignment_id": assignment.id,
        "enrolment_id": work.enrolment_id,
        "received_at": work.received_at,
        "via": random.choices((Via.LAB, Via.PAGE), (4, 1))[0],
        "idempotency_key": random_key(random),
        "files": work.answer.files,
        "digest": storage.digest(work.answer.files),
    }


def mark(
    assignment: Assignment,
    submissions: Sequence[int],
    works: Sequence[HandedIn],
    *,
    by_id: int,
    at: datetime,
    random: Random,
) -> None:
    """Points and a comment for every answer that a person must mark."""
    rows: list[dict[str, Any]] = []
    for submission, work in zip(submissions, works, strict=True):
        for question in assignment.questions:
            if work.answer.points[question.notebook, question.grade_id] is None:
                share = min(1.0, max(0.25, work.ability + random.uniform(-0.15, 0.3)))
                points = round(2 * share * question.max_points) / 2
                rows.append(
                    {
                        "submission_id": submission,
                        "question_id": question.id,
                        "points": points,
                        "comment": _comment(points / question.max_points, random),
                        "by_id": by_id,
                        "at": at + timedelta(minutes=len(rows)),
                    }
                )
    with backdated(Mark):
        copy_rows(Mark, rows)


def _comment(share: float, random: Random) -> str:
    return random.choice(PRAISE if share > 0.8 else ADVICE if share > 0.5 else HELP)


def show_results(submissions: Sequence[int], *, by_id: int, at: datetime) -> None:
    rows = [{"submission_id": row, "by_id": by_id, "released_at": at} for row in submissions]
    with backdated(GradeRelease):
        copy_rows(GradeRelease, rows)
