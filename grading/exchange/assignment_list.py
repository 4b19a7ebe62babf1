"""nbgrader's Assignment List, saying in a sentence what it would say with a traceback or not at all."""

from typing import Any

from nbgrader.server_extensions.assignment_list import handlers
from tornado import web


class AssignmentList(handlers.AssignmentList):
    def list_assignments(self, course_id: str | None = None) -> dict[str, Any]:
        return _in_a_sentence(super().list_assignments(course_id=course_id))

    def submit_assignment(self, course_id: str, assignment_id: str) -> dict[str, Any]:
        return _in_a_sentence(super().submit_assignment(course_id, assignment_id))

    # The handler shows the lists whatever these two return: only an exception is noticed.
    def fetch_assignment(self, course_id: str, assignment_id: str) -> dict[str, Any]:
        return _or_raise(super().fetch_assignment(course_id, assignment_id))

    def fetch_feedback(self, course_id: str, assignment_id: str) -> dict[str, Any]:
        return _or_raise(super().fetch_feedback(course_id, assignment_id))


def _or_raise(answer: dict[str, Any]) -> dict[str, Any]:
    if not answer["success"]:
        raise web.HTTPError(409, "%s", _in_a_sentence(answer)["value"])
    return answer


def _in_a_sentence(answer: dict[str, Any]) -> dict[str, Any]:
    """Of a traceback that ends in an exception of ours, keep what that exception says."""
    if not answer["success"]:
        for name in ("ExchangeError: ", "Refusal: ", "Unreachable: "):
            _before, found, sentence = answer["value"].rpartition(name)
            if found:
                return {"success": False, "value": sentence.strip()}
    return answer
