"""The hub's door: a key for a starting server, and its end."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select

from lms.compute.models import NotebookSession
from lms.compute.queries import holder_of, live_session
from lms.db import db

SECRET = ("jupyterhub", "hub-secret")


def ask(app: Flask, method: str, body: object, auth: tuple[str, str] = SECRET) -> object:
    return app.test_client().open(
        "/compute/api/sessions",
        method=method,
        json=body,
        auth=auth,
        base_url="http://localhost:8000",
    )


def test_a_key_names_its_person_and_is_kept_as_a_hash(app: Flask, academy: SimpleNamespace) -> None:
    answer = ask(app, "POST", {"username": "lena", "server_name": ""})
    assert answer.status_code == 201
    assert answer.json["locale"] == "en"
    key = answer.json["key"]
    assert holder_of(key) is academy.lena
    (row,) = db.session.scalars(select(NotebookSession))
    assert key not in (row.key_hash, row.server_name) and len(row.key_hash) == 64


def test_a_key_ends_with_its_server(app: Flask, academy: SimpleNamespace) -> None:
    key = ask(app, "POST", {"username": "lena", "server_name": ""}).json["key"]
    other = ask(app, "POST", {"username": "lena", "server_name": "gpu"}).json["key"]
    assert ask(app, "DELETE", {"username": "lena", "server_name": ""}).status_code == 204
    db.session.expire_all()
    assert holder_of(key) is None and live_session(academy.lena) is None
    assert holder_of(other) is academy.lena


@pytest.mark.parametrize("auth", [("jupyterhub", "wrong"), ("jupyterhub", ""), None])
def test_only_the_hub_may_ask(app: Flask, academy: SimpleNamespace, auth: object) -> None:
    assert ask(app, "POST", {"username": "lena", "server_name": ""}, auth).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [({"username": "nobody"}, 403), ({}, 400), ([], 400), ({"username": 3}, 400), ("x", 400)],
)
def test_a_wrong_question_is_answered_with_a_sentence(
    app: Flask, academy: SimpleNamespace, body: object, status: int
) -> None:
    answer = ask(app, "POST", body)
    assert answer.status_code == status and answer.json["detail"]


def test_somebody_deactivated_gets_no_key(app: Flask, academy: SimpleNamespace) -> None:
    academy.lena.deactivate()
    db.session.commit()
    assert ask(app, "POST", {"username": "lena", "server_name": ""}).status_code == 403
