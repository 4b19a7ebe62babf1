"""Headers, cookies, CSRF, origins and sign-in limits, as attackers meet them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from lms import content, storage
from lms.accounts.actions import change_password, hasher
from lms.audit import AuditEvent
from lms.db import db
from lms.storage import StoredFile


def test_pages_run_only_our_own_scripts(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    headers = as_(academy.lena).get("/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy
    assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(
    app: Flask, academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    academy.lena.password_hash = hasher().hash("correct horse")
    form = {"username": "lena", "password": "correct horse"}
    answer = as_(None).post("/accounts/sign-in", data=form)
    assert answer.status_code == 302
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Domain" not in cookie


@pytest.mark.parametrize("path", ["/accounts/sign-in", "/accounts/sign-out", "/accounts/language"])
def test_a_post_without_the_csrf_token_is_refused(
    app: Flask, as_: Callable[..., object], path: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert as_(None).post(path, data={"locale": "en"}).status_code == 400
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_every_cookie_route_that_changes_something_checks_csrf(app: Flask) -> None:
    from lms.access import COOKIELESS
    from lms.application import csrf

    for endpoint, view in app.view_functions.items():
        if endpoint == "static":
            continue
        exempt = f"{view.__module__}.{view.__name__}" in csrf._exempt_views
        assert exempt is (view.door.credential in COOKIELESS), endpoint


class TestTwoOrigins:
    @pytest.fixture(autouse=True)
    def request_context(self, app: Flask) -> Iterator[None]:
        with app.test_request_context(base_url="http://localhost:8000"):
            yield

    PAGE = b"<script>alert(document.cookie)</script>"

    def stored(self) -> StoredFile:
        return StoredFile("ps1.html", storage.put(self.PAGE), len(self.PAGE))

    def test_user_content_is_sandboxed_on_its_own_host(self, app: Flask) -> None:
        url = content.page_url(self.stored())
        assert url.startswith("http://127.0.0.1:8001/")
        answer = app.test_client().get(url)
        assert answer.status_code == 200 and answer.data == self.PAGE
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert "Set-Cookie" not in answer.headers

    def test_user_content_is_shown_in_our_typeface_and_loads_nothing_else(self, app: Flask) -> None:
        page = StoredFile("ps1.html", storage.put(b"<html><head></head>x"), 20)
        client = app.test_client()
        answer = client.get(content.page_url(page))
        named = re.search(r'<head><link rel="stylesheet" href="(/typeface/[^"]+)">', answer.text)
        assert named
        stylesheet = client.get(named[1], base_url="http://127.0.0.1:8001")
        font = re.search(r"url\((\S+?)\)", stylesheet.text)
        assert font and stylesheet.mimetype == "text/css"
        loaded = client.get(f"/typeface/{font[1]}", base_url="http://127.0.0.1:8001")
        assert loaded.status_code == 200 and "Set-Cookie" not in loaded.headers
        assert loaded.headers["Access-Control-Allow-Origin"] == "*"
        assert loaded.headers["Cache-Control"] != "no-store"
        for name in ("manifest.json", "tabler.css", "..%2Facademy.css", "pretendard.otf"):
            other = client.get(f"/typeface/{name}", base_url="http://127.0.0.1:8001")
            assert other.status_code == 404

    def test_user_content_never_answers_on_the_lms_host(self, app: Flask) -> None:
        url = content.page_url(self.stored()).replace("127.0.0.1:8001", "localhost:8000")
        assert app.test_client().get(url).status_code == 404

    @pytest.mark.parametrize("path", ["/", "/accounts/sign-in", "/healthz", "/cohorts/"])
    def test_the_lms_never_answers_on_the_content_host(self, app: Flask, path: str) -> None:
        assert app.test_client().get(f"http://127.0.0.1:8001{path}").status_code == 404

    @pytest.mark.parametrize(
        "host", ["evil.example", "localhost:8001", "localhost", "127.0.0.1:8000"]
    )
    def test_other_hosts_are_refused(self, app: Flask, host: str) -> None:
        assert app.test_client().get("/healthz", base_url=f"http://{host}").status_code == 404

    def test_a_forged_address_is_refused(self, app: Flask) -> None:
        url = content.page_url(self.stored())
        assert app.test_client().get(url[:-2] + "xx").status_code == 404

    def test_downloads_are_attachments(self, app: Flask) -> None:
        answer = app.test_client().get(content.download_url(self.stored()))
        assert answer.headers["Content-Disposition"].startswith("attachment")


class TestSignIn:
    @pytest.fixture(autouse=True)
    def password(self, academy: SimpleNamespace) -> None:
        academy.lena.password_hash = hasher().hash("correct horse")
        db.session.commit()

    def attempt(self, as_: Callable[..., object], password: str, name: str = "lena") -> int:
        form = {"username": name, "password": password}
        return as_(None).post("/accounts/sign-in", data=form).status_code

    def test_five_failures_close_the_door_for_this_address(
        self, as_: Callable[..., object]
    ) -> None:
        assert [self.attempt(as_, "wrong") for _i in range(5)] == [401] * 5
        assert self.attempt(as_, "correct horse") == 429

    def test_success_forgets_the_failures(self, as_: Callable[..., object]) -> None:
        for _i in range(4):
            self.attempt(as_, "wrong")
        assert self.attempt(as_, "correct horse") == 302
        assert self.attempt(as_, "wrong") == 401

    def test_a_name_is_not_told_apart_from_a_wrong_password(
        self, as_: Callable[..., object]
    ) -> None:
        unknown = as_(None).post("/accounts/sign-in", data={"username": "nobody", "password": "x"})
        wrong = as_(None).post("/accounts/sign-in", data={"username": "lena", "password": "x"})
        assert unknown.status_code == wrong.status_code == 401
        token = r'(name="csrf_token"[^>]*value=|X-CSRFToken": )"[^"]*"'  # random in every answer
        unknown_page, wrong_page = (re.sub(token, "", page.text) for page in (unknown, wrong))
        assert unknown_page.replace("nobody", "lena") == wrong_page

    def test_a_new_password_ends_other_sessions(
        self, academy: SimpleNamespace, as_: Callable[..., object]
    ) -> None:
        before = as_(academy.lena)
        assert before.get("/").status_code == 200
        change_password(academy.lena, current="correct horse", new="battery staple")
        db.session.commit()
        assert before.get("/").status_code == 302

    def test_deactivation_ends_sessions_at_once(
        self, academy: SimpleNamespace, as_: Callable[..., object]
    ) -> None:
        client = as_(academy.lena)
        as_(academy.ada).post(f"/accounts/people/{academy.lena.id}/deactivation")
        assert client.get("/").status_code == 302
        assert self.attempt(as_, "correct horse") == 401

    @pytest.mark.parametrize(
        "target",
        [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "\\\\evil",
            "/\t/evil",
            "javascript:x",
        ],
    )
    def test_sign_in_goes_nowhere_else(self, as_: Callable[..., object], target: str) -> None:
        answer = as_(None).post(
            "/accounts/sign-in",
            query_string={"next": target},
            data={"username": "lena", "password": "correct horse"},
        )
        assert answer.location == "/"


class TestWhatIsRecordedStays:
    @pytest.mark.parametrize(
        "statement",
        ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event",
         "UPDATE submission SET digest = 'x'", "DELETE FROM submission", "DELETE FROM mark"],
    )  # fmt: skip
    def test_the_database_refuses(
        self, statement: str, graded: Callable[..., object], academy: SimpleNamespace
    ) -> None:
        from lms.gradebook.actions import mark

        submission = graded(q1=6)
        question = submission.assignment.questions[1]
        mark(submission, question, points=1, comment="", by=academy.ines)
        db.session.flush()
        with pytest.raises(DBAPIError, match="append-only"), db.session.begin_nested():
            db.session.execute(text(statement))

    def test_an_undone_act_leaves_no_event(
        self, academy: SimpleNamespace, as_: Callable[..., object]
    ) -> None:
        count = select(func.count()).select_from(AuditEvent)
        before = db.session.scalar(count)
        as_(academy.ines).post(f"/gradebook/assignments/{academy.assignments[0].id}/release")
        assert db.session.scalar(count) == before
