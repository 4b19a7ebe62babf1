"""`flask outcomes …`: an auditor's way to the figures, from facts in a file and nothing else.

`compute` knows no setting and no database, so it runs in a bare checkout (lms/bare.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from lms.metrics.definition import Incidence, Median
from lms.metrics.definition_files import versions
from lms.metrics.evaluating import figures
from lms.metrics.facts_file import FactsFileError, read_facts
from lms.metrics.figure import Figure, WindowState

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
    required=True,
    help="FACTS.csv: one line per spell.",
)
@click.option(
    "--valid",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day the figures are asked for; today where it is left out.",
)
@click.option("--json", "as_json", is_flag=True, help="A JSON list instead of a table.")
def compute(facts: Path, valid: datetime | None, as_json: bool) -> None:
    """Every metric of every cohort in FACTS.csv. The database is not asked."""
    day = (valid or datetime.now(ZoneInfo("Asia/Seoul"))).date()
    try:
        people = read_facts(facts.read_bytes())
    except OSError as error:
        raise Refused(f"{facts} cannot be read: {error.strerror}.") from error
    except FactsFileError as error:
        lines = "\n".join(f"{facts}:{each.line}: {each.message}" for each in error.problems)
        raise Refused(f"nothing was computed:\n{lines}") from error
    found = figures(people, valid_on=day)
    if as_json:
        text = json.dumps([one.as_json() for one in found], ensure_ascii=False, indent=2)
        click.echo(text)
    else:
        _print_table(found)


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
