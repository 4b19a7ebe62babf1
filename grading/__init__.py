"""nbgrader and notebook execution behind one door. Knows neither Flask nor the LMS.

Everything an importer may use is named here. nbgrader itself is imported only in the warm process
(`grading/warm.py`), so this import costs next to nothing.
"""

from grading.autograding import autograde
from grading.doctor import Sandbox, check_sandbox
from grading.facts import (
    Cache,
    CellFeedback,
    Event,
    GradingFailed,
    Limits,
    NotebookResult,
    Question,
    Release,
    Result,
    Rules,
    SandboxUnavailable,
    Score,
    UnusableInput,
)
from grading.releasing import release
from grading.rendering import render_notebook

__all__ = [
    "Cache",
    "CellFeedback",
    "Event",
    "GradingFailed",
    "Limits",
    "NotebookResult",
    "Question",
    "Release",
    "Result",
    "Rules",
    "Sandbox",
    "SandboxUnavailable",
    "Score",
    "UnusableInput",
    "autograde",
    "check_sandbox",
    "release",
    "render_notebook",
]
