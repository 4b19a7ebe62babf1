"""A regrade of lena's assignment whose runs end as a test says, without a grader."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from sqlalchemy import select

import grading
from lms.coursework.actions import fail_run, finish_run, start_run
from lms.coursework.models import Regrade, Run
from lms.db import db
from lms.regrading import actions

QUESTIONS = (
    grading.Question("ps1", "q1", 6.0, "autograded", 1),
    grading.Question("ps1", "q2", 4.0, "manual", 2),
)


@pytest.fixture
def opened(academy: SimpleNamespace) -> Callable[..., Regrade]:
    """opened(): a regrade with other rules has begun, its runs wait; or with these questions."""

    def _opened(questions: tuple[grading.Question, ...] = QUESTIONS) -> Regrade:
        assignment = academy.assignments[0]
        regrade = actions.request_regrade(
            assignment, files=assignment.source_files, rules=["points_kept"], by=academy.ines
        )
        files = (("ps1.ipynb", b'{"cells": [], "fixed": true}'),)
        actions.begin(regrade, grading.Release(files, questions))
        db.session.commit()
        return regrade

    return _opened


@pytest.fixture
def ends() -> Callable[..., bool]:
    """ends(run, q1=3): the grader gave these points; ends(run, error="…"): it failed. False: the
    run was nobody's to end any more."""

    def _ends(
        run: Run,
        *,
        attempt: int | None = None,
        error: str | None = None,
        events: tuple[grading.Event, ...] = (),
        cached: bool = False,
        **points: float | None,
    ) -> bool:
        attempt = attempt or start_run(run)
        if attempt is None:
            return False
        if error:
            done = fail_run(run, attempt, error)
        else:
            result = grading.Result(
                scores=tuple(grading.Score("ps1", name, given, 9.0) for name, given in points.items()),
                executed={"ps1.ipynb": b"{}"},
                notebooks=(grading.NotebookResult("ps1", cached=cached),),
                events=events,
            )  # fmt: skip
            done = finish_run(run, attempt, result)
        db.session.commit()
        db.session.refresh(run)
        return done

    return _ends


@pytest.fixture
def runs_of() -> Callable[[Regrade], list[Run]]:
    def _runs_of(regrade: Regrade) -> list[Run]:
        return list(
            db.session.scalars(select(Run).filter_by(regrade_id=regrade.id).order_by(Run.id))
        )

    return _runs_of
