"""From a number of a report to the people it counts, as they were on its day and known at its moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from lms.accounts.models import User
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.queries import roster
from lms.db import db
from lms.errors import Forbidden
from lms.metrics.classifying import Placed, Question
from lms.metrics.definition import Definition, Share
from lms.outcomes.models import StatusSpell
from lms.outcomes.persons import Known, persons
from lms.pages import Page
from lms.privacy.models import DestroyedAccount
from lms.reports.facts import Facts
from lms.reports.models import Report
from lms.reports.printed import Counted, all_classes, denominator_of
from lms.reports.queries import definitions_of

PARTS = ("numerator", "denominator", "population")


@dataclass(frozen=True)
class Member:
    """Somebody who is counted: in which class, by which spells; `gone`: nobody can tell who it was."""

    enrolment: Enrolment
    code: str
    spells: Sequence[StatusSpell]
    gone: bool


@dataclass(frozen=True)
class CountedPeople:
    """sealed: how many the report counts; destroyed: of those found again, how many are nobody now."""

    cohort: Cohort
    definition: Definition
    page: Page[Member]
    sealed: int
    destroyed: int

    @property
    def missing(self) -> int:
        """Counted then, and found in no list now."""
        return self.sealed - self.page.total


def counted_of(report: Report, *, cohort: int, metric: str, part: str) -> Counted | None:
    """What an address names: a part of a metric, or its classes ("study+military"); None: there is none."""
    definition = definitions_of(report).get(metric)
    if definition is None or not isinstance(definition.measure, Share):
        return None
    if cohort not in {one.number for one in report.cohorts}:
        return None
    classes = _parts(definition).get(part) or frozenset(part.split("+"))
    return Counted(cohort, metric, classes) if classes <= all_classes(definition) else None


def part_of(counted: Counted, definition: Definition) -> str:
    """How an address names what is counted."""
    named = (name for name, classes in _parts(definition).items() if classes == counted.classes)
    return next(named, "+".join(sorted(counted.classes)))


def _parts(definition: Definition) -> Mapping[str, frozenset[str]]:
    sets = definition.numerator, denominator_of(definition), all_classes(definition)
    return dict(zip(PARTS, sets, strict=True))


def counted_people(
    report: Report, counted: Counted, *, viewer: User, number: int = 1
) -> CountedPeople:
    """A page of them by student number; the same queries however many they are.

    Raises Forbidden: only administrators see who is counted.
    """
    if not viewer.is_administrator:
        raise Forbidden(_("Only administrators see the people behind a number."))
    cohort = next(one for one in report.cohorts if one.number == counted.cohort)
    definition = definitions_of(report)[counted.metric]
    everybody = persons([cohort.id], recorded=report.known_at)
    placed = {
        int(one.person.key): one
        for one in _placed(report, definition, everybody)
        if one.code in counted.classes
    }
    page: Page[Enrolment] = Page.of(
        roster(cohort).where(Enrolment.id.in_(placed)), number=number, size=50
    )
    of = {one.enrolment_id: one for one in everybody}
    gone = _destroyed([of[key].user_id for key in placed])
    members = [
        _member(enrolment, placed[enrolment.id], of[enrolment.id], enrolment.user_id in gone)
        for enrolment in page.rows
    ]
    return CountedPeople(
        cohort,
        definition,
        Page(members, page.number, page.size, page.total),
        _sealed(report, counted),
        len(gone),
    )


def _placed(report: Report, definition: Definition, everybody: Sequence[Known]) -> list[Placed]:
    question = Question(report.valid_on, definitions_of(report))
    return question.placed(definition, question.seen(one.person for one in everybody))


def _member(enrolment: Enrolment, placed: Placed, facts: Known, gone: bool) -> Member:
    spells = [spell for spell in facts.spells if spell.as_spell in placed.spells]
    return Member(enrolment, placed.code, spells, gone)


def _destroyed(user_ids: Sequence[int]) -> set[int]:
    found = select(DestroyedAccount.user_id).where(DestroyedAccount.user_id.in_(user_ids))
    return set(db.session.scalars(found))


def _sealed(report: Report, counted: Counted) -> int:
    facts = Facts.from_json(report.facts)
    of = next(one for one in facts.cohorts if one.number == counted.cohort)
    figure = of.figures[counted.metric]
    return sum(figure.classes.get(code, 0) for code in counted.classes)
