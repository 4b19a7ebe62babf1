"""How people come in and go out: invitations, leaving, completion."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest

from lms.accounts import actions
from lms.accounts.actions import add_person
from lms.cohorts.actions import enrol
from lms.cohorts.models import Enrolment, Standing
from lms.db import db, utcnow

PASSWORD = {"new": "a long sentence", "again": "a long sentence"}


def invitations(client: object, academy: SimpleNamespace) -> list[list[str]]:
    answer = client.post(
        f"/cohorts/{academy.cohorts[0].id}/invitations",
        data={"purpose": "administration", "reason": "Mail merge of the invitations."},
    )
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))[1:]


def test_an_invited_person_sets_a_password_once(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    ((number, _name, _mail, username, link),) = invitations(as_(academy.ada), academy)
    assert (number, username) == ("1-01", "lena")
    path = link.removeprefix("http://localhost:8000")
    newcomer = as_(None)
    assert newcomer.get(path).status_code == 200
    assert newcomer.post(path, data={"new": "short", "again": "short"}).status_code == 422
    assert newcomer.post(path, data=PASSWORD).location == "/"
    assert newcomer.get("/").status_code == 200
    assert as_(None).get(path).status_code == 404
    assert as_(None).post(path, data=PASSWORD).status_code == 404
    assert invitations(as_(academy.ada), academy) == []


def test_an_invitation_dies_with_the_account(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    token = actions.invitation(academy.lena)
    assert actions.invited(token) is academy.lena
    assert actions.invited(token[:-2] + "xx") is None
    academy.lena.deactivate()
    db.session.commit()
    assert as_(None).get(f"/accounts/welcome/{token}").status_code == 404


@pytest.fixture
def second(academy: SimpleNamespace) -> Enrolment:
    person = add_person(username="mina", name="Mina", email="mina@academy.example", by=None)
    enrolment = enrol(academy.cohorts[0], person, student_number="1-02", by=None)
    db.session.commit()
    return enrolment


def test_completions_are_recorded_together(
    academy: SimpleNamespace, as_: Callable[..., object], second: Enrolment
) -> None:
    client, path = as_(academy.ada), f"/cohorts/{academy.cohorts[0].id}/completions"
    assert client.get(path).text.count(" checked") == 2
    first = academy.enrolments[0]
    early = (first.enrolled_on - timedelta(1)).isoformat()
    both = [str(first.id), str(second.id)]
    assert client.post(path, data={"on": early, "enrolments": both}).status_code == 422
    assert first.standing is second.standing is Standing.TAKING_PART
    day = (second.enrolled_on + timedelta(1)).isoformat()
    assert client.post(path, data={"on": day, "enrolments": []}).status_code == 422
    assert client.post(path, data={"on": day, "enrolments": both[:1]}).status_code == 302
    db.session.expire_all()
    assert (first.standing, second.standing) == (Standing.COMPLETED, Standing.TAKING_PART)
    foreign = [str(academy.enrolments[1].id)]
    assert client.post(path, data={"on": day, "enrolments": foreign}).status_code == 422


def test_who_left_loses_the_cohort_and_stays_counted(
    academy: SimpleNamespace, as_: Callable[..., object], second: Enrolment
) -> None:
    enrolment, client = academy.enrolments[0], as_(academy.ada)
    path = f"/cohorts/{academy.cohorts[0].id}/enrolments/{enrolment.id}/leaving"
    form = {"on": utcnow().date().isoformat(), "reason": "early job"}
    trainee = as_(academy.lena)
    course = f"/coursework/courses/{academy.offerings[0].id}"
    assert trainee.get(course).status_code == 200
    assert client.post(path, data={"on": form["on"]}).status_code == 422
    assert client.post(path, data=form).status_code == 302
    assert client.post(path, data=form).status_code == 422  # only once
    db.session.expire_all()
    assert enrolment.standing is Standing.LEFT
    assert trainee.get(course).status_code == 404
    elsewhere = f"/cohorts/{academy.cohorts[1].id}/enrolments/{enrolment.id}/leaving"
    assert client.get(elsewhere).status_code == 404
