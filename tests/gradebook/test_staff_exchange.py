"""What `nbgrader collect` asks for: everybody's work, for who teaches them and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from flask import Flask

from lms.compute import actions as compute
from lms.db import db


@pytest.fixture
def asks(app: Flask) -> Callable[..., object]:
    """asks(person, path): the answer to that person's notebook server."""

    def _asks(person: object, path: str) -> object:
        key, _session = compute.open_session(person, server_name="")
        db.session.commit()
        headers = {"Authorization": f"Bearer {key}"}
        return app.test_client().get(f"/gradebook/exchange/{path}", headers=headers)

    return _asks


def test_who_teaches_gets_every_attempt_with_its_files(
    academy: SimpleNamespace, hand_in: Callable[..., object], asks: Callable[..., object]
) -> None:
    first, second = hand_in(content=b"1"), hand_in(content=b"2")
    code = academy.offerings[0].code
    rows = asks(academy.ines, f"{code}/ps1/submissions").get_json()["submissions"]
    assert [(row["id"], row["student"], row["late"]) for row in rows] == [
        (first.id, "lena", False), (second.id, "lena", False)
    ]  # fmt: skip
    assert rows[1]["received_at"] == second.received_at.isoformat()
    [file] = rows[1]["files"]
    answer = asks(academy.ines, f"submissions/{second.id}/files/{file['path']}")
    assert answer.data == b"2"
    assert asks(academy.ines, f"submissions/{second.id}/files/other").status_code == 404
    assert asks(academy.ines, f"{code}/ps9/submissions").status_code == 404
    academy.enrolments[0].left_on = academy.cohorts[0].ends_on
    assert asks(academy.ines, f"{code}/ps1/submissions").get_json() == {"submissions": []}


@pytest.mark.parametrize("name", ["lena", "omar", "stan"])
def test_nobody_else_gets_anything(
    name: str,
    academy: SimpleNamespace,
    hand_in: Callable[..., object],
    asks: Callable[..., object],
) -> None:
    """Not the owner's own either: that door is for staff."""
    submission, person = hand_in(), getattr(academy, name)
    assert asks(person, f"{academy.offerings[0].code}/ps1/submissions").status_code == 404
    assert asks(person, f"submissions/{submission.id}/files/ps1.ipynb").status_code == 404


def test_who_teaches_another_cohort_gets_nothing(
    academy: SimpleNamespace, hand_in: Callable[..., object], asks: Callable[..., object]
) -> None:
    submission = hand_in(1)
    assert asks(academy.ines, f"{academy.offerings[1].code}/ps1/submissions").status_code == 404
    assert asks(academy.ines, f"submissions/{submission.id}/files/ps1.ipynb").status_code == 404
