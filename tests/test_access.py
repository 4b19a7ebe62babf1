"""Every route asks the same question of the same people; a route missing here fails."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from flask import Flask

from lms.access import GRANTS, Credential, Permission, Role
from lms.coursework.models import Regrade
from lms.db import db
from lms.regrading.actions import request_regrade

# endpoint: (method, what ada, ines, lena, omar, stan and nobody get). Ids are lena's cohort, her
# assignment and her submission. 302 to the sign-in page is written "in".
ROUTES: dict[str, tuple[str, tuple[int | str, ...]]] = {
    "home.index": ("GET", (200, 200, 200, 200, 200, "in")),
    "home.healthz": ("GET", (200, 200, 200, 200, 200, 200)),
    "accounts.sign_in": ("GET", (302, 302, 302, 302, 302, 200)),
    "accounts.sign_in_post": ("POST", (422, 422, 422, 422, 422, 422)),
    "accounts.sign_out": ("POST", (302, 302, 302, 302, 302, 302)),
    "accounts.welcome": ("GET", (404, 404, 404, 404, 404, 404)),
    "accounts.language": ("POST", (400, 400, 400, 400, 400, 400)),
    "accounts.profile": ("GET", (200, 200, 200, 200, 200, "in")),
    "accounts.password": ("POST", (422, 422, 422, 422, 422, "in")),
    "accounts.people": ("GET", (200, 403, 403, 403, 403, "in")),
    "accounts.new_person": ("GET", (200, 403, 403, 403, 403, "in")),
    "accounts.person": ("GET", (200, 403, 403, 403, 404, "in")),
    "accounts.password_reset": ("POST", (200, 403, 403, 403, 404, "in")),
    "accounts.deactivation": ("POST", (302, 403, 403, 403, 404, "in")),
    "accounts.reactivation": ("POST", (302, 403, 403, 403, 404, "in")),
    "accounts.audit_trail": ("GET", (200, 403, 403, 403, 403, "in")),
    "oidc.discovery": ("GET", (200, 200, 200, 200, 200, 200)),
    "oidc.jwks": ("GET", (200, 200, 200, 200, 200, 200)),
    "oidc.authorize": ("GET", (400, 400, 400, 400, 400, "in")),
    "oidc.token": ("POST", (400, 400, 400, 400, 400, 400)),
    "oidc.userinfo": ("GET", (401, 401, 401, 401, 401, 401)),
    "cohorts.index": ("GET", (200, 403, 403, 403, 403, "in")),
    "cohorts.new": ("GET", (200, 403, 403, 403, 403, "in")),
    "cohorts.cohort": ("GET", (200, 200, 403, 404, 404, "in")),
    "cohorts.opening": ("POST", (409, 403, 403, 404, 404, "in")),
    "cohorts.closure": ("GET", (200, 403, 403, 404, 404, "in")),
    "cohorts.roster_import": ("GET", (200, 403, 403, 404, 404, "in")),
    "cohorts.invitations": ("GET", (200, 403, 403, 404, 404, "in")),
    "cohorts.completions": ("GET", (200, 403, 403, 404, 404, "in")),
    "cohorts.leaving": ("GET", (200, 403, 403, 404, 404, "in")),
    "cohorts.new_offering": ("GET", (200, 403, 403, 404, 404, "in")),
    "cohorts.new_instructor": ("GET", (200, 403, 403, 404, 404, "in")),
    "cohorts.dismissal": ("POST", (302, 403, 403, 404, 404, "in")),
    "compute.server": ("GET", (200, 200, 200, 200, 200, "in")),
    "compute.start": ("POST", (503, 503, 503, 503, 503, "in")),
    "compute.waiting": ("GET", (503, 503, 503, 503, 503, "in")),
    "compute.stop": ("POST", (503, 503, 503, 503, 503, "in")),
    "compute_api.open_session": ("POST", (401, 401, 401, 401, 401, 401)),
    "compute_api.end_session": ("DELETE", (401, 401, 401, 401, 401, 401)),
    "coursework.course": ("GET", (200, 200, 200, 404, 404, "in")),
    "coursework.lesson": ("GET", (200, 200, 200, 404, 404, "in")),
    "coursework.publication": ("GET", (403, 200, 403, 404, 404, "in")),
    "coursework.due_date": ("GET", (403, 200, 403, 404, 404, "in")),
    "coursework.assignment": ("GET", (302, 302, 200, 404, 404, "in")),
    "coursework.attempts": ("GET", (403, 403, 200, 404, 404, "in")),
    "coursework.submit": ("POST", (403, 403, 422, 404, 404, "in")),
    "coursework.submit_from_home": ("POST", (403, 403, 503, 404, 404, "in")),
    "coursework.submission": ("GET", (200, 200, 200, 404, 404, "in")),
    "coursework.run_again": ("POST", (403, 302, 403, 404, 404, "in")),
    "exchange.assignments": ("GET", (401,) * 6),
    "exchange.release": ("GET", (401,) * 6),
    "exchange.release_file": ("GET", (401,) * 6),
    "exchange.submit": ("POST", (401,) * 6),
    "exchange.submissions": ("GET", (401,) * 6),
    "exchange.feedback": ("GET", (401,) * 6),
    "gradebook.board": ("GET", (200, 200, 403, 404, 404, "in")),
    "gradebook.submission": ("GET", (200, 200, 403, 404, 404, "in")),
    "gradebook.mark": ("POST", (403, 302, 403, 404, 404, "in")),
    "gradebook.release": ("POST", (403, 409, 403, 404, 404, "in")),
    "gradebook.table": ("GET", (200, 200, 200, 404, 404, "in")),
    "gradebook.export": ("GET", (200, 200, 403, 404, 404, "in")),
    "staff_exchange.submissions": ("GET", (401,) * 6),
    "staff_exchange.file": ("GET", (401,) * 6),
    "gradebook_file.index": ("GET", (200, 200, 403, 404, 404, "in")),
    "gradebook_file.export": ("POST", (302, 302, 403, 404, 404, "in")),
    "gradebook_file.download": ("GET", (404, 404, 403, 404, 404, "in")),
    "regrading.new": ("GET", (403, 200, 403, 404, 404, "in")),
    "regrading.regrade": ("GET", (403, 200, 403, 404, 404, "in")),
    "regrading.application": ("POST", (403, 409, 403, 404, 404, "in")),
    "regrading.discard": ("POST", (403, 302, 403, 404, 404, "in")),
    "gradebook_file.upload": ("POST", (422, 422, 403, 404, 404, "in")),
    "gradebook_file.check": ("GET", (404, 404, 403, 404, 404, "in")),
    "gradebook_file.apply": ("POST", (404, 404, 403, 404, 404, "in")),
    "outcomes.index": ("GET", (200, 403, 403, 403, 403, "in")),
    "outcomes.report_csv": ("GET", (200, 403, 403, 403, 403, "in")),
    "outcomes.report_xlsx": ("GET", (200, 403, 403, 403, 403, "in")),
    "privacy.consents": ("GET", (200, 200, 200, 200, 200, "in")),
    "privacy.decision": ("POST", (400, 400, 400, 400, 400, "in")),
    "privacy.index": ("GET", (200, 403, 403, 403, 403, "in")),
    "privacy.access_review": ("GET", (200, 403, 403, 403, 403, "in")),
    "privacy.due": ("GET", (200, 403, 403, 403, 403, "in")),
    "privacy.breach": ("GET", (200, 403, 403, 403, 403, "in")),
    "privacy.breach_file": ("GET", (400, 403, 403, 403, 403, "in")),
}
PEOPLE = ("ada", "ines", "lena", "omar", "stan", None)


def test_every_route_is_in_the_table(app: Flask) -> None:
    rules = {rule.endpoint for rule in app.url_map.iter_rules()}
    elsewhere = {"static", "content.page", "content.download"}  # test_security.py: no person there
    assert rules - elsewhere == set(ROUTES)


def test_every_route_has_a_door(app: Flask) -> None:
    for endpoint, view in app.view_functions.items():
        assert endpoint == "static" or view.door.credential in Credential


def test_every_permission_is_granted_to_somebody_and_stands_on_a_route(app: Flask) -> None:
    granted = frozenset[Permission]().union(*GRANTS.values())
    on_routes = {
        view.door.permission for name, view in app.view_functions.items() if name != "static"
    }
    assert granted == set(Permission)
    assert set(GRANTS) == set(Role)
    assert granted <= on_routes


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("endpoint", ROUTES)
def test_who_gets_in(
    endpoint: str,
    person: str | None,
    app: Flask,
    academy: SimpleNamespace,
    hand_in: Callable[..., object],
    as_: Callable[..., object],
) -> None:
    method, answers = ROUTES[endpoint]
    submission = hand_in()
    address = _address(app, endpoint, academy, submission)
    client = as_(getattr(academy, person) if person else None)
    answer = client.open(address, method=method)
    expected = answers[PEOPLE.index(person)]
    if expected == "in":
        assert answer.status_code == 302
        assert answer.location.startswith("/accounts/sign-in")
    else:
        assert answer.status_code == expected, answer.get_data(as_text=True)[:2000]


def _address(app: Flask, endpoint: str, academy: SimpleNamespace, submission: object) -> str:
    values = {
        "person_id": academy.stan.id,
        "cohort_id": academy.cohorts[0].id,
        "enrolment_id": academy.enrolments[0].id,
        "token": "forged",
        "offering_id": academy.offerings[0].id,
        "assignment_id": academy.assignments[0].id,
        "submission_id": submission.id,
        "question": academy.assignments[0].questions[1].id,
        "username": "ines",
        "slug": "ps2" if endpoint == "coursework.publication" else "first",
        "code": academy.offerings[0].code,
        "name": "ps1",
        "path": "ps1.ipynb",
        "page": "ps1.html",
        "number": submission.id,
        "purpose": "education",
        "month": "2026-10",
    }
    if endpoint.startswith("regrading.") and endpoint != "regrading.new":
        values["regrade_id"] = _open_regrade(academy).id
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    needed = {name: values[name] for name in rule.arguments}
    return app.url_map.bind("localhost:8000").build(endpoint, needed)


def _open_regrade(academy: SimpleNamespace) -> Regrade:
    assignment = academy.assignments[0]
    regrade = request_regrade(
        assignment, files=assignment.source_files, rules=["points_kept"], by=academy.ines
    )
    db.session.commit()
    return regrade
