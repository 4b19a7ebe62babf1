"""What was asked of those who applied: invented, but where a figure is public.

Public: of cohort 1's selected 97 lived in Gwangju and 83 elsewhere; cohort 2 was to have half of its
seats in the Gwangju area; cohort 4's applicants by age add up to 778 of 779, so one is not recorded
(12, 280, 320 and 166: we take them for our four bands, whose limits were not published).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from random import Random
from typing import Any

from lms.cohorts.models import Applicant, Cohort, JobStatus, Major, Sex
from lms.demo.rows import backdated, chance, copy_rows, seoul

AGES = {(18, 19): 12, (20, 24): 280, (25, 29): 320, (30, 39): 166}  # of cohort 4, by band
ASKED_OF_COHORT_4 = 779
HOME_OF_COHORT_1 = (97, 83)
# South and North Jeolla, Seoul, Gyeonggi, Incheon, Daejeon, South Chungcheong, Busan, Daegu, South
# Gyeongsang, Gangwon, Jeju, abroad
ELSEWHERE = {"46": 30, "52": 14, "11": 18, "41": 16, "28": 4, "30": 4, "44": 3, "26": 4, "27": 2, "48": 2, "51": 2, "50": 2, "99": 1}  # fmt: skip
SEXES = {Sex.MALE: 58, Sex.FEMALE: 42}
MAJORS = {
    Major.COMPUTING: 28, Major.ENGINEERING: 24, Major.SCIENCE: 12, Major.SOCIAL: 13, Major.HUMANITIES: 9,
    Major.ARTS: 5, Major.EDUCATION: 3, Major.MEDICINE: 2, Major.NONE: 4,
}  # fmt: skip
JOBS = {JobStatus.SEEKING: 66, JobStatus.STUDENT: 26, JobStatus.OTHER: 8}
IN_GWANGJU = 0.55
SILENT = 0.01  # of answers that nobody asked for or wrote down


def describe(
    cohort: Cohort, applications: Sequence[int], *, selected: int, applied_on: date
) -> None:
    """Facts of all applications of a cohort, the selected first; known since its first day."""
    random = chance(f"applicants of cohort {cohort.number}")
    regions = _regions(cohort.number, len(applications), selected, random)
    ages = _ages(len(applications), random)
    rows: list[dict[str, Any]] = []
    for application, region, age in zip(applications, regions, ages, strict=True):
        rows.append(
            {
                "application_id": application,
                "sex": _one(SEXES, random),
                "birth_year": None if age is None else applied_on.year - age,
                "region": region,
                "major": _one(MAJORS, random),
                "job_status": _one(JOBS, random),
                "recorded_at": seoul(cohort.starts_on, 9),
            }
        )
    with backdated(Applicant):
        copy_rows(Applicant, rows)


def _one(weights: Mapping[Any, int], random: Random) -> Any:
    return None if random.random() < SILENT else random.choices([*weights], [*weights.values()])[0]


def _regions(number: int, applied: int, selected: int, random: Random) -> Iterator[str]:
    first: list[bool] = []
    if number == 1:
        here, elsewhere = HOME_OF_COHORT_1
        first = [True] * here + [False] * elsewhere
        random.shuffle(first)
        assert len(first) == selected
    for place in range(applied):
        local = first[place] if place < len(first) else random.random() < IN_GWANGJU
        yield "29" if local else random.choices([*ELSEWHERE], [*ELSEWHERE.values()])[0]


def _ages(applied: int, random: Random) -> list[int | None]:
    """As many of each band as cohort 4 had, in proportion; whoever is left over is not recorded."""
    ages: list[int | None] = [
        random.randint(*band)
        for band, people in AGES.items()
        for _one in range(people * applied // ASKED_OF_COHORT_4)
    ]
    ages += [None] * (applied - len(ages))
    random.shuffle(ages)
    return ages
