"""The outcome report: counts add up to the completers, unknown stays in, formats agree."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from types import SimpleNamespace

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from lms.accounts.actions import add_person
from lms.cohorts.actions import enrol
from lms.cohorts.models import Cohort
from lms.db import db
from lms.metrics.facts import SpellKind
from lms.outcomes.actions import withdraw_spell
from lms.outcomes.computing import figures
from lms.outcomes.models import StatusSpell
from lms.outcomes.queries import cohort_outcomes
from lms.recorded import settled_moment

DAY = date(2026, 3, 1)


@pytest.fixture
def finished(academy: SimpleNamespace) -> Cohort:
    """Cohort 1 is closed with five completers: two employed (one in Gwangju), a founder, one
    studying, one unknown; a sixth person left."""
    cohort = academy.cohorts[0]
    cohort.close()
    kinds = [
        (SpellKind.EMPLOYEE, "29"), (SpellKind.EMPLOYEE, "11"), (SpellKind.FOUNDER, None),
        (SpellKind.STUDY, None), None,
    ]  # fmt: skip
    for number, spell in enumerate(kinds):
        name = f"grad-{number}"
        person = add_person(username=name, name=name, email=f"{name}@academy.example", by=None)
        enrolment = enrol(cohort, person, student_number=f"G{number}", on=date(2026, 1, 5), by=None)
        enrolment.completed_on = date(2026, 2, 1)
        db.session.flush()
        if spell:
            db.session.add(spelled(person, spell[0], region=spell[1]))
    academy.enrolments[0].enrolled_on, academy.enrolments[0].left_on = (
        date(2026, 1, 5),
        date(2026, 1, 9),
    )
    db.session.commit()
    return cohort


def spelled(person: object, kind: SpellKind, **values: object) -> StatusSpell:
    return StatusSpell(
        user_id=person.id,
        kind=kind,
        **({"valid_from": date(2026, 2, 10), "evidence_level": 3, "source": "test"} | values),
    )


def test_every_completer_is_counted_once(finished: Cohort) -> None:
    (found,) = cohort_outcomes([finished], valid_on=DAY)
    assert found.completers == sum(found.by_kind.values()) == 5
    assert (found.working, found.in_gwangju, found.elsewhere, found.region_unknown) == (3, 1, 1, 1)
    assert (found.unknown, found.by_kind[SpellKind.STUDY]) == (1, 1)


def test_whoever_does_two_things_is_counted_once(finished: Cohort) -> None:
    employed = db.session.scalars(
        select(StatusSpell).where(
            StatusSpell.kind == SpellKind.EMPLOYEE, StatusSpell.region == "11"
        )
    ).one()
    for kind, region in ((SpellKind.STUDY, None), (SpellKind.FREELANCE, "29")):
        db.session.add(spelled(employed.user, kind, region=region))
    db.session.commit()
    (found,) = cohort_outcomes([finished], valid_on=DAY)
    assert found.completers == 5
    assert (found.by_kind[SpellKind.EMPLOYEE], found.by_kind[SpellKind.STUDY]) == (2, 1)
    assert (found.working, found.in_gwangju, found.elsewhere, found.region_unknown) == (3, 2, 0, 1)


def test_before_a_spell_began_its_person_is_unknown(finished: Cohort) -> None:
    (found,) = cohort_outcomes([finished], valid_on=date(2026, 2, 9))
    assert (found.working, found.unknown, found.completers) == (0, 5, 5)


def test_what_was_known_earlier_can_be_asked_again(
    finished: Cohort, academy: SimpleNamespace
) -> None:
    early = datetime(2026, 1, 1, tzinfo=UTC)
    (found,) = cohort_outcomes([finished], valid_on=DAY, recorded_by=early)
    assert found.completers == 0  # nobody had been enrolled yet
    moment = settled_moment()
    (job,) = db.session.scalars(select(StatusSpell).where(StatusSpell.kind == SpellKind.FOUNDER))
    withdraw_spell(job, reason="a mix-up of names", by=academy.ada)
    then, now = (
        cohort_outcomes([finished], valid_on=DAY, recorded_by=at)[0] for at in (moment, None)
    )
    assert (then.working, then.unknown, then.completers) == (3, 1, 5)
    assert (now.working, now.unknown, now.completers) == (2, 2, 5)


def test_the_counts_are_those_of_the_metrics(finished: Cohort) -> None:
    """A report and this page could not say different things: it is one counting."""
    (found,) = cohort_outcomes([finished], valid_on=DAY)
    used = {one.metric: one for one in figures([finished], valid_on=DAY, recorded=None)}
    assert (found.working, found.completers) == (used["plain"].numerator, used["plain"].denominator)
    assert found.in_gwangju == used["local-of-completers"].numerator
    assert found.elsewhere == used["local-of-completers"].classes["elsewhere"]


def test_a_day_before_there_were_metrics_has_nobody(finished: Cohort) -> None:
    (found,) = cohort_outcomes([finished], valid_on=date(2010, 1, 1))
    assert (found.completers, found.working, found.elsewhere) == (0, 0, 0)


def test_live_spells_of_one_group_do_not_overlap(
    finished: Cohort, academy: SimpleNamespace
) -> None:
    db.session.add(spelled(academy.lena, SpellKind.EMPLOYEE))
    db.session.flush()
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.add(spelled(academy.lena, SpellKind.EMPLOYEE, valid_from=date(2026, 2, 20)))
        db.session.flush()
    db.session.add(spelled(academy.lena, SpellKind.STUDY, valid_from=date(2026, 2, 20)))
    db.session.flush()


def test_a_recorded_fact_is_superseded_never_changed(academy: SimpleNamespace) -> None:
    spell = spelled(academy.lena, SpellKind.EMPLOYEE)
    db.session.add(spell)
    db.session.commit()
    with pytest.raises(DBAPIError, match="never changed"), db.session.begin_nested():
        spell.kind = SpellKind.FOUNDER
        db.session.flush()
    db.session.refresh(spell)
    spell.superseded_at = datetime(2030, 1, 1, tzinfo=UTC)
    db.session.commit()
    with pytest.raises(DBAPIError, match="never changed"), db.session.begin_nested():
        spell.superseded_at = None
        db.session.flush()


def test_page_csv_and_xlsx_agree(
    finished: Cohort, academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    client = as_(academy.ada)
    page = client.get(f"/outcomes/?on={DAY}").text
    text = client.get(f"/outcomes/report.csv?on={DAY}").data.decode("utf-8-sig")
    heading, line = list(csv.reader(io.StringIO(text)))
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/outcomes/report.xlsx?on={DAY}").data))
    sheet = [[cell.value for cell in row] for row in book.worksheets[0]]
    assert sheet[0] == heading
    assert [str(value) for value in sheet[1]] == line
    found = dict(zip(heading, line, strict=True))
    assert found["Completers"] == "5" and found["Rate"] == "60.0%"
    assert found["Highest possible rate"] == "80.0%" and found["Unknown"] == "1"
    assert "60.0%" in page and "80.0%" in page
    assert len(book.worksheets) == 3


def test_a_wrong_date_falls_back_to_today(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    assert as_(academy.ada).get("/outcomes/?on=yesterday").status_code == 200


def test_with_no_finished_cohort_the_page_says_so(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    assert "No cohort is closed yet" in as_(academy.ada).get("/outcomes/").text
