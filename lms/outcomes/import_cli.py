"""`flask outcomes import`: the same plan as the page's, from the command line."""

from __future__ import annotations

from pathlib import Path

import click
from flask_babel import force_locale

from lms.cohorts.queries import cohort_by_number
from lms.db import db
from lms.errors import DomainError
from lms.outcomes.facts_import import FactsChange, FactsPlan, import_facts, plan_facts
from lms.outcomes.facts_table import FACTS
from lms.table_files import read_table


@click.command("import")
@click.argument("facts", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--cohort", type=int, required=True, help="The cohort's number.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
def import_outcomes(facts: Path, cohort: int, dry_run: bool) -> None:
    """Import what became of a cohort's people from FACTS (CSV or XLSX), whole or not at all.

    `person` is the student number. What is recorded already is left as it is.
    """
    with force_locale("en"):  # as all commands speak
        _import(facts, cohort, dry_run=dry_run)


def _import(facts: Path, cohort: int, *, dry_run: bool) -> None:
    into = cohort_by_number(cohort)
    if into is None:
        raise click.ClickException(f"there is no cohort {cohort}")
    try:
        lines = read_table(facts.name, facts.read_bytes())
    except DomainError as error:
        raise click.ClickException(error.message) from error
    columns = FACTS.matched(lines[0].cells)
    if missing := FACTS.missing(columns):
        raise click.ClickException(f"the heading lacks {', '.join(missing)}")
    plan = plan_facts(into, FACTS.ordered(lines, columns))
    _say(plan)
    if plan.obstacles:
        raise click.ClickException("nothing was written: correct these lines and import again")
    if dry_run:
        click.echo("nothing was written: this was a dry run")
        return
    try:
        import_facts(into, plan, source=facts.name[:200], by=None)
    except DomainError as error:
        db.session.rollback()
        raise click.ClickException(f"nothing was written: {error.message}") from error
    db.session.commit()
    click.echo("imported" if plan.writes else "nothing to write: all of it is recorded already")


def _say(plan: FactsPlan) -> None:
    for note in plan.notes:
        click.echo(f"line {note.line}: {note.message}")
    for error in plan.obstacles:
        click.echo(f"line {error.line}: {error.message}", err=True)
    new, same = plan.count(FactsChange.NEW), plan.count(FactsChange.UNCHANGED)
    click.echo(
        f"spells: {new} new, {same} unchanged; enrolments changed: {len(plan.changed_people)}; "
        f"conflicting lines: {len(plan.conflicts)}; wrong: {len(plan.errors)}"
    )
