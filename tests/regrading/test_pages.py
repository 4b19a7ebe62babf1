"""The pages of a regrade: asked for, filling by itself, sorted, the same queries for 30 and 300."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import grading
from lms import queue, storage
from lms.coursework.models import Regrade, Run, Score
from lms.coursework.queries import open_regrade
from lms.coursework.tasks import give_grading_up
from lms.db import db, utcnow
from lms.regrading.actions import apply, discard

FRAGMENT = {"HX-Request": "true"}


def base(academy: SimpleNamespace) -> str:
    return f"/regrading/assignments/{academy.assignments[0].id}"


def page_of(regrade: Regrade) -> str:
    return f"/regrading/assignments/{regrade.assignment_id}/regrades/{regrade.id}"


def test_it_is_asked_for_on_a_page(
    academy: SimpleNamespace, as_: Callable[..., Any], graded: Callable[..., Any]
) -> None:
    client, assignment = as_(academy.ines), academy.assignments[0]
    board = client.get(f"/gradebook/assignments/{assignment.id}/board").text
    assert f"{base(academy)}/" in board and "own rules" in board
    assert "brings the same files" in client.get(f"{base(academy)}/").text
    refused = client.post(f"{base(academy)}/", data={})
    assert refused.status_code == 422 and "Nothing would change" in refused.text
    upload = {"files": [(io.BytesIO(b"x"), "new.csv")], "rules": ["points_kept"]}
    refused = client.post(f"{base(academy)}/", data=upload)
    assert refused.status_code == 422 and "new.csv" in refused.text
    authored = academy.course.assignments[0]
    authored.files = storage.put_all([("ps1.ipynb", b'{"cells": [], "nbformat": 4, "fixed": 1}')])
    db.session.commit()
    assert "Different from what the cohort has: ps1.ipynb" in client.get(f"{base(academy)}/").text
    answer = client.post(f"{base(academy)}/", data={"from_course": "y", "rules": ["points_kept"]})
    regrade = open_regrade(assignment)
    assert (answer.status_code, answer.location) == (302, page_of(regrade))
    assert (regrade.source_files, regrade.rules) == (authored.files, ["points_kept"])
    assert client.get(f"{base(academy)}/").location == page_of(regrade)
    assert "In preparation" in client.get(page_of(regrade)).text


def test_it_fills_by_itself_and_is_applied(
    academy: SimpleNamespace, as_: Callable[..., Any], graded: Callable[..., Any],
    opened: Callable[..., Any], ends: Callable[..., bool], runs_of: Callable[..., list[Run]],
) -> None:  # fmt: skip
    graded(q1=2, q2=2)
    regrade, client = opened(), as_(academy.ines)
    page = client.get(page_of(regrade)).text
    assert "hx-get" in page and "0 of 1" in page and "/application" not in page
    assert client.post(f"{page_of(regrade)}/application").status_code == 409
    ends(runs_of(regrade)[0], q1=4.5, q2=2)
    part = client.get(page_of(regrade), headers=FRAGMENT).text
    assert "hx-get" not in part and "+2.5" in part and "/application" in part
    version = client.get(page_of(regrade), headers=FRAGMENT)
    assert version.status_code == 200
    answer = client.post(f"{page_of(regrade)}/application")
    assert answer.status_code == 302
    assert "1 result changed" in client.get(answer.location).text
    over = client.get(page_of(regrade), headers=FRAGMENT)
    assert (over.status_code, over.headers["HX-Refresh"]) == (204, "true")
    assert "This regrade is applied" in client.get(page_of(regrade)).text


def test_what_shows_already_is_not_sent_again(
    academy: SimpleNamespace, as_: Callable[..., Any], graded: Callable[..., Any],
    opened: Callable[..., Any],
) -> None:  # fmt: skip
    graded(q1=2)
    page, client = page_of(opened()), as_(academy.ines)
    shown = client.get(page).text.split("seen=")[1].split('"')[0].split("&")[0]
    assert client.get(f"{page}?seen={shown}", headers=FRAGMENT).status_code == 204
    assert client.get(f"{page}?seen=other", headers=FRAGMENT).status_code == 200


def test_the_order_is_chosen(
    academy: SimpleNamespace, as_: Callable[..., Any], grow: Callable[[int], None],
    opened: Callable[..., Any], ends: Callable[..., bool], runs_of: Callable[..., list[Run]],
) -> None:  # fmt: skip
    grow(4)  # each has 3 and 3
    regrade, client = opened(), as_(academy.ines)
    for run, points in zip(runs_of(regrade), (1, 6, 3, 4), strict=True):
        ends(run, q1=points, q2=3)

    def names(sort: str, show: str = "changed") -> list[str]:
        page = client.get(f"{page_of(regrade)}?sort={sort}&show={show}").text
        return sorted((f"extra-{n}" for n in range(4) if f">extra-{n}</a>" in page),
                      key=lambda name: page.index(f">{name}</a>"))  # fmt: skip

    assert names("change") == ["extra-1", "extra-0", "extra-3"]
    assert names("-change") == ["extra-3", "extra-0", "extra-1"]
    assert names("up") == ["extra-1", "extra-3", "extra-0"]
    assert names("down") == ["extra-0", "extra-3", "extra-1"]
    assert names("name") == ["extra-0", "extra-1", "extra-3"]
    assert names("nonsense", show="unchanged") == ["extra-2"]


def test_the_preview_asks_as_often_for_300_as_for_30(
    academy: SimpleNamespace, as_: Callable[..., Any], grow: Callable[[int], None],
    opened: Callable[..., Any], ends: Callable[..., bool], runs_of: Callable[..., list[Run]],
    counted: Callable[[], AbstractContextManager[list[str]]],
) -> None:  # fmt: skip
    counts = []
    for more in (30, 270):
        grow(more)
        regrade = opened()
        for run in runs_of(regrade):
            run.finished_at = utcnow()
            db.session.add_all(
                Score(run_id=run.id, question_id=question.id, points=2)
                for question in regrade.assignment.questions
            )
        db.session.commit()
        db.session.expire_all()
        with counted() as statements:
            page = as_(academy.ines).get(page_of(regrade))
        assert f"of {30 if more == 30 else 300}" in page.text
        counts.append(len(statements))
        discard(regrade, by=academy.ines)
        db.session.commit()
    assert counts[0] == counts[1] <= 24, statements


def test_what_the_grader_noticed_is_for_staff_only(
    academy: SimpleNamespace, as_: Callable[..., Any], hand_in: Callable[..., Any],
    ends: Callable[..., bool],
) -> None:  # fmt: skip
    submission = hand_in()
    event = grading.Event("ps1", "tampering", "The test of q1 was replaced.", "q1")
    ends(submission.runs[0], q1=6, q2=1, events=(event,))
    assert submission.runs[0].events[0]["kind"] == "tampering"
    client, address = as_(academy.ines), f"/gradebook/assignments/{submission.assignment_id}"
    page = client.get(f"{address}/submissions/{submission.id}").text
    assert "The test of q1 was replaced." in page and "Tampering suspected" in page
    assert "Needs a look" in client.get(f"{address}/board").text
    own = f"/coursework/assignments/{submission.assignment_id}"
    for path in (own, f"{own}/attempts", f"{own}/submissions/{submission.id}"):
        assert "replaced" not in as_(academy.lena).get(path).text


def test_nobody_is_suspected_for_what_a_regrade_changed(
    hand_in: Callable[..., Any], opened: Callable[..., Any], ends: Callable[..., bool],
    runs_of: Callable[..., list[Run]], academy: SimpleNamespace,
) -> None:  # fmt: skip
    submission = hand_in()
    ends(submission.runs[0], q1=1, q2=1)
    ours = grading.Event("ps1", "tampering", "The marks had been changed.", "q1")
    theirs = grading.Event("ps1", "tampering", "The marks had been changed.", "q2")
    questions = (
        grading.Question("ps1", "q1", 3.0, "autograded", 1),
        grading.Question("ps1", "q2", 4.0, "manual", 2),
    )
    regrade = opened(questions)
    (run,) = runs_of(regrade)
    ends(run, q1=1, q2=1, events=(ours, theirs))
    assert [event["grade_id"] for event in run.events] == ["q2"]
    apply(regrade, by=academy.ines)
    db.session.commit()
    later = hand_in(content=b"[]").runs[0]
    ends(later, q1=1, q2=1, events=(ours, theirs))
    assert [event["grade_id"] for event in later.events] == ["q2"]


def test_the_board_says_why_the_grader_gave_up(
    academy: SimpleNamespace, as_: Callable[..., Any], hand_in: Callable[..., Any]
) -> None:
    submission = hand_in()
    give_grading_up(submission.runs[0].id, reason=queue.KILLED.format(3))
    db.session.commit()
    address = f"/gradebook/assignments/{submission.assignment_id}"
    for page in ("board", f"submissions/{submission.id}"):
        assert "ended 3 times" in as_(academy.ines).get(f"{address}/{page}").text
