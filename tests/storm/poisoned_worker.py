"""The worker of an academy, with a grader that a notebook with the word POISON kills at once.

The sandbox keeps notebooks from killing their worker; what it does when one finds a way is shown here.
`python -m tests.storm.poisoned_worker STATE`
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import grading
from lms import create_app
from lms.config import Config
from lms.coursework import tasks
from lms.worker import Crew


def main(state: Path) -> None:
    real = grading.autograde

    def autograde(source: Path, submission: Path, **settings: Any) -> grading.Result:
        if any(b"POISON" in path.read_bytes() for path in submission.rglob("*.ipynb")):
            os.kill(os.getpid(), signal.SIGKILL)
        return real(source, submission, **settings)

    assert tasks.grading is grading
    grading.autograde = autograde
    settings = json.loads((state / "web.json").read_text())
    app = create_app(Config.from_environ({**settings, "ACADEMY_STATE": str(state)}))
    Crew(app, size=2, uneasy_until=0.0).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
