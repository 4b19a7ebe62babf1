"""The administrator's pages."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from lms.cohorts.models import Enrolment
from lms.db import db
from lms.surveys import actions, queries
from lms.surveys.models import Channel, Invitation, Link, Outcome, Wave


@pytest.fixture
def ada(academy: SimpleNamespace, as_: Callable[..., FlaskClient]) -> FlaskClient:
    return as_(academy.ada)


def test_a_wave_is_opened_looked_at_and_closed(
    completed: SimpleNamespace, ada: FlaskClient
) -> None:
    home = f"/surveys/cohorts/{completed.cohorts[0].id}"
    assert "Never opened" in ada.get(home).text
    assert ada.post(f"{home}/waves/12/opening").status_code == 409
    assert ada.post(f"{home}/waves/4/opening").status_code == 404
    assert ada.post(f"{home}/waves/6/opening").location == f"{home}/waves/6"
    page = ada.get(f"{home}/waves/6").text
    assert "Lena" in page and "0 of 1" in page and "No mail server is set" in page
    assert "Nobody has this outcome" in ada.get(f"{home}/waves/6?outcome=complete").text
    assert ada.post(f"{home}/waves/6/closure").status_code == 302
    assert ada.post(f"{home}/waves/6/closure").status_code == 409


def test_an_attempt_is_recorded(asked: Invitation, ada: FlaskClient, wave: Wave) -> None:
    path = f"/surveys/cohorts/{wave.cohort_id}/waves/3/people/{asked.id}"
    form = {"channel": "phone", "outcome": "no-answer", "note": "call after six"}
    assert ada.post(path, data=form).status_code == 302
    assert "call after six" in ada.get(path).text
    assert ada.post(path, data={**form, "note": "900101" + "-1234567"}).status_code == 422
    assert ada.post(path, data={**form, "outcome": "complete"}).status_code == 422
    other = path.replace(str(asked.id), "999999")
    assert ada.get(other).status_code == 404


def test_the_form_is_filled_in_on_the_telephone(
    asked: Invitation, ada: FlaskClient, wave: Wave
) -> None:
    path = f"/surveys/cohorts/{wave.cohort_id}/waves/3/people/{asked.id}"
    link = ada.post(f"{path}/call").location
    ada.post(link, data={"kind": "seeking"})
    ada.post(f"{link}/place", data={"since": "2026-03-02"})
    assert queries.outcome_of(asked) is Outcome.COMPLETE
    assert queries.response(asked).channel == "phone"


def test_links_are_revoked_and_opting_out_is_taken_back(
    asked: Invitation, ada: FlaskClient, wave: Wave, academy: SimpleNamespace
) -> None:
    path = f"/surveys/cohorts/{wave.cohort_id}/waves/3/people/{asked.id}"
    ada.post(f"{path}/revocation")
    assert db.session.scalars(select(Link.revoked_at)).one() is not None
    ada.post(path, data={"channel": "phone", "outcome": "opted-out"})
    assert ada.post(f"{path}/mail").status_code == 409
    assert ada.post(f"{path}/asking-again", data={}).status_code == 422
    ada.post(f"{path}/asking-again", data={"reason": "called us"})
    assert not queries.opted_out(academy.lena)
    assert ada.post(f"{path}/mail").status_code == 302


def test_queries_do_not_grow_with_the_cohort(
    completed: SimpleNamespace,
    ada: FlaskClient,
    grow: Callable[[int], None],
    counted: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    cohort = completed.cohorts[0]
    taken: dict[int, list[int]] = {}
    for months, people in ((3, 5), (6, 40)):
        grow(people)
        everybody = update(Enrolment).where(Enrolment.cohort_id == cohort.id)
        db.session.execute(everybody.values(completed_on=date(2026, 3, 2)))
        planned = next(wave for wave in queries.schedule(cohort) if wave.months == months)
        actions.open_wave(planned, by=completed.ada)
        db.session.commit()
        db.session.expire_all()
        for path in ("", f"/waves/{months}"):
            with counted() as statements:
                assert ada.get(f"/surveys/cohorts/{cohort.id}{path}").status_code == 200
            taken.setdefault(months, []).append(len(statements))
    assert taken[3] == taken[6] and max(taken[3]) <= 14, taken


def test_pay_is_shown_to_the_person_alone(
    asked: Invitation, link: str, ada: FlaskClient, as_: Callable[..., FlaskClient], wave: Wave
) -> None:
    visitor = as_(None)
    visitor.post(link, data={"kind": "employee"})
    visitor.post(f"{link}/place", data={"since": "2026-04-01", "employer": "Hanbit Data"})
    visitor.post(f"{link}/terms", data={"pay_band": "500-"})
    assert "5 million won or more" in visitor.get(link).text
    page = ada.get(f"/surveys/cohorts/{wave.cohort_id}/waves/3/people/{asked.id}").text
    assert "Hanbit Data" in page and "million won" not in page


def test_ones_own_copy_holds_answers_attempts_and_consents(
    asked: Invitation, link: str, academy: SimpleNamespace, as_: Callable[..., FlaskClient]
) -> None:
    visitor, lena = as_(None), as_(academy.lena)
    for role in ("engineer", "analyst"):
        visitor.post(link, data={"kind": "freelance"})
        visitor.post(f"{link}/place", data={"since": "2026-04-01", "role": role})
    visitor.post(link, data={"kind": "employee"})
    visitor.post(f"{link}/opt-out")
    actions.record_attempt(
        asked, channel=Channel.PHONE, outcome=None, note="after six", by=academy.ada
    )
    copy = lena.get("/outcomes/my-record/my-record.json").json
    (wave,) = copy["surveys"]
    assert (wave["cohort"], wave["months"], wave["census_on"]) == (1, 3, "2026-06-02")
    assert [row["channel"] for row in wave["attempts"]] == ["mail", "phone"]
    assert wave["attempts"][1]["note"] == "after six"
    first, second = wave["responses"]
    assert (first["answers"]["role"], second["answers"]["role"]) == ("engineer", "analyst")
    assert first["superseded_at"] and not second["superseded_at"]
    assert wave["begun"]["answers"] == {"kind": "employee"}
    assert [(row["given"], row["channel"]) for row in copy["consents"]] == [
        (False, "link"), (True, "page"),
    ]  # fmt: skip
    table = lena.get("/outcomes/my-record/my-record.csv").data.decode("utf-8-sig")
    kinds = [line.partition(",")[0] for line in table.splitlines()]
    assert (kinds.count("survey-response"), kinds.count("survey-attempt")) == (2, 2)
    assert (kinds.count("survey-begun"), kinds.count("consent")) == (1, 2)
    other = as_(academy.omar).get("/outcomes/my-record/my-record.json").json
    assert other["surveys"] == [] and other["consents"] == []
