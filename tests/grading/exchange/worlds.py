"""An exchange and everybody around it: what a conformance test needs of any implementation.

A world knows how its exchange is configured and how work gets in from the other side (an
assignment is released, feedback is given). To try another implementation, write its world.
"""

import os
import shutil
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from nbgrader.utils import get_username
from traitlets.config import Config

from tests.grading.exchange.fake_lms import COURSE, KEY, NAME, FakeLms

FILES = {"loops.ipynb": b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
         "data/rain.csv": "날짜,mm\n".encode()}  # fmt: skip


class World(ABC):
    """`home` is a trainee's folder, `staff` an instructor's course folder."""

    keeps_everything: ClassVar[bool]  # whether nothing can be removed from a notebook server
    releases: ClassVar[bool]  # whether assignments and feedback are released from there
    student: str

    def __init__(self, folder: Path) -> None:
        self.home, self.staff = folder / "home", folder / "staff"
        self.home.mkdir()
        self.staff.mkdir()

    @abstractmethod
    def configure(self, config: Config) -> None:
        """Name the eight classes and what they need."""

    @abstractmethod
    def release(self) -> None:
        """FILES become the released assignment COURSE/NAME."""

    @abstractmethod
    def give_feedback(self, pages: dict[str, bytes]) -> None:
        """Of the last submission, by notebook."""

    @abstractmethod
    def handed_in_at(self) -> datetime:
        """When the last submission came in, UTC."""

    def config(self, **settings: dict[str, Any]) -> Config:
        config = Config()
        config.Exchange.assignment_dir = str(self.home)
        config.Exchange.path_includes_course = True
        self.configure(config)
        for name, values in settings.items():
            config[name].update(values)
        return config

    def make(self, kind: str, *, course: str = COURSE, name: str = NAME, **own: Any) -> Any:
        """An exchange class as nbgrader's programs make it, for the trainee or the staff."""
        shared = {"timezone": "UTC"}
        shared |= {key: own.pop(key) for key in ("timezone", "timestamp_format") if key in own}
        if kind == "FetchAssignment":
            own.setdefault("replace_missing_files", False)
        student = own.pop("student", "")
        config = self.config(Exchange=shared)
        factory = ExchangeFactory(config=config)
        config[getattr(factory, _trait(kind)).__name__].update(own)
        coursedir = CourseDirectory(root=str(self.staff), course_id=course, assignment_id=name)
        coursedir.student_id = student or ("*" if kind != "List" else "")
        return getattr(factory, kind)(
            coursedir=coursedir, authenticator=Authenticator(), config=config
        )

    def do(self, kind: str, **settings: Any) -> Any:
        return self.make(kind, **settings).start()

    @property
    def folder(self) -> Path:
        return self.home / COURSE / NAME


def _trait(kind: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind)[1:]


class FolderWorld(World):
    """nbgrader's own exchange: a folder that everybody may write to."""

    keeps_everything, releases = False, True

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.student = get_username()
        self.root, self.cache = folder / "exchange", folder / "cache"

    def configure(self, config: Config) -> None:
        config.Exchange.root, config.Exchange.cache = str(self.root), str(self.cache)

    def release(self) -> None:
        for path, content in FILES.items():
            target = self.staff / "release" / NAME / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        self.do("ReleaseAssignment")

    def give_feedback(self, pages: dict[str, bytes]) -> None:
        self.do("Collect", update=True)
        submitted = self.staff / "submitted" / self.student / NAME
        folder = self.staff / "feedback" / self.student / NAME
        folder.mkdir(parents=True, exist_ok=True)
        for kept in ("timestamp.txt", "submission_secret.txt"):
            shutil.copy(submitted / kept, folder)
        for name, page in pages.items():
            (folder / f"{name}.html").write_bytes(page)
        self.do("ReleaseFeedback")

    def handed_in_at(self) -> datetime:
        return datetime.now(UTC)


class AcademyWorld(World):
    """Ours, against a small LMS on a loopback port."""

    keeps_everything, releases = True, False
    student = "lena"

    def __init__(self, folder: Path, fake: FakeLms) -> None:
        super().__init__(folder)
        self.fake = fake
        fake.release = {}
        fake.released = False
        os.environ |= {"ACADEMY_LMS_URL": fake.url, "ACADEMY_SESSION_KEY": KEY}

    def configure(self, config: Config) -> None:
        """As the notebook servers' own settings do."""
        settings = Path(__file__).parents[3] / "hub_config/notebook_server/nbgrader_config.py"
        exec(  # how traitlets itself reads a settings file
            compile(settings.read_text(), settings.name, "exec"), {"get_config": lambda: config}
        )
        config.Exchange.assignment_dir = str(self.home)

    def release(self) -> None:
        self.fake.release = dict(FILES)
        self.fake.released = True

    def give_feedback(self, pages: dict[str, bytes]) -> None:
        last = max(row["id"] for row in self.fake.submissions.values())
        self.fake.feedback = {**self.fake.feedback, last: pages}

    def handed_in_at(self) -> datetime:
        rows = self.fake.submissions.values()
        return max(datetime.fromisoformat(row["received_at"]) for row in rows)
