"""Whose period is over, and that nothing of the person is left where it was destroyed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from lms.accounts.models import User
from lms.cohorts.models import Applicant, Application, EnrolmentRecord, Sex
from lms.db import db, utcnow
from lms.gradebook.models import GradebookExport
from lms.metrics.facts import SpellKind
from lms.outcomes.models import StatusSpell
from lms.privacy import purpose_files, retention
from lms.privacy.actions import decide
from lms.privacy.models import Channel, Destruction

LONG_AGO = date(2023, 2, 28)


@pytest.fixture
def over(academy: SimpleNamespace) -> SimpleNamespace:
    """lena completed long ago; omar takes part; stan never was in a cohort."""
    academy.enrolments[0].completed_on = LONG_AGO
    db.session.commit()
    return academy


def names() -> list[str]:
    return [one.person.username for one in retention.due()]


def test_who_is_due(over: SimpleNamespace) -> None:
    assert names() == ["lena"]
    [one] = retention.due()
    assert (one.ended_on, one.due_on) == (LONG_AGO, date(2026, 2, 28))
    for short, due in ((1, []), (0, ["lena"])):
        today = retention.today()
        over.enrolments[0].completed_on = today.replace(year=today.year - 3) + timedelta(short)
        db.session.flush()
        assert names() == due
    assert retention.years_after(date(2024, 2, 29), 3) == date(2027, 3, 1)


def test_without_a_clock_nothing_is_over(
    over: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purpose_files, "versions", tuple)
    assert names() == []


def test_consent_keeps_it_longer_and_withdrawal_ends_that(over: SimpleNamespace) -> None:
    for given, due in ((True, []), (False, ["lena"])):
        decide(over.lena, "outcome-tracking", version=1, given=given,
               channel=Channel.PAGE, by=over.lena)  # fmt: skip
        db.session.flush()
        assert names() == due


def test_staff_and_people_without_a_cohort(over: SimpleNamespace) -> None:
    over.enrolments[0].user_id = over.ines.id  # she completed, and teaches now
    db.session.flush()
    assert names() == []
    for person in (over.ines, over.stan):
        person.deactivated_at = utcnow() - timedelta(days=4 * 365)
    db.session.flush()
    assert set(names()) == {"ines", "stan"}


def test_choosing_checking_and_destroying(
    over: SimpleNamespace, as_: Callable[..., object]
) -> None:
    lena, client = over.lena.id, as_(over.ada)
    spell = StatusSpell(user_id=lena, kind=SpellKind.EMPLOYEE, valid_from=LONG_AGO,
                        evidence_level=1, source="own word")  # fmt: skip
    export = GradebookExport(offering_id=over.offerings[0].id, by_id=over.ada.id, content=b"Lena")
    db.session.add_all([spell, export])
    over.lena.password_hash = "x"
    db.session.commit()

    assert "lena" in client.get("/privacy/retention").text
    assert client.post("/privacy/retention", data={}).status_code == 422
    asked = client.post("/privacy/retention", data={"people": lena})
    assert asked.status_code == 200 and "cannot be undone" in asked.text
    refused = client.post("/privacy/retention", data={"people": lena, "last_step": "y"})
    assert refused.status_code == 422 and "Tick the box" in refused.text
    assert over.lena.name == "Lena"

    sure = {"people": lena, "last_step": "y", "confirmed": "y"}
    assert client.post("/privacy/retention", data=sure).status_code == 302
    db.session.expire_all()
    person = db.session.get_one(User, lena)
    assert person.username.startswith("destroyed-") and person.name == person.username
    assert person.email.endswith("@destroyed.invalid")
    assert not person.is_active and person.password_hash is None
    assert over.enrolments[0].student_number == person.username
    assert db.session.scalars(select(GradebookExport)).all() == []
    # The facts stay, and are known as before.
    assert db.session.scalars(select(StatusSpell.user_id)).all() == [lena]
    live = select(EnrolmentRecord).where(
        EnrolmentRecord.user_id == lena, EnrolmentRecord.superseded_at.is_(None)
    )
    assert db.session.scalars(live).one().completed_on == LONG_AGO
    [row] = db.session.scalars(select(Destruction))
    assert (row.kind, row.people, row.by_id) == ("account", 1, over.ada.id)
    assert "제21조" in row.legal_basis
    page = client.get("/privacy/retention").text
    assert "Register of destruction" in page and "Lena" not in page
    assert names() == []
    assert client.post("/privacy/retention", data=sure).status_code == 422  # not twice


def test_nobody_is_destroyed_if_somebody_is_not_due(over: SimpleNamespace) -> None:
    with pytest.raises(retention.NotDue):
        retention.destroy([over.lena.id, over.omar.id], by=over.ada)
    assert over.lena.name == "Lena"
    assert db.session.scalars(select(Destruction)).all() == []


@pytest.mark.parametrize("change", ["UPDATE destruction SET people = 9", "DELETE FROM destruction"])
def test_the_register_stays(change: str, over: SimpleNamespace) -> None:
    retention.destroy([over.lena.id], by=over.ada)
    db.session.flush()
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(text(change))


def apply(cohort: object, number: str) -> Application:
    application = Application(cohort_id=cohort.id, number=number)
    db.session.add(application)
    db.session.flush()
    db.session.add(Applicant(application_id=application.id, sex=Sex.FEMALE, birth_year=1999))
    return application


def test_what_was_asked_at_application_goes_with_the_person(over: SimpleNamespace) -> None:
    mine, other = apply(over.cohorts[0], "A-1"), apply(over.cohorts[0], "A-2")
    over.enrolments[0].application_id = mine.id
    db.session.flush()
    retention.destroy([over.lena.id], by=over.ada)
    db.session.expire_all()
    assert db.session.scalars(select(Applicant.application_id)).all() == [other.id]
    assert (mine.number, other.number) == (None, "A-2")


def test_applications_nobody_was_enrolled_from_have_their_own_end(
    over: SimpleNamespace, as_: Callable[..., object]
) -> None:
    cohort, client = over.cohorts[0], as_(over.ada)
    mine, other = apply(cohort, "A-1"), apply(cohort, "A-2")
    over.enrolments[0].application_id = mine.id
    db.session.commit()
    assert retention.due_applications() == []  # the cohort is open
    cohort.close()
    today = retention.today()
    cohort.starts_on, cohort.ends_on = LONG_AGO, today.replace(year=today.year - 3) + timedelta(1)
    db.session.flush()
    assert retention.due_applications() == []
    cohort.ends_on -= timedelta(1)
    db.session.commit()
    assert [one.applications for one in retention.due_applications()] == [1]
    assert "never enrolled" in client.get("/privacy/retention").text
    path = f"/privacy/retention/cohorts/{cohort.id}/applications"
    assert client.post(path).status_code == 302
    db.session.expire_all()
    assert db.session.scalars(select(Applicant.application_id)).all() == [mine.id]
    assert (mine.number, other.number) == ("A-1", None)
    [row] = db.session.scalars(select(Destruction))
    assert (row.kind, row.people) == ("applications", 1)
    assert client.post(path).status_code == 409
