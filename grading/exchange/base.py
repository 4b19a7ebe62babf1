"""What all exchange classes share: the LMS, and the folder CODE/NAME below the server's root."""

from pathlib import Path
from typing import NoReturn

from nbgrader.exchange import abc

from grading.exchange.files import safe_name
from grading.exchange.lms import Lms
from grading.exchange.refusal import Refusal, in_both


class Exchange(abc.Exchange):
    path_includes_course = True  # read by nbgrader's own tools
    root = ""

    def start(self) -> object:
        try:
            return super().start()
        except Refusal as refusal:
            self.fail(str(refusal))
        except OSError as error:
            self.fail(
                in_both(
                    f"이 서버의 파일을 읽거나 쓸 수 없습니다: {error}",
                    f"A file of this server could not be read or written: {error}",
                )
            )

    def fail(self, msg: str) -> NoReturn:
        super().fail(msg)
        raise AssertionError  # the line above raises

    @property
    def lms(self) -> Lms:
        return Lms.from_environ()

    @property
    def home(self) -> Path:
        return Path(self.assignment_dir).resolve()

    @property
    def course(self) -> str:
        return self._named(self.coursedir.course_id, "과정", "course")

    @property
    def assignment(self) -> str:
        return self._named(self.coursedir.assignment_id, "과제", "assignment")

    @property
    def folder(self) -> Path:
        return self.folder_of(self.course, self.assignment)

    def folder_of(self, course: str, assignment: str) -> Path:
        return self.home / safe_name(course) / safe_name(assignment)

    def init_src(self) -> None:
        """The source is the LMS or `folder`: nothing to prepare."""

    def init_dest(self) -> None:
        """The destination is the LMS or `folder`: nothing to prepare."""

    def _named(self, name: str, korean: str, english: str) -> str:
        if not name:
            raise Refusal(
                in_both(f"어느 {korean}인지 알려 주세요.", f"Say which {english} you mean."),
                status=400,
            )
        return safe_name(name)
