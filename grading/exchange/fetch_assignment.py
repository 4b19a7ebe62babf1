"""Fetching an assignment: a new folder appears whole; in an old one only missing files come back."""

import shutil
import tempfile
from pathlib import Path, PurePosixPath

from nbgrader.exchange import abc

from grading.exchange.base import Exchange
from grading.exchange.files import add_file, safe_path, sha256
from grading.exchange.refusal import Refusal, in_both


class ExchangeFetchAssignment(Exchange, abc.ExchangeFetchAssignment):
    def init_dest(self) -> None:
        if self.folder.is_dir() and not self.replace_missing_files:
            self.fail(
                in_both(
                    f"이미 받은 과제입니다: {self.course}/{self.assignment}",
                    f"You already have this assignment: {self.course}/{self.assignment}",
                )
            )

    def copy_files(self) -> None:
        listed = self.lms.release(self.course, self.assignment)
        paths = {safe_path(file.get("path")): str(file.get("sha256")) for file in listed}
        if self.folder.is_dir():
            missing = [path for path in paths if not (self.folder / path).exists()]
            for path in missing:
                add_file(self.folder, path, self._file(path, paths[path]))
                self.log.info("Replaced the missing file %s", path)
        else:
            self._make_folder(paths)
        self.log.info("Fetched as: %s %s", self.course, self.assignment)

    def _make_folder(self, paths: dict[PurePosixPath, str]) -> None:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".academy-", dir=self.folder.parent))
        try:
            fresh.chmod(0o755)
            for path, digest in paths.items():
                add_file(fresh, path, self._file(path, digest))
            fresh.rename(self.folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _file(self, path: PurePosixPath, digest: str) -> bytes:
        content = self.lms.release_file(self.course, self.assignment, str(path))
        if sha256(content) != digest:
            raise Refusal(
                in_both(
                    f"{path}: 내려받은 내용이 원본과 다릅니다. 다시 시도해 주세요.",
                    f"{path} arrived damaged. Try again.",
                ),
                status=502,
            )
        return content
