"""Folders of one trainee on this machine: the home, the log, and a short one for sockets."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """Where a user's things are. `state` is the academy's state folder."""

    state: Path
    username: str

    @property
    def home(self) -> Path:
        return self.state / "homes" / self.username

    @property
    def log(self) -> Path:
        return self.state / "log" / f"notebook-{self.username}.log"

    @property
    def runtime(self) -> Path:
        """Short, whatever the path of the state: a kernel's socket has at most 107 characters."""
        whose = f"{self.state}\n{self.username}".encode()
        return Path("/tmp") / f"academy-nb-{hashlib.sha256(whose).hexdigest()[:16]}"

    def make(self) -> None:
        """Raises OSError when a folder is not ours, so that nobody puts one in our way."""
        for folder in (self.home.parent, self.log.parent):
            folder.mkdir(parents=True, exist_ok=True)
        self.home.mkdir(mode=0o700, exist_ok=True)
        self.home.chmod(0o700)
        self.remove_runtime()
        self.runtime.mkdir(mode=0o700)

    def remove_runtime(self) -> None:
        if self.runtime.is_symlink():
            self.runtime.unlink()
        elif self.runtime.exists():
            if self.runtime.lstat().st_uid != os.getuid():
                raise PermissionError(f"{self.runtime} belongs to another user: remove it.")
            shutil.rmtree(self.runtime, ignore_errors=True)

    def log_tail(self) -> str:
        """The last line of the server's log that says something."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1][-300:] if lines else ""
