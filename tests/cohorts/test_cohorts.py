"""A cohort from its plan to its close: each step in its order, with its courses and its instructors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from lms.audit import AuditEvent
from lms.cohorts.models import Application, ApplicationStage, Cohort, CohortState, Stage
from lms.cohorts.queries import cohort_by_number, funnel, instructors, offering_by_code
from lms.db import db

As = Callable[..., FlaskClient]
PLAN = {"number": "9", "starts_on": "2027-03-02", "ends_on": "2027-11-30", "seats": "200"}


@pytest.fixture
def planned(academy: SimpleNamespace, as_: As) -> Cohort:
    answer = as_(academy.ada).post("/cohorts/new", data=PLAN)
    cohort = cohort_by_number(9)
    assert cohort and answer.location == f"/cohorts/{cohort.id}"
    return cohort


def last_action() -> str | None:
    return db.session.scalar(select(AuditEvent.action).order_by(AuditEvent.id.desc()).limit(1))


def test_a_cohort_is_planned_opened_and_closed(
    planned: Cohort, academy: SimpleNamespace, as_: As
) -> None:
    client, path = as_(academy.ada), f"/cohorts/{planned.id}"
    assert planned.state is CohortState.PLANNED and last_action() == "cohort-planned"
    assert client.post(f"{path}/opening").status_code == 302
    assert planned.state is CohortState.OPEN and last_action() == "cohort-opened"
    assert "cannot be undone" in client.get(f"{path}/closure").text
    assert client.post(f"{path}/closure").status_code == 302
    assert planned.state is CohortState.CLOSED and last_action() == "cohort-closed"
    page = client.get(path).text
    assert "/roster-import" not in page and "/offerings/new" not in page


def test_the_steps_keep_their_order(planned: Cohort, academy: SimpleNamespace, as_: As) -> None:
    client, path = as_(academy.ada), f"/cohorts/{planned.id}"
    assert client.post(f"{path}/closure").status_code == 409
    assert "Only an open cohort can be closed" in client.get(f"{path}/closure").text
    client.post(f"{path}/opening")
    assert client.post(f"{path}/opening").status_code == 409
    client.post(f"{path}/closure")
    assert client.post(f"{path}/closure").status_code == 409
    assert client.post(f"{path}/opening").status_code == 409
    assert planned.state is CohortState.CLOSED


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"number": "1"}, "There is a cohort 1 already"),
        ({"ends_on": "2027-03-01"}, "last day is before the first"),
        ({"seats": "0"}, "between 1 and 5000"),
        ({"starts_on": ""}, "required"),
    ],
)
def test_a_wrong_plan_is_refused(
    change: dict[str, str], wanted: str, academy: SimpleNamespace, as_: As
) -> None:
    answer = as_(academy.ada).post("/cohorts/new", data=PLAN | change)
    assert answer.status_code == 422 and wanted in answer.text
    assert cohort_by_number(9) is None


def test_closing_says_who_is_still_there(academy: SimpleNamespace, as_: As) -> None:
    page = as_(academy.ada).get(f"/cohorts/{academy.cohorts[0].id}/closure").text
    assert "1 person neither completed nor left" in page


def test_a_course_is_offered_once(planned: Cohort, academy: SimpleNamespace, as_: As) -> None:
    client, path = as_(academy.ada), f"/cohorts/{planned.id}/offerings/new"
    form = {"course_id": academy.course.id, "starts_on": "2027-03-02", "ends_on": "2027-04-02"}
    assert client.post(path, data=form).status_code == 302
    offering = offering_by_code("python-c9")
    assert offering and offering.cohort is planned and offering.ends_on == date(2027, 4, 2)
    assert "No further course to add" in client.get(path).text
    assert client.post(path, data=form).status_code == 422
    assert f"/coursework/courses/{offering.id}" in client.get(f"/cohorts/{planned.id}").text


def test_instructors_come_and_go(academy: SimpleNamespace, as_: As) -> None:
    cohort, stan, client = academy.cohorts[0], academy.stan, as_(academy.ada)
    path = f"/cohorts/{cohort.id}/instructors"
    assert as_(stan).get(f"/cohorts/{cohort.id}").status_code == 404
    assert client.post(f"{path}/new", data={"user_id": stan.id}).status_code == 302
    assert stan in instructors(cohort) and last_action() == "instructor-appointed"
    assert as_(stan).get(f"/cohorts/{cohort.id}").status_code == 200
    assert client.post(f"{path}/stan/dismissal").status_code == 302
    assert stan not in instructors(cohort) and last_action() == "instructor-dismissed"
    assert as_(stan).get(f"/cohorts/{cohort.id}").status_code == 404
    assert client.post(f"{path}/nobody/dismissal").status_code == 404


def test_a_trainee_is_no_candidate(academy: SimpleNamespace, as_: As) -> None:
    path = f"/cohorts/{academy.cohorts[0].id}/instructors/new"
    page = as_(academy.ada).get(path).text
    assert "(stan)" in page and "(lena)" not in page and "(ines)" not in page
    answer = as_(academy.ada).post(path, data={"user_id": academy.lena.id})
    assert answer.status_code == 422


def test_a_step_nobody_counted_is_not_zero(academy: SimpleNamespace, as_: As) -> None:
    cohort = academy.cohorts[0]
    applications = db.session.scalars(
        insert(Application).returning(Application.id), [{"cohort_id": cohort.id}] * 4
    ).all()
    for stage, count in ((Stage.APPLIED, 4), (Stage.SELECTED, 2)):
        rows = [{"application_id": key, "stage": stage} for key in applications[:count]]
        db.session.execute(insert(ApplicationStage), rows)
    db.session.commit()
    found = funnel(cohort)
    assert (found.applied, found.shortlisted, found.tested, found.selected) == (4, None, None, 2)
    page = as_(academy.ada).get(f"/cohorts/{cohort.id}").text
    assert page.count("not recorded") == 2
    assert "50.0% of the 4 at “Applied”" in page
    assert "not recorded" in as_(academy.ada).get("/cohorts/").text


def test_a_checked_file_is_imported_with_one_click(academy: SimpleNamespace, as_: As) -> None:
    client, path = as_(academy.ada), f"/cohorts/{academy.cohorts[0].id}/roster-import"
    text = "student_number,name,email,username\r\n1-02,김하늘,haneul@academy.example,haneul\r\n"
    assert "Import 1 person now" in client.post(path, data={"text": text}).text
    assert client.post(path, data={"text": text, "apply": "y"}).status_code == 302
    assert "enrolled already" in client.post(path, data={"text": text}).text
    assert client.post(path, data={}).status_code == 422
    bad = text.replace("1-02", "1 02")
    assert client.post(path, data={"text": bad, "apply": "y"}).status_code == 422
