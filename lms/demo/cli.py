"""`flask demo …`: load the demonstration academy and say who can sign in."""

import click
from flask.cli import AppGroup

from lms.db import db

commands = AppGroup("demo", help="The demonstration academy.")


@commands.command()
def load() -> None:
    """Load the demonstration academy, unless the database holds cohorts already."""
    # What only a demonstration needs (Faker, the grader) is imported when it is asked for.
    from lms.demo.academy import CourseMissing, has_cohorts, load_academy

    if has_cohorts():
        click.echo("The academy has cohorts already: nothing was loaded.")
        return
    try:
        load_academy()
    except CourseMissing as missing:
        raise click.ClickException(str(missing)) from missing
    db.session.commit()
    click.echo("The demonstration academy is loaded: cohorts 1 to 5, finished, and 6, running.")


@commands.command()
def accounts() -> None:
    """Role, user name and password of each demonstration account."""
    from lms.demo.people import DEMO_PASSWORD, SIGN_INS

    for role, role_ko, username in SIGN_INS:
        # Padded with a space as wide as a Korean letter, so that the columns stand.
        label = role_ko.ljust(3, "\N{IDEOGRAPHIC SPACE}")
        click.echo(f"{label}  {role:<13}  {username:<10}  {DEMO_PASSWORD}")
