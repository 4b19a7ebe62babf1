"""What the graduates of the demonstration did since they completed: spells, one after another.

Published: of cohort 1 on 4 November 2021 founders, employees, students and people seeking work (no
places); of cohorts 1 to 5 at the end of 2025 how many were employed or had founded, in Gwangju and
elsewhere: 724 of 1,221; and how many of cohorts 2, 4 and 5 had a job before they completed. How many had
founded by 2025 was not published: cohort 1 keeps its founders of 2021, and the numbers of the others are
invented, as are the way to a job, its terms, changing it and losing it.

A life is told until the last that is known. Of whoever did not work at the end of 2025 some are unknown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from lms.demo.figures import PublishedCohort
from lms.demo.following import Followed
from lms.demo.jobs import OWN_WORD, Spell, business, elsewhere, job, spell
from lms.metrics.facts import GWANGJU, SpellKind

AUDIT_ON = date(2021, 11, 4)
WORKING_BY = date(2025, 11, 30)
LAST_NEWS_ON = date(2026, 10, 31)
# Graduate school 4 and still students 82 are study; seeking 25 and preparing a start-up 5 are seeking.
AUDIT_OF_COHORT_1 = {
    SpellKind.FOUNDER: 6,
    SpellKind.EMPLOYEE: 33,
    SpellKind.STUDY: 86,
    SpellKind.SEEKING: 30,
}
KEPT_WORKING = 28  # of the 33; the others lost their job after the audit
FOUNDERS = {1: 6, 2: 4, 3: 9, 4: 9, 5: 8}
HIRED_BEFORE_COMPLETION = {2: 5, 4: 14, 5: 52}
# The rate published for cohorts 3 to 5 in February 2026 is 76 %: 620 of 816, so 93 of 909 were left out.
UNKNOWN = {3: 31, 4: 31, 5: 31}  # of the others everybody is
STAYS = 0.70  # of the hired, in their first job
CHANGES_AT_ONCE = 0.5  # of those who change it
WORKED_FOR_A_WHILE = {
    1: 0.18,
    2: 0.15,
    3: 0.32,
    4: 0.45,
    5: 0.2,
}  # of those without work at the end
NOT_WORKING = {SpellKind.SEEKING: 62, SpellKind.STUDY: 18, SpellKind.MILITARY: 7, SpellKind.INACTIVE: 11, SpellKind.UNABLE: 2}  # fmt: skip
# Of cohort 5's employees on the day of the census, the share that is insured no longer, by when.
LEFT_INSURANCE = {90: 0.07, 181: 0.055, 273: 0.045, 300: 0.025}
CENSUS_OF_COHORT_5 = date(2025, 12, 31)


@dataclass
class Life:
    """A graduate and the spells of their life, in order; each ends where the next begins."""

    followed: Followed
    spells: list[Spell]

    def add(self, kind: SpellKind, since: date, **facts: object) -> None:
        """From then on; what was before ends."""
        if self.spells:
            self.spells[-1]["valid_to"] = since
        self.spells.append(spell(self.followed.user_id, kind, since, None, **facts))


def lives(figures: PublishedCohort, people: Sequence[Followed], random: Random) -> list[Life]:
    """In an order of their own: founders first, then employees, then those without work."""
    mixed = sorted(people, key=lambda one: one.reluctance / 2 + random.random())
    regions = [GWANGJU] * figures.in_gwangju + elsewhere(random, figures.elsewhere)
    random.shuffle(regions)
    if figures.number == 1:
        return list(_of_cohort_1(mixed, regions, random))
    return list(_of_later_cohort(figures.number, mixed, regions, random))


def _of_later_cohort(
    number: int, people: Sequence[Followed], regions: Sequence[str], random: Random
) -> Iterator[Life]:
    working, others = people[: len(regions)], people[len(regions) :]
    early = HIRED_BEFORE_COMPLETION.get(number, 0)
    for place, (one, region) in enumerate(zip(working, regions, strict=True)):
        life, completed_on = Life(one, []), one.completed_on
        if place < FOUNDERS[number]:
            _do_without_work(life, completed_on, SpellKind.SEEKING)
            life.add(SpellKind.FOUNDER, _soon_after(completed_on, random), region=region, **business(random))  # fmt: skip
        elif place < FOUNDERS[number] + early:
            hired_on = completed_on - timedelta(days=random.randint(4, 60))
            life.add(SpellKind.EMPLOYEE, hired_on, region=region, **job(random))
        else:
            _do_without_work(life, completed_on, SpellKind.SEEKING)
            _work(life, _soon_after(completed_on, random), region, random)
        if number == 5:
            _leave_insurance(life, random)
        yield life
    unknown = set(sorted((one.reluctance for one in others), reverse=True)[: UNKNOWN.get(number)])
    for one in others:
        life = Life(one, [])
        kind = random.choices([*NOT_WORKING], [*NOT_WORKING.values()])[0]
        _do_without_work(life, one.completed_on, kind)
        if random.random() < WORKED_FOR_A_WHILE[number]:
            _work_for_a_while(life, one.completed_on, random)
        if one.reluctance in unknown:
            _get_lost(life, one.lost_on)
        yield life


def _of_cohort_1(
    people: Sequence[Followed], regions: Sequence[str], random: Random
) -> Iterator[Life]:
    """As the audit found them, and what came of it."""
    audit = [kind for kind, count in AUDIT_OF_COHORT_1.items() for _place in range(count)]
    founders, hired = (AUDIT_OF_COHORT_1[kind] for kind in (SpellKind.FOUNDER, SpellKind.EMPLOYEE))
    kept = founders + KEPT_WORKING
    hired_later = set(random.sample(range(founders + hired, len(people)), len(regions) - kept))
    region = iter(regions)
    for place, (one, kind) in enumerate(zip(people, audit, strict=True)):
        life, completed_on = Life(one, []), one.completed_on
        since = _day_between(completed_on, AUDIT_ON - timedelta(days=15), random)
        if kind is SpellKind.FOUNDER:
            _do_without_work(life, completed_on, SpellKind.SEEKING)
            life.add(kind, since, region=next(region), **business(random))
        elif place < kept:
            _do_without_work(life, completed_on, SpellKind.SEEKING)
            _work(life, since, next(region), random, until_at_least=AUDIT_ON)
        elif kind is SpellKind.EMPLOYEE:
            _do_without_work(life, completed_on, SpellKind.SEEKING)
            life.add(kind, since, region=_somewhere(random), **job(random))
            lost_on = AUDIT_ON + timedelta(days=random.randint(60, 420))
            life.add(SpellKind.SEEKING, lost_on)
        else:
            _do_without_work(life, completed_on, kind)
            if place in hired_later:
                _work(life, _soon_after(AUDIT_ON, random), next(region), random)
            elif random.random() < WORKED_FOR_A_WHILE[1]:
                _work_for_a_while(life, AUDIT_ON, random)
        if place >= kept and place not in hired_later:
            _get_lost(life, max(one.lost_on, AUDIT_ON + timedelta(days=60)))
        yield life


def _do_without_work(life: Life, since: date, kind: SpellKind) -> None:
    """A school's certificate shows who studies; the rest is people's own word."""
    life.add(kind, since, evidence_level=3 if kind is SpellKind.STUDY else OWN_WORD)


def _work(
    life: Life, since: date, region: str, random: Random, *, until_at_least: date | None = None
) -> None:
    """A job that lasts, or one that is left for another, at once or after a search."""
    first_end = max(since, until_at_least or since) + timedelta(days=random.randint(100, 600))
    search = 0 if random.random() < CHANGES_AT_ONCE else random.randint(20, 260)
    second = first_end + timedelta(days=search)
    if random.random() < STAYS or second >= WORKING_BY:
        life.add(SpellKind.EMPLOYEE, since, region=region, **job(random))
        return
    place = region if random.random() < 0.6 else _somewhere(random)
    life.add(SpellKind.EMPLOYEE, since, region=place, **job(random))
    if search:
        life.add(SpellKind.SEEKING, first_end)
    life.add(SpellKind.EMPLOYEE, second, region=region, **job(random))


def _work_for_a_while(life: Life, from_on: date, random: Random) -> None:
    """A job that was over before the end of 2025; then they look for another."""
    room = (WORKING_BY - from_on).days - 30
    since = from_on + timedelta(days=random.randint(20, min(420, room - 90)))
    left = (WORKING_BY - since).days - 10
    until = since + timedelta(days=min(left, 60 + int(random.expovariate(1 / 240))))
    life.add(SpellKind.EMPLOYEE, since, region=_somewhere(random), **job(random))
    life.add(SpellKind.SEEKING, until)


def _get_lost(life: Life, on: date) -> None:
    """Whoever says nothing any more is unknown; a job stays known by its insurance until it ends."""
    last = life.spells[-1]
    if on > last["valid_from"]:
        life.add(SpellKind.UNKNOWN, on, evidence_level=0)
    else:
        last.update(kind=SpellKind.UNKNOWN, evidence_level=0)


def _leave_insurance(life: Life, random: Random) -> None:
    """Of the employees on the census day some go on freelance, or in a job not yet shown by papers: they
    work on, in the same place, so that the published count stays true."""
    last = life.spells[-1]
    if last["kind"] is not SpellKind.EMPLOYEE or not last["insured"]:
        return
    drawn, before = random.random(), 1
    for days, share in LEFT_INSURANCE.items():
        if drawn < share:
            break
        drawn, before = drawn - share, days + 1
    else:
        return
    on = CENSUS_OF_COHORT_5 + timedelta(days=random.randint(before, days))
    if random.random() < 0.4:
        income = 1_000_000 * random.randint(8, 40)
        life.add(SpellKind.FREELANCE, on, region=last["region"], hours=30, income=income)
    else:
        terms = job(random) | {"evidence_level": OWN_WORD, "insured": None}
        life.add(SpellKind.EMPLOYEE, on, region=last["region"], **terms)


def _somewhere(random: Random) -> str:
    return GWANGJU if random.random() < 0.5 else elsewhere(random, 1)[0]


def _day_between(first: date, last: date, random: Random) -> date:
    """A day after the first, up to the last."""
    return first + timedelta(days=random.randint(1, (last - first).days))


def _soon_after(day: date, random: Random) -> date:
    """Most within months, some after a year or two; never after the day of the count."""
    days = min((WORKING_BY - day).days - 1, 900)
    return day + timedelta(days=1 + int(days * random.betavariate(0.9, 3.2)))
