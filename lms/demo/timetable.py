"""The classes of the running cohort: every weekday around today, and today whatever day it is."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from lms.cohorts.models import Meeting, Offering
from lms.curricula.models import Lesson
from lms.db import Bilingual
from lms.demo.rows import insert_rows, seoul
from lms.i18n import SEOUL

DAYS_BEFORE, DAYS_AFTER = 14, 21
ROOM = "AI 1강의실"
SATURDAY = 5
MORNING, AFTERNOON = (time(9, 30), time(12, 20)), (time(13, 30), time(17, 20))
LECTURE, PRACTICE = Bilingual("강의", "lecture"), Bilingual("실습", "practice")
EXTRA = Bilingual("보강", "extra class")
# What fills the hours between classes, so that somebody who looks in always finds one going on.
BETWEEN = (
    (time(8), MORNING[0], Bilingual("아침 질의응답", "Morning questions")),
    (MORNING[1], AFTERNOON[0], Bilingual("점심 특강", "Lunch talk")),
    (AFTERNOON[1], time(19, 40), Bilingual("저녁 보충 실습", "Evening practice")),
    (time(19, 40), time(22), Bilingual("야간 스터디", "Study evening")),
)


def draw_up_timetable(offering: Offering, lessons: list[Lesson], *, now: datetime) -> None:
    today = now.astimezone(SEOUL).date()
    days = [
        day
        for offset in range(-DAYS_BEFORE, DAYS_AFTER + 1)
        if (day := today + timedelta(days=offset)).weekday() < SATURDAY or day == today
    ]
    rows = []
    for place, day in enumerate(days):
        lesson = lessons[place * len(lessons) // len(days)]
        for (starts, ends), kind in ((MORNING, LECTURE), (AFTERNOON, PRACTICE)):
            title = _title(lesson, EXTRA if day.weekday() >= SATURDAY else kind)
            rows.append(_meeting(offering, day, starts, ends, title, lesson.slug))
    for starts, ends, title in _between(now.astimezone(SEOUL).time()):
        rows.append(_meeting(offering, today, starts, ends, title, None))
    insert_rows(Meeting, rows)


def _title(lesson: Lesson, kind: Bilingual) -> Bilingual:
    return Bilingual(f"{lesson.title.ko} · {kind.ko}", f"{lesson.title.en} · {kind.en}")


def _between(clock: time) -> Iterator[tuple[time, time, Bilingual]]:
    yield from (slot for slot in BETWEEN if slot[0] <= clock < slot[1])


def _meeting(
    offering: Offering, day: date, starts: time, ends: time, title: Bilingual, lesson: str | None
) -> dict[str, object]:
    return {
        "offering_id": offering.id,
        "title": title,
        "starts_at": seoul(day, starts.hour, starts.minute),
        "ends_at": seoul(day, ends.hour, ends.minute),
        "room": ROOM,
        "lesson_slug": lesson,
    }
