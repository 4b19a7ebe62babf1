"""Consents are rows that stay: given, refused, withdrawn, and asked anew when the text changes."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from lms.accounts.models import User
from lms.audit import AuditEvent
from lms.db import db
from lms.privacy import purpose_files, queries
from lms.privacy.actions import decide
from lms.privacy.models import Channel, Consent
from lms.privacy.purpose_files import PurposeFileError, purposes, read_folder

TRACKING = "outcome-tracking"


def say(client: object, given: str, *, purpose: str = TRACKING, version: int = 1) -> object:
    form = {"version": version, "given": given}
    return client.post(f"/privacy/consents/{purpose}", data=form)


def test_the_purposes_are_complete() -> None:
    found = purposes(on=date(2026, 12, 1))
    assert list(found) == ["education", "completion-record", "employer-contact", TRACKING]
    assert [one.required for one in found.values()] == [True, False, False, False]
    assert purposes(on=date(2020, 1, 1)) == {}


def test_giving_and_withdrawing_through_the_page(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    client = as_(academy.lena)
    assert "4 decisions wait" in client.get("/").text
    assert not queries.has_consent(academy.lena, TRACKING)
    assert say(client, "yes").status_code == 302
    assert queries.has_consent(academy.lena, TRACKING)
    assert not queries.has_consent(academy.omar, TRACKING)
    say(client, "yes")  # once more adds nothing
    assert say(client, "no").status_code == 302
    assert not queries.has_consent(academy.lena, TRACKING)
    rows = db.session.scalars(select(Consent).order_by(Consent.id)).all()
    assert [(row.given, row.version, row.channel, row.by_id) for row in rows] == [
        (True, 1, Channel.PAGE, academy.lena.id),
        (False, 1, Channel.PAGE, academy.lena.id),
    ]
    page = client.get("/privacy/consents").text
    assert "You do not agree" in page and "Your decisions so far" in page
    assert "3 decisions wait" in client.get("/").text
    actions = select(AuditEvent.action).where(AuditEvent.action.like("consent-%"))
    assert db.session.scalars(actions.order_by(AuditEvent.id)).all() == [
        "consent-given", "consent-withdrawn",
    ]  # fmt: skip


def test_what_is_not_an_answer_is_refused(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    client = as_(academy.lena)
    assert say(client, "perhaps").status_code == 400
    assert say(client, "yes", version=2).status_code == 409
    assert say(client, "yes", purpose="marketing").status_code == 404
    assert client.post(f"/privacy/consents/{TRACKING}", data={"given": "yes"}).status_code == 400
    assert db.session.scalars(select(Consent)).all() == []


def test_a_new_version_asks_everybody_anew(
    academy: SimpleNamespace, as_: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(academy.lena, TRACKING, version=1, given=True, channel=Channel.PAPER, by=academy.ada)
    old = purpose_files.versions()
    [tracking] = [one for one in old if one.purpose == TRACKING]
    newer = (*old, replace(tracking, version=2))
    monkeypatch.setattr(purpose_files, "versions", lambda: newer)
    assert not queries.has_consent(academy.lena, TRACKING)
    assert "please decide again" in as_(academy.lena).get("/privacy/consents").text
    [count] = [row for row in queries.consent_counts() if row.purpose.purpose == TRACKING]
    assert (count.given, count.outdated, count.not_asked, count.people) == (0, 1, 1, 2)


def test_the_overview_counts_people_in_cohorts(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    for person, given in ((academy.lena, True), (academy.omar, False), (academy.stan, True)):
        decide(person, TRACKING, version=1, given=given, channel=Channel.PAGE, by=person)
    [count] = [row for row in queries.consent_counts() if row.purpose.purpose == TRACKING]
    assert (count.given, count.not_given, count.not_asked, count.people) == (1, 1, 0, 2)
    found = select(User.username).where(User.id.in_(queries.consenting(TRACKING)))
    assert set(db.session.scalars(found)) == {"lena", "stan"}
    assert as_(academy.ada).get("/privacy/").status_code == 200


@pytest.mark.parametrize("change", ["UPDATE consent SET given = true", "DELETE FROM consent"])
def test_a_consent_stays_as_it_was_said(change: str, academy: SimpleNamespace) -> None:
    decide(academy.lena, TRACKING, version=1, given=False, channel=Channel.PAGE, by=academy.lena)
    db.session.flush()
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(text(change))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("required: true", "required: maybe", "education-1.yaml:5: required is no truth value"),
        ("keep_years: 3", "keep_years: 0", "education-1.yaml:16: keep_years is 0"),
        ("purpose: education", "purpose: teaching", "name it teaching-1.yaml"),
        ("version: 1", "version: 1\nextra: 2", "education-1.yaml:4: .*unknown key"),
        ("since: 2020-06-01", "since: soon", "education-1.yaml:4: since is no date"),
        ("title: {ko: 교육 운영, en: ", "title: {ko: ", "education-1.yaml:6"),
    ],
)
def test_a_mistake_in_a_purpose_is_told_with_its_line(
    old: str, new: str, complaint: str, tmp_path: Path
) -> None:
    content = (purpose_files.FOLDER / "education-1.yaml").read_text()
    assert old in content
    (tmp_path / "education-1.yaml").write_text(content.replace(old, new))
    with pytest.raises(PurposeFileError, match=complaint):
        read_folder(tmp_path)


def test_opt_outs_of_before_are_consents_withdrawn(academy: SimpleNamespace) -> None:
    """What migration 0011 does to the rows of the table that it then drops."""
    move = importlib.import_module("lms.migrations.versions.0013_one_consent").MOVE
    lena, omar, stan, ada = academy.lena, academy.omar, academy.stan, academy.ada
    for person, on in ((omar, "2026-11-20"), (stan, "2026-11-02")):
        db.session.add(Consent(user_id=person.id, purpose=TRACKING, version=1, given=True, channel=Channel.PAGE, by_id=person.id, at=datetime.fromisoformat(f"{on}T00:00Z")))  # fmt: skip
    db.session.flush()
    db.session.execute(
        text(
            "CREATE TEMPORARY TABLE survey_opt_out (user_id bigint, recorded_by_id bigint, "
            "recorded_at timestamptz, superseded_at timestamptz) ON COMMIT DROP"
        )
    )
    rows = [
        (lena.id, None, "2026-11-05", "2026-11-06"),  # taken back …
        (lena.id, None, "2026-11-08", None),  # … and said again
        (omar.id, ada.id, "2026-11-05", "2026-11-10"),  # decided since on the page
        (stan.id, ada.id, "2026-11-05", None),  # stands against what was agreed before
    ]
    for row in rows:
        db.session.execute(
            text("INSERT INTO survey_opt_out VALUES (:person, :by, :at, :ended)"),
            dict(zip(("person", "by", "at", "ended"), row, strict=True)),
        )
    db.session.execute(text(move))
    found = [
        [(row.given, row.channel.value, row.by_id, row.at.day) for row in queries.consent_history(one)]
        for one in (lena, omar, stan)
    ]  # fmt: skip
    assert found[0] == [
        (False, "link", lena.id, 8), (True, "link", lena.id, 6), (False, "link", lena.id, 5),
    ]  # fmt: skip
    assert found[1] == [(True, "page", omar.id, 20)]
    assert found[2] == [(False, "told", ada.id, 5), (True, "page", stan.id, 2)]
