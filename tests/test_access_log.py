"""Whoever reads the log cannot answer for somebody else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from gunicorn.config import Config

from lms.access_log import AccessLog

TOKEN = "gkdmxUdOeitX74Yf_Oq2QNnI6uNwgxpR11I2mqmT6nE"


@pytest.mark.parametrize("path", [f"/surveys/{TOKEN}", f"/surveys/{TOKEN}/place", f"/accounts/welcome/{TOKEN}"])  # fmt: skip
def test_a_token_is_not_logged(path: str, caplog: pytest.LogCaptureFixture) -> None:
    config = Config()
    config.set("accesslog", "-")
    log = AccessLog(config)
    log.access_log.addHandler(caplog.handler)
    environ = {"REQUEST_METHOD": "GET", "RAW_URI": path, "PATH_INFO": path, "QUERY_STRING": "",
               "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_REFERER": f"http://localhost:8000{path}"}  # fmt: skip
    answer = SimpleNamespace(status="200 OK", headers=[], sent=1, response_length=1)
    with caplog.at_level(logging.INFO):
        log.access(answer, SimpleNamespace(headers=[]), environ, timedelta(seconds=1))
    (line,) = (record.getMessage() for record in caplog.records)
    assert TOKEN not in line and path.replace(TOKEN, "…") in line


def test_an_error_names_no_token(
    app: Flask,
    as_: Callable[..., FlaskClient],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(token: str) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("lms.surveys.queries.link", broken)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert as_(None).get(f"/surveys/{TOKEN}/place").status_code == 500
    (line,) = (r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR)
    assert line == "unforeseen error at GET /surveys/…/place"


def test_the_servers_error_log_names_no_token(caplog: pytest.LogCaptureFixture) -> None:
    log = AccessLog(Config())
    log.error_log.addHandler(caplog.handler)
    log.exception("Error handling request %s", f"/surveys/{TOKEN}")
    (line,) = (record.getMessage() for record in caplog.records)
    assert line == "Error handling request /surveys/…"
