"""nbgrader's own exchange, submitting from a process of its own: `… FOLDER TRAINEES NUMBER OUT`.

FOLDER holds `exchange` and a home per trainee. Writes the seconds of each submit to OUT (JSON).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeReleaseAssignment, ExchangeSubmit
from traitlets.config import Config

COURSE, NAME = "storms", "storm"


def config(folder: Path, home: Path) -> Config:
    settings = Config()
    settings.Exchange.root = str(folder / "exchange")
    settings.Exchange.cache = str(home / "cache")
    settings.Exchange.assignment_dir = str(home)
    settings.Exchange.path_includes_course = True
    settings.CourseDirectory.root = str(folder / "course")
    settings.CourseDirectory.course_id = COURSE
    settings.CourseDirectory.assignment_id = NAME
    return settings


def release(folder: Path) -> None:
    """Make the exchange and release what lies in FOLDER/course/release."""
    (folder / "exchange").mkdir(mode=0o777)
    (folder / "exchange").chmod(0o777)
    settings = config(folder, folder)
    ExchangeReleaseAssignment(
        coursedir=CourseDirectory(config=settings),
        authenticator=Authenticator(config=settings),
        config=settings,
    ).start()


def submit(folder: Path, trainee: str) -> float:
    """Seconds of one submit, as the trainee's server does it."""
    settings = config(folder, folder / "homes" / trainee)
    settings.CourseDirectory.student_id = trainee
    began = time.monotonic()
    ExchangeSubmit(
        coursedir=CourseDirectory(config=settings),
        authenticator=Authenticator(config=settings),
        config=settings,
    ).start()
    return time.monotonic() - began


def main(folder: Path, trainees: list[str], number: int, out: Path) -> None:
    seconds = [submit(folder, trainees[turn % len(trainees)]) for turn in range(number)]
    out.write_text(json.dumps(seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].split(","), int(sys.argv[3]), Path(sys.argv[4]))
