"""What this server tried to submit: each attempt is on disk before it is sent, its receipt after.

Layout: HOME/.academy/submissions/COURSE/ASSIGNMENT/<UTC time>-<key>/ with attempt.json, files/ (until
there is a receipt) and receipt.json.
"""

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from grading.exchange.files import replace_file, sha256

Files = list[tuple[str, bytes]]


def manifest(files: Files) -> dict[str, str]:
    """Path to SHA-256."""
    return {path: sha256(content) for path, content in files}


@dataclass(frozen=True)
class Attempt:
    folder: Path
    key: str

    @classmethod
    def of(cls, files: Files, *, root: Path) -> "Attempt":
        """The unanswered attempt of just now with the same files, else a new one.

        Taking up the last key is what makes "try again" the same submission. An older key must
        not come back: its submission would be older than one that was received since.
        """
        last = max(root.glob("*/attempt.json"), default=None, key=lambda path: path.parent.name)
        if last and not (last.parent / "receipt.json").exists():
            known = json.loads(last.read_text())
            if known["files"] == manifest(files):
                return cls(last.parent, known["key"])
        return cls._new(files, root=root)

    @classmethod
    def _new(cls, files: Files, *, root: Path) -> "Attempt":
        key = str(uuid4())
        attempt = cls(root / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{key}", key)
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path, content in files:
            replace_file(attempt.folder / "files" / path, content)
        attempt._write("attempt.json", {"key": key, "files": manifest(files)})
        return attempt

    def keep(self, receipt: dict[str, Any]) -> Path:
        """The LMS has the files now: keep the receipt, drop our copy."""
        self._write("receipt.json", receipt)
        shutil.rmtree(self.folder / "files", ignore_errors=True)
        return self.folder / "receipt.json"

    def _write(self, name: str, value: dict[str, Any]) -> None:
        replace_file(self.folder / name, json.dumps(value, indent=1, ensure_ascii=False).encode())
        os.chmod(self.folder / name, 0o600)
