"""Accounts as people meet them: signing in, one's own page, and the administrator's pages of people."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lms.accounts.actions import hasher
from lms.accounts.models import User
from lms.accounts.queries import user_by_name
from lms.audit import AuditEvent
from lms.cohorts.models import Enrolment
from lms.cohorts.queries import parts
from lms.db import db

OLD, NEW = "correct horse", "battery staple 9"
As = Callable[..., FlaskClient]


def sign_in(client: FlaskClient, username: str, password: str) -> int:
    form = {"username": username, "password": password}
    return client.post("/accounts/sign-in", data=form).status_code


def actions_on(person: User) -> list[str]:
    events = select(AuditEvent.action).where(
        AuditEvent.subject_type == "user_account", AuditEvent.subject_id == person.id
    )
    return list(db.session.scalars(events.order_by(AuditEvent.id)))


@pytest.fixture
def lena(academy: SimpleNamespace) -> User:
    academy.lena.password_hash = hasher().hash(OLD)
    db.session.commit()
    return academy.lena


class TestSignIn:
    def test_the_page_names_no_account(self, as_: As) -> None:
        page = as_(None).get("/accounts/sign-in")
        assert page.status_code == 200 and 'autocomplete="current-password"' in page.text
        assert "demo" not in page.text.lower()

    def test_a_refusal_is_told_as_an_alert(self, lena: User, as_: As) -> None:
        form = {"username": "lena", "password": "wrong"}
        answer = as_(None).post("/accounts/sign-in", data=form, headers={"Accept-Language": "en"})
        assert answer.status_code == 401 and 'role="alert"' in answer.text
        assert "is not right" in answer.text and "wrong" not in answer.text

    def test_the_e_mail_address_works_whatever_its_case(self, lena: User, as_: As) -> None:
        assert sign_in(as_(None), "LENA@Academy.example", OLD) == 302

    def test_signing_in_goes_where_one_wanted_to_go(self, lena: User, as_: As) -> None:
        client = as_(None)
        asked = client.get("/accounts/profile")
        answer = client.post(asked.location, data={"username": "lena", "password": OLD})
        assert answer.location == "/accounts/profile"


class TestOwnAccount:
    def change(self, client: FlaskClient, current: str, new: str, again: str) -> object:
        form = {"current": current, "new": new, "again": again}
        return client.post("/accounts/profile/password", data=form)

    def test_a_new_password_works_and_this_session_stays(self, lena: User, as_: As) -> None:
        client, elsewhere = as_(lena), as_(lena)
        assert self.change(client, OLD, NEW, NEW).status_code == 302
        assert client.get("/accounts/profile").status_code == 200
        assert elsewhere.get("/accounts/profile").status_code == 302
        assert sign_in(as_(None), "lena", NEW) == 302
        assert sign_in(as_(None), "lena", OLD) == 401

    @pytest.mark.parametrize(
        ("current", "new", "again", "wanted"),
        [
            ("wrong", NEW, NEW, "current password is not right"),
            (OLD, NEW, "another one 9", "two new passwords differ"),
            (OLD, "short", "short", "between 10 and 1024"),
        ],
    )
    def test_a_mistake_changes_nothing_and_says_what(
        self, current: str, new: str, again: str, wanted: str, lena: User, as_: As
    ) -> None:
        before = lena.password_hash
        answer = self.change(as_(lena), current, new, again)
        assert answer.status_code == 422 and wanted in answer.text
        assert lena.password_hash == before

    def test_the_language_stays_with_the_person(self, lena: User, as_: As) -> None:
        form = {"locale": "ko", "next": "/accounts/profile"}
        answer = as_(lena).post("/accounts/language", data=form)
        assert answer.location == "/accounts/profile"
        assert lena.locale == "ko"
        assert '<html lang="ko">' in as_(lena).get("/accounts/profile").text

    def test_a_visitor_switches_the_language_for_the_visit(self, as_: As) -> None:
        client = as_(None)
        for locale in ("en", "ko"):
            client.post("/accounts/language", data={"locale": locale, "next": "/accounts/sign-in"})
            assert f'<html lang="{locale}">' in client.get("/accounts/sign-in").text


class TestPeople:
    form = {"username": "nari", "name": "Nari Han", "email": "nari@academy.example", "locale": "ko"}

    def test_the_one_time_password_lets_the_new_person_in(
        self, academy: SimpleNamespace, as_: As
    ) -> None:
        page = as_(academy.ada).post("/accounts/people/new", data=self.form)
        found = re.search(r"<code>([a-z0-9-]+)</code>", page.text)
        assert page.status_code == 200 and found
        assert sign_in(as_(None), "nari", found[1]) == 302
        person = user_by_name("nari")
        assert person and not person.is_administrator and actions_on(person)[0] == "person-added"
        events = db.session.scalars(select(AuditEvent.detail))
        assert not any(found[1] in str(detail) for detail in events), "a password in the trail"

    @pytest.mark.parametrize("field", ["username", "email"])
    def test_a_taken_name_is_refused(self, field: str, academy: SimpleNamespace, as_: As) -> None:
        taken = getattr(academy.stan, field)
        answer = as_(academy.ada).post("/accounts/people/new", data=self.form | {field: taken})
        assert answer.status_code == 422 and f"{taken} is already in use" in answer.text
        assert db.session.scalar(select(User).where(User.name == "Nari Han")) is None

    def test_a_user_name_has_a_form(self, academy: SimpleNamespace, as_: As) -> None:
        bad = self.form | {"username": "Nari Han"}
        answer = as_(academy.ada).post("/accounts/people/new", data=bad)
        assert answer.status_code == 422 and "small letters" in answer.text

    def test_a_new_role_is_recorded_and_ends_the_sessions(
        self, academy: SimpleNamespace, as_: As
    ) -> None:
        ines, before = academy.ines, as_(academy.ines)
        form = {"name": ines.name, "email": ines.email, "locale": "en", "is_administrator": "y"}
        assert as_(academy.ada).post(f"/accounts/people/{ines.id}", data=form).status_code == 302
        assert ines.is_administrator and "role-changed" in actions_on(ines)
        assert before.get("/").status_code == 302
        assert as_(ines).get("/accounts/people").status_code == 200

    def test_nobody_takes_the_role_from_themselves(self, academy: SimpleNamespace, as_: As) -> None:
        ada = academy.ada
        form = {"name": ada.name, "email": ada.email, "locale": "en"}
        answer = as_(ada).post(f"/accounts/people/{ada.id}", data=form)
        assert answer.status_code == 422 and ada.is_administrator

    def test_nobody_deactivates_themselves(self, academy: SimpleNamespace, as_: As) -> None:
        answer = as_(academy.ada).post(f"/accounts/people/{academy.ada.id}/deactivation")
        assert answer.status_code == 400 and academy.ada.is_active
        page = as_(academy.ada).get(f"/accounts/people/{academy.ada.id}").text
        assert "/deactivation" not in page and "/password-reset" not in page

    def test_a_deactivated_account_comes_back(
        self, lena: User, academy: SimpleNamespace, as_: As
    ) -> None:
        path = f"/accounts/people/{lena.id}"
        as_(academy.ada).post(f"{path}/deactivation")
        assert sign_in(as_(None), "lena", OLD) == 401
        assert "This account is deactivated" in as_(academy.ada).get(path).text
        as_(academy.ada).post(f"{path}/reactivation")
        assert sign_in(as_(None), "lena", OLD) == 302
        assert actions_on(lena)[-4:] == [
            "person-deactivated", "person-viewed", "person-reactivated", "signed-in",
        ]  # fmt: skip

    def test_a_reset_password_replaces_the_old_one(
        self, lena: User, academy: SimpleNamespace, as_: As
    ) -> None:
        page = as_(academy.ada).post(f"/accounts/people/{lena.id}/password-reset").text
        secret = re.search(r"<code>([a-z0-9-]+)</code>", page)[1]
        assert sign_in(as_(None), "lena", OLD) == 401
        assert sign_in(as_(None), "lena", secret) == 302

    def test_people_are_found_by_any_name(self, academy: SimpleNamespace, as_: As) -> None:
        client = as_(academy.ada)
        for query in ("q=lena", "q=LENA%40academy", "q=Len"):
            page = client.get(f"/accounts/people?{query}").text
            assert "lena@academy.example" in page and "omar@academy.example" not in page
        assert "Nobody matches" in client.get("/accounts/people?q=%25").text
        administrators = client.get("/accounts/people?only=administrators").text
        assert "ada@academy.example" in administrators and "lena@" not in administrators

    def test_the_list_says_what_everybody_is(self, academy: SimpleNamespace) -> None:
        found = parts([academy.ines, academy.lena, academy.stan])
        assert [part.teaches for part in found[academy.ines.id]] == [True]
        (part,) = found[academy.lena.id]
        assert (part.cohort.number, part.student_number, part.standing) == (
            1,
            "1-01",
            "taking-part",
        )
        assert found[academy.stan.id] == []


class TestAuditTrail:
    def test_it_names_the_person_an_event_is_about(self, academy: SimpleNamespace, as_: As) -> None:
        page = as_(academy.ada).get("/accounts/audit-trail").text
        for words in ("Instructor appointed", "Enrolled", "Cohort planned", "Person added"):
            assert words in page
        enrolment = db.session.scalars(select(Enrolment).limit(1)).one()
        assert f'href="/accounts/people/{enrolment.user_id}"' in page

    def test_it_can_be_narrowed_to_one_person(self, academy: SimpleNamespace, as_: As) -> None:
        page = as_(academy.ada).get(f"/accounts/audit-trail?person={academy.lena.id}").text
        assert "Person added" in page and "Instructor appointed" not in page

    def test_every_recorded_action_has_words(self) -> None:
        rooms = Path(__file__).parents[2] / "lms"
        code = "\n".join(path.read_text() for path in rooms.glob("**/*.py"))
        recorded = set(re.findall(r'(?:audit\.record\(\s*|\baction=)"([a-z-]+)"', code))
        words = (rooms / "accounts/templates/accounts/_audit.html").read_text()
        assert recorded and not {name for name in recorded if f'"{name}": _(' not in words}
