"""The demonstration in an empty database: how it is loaded, compared and undone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import text

from ..conftest import statements_run, undone

COURSES = Path(__file__).parents[2] / "courses"

STABLE = (
    "SELECT username, name, email, is_administrator, password_hash IS NULL FROM user_account",
    """SELECT c.number, student_number, username, left_on, leaving, left_reason, completed_on
       FROM enrolment JOIN cohort c ON c.id = cohort_id JOIN user_account u ON u.id = user_id""",
    """SELECT code, a.name, student_number, s.digest, via, idempotency_key,
       CASE WHEN code NOT LIKE '%c6' THEN received_at END, grade_id, score.points, mark.points, comment
       FROM submission s JOIN enrolment e ON e.id = enrolment_id
       JOIN assignment a ON a.id = assignment_id JOIN offering o ON o.id = offering_id
       LEFT JOIN run ON run.submission_id = s.id LEFT JOIN score ON run_id = run.id
       LEFT JOIN question q ON q.id = score.question_id
       LEFT JOIN mark ON mark.submission_id = s.id AND mark.question_id = q.id""",
    """SELECT username, kind, valid_from, valid_to, s.recorded_at, s.superseded_at, region, evidence_level,
       e.name, v.name FROM status_spell s JOIN user_account u ON u.id = user_id
       LEFT JOIN employer_record e USING (employer_id)
       LEFT JOIN employer_record v ON v.employer_id = s.venture_id""",
    """SELECT name, registry_number, camp, room, t.valid_from, jobs, counted_on FROM employer_record e
       LEFT JOIN tenancy t ON venture_id = employer_id LEFT JOIN headcount USING (employer_id)""",
    """SELECT student_number, month, days_held, days_attended, a.recorded_at FROM attendance a
       JOIN enrolment e ON e.id = enrolment_id""",
    """SELECT username, key_hash, issued_at, ended_at FROM notebook_session s
       JOIN user_account u ON u.id = user_id""",
    """SELECT username, purpose, version, given, channel, CASE WHEN username LIKE 'g%' THEN c.at END
       FROM consent c JOIN user_account u ON u.id = user_id""",
    """SELECT student_number, w.months, a.channel, a.outcome, a.at, r.channel, r.answers, r.recorded_at
       FROM survey_invitation i JOIN survey_wave w ON w.id = wave_id
       JOIN enrolment e ON e.id = enrolment_id LEFT JOIN survey_attempt a ON a.invitation_id = i.id
       LEFT JOIN survey_response r ON r.invitation_id = i.id WHERE w.closes_at < now()""",
)


def flask(app: Flask, *arguments: str) -> str:
    result = app.test_cli_runner().invoke(args=list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def digest() -> str:
    """What must be the same whenever the demonstration is loaded."""
    from lms.db import db

    rows = [sorted(str(tuple(row)) for row in db.session.execute(text(query))) for query in STABLE]
    assert all(rows)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def load(done: SimpleNamespace) -> None:
    from lms.db import db

    flask(done.app, "curricula", "publish", str(COURSES))
    began = monotonic()
    with done.app.app_context():
        engine = db.engine
    with statements_run(engine) as statements:
        assert "loaded" in flask(done.app, "demo", "load")
    done.seconds.append(monotonic() - began)
    done.statements.append(len(statements))
    done.digests.append(digest())


@pytest.fixture(scope="module")
def demo(migrated_app: Flask) -> Iterator[Flask]:
    """The demonstration, loaded once for a file's tests."""
    with undone(migrated_app):
        load(SimpleNamespace(app=migrated_app, digests=[], seconds=[], statements=[]))
        yield migrated_app
