"""The questionnaire by its link: what is kept, what is recorded, what evidence it does not touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from lms.db import db
from lms.metrics.facts import Contract, Spell, SpellKind
from lms.outcomes.actions import correct_spell, record_spell
from lms.outcomes.models import Dispute, StatusSpell
from lms.outcomes.records import live_spells
from lms.privacy.models import Channel, Consent
from lms.surveys import queries
from lms.surveys.models import Invitation, Outcome, RefusedLink

JOB = {"since": "2026-04-01", "employer": "Hanbit Data", "role": "data engineer", "region": "29",
       "in_field": "yes"}  # fmt: skip
TERMS = {"contract": "fixed-term", "contract_months": "12", "hours": "40", "insured": "yes",
         "subsidised": "no", "pay_band": "250-300"}  # fmt: skip


@pytest.fixture
def visitor(as_: Callable[..., FlaskClient]) -> FlaskClient:
    """Nobody who is signed in."""
    return as_(None)


def answer(visitor: FlaskClient, link: str, kind: str, place: dict, terms: dict | None = None):
    visitor.post(link, data={"kind": kind})
    last = visitor.post(f"{link}/place", data=place)
    return visitor.post(f"{link}/terms", data=terms) if terms is not None else last


def live(academy: SimpleNamespace) -> list[StatusSpell]:
    db.session.expire_all()
    return list(live_spells([academy.lena.id]))


def test_an_answer_becomes_a_spell_of_own_word(
    asked: Invitation, link: str, visitor: FlaskClient, academy: SimpleNamespace
) -> None:
    last = answer(visitor, link, "employee", JOB, TERMS)
    assert last.location == link
    (row,) = live(academy)
    assert row.as_spell == Spell(
        kind=SpellKind.EMPLOYEE, valid_from=date(2026, 4, 1), evidence_level=1, in_field=True,
        hours=40, contract=Contract.FIXED_TERM, contract_months=12, insured=True, subsidised=False,
        region="29",
    )  # fmt: skip
    assert row.role == "data engineer" and "3 months" in row.source
    thanks = visitor.get(link).text
    assert "Hanbit Data" in thanks and "2 to 2.5" not in thanks and "2.5 to 3" in thanks
    assert queries.outcome_of(asked) is Outcome.COMPLETE


@pytest.mark.parametrize("kind", ["seeking", "inactive", "unable", "military", "study", "founder"])
def test_other_kinds_need_one_page_more(
    link: str, visitor: FlaskClient, academy: SimpleNamespace, kind: str
) -> None:
    page = visitor.post(link, data={"kind": kind}, follow_redirects=True).text
    assert "last page" in page and ("region" in page) is (kind == "founder")
    assert answer(visitor, link, kind, {"since": "2026-05-01"}).location == link
    assert [row.kind for row in live(academy)] == [kind]


def test_what_was_said_is_kept_until_it_is_sent(
    asked: Invitation, link: str, visitor: FlaskClient, academy: SimpleNamespace
) -> None:
    visitor.post(link, data={"kind": "employee"})
    visitor.post(f"{link}/place", data=JOB)
    assert queries.outcome_of(asked) is Outcome.PARTIAL and live(academy) == []
    assert "kept" in visitor.get(link).text
    assert 'value="Hanbit Data"' in visitor.get(f"{link}/place").text
    visitor.post(link, data={"kind": "study"})
    assert "Hanbit Data" not in visitor.get(f"{link}/place").text


def test_opening_addresses_changes_nothing(
    asked: Invitation, seeking: StatusSpell, link: str, visitor: FlaskClient
) -> None:
    for path in (link, f"{link}/place", f"{link}/terms", f"{link}/opt-out", f"{link}?again=yes"):
        assert visitor.get(path).status_code in (200, 302)
    assert visitor.get(f"{link}/unchanged").status_code == 405
    assert queries.outcome_of(asked) is Outcome.NO_ANSWER


def test_nothing_has_changed_is_one_click(
    asked: Invitation,
    seeking: StatusSpell,
    link: str,
    visitor: FlaskClient,
    academy: SimpleNamespace,
) -> None:
    assert "I am looking for work" in visitor.get(link).text
    visitor.post(f"{link}/unchanged")
    (row,) = live(academy)
    assert row.supersedes_id == seeking.id and row.as_spell == seeking.as_spell
    assert "3 months" in row.source
    visitor.post(f"{link}/unchanged")
    assert live(academy) == [row]
    assert queries.response(asked).unchanged


def test_nothing_can_be_unchanged_that_is_not_known(link: str, visitor: FlaskClient) -> None:
    answer = visitor.post(f"{link}/unchanged")
    assert answer.status_code == 422 and "Nothing is known yet" in answer.text


def test_what_went_before_ends_unless_it_is_still_so(
    seeking: StatusSpell, link: str, visitor: FlaskClient, academy: SimpleNamespace
) -> None:
    answer(visitor, link, "founder", {"since": "2026-04-01", "registered": "yes"})
    before, now = live(academy)
    assert (before.kind, before.valid_to) == (SpellKind.SEEKING, date(2026, 4, 1))
    assert (now.kind, now.registered) == (SpellKind.FOUNDER, True)
    visitor.post(link, data={"kind": "study"})
    visitor.post(f"{link}/place", data={"since": "2026-05-01", "still": str(now.id)})
    assert [(row.kind, row.valid_to) for row in live(academy)] == [
        (SpellKind.SEEKING, date(2026, 4, 1)), (SpellKind.FOUNDER, None), (SpellKind.STUDY, None),
    ]  # fmt: skip


def test_the_same_status_said_anew_is_a_correction(
    seeking: StatusSpell, link: str, visitor: FlaskClient, academy: SimpleNamespace
) -> None:
    answer(visitor, link, "seeking", {"since": "2026-02-20"})
    (row,) = live(academy)
    assert (row.valid_from, row.supersedes_id) == (date(2026, 2, 20), seeking.id)


def test_another_day_answered_again_corrects_what_was_answered(
    link: str, visitor: FlaskClient, academy: SimpleNamespace
) -> None:
    for since in ("2026-04-01", "2026-04-10"):
        answer(visitor, link, "founder", {"since": since})
    assert [(row.valid_from, row.valid_to) for row in live(academy)] == [(date(2026, 4, 10), None)]


def test_a_later_job_ends_the_one_we_know(
    link: str, visitor: FlaskClient, academy: SimpleNamespace
) -> None:
    known = Spell(kind=SpellKind.EMPLOYEE, valid_from=date(2026, 3, 10), evidence_level=1)
    record_spell(academy.lena, known, source="telephone", by=academy.ada)
    db.session.commit()
    answer(visitor, link, "employee", JOB, TERMS)
    assert [(row.valid_from, row.valid_to) for row in live(academy)] == [
        (date(2026, 3, 10), date(2026, 4, 1)), (date(2026, 4, 1), None),
    ]  # fmt: skip


def test_a_day_that_cannot_be_is_told_and_nothing_is_recorded(
    asked: Invitation,
    seeking: StatusSpell,
    link: str,
    visitor: FlaskClient,
    academy: SimpleNamespace,
) -> None:
    page = answer(visitor, link, "founder", {"since": "2026-02-01"})
    assert page.status_code == 422 and "Is the day right?" in page.text
    assert live(academy) == [seeking] and queries.response(asked) is None
    for since in ("2999-01-01", "soon", ""):
        assert answer(visitor, link, "founder", {"since": since}).status_code == 422


def test_nobody_knows_gives_way_to_what_is_said(
    link: str, visitor: FlaskClient, academy: SimpleNamespace
) -> None:
    unknown = Spell(kind=SpellKind.UNKNOWN, valid_from=date(2026, 5, 1))
    record_spell(academy.lena, unknown, source="-", by=academy.ada)
    db.session.commit()
    assert "nothing has changed" not in visitor.get(link).text
    answer(visitor, link, "study", {"since": "2026-03-10"})
    assert [(row.kind, row.evidence_level) for row in live(academy)] == [(SpellKind.STUDY, 1)]


class TestEvidence:
    @pytest.fixture
    def insured(self, academy: SimpleNamespace, completed: SimpleNamespace) -> StatusSpell:
        spell = Spell(kind=SpellKind.EMPLOYEE, valid_from=date(2026, 4, 1), evidence_level=5)
        row = record_spell(academy.lena, spell, source="insurance record", by=academy.ada)
        db.session.commit()
        return row

    def test_is_not_overwritten_by_the_same_said_anew(
        self, insured: StatusSpell, link: str, visitor: FlaskClient, academy: SimpleNamespace
    ) -> None:
        answer(visitor, link, "employee", JOB, TERMS)
        assert live(academy) == [insured]
        assert db.session.scalar(select(func.count()).select_from(Dispute)) == 0
        visitor.post(f"{link}/unchanged")
        assert live(academy) == [insured]

    def test_an_administrator_looks_where_somebody_says_otherwise(
        self, insured: StatusSpell, link: str, visitor: FlaskClient, academy: SimpleNamespace
    ) -> None:
        answer(visitor, link, "seeking", {"since": "2026-05-01"})
        answer(visitor, link, "seeking", {"since": "2026-05-02"})
        rows = live(academy)
        assert rows[0] == insured and rows[-1].kind is SpellKind.SEEKING
        (dispute,) = db.session.scalars(select(Dispute)).all()
        assert dispute.spell_id == insured.id and "2026-05-01" in dispute.text
        assert "An administrator looks at it" in visitor.get(link).text


def test_answering_again_supersedes(
    asked: Invitation, link: str, visitor: FlaskClient, academy: SimpleNamespace
) -> None:
    answer(visitor, link, "employee", JOB, TERMS)
    first = queries.response(asked)
    again = visitor.get(f"{link}?again=yes")
    assert "What do you mainly do now?" in again.text
    answer(visitor, link, "employee", {**JOB, "region": "11"}, TERMS)
    (row,) = live(academy)
    assert row.region == "11" and row.supersedes_id is not None
    second = queries.response(asked)
    db.session.refresh(first)
    assert second is not first and first.superseded_at is not None


def test_opting_out_by_the_link(asked: Invitation, link: str, visitor: FlaskClient) -> None:
    assert "Do not ask me any more" in visitor.get(f"{link}/opt-out").text
    assert not queries.opted_out(asked.person)
    for _twice in range(2):
        assert "no survey again" in visitor.post(f"{link}/opt-out").text
    assert queries.outcome_of(asked) is Outcome.OPTED_OUT
    given, withdrawn = db.session.scalars(select(Consent).order_by(Consent.id))
    assert given.given and not withdrawn.given
    assert (withdrawn.channel, withdrawn.by_id) == (Channel.LINK, asked.person.id)
    assert len(asked.attempts) == 1  # the mail: it is written down once


@pytest.mark.parametrize("page", ["employer", "role"])
def test_a_resident_number_is_refused(
    asked: Invitation, link: str, visitor: FlaskClient, academy: SimpleNamespace, page: str
) -> None:
    number = "900101" + "-" + "1234567"
    assert answer(visitor, link, "employee", {**JOB, page: number}).status_code == 422
    assert "employer" not in queries.draft(asked).answers and live(academy) == []


@pytest.mark.parametrize(
    "data",
    [{"kind": "unknown"}, {"kind": "astronaut"}, {}, {"kind": "employee' OR 1=1"}],
)
def test_a_kind_nobody_is_asked_for_is_refused(
    link: str, visitor: FlaskClient, data: dict[str, str]
) -> None:
    assert visitor.post(link, data=data).status_code == 422


@pytest.mark.parametrize(
    "wrong", [{"hours": "200"}, {"hours": "nan"}, {"contract": "x"}, {"contract_months": "-1"}]
)
def test_terms_that_cannot_be_are_refused(
    link: str, visitor: FlaskClient, academy: SimpleNamespace, wrong: dict[str, str]
) -> None:
    assert answer(visitor, link, "employee", JOB, {**TERMS, **wrong}).status_code == 422
    assert live(academy) == []


class TestTheAddress:
    def test_is_told_to_nobody(self, link: str, visitor: FlaskClient) -> None:
        for path in (link, f"{link}/opt-out", "/surveys/forged"):
            headers = visitor.get(path).headers
            assert headers["Referrer-Policy"] == "no-referrer"
            assert "noindex" in headers["X-Robots-Tag"]
            assert headers["Cache-Control"] == "no-store"

    def test_is_in_the_language_of_the_person_or_the_one_chosen(
        self, link: str, visitor: FlaskClient, academy: SimpleNamespace
    ) -> None:
        korean = {"Accept-Language": "ko"}
        assert '<html lang="en">' in visitor.get(link, headers=korean).text
        assert '<html lang="ko">' in visitor.get(f"{link}?language=ko").text
        assert '<html lang="ko">' in visitor.get(link).text

    def test_guessing_is_slowed_down(self, link: str, visitor: FlaskClient) -> None:
        answers = [
            visitor.get(f"/surveys/guess-{n}").status_code for n in range(queries.MOST_REFUSED)
        ]
        assert set(answers) == {404}
        assert visitor.get(link).status_code == 429
        assert db.session.scalar(select(func.count()).select_from(RefusedLink)) == 20
        elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
        assert visitor.get(link, environ_overrides=elsewhere).status_code == 200

    def test_needs_no_cookie_and_no_csrf_token(
        self, app: object, link: str, visitor: FlaskClient
    ) -> None:
        app.config["WTF_CSRF_ENABLED"] = True
        try:
            assert visitor.post(link, data={"kind": "seeking"}).status_code == 302
        finally:
            app.config["WTF_CSRF_ENABLED"] = False


def test_a_correction_by_somebody_else_is_not_undone(
    seeking: StatusSpell, link: str, visitor: FlaskClient, academy: SimpleNamespace
) -> None:
    studied = replace(seeking.as_spell, kind=SpellKind.STUDY)
    correct_spell(seeking, studied, reason="heard wrongly", by=academy.ada)
    db.session.commit()
    answer(visitor, link, "study", {"since": "2026-03-02"})
    (row,) = live(academy)
    assert row.kind is SpellKind.STUDY


def test_a_button_pressed_twice_answers_once(
    asked: Invitation, link: str, visitor: FlaskClient, academy: SimpleNamespace
) -> None:
    answer(visitor, link, "employee", JOB, TERMS)
    again = visitor.post(f"{link}/terms", data=TERMS)
    assert again.location == link  # to what was recorded
    assert len(live(academy)) == 1 and queries.draft(asked) is None
