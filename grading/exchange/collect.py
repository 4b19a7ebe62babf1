"""Collecting: what trainees handed in to the LMS, laid out as nbgrader's autograde and formgrader
expect it: submitted/STUDENT/ASSIGNMENT with timestamp.txt.

A submission appears whole or not at all, and an older one is gone only when the newer one is there.
"""

import shutil
import tempfile
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import Any

from nbgrader.exchange import abc
from nbgrader.utils import parse_utc

from grading.exchange.base import Exchange
from grading.exchange.files import add_file, safe_name, safe_path, sha256
from grading.exchange.refusal import Refusal, in_both
from grading.exchange.times import in_utc

Row = dict[str, Any]


class ExchangeCollect(Exchange, abc.ExchangeCollect):
    """`check_owner` has nothing to check: the LMS knows who handed in."""

    def copy_files(self) -> None:
        wanted = list(self._wanted())
        if not wanted:
            self.log.warning("No submissions of '%s' to collect", self.assignment)
        for row in wanted:
            self._collect(row)

    def _wanted(self) -> Iterator[Row]:
        """The last attempt of each student, or the last in time where that is asked for."""
        only = self.coursedir.student_id
        rows = self.lms.handed_in(self.course, self.assignment)
        rows = [row for row in rows if only in ("", "*", row["student"])]
        rows.sort(key=lambda row: (row["student"], row["received_at"], row["id"]))
        for _student, attempts in groupby(rows, key=itemgetter("student")):
            found = list(attempts)
            in_time = [row for row in found if not row["late"]]
            yield (in_time if self.before_duedate and in_time else found)[-1]

    def _collect(self, row: Row) -> None:
        student = safe_name(row["student"])
        folder = Path(
            self.coursedir.format_path(
                self.coursedir.submitted_directory, student, self.coursedir.assignment_id
            )
        )
        if not folder.is_dir():
            self.log.info("Collecting submission: %s %s", student, self.assignment)
        elif self._is_newer(folder, row):
            self.log.info("Updating submission: %s %s", student, self.assignment)
        else:
            self.log.info("Nothing newer to collect: %s %s", student, self.assignment)
            return
        self._lay_out(folder, row)

    def _is_newer(self, folder: Path, row: Row) -> bool:
        here = self.coursedir.get_existing_timestamp(str(folder))
        there = parse_utc(in_utc(row["received_at"]))
        if self.update:
            return here is None or bool(there > here)
        return bool(self.before_duedate and there != here)

    def _lay_out(self, folder: Path, row: Row) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".academy-", dir=folder.parent))
        try:
            fresh.chmod(0o755)
            for file in row["files"]:
                path = safe_path(file.get("path"))
                add_file(fresh, path, self._file(row, path, str(file.get("sha256"))))
            (fresh / "timestamp.txt").write_text(in_utc(row["received_at"]))
            if folder.is_dir():
                aside = Path(tempfile.mkdtemp(prefix=".academy-", dir=folder.parent))
                folder.rename(aside / "old")
                fresh.rename(folder)
                shutil.rmtree(aside, ignore_errors=True)
            else:
                fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _file(self, row: Row, path: PurePosixPath, digest: str) -> bytes:
        content = self.lms.handed_in_file(row["id"], str(path))
        if sha256(content) != digest:
            raise Refusal(
                in_both(
                    f"{row['student']}: {path}의 내용이 접수된 것과 다릅니다. 다시 시도해 주세요.",
                    f"{row['student']}: {path} arrived damaged. Try again.",
                ),
                status=502,
            )
        return content
