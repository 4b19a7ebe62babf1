"""Parts of pages that ask again: nothing newer leaves the page alone, something newer replaces the part."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from lms.db import db, utcnow

FRAGMENT = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("person", "page"),
    [
        ("lena", "/coursework/assignments/{assignment}"),
        ("lena", "/coursework/assignments/{assignment}/submissions/{submission}"),
        ("ines", "/gradebook/assignments/{assignment}/board"),
    ],
)
def test_a_part_asks_until_the_grader_has_finished(
    person: str,
    page: str,
    academy: SimpleNamespace,
    hand_in: Callable[..., object],
    as_: Callable[..., object],
) -> None:
    submission = hand_in()
    client = as_(getattr(academy, person))
    address = page.format(assignment=submission.assignment_id, submission=submission.id)
    again = re.search(r'hx-get="([^"]+)"', client.get(address).text)[1].replace("&amp;", "&")
    assert client.get(again, headers=FRAGMENT).status_code == 204
    run = submission.runs[-1]
    run.started_at, run.finished_at, run.error = utcnow(), utcnow(), "because"
    db.session.commit()
    answer = client.get(again, headers=FRAGMENT)
    assert answer.status_code == 200 and "<html" not in answer.text
    assert "hx-get" not in answer.text
    assert ("because" in answer.text) is (person == "ines"), "reasons are for the instructor"


def test_the_marking_page_reloads_when_the_run_has_ended(
    academy: SimpleNamespace, hand_in: Callable[..., object], as_: Callable[..., object]
) -> None:
    submission, client = hand_in(), as_(academy.ines)
    address = f"/gradebook/assignments/{submission.assignment_id}/submissions/{submission.id}"
    assert "HX-Refresh" not in client.get(address, headers=FRAGMENT).headers
    submission.runs[-1].finished_at = utcnow()
    db.session.commit()
    assert client.get(address, headers=FRAGMENT).headers["HX-Refresh"] == "true"
