"""The answers an application asks for, as people read them, and what they are called in files."""

from __future__ import annotations

from collections.abc import Mapping

from lms.cohorts.models import JobStatus, Major, Sex
from lms.db import Bilingual
from lms.regions import REGIONS

QUESTIONS = ("sex", "birth_year", "region", "major", "job_status")  # columns of Applicant
# By question, the name of every answer.
ANSWERS: dict[str, Mapping[str, Bilingual]] = {
    "sex": {Sex.FEMALE: Bilingual("여성", "Female"), Sex.MALE: Bilingual("남성", "Male")},
    "region": REGIONS,
    "major": {
        Major.COMPUTING: Bilingual("컴퓨터·소프트웨어", "Computing"),
        Major.ENGINEERING: Bilingual("공학(그 밖)", "Engineering (other)"),
        Major.SCIENCE: Bilingual("자연", "Natural sciences"),
        Major.HUMANITIES: Bilingual("인문", "Humanities"),
        Major.SOCIAL: Bilingual("사회", "Social sciences"),
        Major.EDUCATION: Bilingual("교육", "Education"),
        Major.MEDICINE: Bilingual("의약", "Medicine"),
        Major.ARTS: Bilingual("예체능", "Arts and sports"),
        Major.NONE: Bilingual("전공 없음", "No degree course"),
    },
    "job_status": {
        JobStatus.SEEKING: Bilingual("구직", "Seeking work"),
        JobStatus.STUDENT: Bilingual("재학·졸업예정", "Student"),
        JobStatus.EMPLOYED: Bilingual("재직", "Employed"),
        JobStatus.SELF_EMPLOYED: Bilingual("자영업·창업", "Self-employed"),
        JobStatus.OTHER: Bilingual("그 밖", "Other"),
    },
}
ALSO_CALLED: dict[str, dict[str, str]] = {
    "sex": {"여": "female", "여자": "female", "f": "female", "woman": "female",
            "남": "male", "남자": "male", "m": "male", "man": "male"},
    "region": {
        "광주광역시": "29", "전라남도": "46", "전북특별자치도": "52", "전라북도": "52", "서울특별시": "11", "경기도": "41",
        "인천광역시": "28", "대전광역시": "30", "세종특별자치시": "36", "충청북도": "43", "충청남도": "44", "부산광역시": "26",
        "대구광역시": "27", "울산광역시": "31", "경상북도": "47", "경상남도": "48", "강원특별자치도": "51", "강원도": "51",
        "제주특별자치도": "50", "제주도": "50", "국외": "99",
    },
    "major": {"컴퓨터": "computing", "소프트웨어": "computing", "공학": "engineering", "공학계열": "engineering",
              "자연계열": "science", "인문계열": "humanities", "사회계열": "social", "교육계열": "education",
              "의약계열": "medicine", "예체능계열": "arts", "고졸": "none", "없음": "none"},
    "job_status": {"미취업": "seeking", "구직자": "seeking", "unemployed": "seeking", "재학": "student",
                   "졸업예정": "student", "학생": "student", "취업": "employed", "재직자": "employed",
                   "자영업": "self-employed", "창업": "self-employed", "기타": "other"},
}  # fmt: skip


def answer(question: str, word: str) -> str | None:
    """The answer that a word of a file means, in Korean, English or our own code."""
    known = {**ALSO_CALLED[question]}
    for code, name in ANSWERS[question].items():
        for called in (code, *name):
            known.setdefault(_plain(called), str(code))
    return known.get(_plain(word))


def _plain(word: str) -> str:
    return "".join(word.casefold().split())
