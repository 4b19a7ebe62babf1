"""The report of the finished cohorts at the end of 2025, made and published as every report is."""

from collections.abc import Sequence
from datetime import date

from lms.accounts.models import User
from lms.cohorts.models import CohortState
from lms.db import Bilingual, db
from lms.reports import actions
from lms.reports.queries import reportable_cohorts

VALID_ON = date(2025, 12, 31)
POLICY = "public"
TITLE = Bilingual("1~5기 수료생 성과 보고", "Outcomes of the graduates of cohorts 1 to 5")
RECIPIENT = "과학기술정보통신부, 광주광역시"
LEGAL_BASIS = "광주광역시 인공지능산업 육성 및 지원 조례에 따른 실태조사 (시연)"
NOTES = (
    "수료 인원과 취업·창업 인원을 공표 수치와 대조했습니다.",
    "분모와 비공개 처리를 확인했습니다.",
)


def publish_report(administrator_ids: Sequence[int]) -> None:
    """The first makes it, and each approves it."""
    administrators = [db.session.get_one(User, one) for one in administrator_ids]
    finished = [one for one in reportable_cohorts() if one.state is CohortState.CLOSED]
    report = actions.make_report(
        finished,
        title=TITLE,
        recipient=RECIPIENT,
        legal_basis=LEGAL_BASIS,
        valid_on=VALID_ON,
        policy=POLICY,
        by=administrators[0],
    )
    for person, note in zip(administrators, NOTES, strict=True):
        actions.decide(report, approved=True, note=note, by=person)
