"""Listing assignments and submissions, in the exact shape that nbgrader's Assignment List reads."""

import getpass
import os
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from nbgrader.exchange import abc

from grading.exchange.base import Exchange
from grading.exchange.files import sha256
from grading.exchange.refusal import Refusal, in_both
from grading.exchange.times import timestamp


class ExchangeList(Exchange, abc.ExchangeList):
    def start(self) -> Any:
        try:
            return abc.ExchangeList.start(self)
        except Refusal as refusal:
            # nbgrader's programs are our parent and understand ExchangeError only. Assignment List
            # is not, and would answer that error with advice about folders.
            if self.parent is not None:
                self.fail(str(refusal))
            raise

    def copy_files(self) -> None:
        """Nothing is copied."""

    def list_files(self) -> list[dict[str, Any]]:
        course = self.coursedir.course_id
        if self.inbound or self.cached:
            return self._submitted(self._wanted(self.lms.submissions(course=course)))
        return [self._released(row) for row in self._wanted(self.lms.assignments(course=course))]

    def remove_files(self) -> None:
        raise Refusal(
            in_both(
                "과제와 제출물은 LMS에 보관되며 여기서 지울 수 없습니다.",
                "Assignments and submissions are kept by the LMS and cannot be removed from here.",
            ),
            status=400,
        )

    def _wanted(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        wanted = self.coursedir.assignment_id
        return [row for row in rows if not wanted or row["assignment_id"] == wanted]

    def _released(self, row: dict[str, Any]) -> dict[str, Any]:
        folder = self.folder_of(row["course_id"], row["assignment_id"])
        fetched = folder.is_dir()
        notebooks = (
            sorted(folder.glob("*.ipynb"))
            if fetched
            else [folder / f"{name}.ipynb" for name in row["notebooks"]]
        )
        return {
            "course_id": row["course_id"],
            "assignment_id": row["assignment_id"],
            "status": "fetched" if fetched else "released",
            "path": str(folder),
            "notebooks": [{"notebook_id": path.stem, "path": str(path)} for path in notebooks],
        }

    def _submitted(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        which = itemgetter("course_id", "assignment_id")
        student = os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
        return [
            {
                "course_id": course,
                "student_id": student,
                "assignment_id": assignment,
                "status": "submitted",
                "submissions": sorted(
                    (self._submission(row, student) for row in group),
                    key=itemgetter("timestamp"),
                ),
            }
            for (course, assignment), group in groupby(sorted(rows, key=which), key=which)
        ]

    def _submission(self, row: dict[str, Any], student: str) -> dict[str, Any]:
        folder = self.folder_of(row["course_id"], row["assignment_id"])
        at = timestamp(self, row["received_at"])
        pages = folder / "feedback" / at
        released = (row["feedback"] or {}).get("notebooks", {})
        notebooks = [
            _notebook(folder / f"{name}.ipynb", pages / f"{name}.html", released.get(name))
            for name in row["notebooks"]
        ]
        fetched = bool(notebooks) and all(book["has_local_feedback"] for book in notebooks)
        return {
            "course_id": row["course_id"],
            "student_id": student,
            "assignment_id": row["assignment_id"],
            "timestamp": at,
            "status": "submitted",
            "path": str(folder),
            "notebooks": notebooks,
            "has_local_feedback": fetched,
            "has_exchange_feedback": bool(notebooks)
            and all(book["has_exchange_feedback"] for book in notebooks),
            "feedback_updated": any(book["feedback_updated"] for book in notebooks),
            "local_feedback_path": str(pages) if fetched else None,
        }


def _notebook(notebook: Path, page: Path, released: str | None) -> dict[str, Any]:
    """One submitted notebook; `released` is the SHA-256 of the feedback the LMS shows, if any."""
    local = sha256(page.read_bytes()) if page.is_file() else None
    return {
        "notebook_id": notebook.stem,
        "path": str(notebook),
        "has_local_feedback": local is not None,
        "has_exchange_feedback": released is not None,
        "local_feedback_path": str(page) if local else None,
        "feedback_updated": None not in (local, released) and local != released,
    }
