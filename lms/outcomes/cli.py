"""`flask outcomes …`: an auditor's way to the figures, from facts in a file or in the database.

`compute --facts` knows no setting and no database, so it runs in a bare checkout (lms/bare.py);
`compute --cohort` has the same figures counted by the academy's database.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import AppGroup

from lms.metrics.definition import Incidence, Median
from lms.metrics.definition_files import versions
from lms.metrics.evaluating import figures as evaluated
from lms.metrics.facts_file import FactsFileError, read_facts
from lms.metrics.figure import Figure, WindowState

SEOUL = ZoneInfo("Asia/Seoul")
commands = AppGroup("outcomes", help="What became of the graduates.")

NO_RATE = {
    WindowState.TO_OPEN: "nobody has begun",
    WindowState.RUNNING: "still running",
    WindowState.OPEN: "its day has not come",
    WindowState.NOBODY: "nobody to count",
}


class Refused(click.ClickException):
    """The input is wrong; nothing was computed."""

    exit_code = 2


@commands.command()
@click.option(
    "--facts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="FACTS.csv: one line per spell. The database is not asked.",
)
@click.option("--cohort", help="A cohort's number, or all: counted by the database.")
@click.option(
    "--valid",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day the figures are asked for; today where it is left out.",
)
@click.option(
    "--recorded",
    help="With --cohort: as known at this moment (ISO 8601; Seoul time without a zone); now where it is left out.",
)
@click.option("--json", "as_json", is_flag=True, help="A JSON list instead of a table.")
def compute(
    facts: Path | None,
    cohort: str | None,
    valid: datetime | None,
    recorded: str | None,
    as_json: bool,
) -> None:
    """Every metric of every cohort in FACTS.csv, or of cohorts in the database."""
    day = (valid or datetime.now(SEOUL)).date()
    first = min(metric.effective_on for metric in versions().values())
    if day < first:
        raise Refused(f"no metric holds on {day}: ask for {first} or later.")
    if facts and not cohort and not recorded:
        found = _of_file(facts, day)
    elif cohort and not facts:
        found = _of_database(cohort, day, recorded)
    else:
        raise Refused(
            "give either --facts FILE, or --cohort NUMBER|all and, if you like, --recorded."
        )
    if as_json:
        text = json.dumps([one.as_json() for one in found], ensure_ascii=False, indent=2)
        click.echo(text)
    else:
        _print_table(found)


def _of_file(facts: Path, day: date) -> list[Figure]:
    try:
        people = read_facts(facts.read_bytes())
    except OSError as error:
        raise Refused(f"{facts} cannot be read: {error.strerror}.") from error
    except FactsFileError as error:
        lines = "\n".join(f"{facts}:{each.line}: {each.message}" for each in error.problems)
        raise Refused(f"nothing was computed:\n{lines}") from error
    return evaluated(people, valid_on=day)


def _of_database(cohort: str, day: date, recorded: str | None) -> list[Figure]:
    if "sqlalchemy" not in current_app.extensions:
        raise Refused(
            "there is no database: start the academy with `make up`, or give --facts FILE."
        )
    # What asks the database is imported where there is one.
    from sqlalchemy import select

    from lms.cohorts.models import Cohort
    from lms.db import db
    from lms.outcomes.computing import figures
    from lms.recorded import StillRecording, settled_moment

    asked = select(Cohort).order_by(Cohort.number)
    if cohort != "all":
        if not (cohort.isascii() and cohort.isdecimal() and len(cohort) < 10):
            raise Refused(f"{cohort!r} is no cohort: give its number, or all.")
        asked = asked.where(Cohort.number == int(cohort))
    cohorts = db.session.scalars(asked).all()
    if not cohorts and cohort != "all":
        raise Refused(f"there is no cohort {cohort}.")
    moment = _moment(recorded) if recorded else None
    try:
        settled = settled_moment()
    except StillRecording as error:
        raise Refused(error.message) from error
    if moment and moment > settled:
        raise Refused(f"--recorded {recorded} is in the future: give a moment that has passed.")
    return figures(cohorts, valid_on=day, recorded=moment or settled)


def _moment(recorded: str) -> datetime:
    """Without a zone it is Seoul time, as in every form."""
    try:
        moment = datetime.fromisoformat(recorded)
    except ValueError as error:
        raise Refused(
            f"{recorded!r} is no moment: write it as in 2026-11-25T09:00:00+09:00."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=SEOUL)


def _print_table(found: Iterable[Figure]) -> None:
    for cohort, its in groupby(found, key=lambda one: one.cohort):
        lines = [_line(one) for one in its]
        click.echo(f"Cohort {cohort}")
        click.echo(f"  {'metric/version':<26} {'people':>11} {'value':>10}  95 % interval")
        for title, people, value, interval in lines:
            click.echo(f"  {title:<26} {people:>11} {value:>10}  {interval}".rstrip())
        click.echo()


def _line(one: Figure) -> tuple[str, str, str, str]:
    title = f"{one.metric}/{one.version}"
    if one.value is None:
        return title, "", "–", NO_RATE[one.window_state]
    people = f"{one.numerator}/{one.denominator}"
    if isinstance(versions()[title].measure, Median):
        return title, people, f"{one.value:,.0f}", "KRW"
    interval = f"{_percent(one.interval[0])} – {_percent(one.interval[1])}" if one.interval else ""
    if isinstance(versions()[title].measure, Incidence):
        interval = "estimate, not the ratio of the two"
    return title, people, _percent(one.value), interval


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
