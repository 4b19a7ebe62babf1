"""Submitting: one POST with all files of the folder, and success only with the LMS's receipt."""

from typing import Any

from nbgrader.exchange import abc

from grading.exchange.attempts import Attempt, Files, manifest
from grading.exchange.base import Exchange
from grading.exchange.files import collect
from grading.exchange.refusal import Refusal, Unreachable, in_both


class ExchangeSubmit(Exchange, abc.ExchangeSubmit):
    """After `start()`, `receipt` is what the LMS answered."""

    receipt: dict[str, Any] | None = None

    def init_src(self) -> None:
        if not self.folder.is_dir():
            raise Refusal(
                in_both(
                    f"{self.course}/{self.assignment} 폴더가 없습니다. 먼저 과제를 받아 주세요.",
                    f"There is no folder {self.course}/{self.assignment}. Fetch the assignment first.",
                ),
                status=404,
            )

    def copy_files(self) -> None:
        files = collect(self.folder, ignore=self.coursedir.ignore)
        self._check_notebooks(files)
        root = self.home / ".academy/submissions" / self.course / self.assignment
        attempt = Attempt.of(files, root=root)
        self.receipt = self._send(files, attempt)
        kept = attempt.keep(self.receipt)
        self.log.info(
            "Submitted as: %s %s %s", self.course, self.assignment, self.receipt["received_at"]
        )
        self.log.info("The receipt is in %s", kept)

    def _check_notebooks(self, files: Files) -> None:
        if not any(path.endswith(".ipynb") for path, _content in files):
            raise Refusal(
                in_both(
                    f"{self.course}/{self.assignment} 폴더에 노트북이 없습니다. 과제를 다시 받아 주세요.",
                    f"There is no notebook in {self.course}/{self.assignment}. Fetch it again.",
                ),
                status=400,
            )
        if self.strict:
            self._check_release({path for path, _content in files})

    def _check_release(self, paths: set[str]) -> None:
        """nbgrader's `strict`: every notebook of the release must be there. The LMS says so, too."""
        released = self.lms.release(self.course, self.assignment)
        names = sorted(str(file.get("path")) for file in released)
        missing = [path for path in names if path.endswith(".ipynb") and path not in paths]
        if missing:
            raise Refusal(
                in_both(
                    f"제출하지 않았습니다. 빠진 노트북: {', '.join(missing)}",
                    f"Not submitted: these notebooks are missing: {', '.join(missing)}",
                ),
                status=400,
            )

    def _send(self, files: Files, attempt: Attempt) -> dict[str, Any]:
        try:
            receipt = self.lms.submit(self.course, self.assignment, files, key=attempt.key)
        except Unreachable:
            raise Refusal(
                in_both(
                    "제출을 확인하지 못했습니다. LMS에 연결할 수 없습니다. 파일은 이 서버에 보관했으니 "
                    "잠시 뒤 다시 제출해 주세요. 두 번 제출되지 않습니다.",
                    "No receipt: the LMS could not be reached. Your files are kept on this server; "
                    "submit again in a minute, it will not count twice.",
                ),
                status=503,
            ) from None
        if not _confirms(receipt, files):
            raise Refusal(
                in_both(
                    "제출을 확인하지 못했습니다. LMS의 접수증이 보낸 파일과 다릅니다. 강사에게 알려 주세요.",
                    "No valid receipt: what the LMS lists is not what was sent. Tell your instructor.",
                ),
                status=502,
            )
        return receipt


def _confirms(receipt: dict[str, Any], files: Files) -> bool:
    """Whether the receipt names exactly these files with exactly these contents."""
    listed = receipt.get("files")
    return (
        bool(receipt.get("id") and receipt.get("received_at"))
        and isinstance(listed, list)
        and {file.get("path"): file.get("sha256") for file in listed} == manifest(files)
    )
