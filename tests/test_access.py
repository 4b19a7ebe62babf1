"""Every route asks the same question of the same people; a route missing here fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select

from lms.access import GRANTS, Credential, Permission, Role
from lms.careers import actions as careers
from lms.careers import venture_actions
from lms.careers.models import InvestmentKind, MouKind
from lms.cohorts.actions import enrol
from lms.coursework.models import Regrade
from lms.db import Bilingual, db, utcnow
from lms.funding import actions as funding
from lms.funding.models import Cost, CostKind
from lms.metrics.facts import Spell, SpellKind
from lms.outcomes import actions as outcomes
from lms.outcomes import evidence_actions
from lms.outcomes.models import EvidenceKind
from lms.regrading.actions import request_regrade
from lms.reports.actions import make_report
from lms.reports.models import Report
from lms.surveys import actions as surveys
from lms.surveys.models import Invitation
from lms.surveys.queries import schedule

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
    "cohorts.applications_import": ("GET", (200, 403, 403, 404, 404, "in")),
    "attendance.table": ("GET", (200, 403, 403, 404, 404, "in")),
    "attendance.upload": ("GET", (200, 403, 403, 404, 404, "in")),
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
    "reports.index": ("GET", (200, 403, 403, 403, 403, "in")),
    "reports.new": ("GET", (200, 403, 403, 403, 403, "in")),
    "reports.correction": ("GET", (200, 404, 404, 404, 404, "in")),
    "reports.report": ("GET", (200, 404, 404, 404, 404, "in")),
    "reports.decisions": ("POST", (422, 404, 404, 404, 404, "in")),
    "reports.verification": ("GET", (200, 404, 404, 404, 404, "in")),
    "report_people.people": ("GET", (200, 404, 404, 404, 404, "in")),
    "claims.checker": ("GET", (200, 403, 403, 403, 403, "in")),
    "reports.file": ("GET", (404, 404, 404, 404, 404, "in")),
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
    "outcome_records.people": ("GET", (200, 403, 403, 404, 404, "in")),
    "outcome_import.upload": ("GET", (200, 403, 403, 404, 404, "in")),
    "outcome_records.record": ("GET", (200, 403, 403, 403, 404, "in")),
    "outcome_records.new_spell": ("GET", (200, 403, 403, 403, 404, "in")),
    "outcome_records.correction": ("GET", (200, 403, 403, 403, 404, "in")),
    "outcome_records.end": ("GET", (200, 403, 403, 403, 404, "in")),
    "outcome_records.withdrawal": ("GET", (200, 403, 403, 403, 404, "in")),
    "outcome_records.new_evidence": ("GET", (200, 403, 403, 403, 404, "in")),
    "outcome_records.evidence": ("GET", (200, 403, 403, 403, 404, "in")),
    "outcome_records.intent": ("GET", (200, 403, 403, 403, 404, "in")),
    "outcome_records.refusal": ("GET", (200, 403, 403, 403, 404, "in")),
    "outcome_records.agreement": ("GET", (200, 403, 403, 403, 404, "in")),
    "outcome_records.evidence_opening": ("POST", (422, 403, 403, 403, 404, "in")),
    "own_record.index": ("GET", (200, 200, 200, 200, 200, "in")),
    "own_record.new_spell": ("GET", (200, 200, 200, 200, 200, "in")),
    "own_record.new_dispute": ("GET", (200, 200, 200, 200, 200, "in")),
    "own_record.export_json": ("GET", (200, 200, 200, 200, 200, "in")),
    "own_record.export_csv": ("GET", (200, 200, 200, 200, 200, "in")),
    "own_record.correction": ("GET", (404, 404, 404, 404, 404, "in")),
    "own_record.end": ("GET", (404, 404, 404, 404, 404, "in")),
    "own_record.evidence": ("GET", (404, 404, 404, 404, 404, "in")),
    "own_record.intent": ("GET", (404, 404, 404, 404, 404, "in")),
    "careers.index": ("GET", (200, 403, 403, 403, 403, "in")),
    "careers.hires_csv": ("GET", (200, 403, 403, 403, 403, "in")),
    "careers.new": ("GET", (200, 403, 403, 403, 403, "in")),
    "career_import.upload": ("GET", (200, 403, 403, 403, 403, "in")),
    "careers.employer": ("GET", (200, 403, 403, 403, 404, "in")),
    "careers.correction": ("GET", (200, 403, 403, 403, 404, "in")),
    "careers.new_site": ("GET", (200, 403, 403, 403, 404, "in")),
    "careers.new_mou": ("GET", (200, 403, 403, 403, 404, "in")),
    "careers.new_headcount": ("GET", (200, 403, 403, 403, 404, "in")),
    "careers.merger": ("GET", (200, 403, 403, 403, 404, "in")),
    "careers.end": ("GET", (200, 403, 403, 403, 404, "in")),
    "careers.take_back": ("GET", (200, 403, 403, 403, 404, "in")),
    "ventures.index": ("GET", (200, 403, 403, 403, 403, "in")),
    "ventures.camp": ("GET", (200, 403, 403, 403, 403, "in")),
    "ventures.new": ("GET", (200, 403, 403, 403, 403, "in")),
    "ventures.venture": ("GET", (200, 403, 403, 403, 404, "in")),
    "ventures.new_founder": ("GET", (200, 403, 403, 403, 404, "in")),
    "ventures.new_investment": ("GET", (200, 403, 403, 403, 404, "in")),
    "ventures.investment_correction": ("GET", (200, 403, 403, 403, 404, "in")),
    "ventures.new_tenancy": ("GET", (200, 403, 403, 403, 404, "in")),
    "ventures.new_waiting": ("GET", (200, 403, 403, 403, 404, "in")),
    "ventures.new_waiting_person": ("GET", (200, 403, 403, 403, 403, "in")),
    "ventures.end_waiting_person": ("GET", (200, 403, 403, 403, 403, "in")),
    "funding.cohort": ("GET", (200, 403, 403, 404, 404, "in")),
    "funding.new": ("GET", (200, 403, 403, 404, 404, "in")),
    "funding.correction": ("GET", (200, 403, 403, 404, 404, "in")),
    "funding.withdrawal": ("GET", (200, 403, 403, 404, 404, "in")),
    "surveys.names": ("GET", (200, 403, 403, 403, 403, "in")),
    "surveys.waves": ("GET", (200, 403, 403, 404, 404, "in")),
    "surveys.opening": ("POST", (409, 403, 403, 404, 404, "in")),
    "surveys.closure": ("POST", (302, 403, 403, 404, 404, "in")),
    "surveys.wave": ("GET", (200, 403, 403, 404, 404, "in")),
    "surveys.invitation": ("GET", (200, 403, 403, 404, 404, "in")),
    "surveys.mail_again": ("POST", (302, 403, 403, 404, 404, "in")),
    "surveys.call": ("POST", (302, 403, 403, 404, 404, "in")),
    "surveys.revocation": ("POST", (302, 403, 403, 404, 404, "in")),
    "surveys.asking_again": ("POST", (422, 403, 403, 404, 404, "in")),
    "survey_answers.start": ("GET", (404, 404, 404, 404, 404, 404)),
    "survey_answers.unchanged": ("POST", (404, 404, 404, 404, 404, 404)),
    "survey_answers.place": ("GET", (404, 404, 404, 404, 404, 404)),
    "survey_answers.terms": ("GET", (404, 404, 404, 404, 404, 404)),
    "survey_answers.opt_out": ("GET", (404, 404, 404, 404, 404, 404)),
    "privacy.consents": ("GET", (200, 200, 200, 200, 200, "in")),
    "privacy.decision": ("POST", (400, 400, 400, 400, 400, "in")),
    "privacy.index": ("GET", (200, 403, 403, 403, 403, "in")),
    "privacy.access_review": ("GET", (200, 403, 403, 403, 403, "in")),
    "privacy.applications": ("POST", (409, 403, 403, 404, 404, "in")),
    "privacy.due": ("GET", (200, 403, 403, 403, 403, "in")),
    "privacy_files.index": ("GET", (200, 403, 403, 403, 403, "in")),
    "privacy_files.destruction": ("GET", (200, 403, 403, 403, 403, "in")),
    "privacy.breach": ("GET", (200, 403, 403, 403, 403, "in")),
    "privacy.breach_file": ("GET", (400, 403, 403, 403, 403, "in")),
}
PEOPLE = ("ada", "ines", "lena", "omar", "stan", None)


def test_every_route_is_in_the_table(app: Flask) -> None:
    rules = {rule.endpoint for rule in app.url_map.iter_rules()}
    elsewhere = {
        "static",
        "content.page",
        "content.download",
        "content.typeface",
    }  # test_security.py: no person there
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
    if endpoint.startswith(("outcome_records.", "privacy_files.")):
        values["number"] = _recorded(academy, endpoint)
    if endpoint.startswith(("careers.", "ventures.")):
        values |= _careers(academy, endpoint)
    if endpoint.startswith("funding."):
        values |= {"kind": "costs", "number": _cost(academy)}
    if endpoint.startswith("surveys."):
        values |= {"months": 3, "number": _asked(academy)}
    if endpoint.startswith("regrading.") and endpoint != "regrading.new":
        values["regrade_id"] = _open_regrade(academy).id
    if endpoint.startswith(("reports.", "report_people.")):
        values |= {
            "report_id": _report(academy).id,
            "number": 1,
            "metric": "plain",
            "part": "study",
        }
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    needed = {name: values[name] for name in rule.arguments}
    return app.url_map.bind("localhost:8000").build(endpoint, needed)


def _report(academy: SimpleNamespace) -> Report:
    report = make_report(
        academy.cohorts, title=Bilingual("성과", "Outcomes"), recipient="City", legal_basis="",
        valid_on=utcnow().date(), policy="public", by=academy.ada,
    )  # fmt: skip
    db.session.commit()
    return report


def _recorded(academy: SimpleNamespace, endpoint: str) -> int:
    """A row of stan's record, of the kind that the endpoint is about."""
    spell = Spell(kind=SpellKind.SEEKING, valid_from=date(2026, 3, 2))
    row = outcomes.record_spell(academy.stan, spell, source="telephone", by=academy.ada)
    stored = ("letter.pdf", b"%PDF-1.7 letter")
    evidence = evidence_actions.add_evidence(
        row, kind=EvidenceKind.CONTRACT, received_on=date(2026, 3, 2), file=stored, by=academy.ada
    )
    dispute = outcomes.dispute(academy.stan, text="It is not so.", spell=row)
    enrolment = enrol(academy.cohorts[1], academy.stan, student_number="2-99", by=academy.ada)
    enrolment.left_on = enrolment.enrolled_on  # nothing to anybody any more
    db.session.commit()
    name = endpoint.partition(".")[2]
    if name.startswith("evidence") or endpoint == "privacy_files.destruction":
        return evidence.id
    return {"refusal": dispute.id, "agreement": dispute.id, "intent": enrolment.id}.get(
        name, row.id
    )


def _careers(academy: SimpleNamespace, endpoint: str) -> dict[str, object]:
    """A venture with an MOU, and stan on the waiting list of camp 1."""
    day = date(2026, 1, 5)
    venture = careers.add_employer(name="Firm", by=None)
    venture_actions.record_venture(venture, founded_on=day, by=None)
    mou = careers.sign_mou(venture, kind=MouKind.HIRE, on=day, by=None)
    waiting = venture_actions.queue_for_camp(academy.stan, camp=1, since=day, by=None)
    money = {"amount": 1_000_000, "kind": InvestmentKind.EQUITY, "source": "test"}
    investment = venture_actions.record_investment(venture, on=day, **money, by=None)
    db.session.commit()
    numbers = {
        "ventures.end_waiting_person": waiting.id,
        "ventures.investment_correction": investment.id,
    }
    number = numbers.get(endpoint, mou.id)
    return {"employer_id": venture.id, "kind": "mous", "number": number}


def _cost(academy: SimpleNamespace) -> int:
    cost = funding.record(
        Cost, academy.cohorts[0], kind=CostKind.BUDGET, item="Training", amount=1_000_000,
        dated_on=date(2026, 1, 5), source="contract", by=None,
    )  # fmt: skip
    db.session.commit()
    return cost.id


def _asked(academy: SimpleNamespace) -> int:
    """lena's number in the open first wave of her cohort."""
    academy.enrolments[0].completed_on = date(2026, 3, 2)
    surveys.ask_again(academy.lena, reason="for this test", by=academy.ada)
    wave = surveys.open_wave(schedule(academy.cohorts[0])[0], by=academy.ada)
    db.session.commit()
    return db.session.scalars(select(Invitation.id).where(Invitation.wave_id == wave.id)).one()


def _open_regrade(academy: SimpleNamespace) -> Regrade:
    assignment = academy.assignments[0]
    regrade = request_regrade(
        assignment, files=assignment.source_files, rules=["points_kept"], by=academy.ines
    )
    db.session.commit()
    return regrade
