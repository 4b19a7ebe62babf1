"""What instructors do in the LMS's pages and therefore not from a notebook server.

An assignment is released from the course's own repository, with tests and solutions that a release
folder no longer has; feedback is released with grades, which the LMS derives. Both say where.
"""

import os

from nbgrader.exchange import abc

from grading.exchange.base import Exchange
from grading.exchange.refusal import Refusal, in_both


class _InTheLms(Exchange):
    korean = english = ""

    def init_src(self) -> None:
        where = os.environ.get("ACADEMY_LMS_URL", "LMS")
        raise Refusal(in_both(f"{self.korean} {where}", f"{self.english} {where}"), status=400)


class ExchangeReleaseAssignment(_InTheLms, abc.ExchangeReleaseAssignment):
    korean = "과제는 LMS의 과정 페이지에서 공개합니다:"
    english = "Assignments are released in the LMS, on the page of the course:"


class ExchangeReleaseFeedback(_InTheLms, abc.ExchangeReleaseFeedback):
    korean = (
        "피드백은 LMS의 과제 페이지에서 점수와 함께 공개합니다. 이 서버에서 준 점수는 먼저 "
        "성적부의 nbgrader 페이지에 gradebook.db를 올려 가져오세요:"
    )
    english = (
        "Feedback is released in the LMS, with the results on the page of the assignment. Points "
        "given on this server come in first as gradebook.db, on the nbgrader page of the gradebook:"
    )
