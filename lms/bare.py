"""The commands that need no setting, for a checkout where no academy was ever started.

Only the command line gets this; whatever serves pages without its secrets does not start.
"""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup, FlaskGroup

from lms.config import ConfigError
from lms.outcomes import cli as outcomes_cli


def is_asked_for() -> bool:
    """Whether `flask` is looking up a command. `flask run` and `flask shell` are past that."""
    context = click.get_current_context(silent=True)
    return context is not None and isinstance(context.command, FlaskGroup)


class _Commands(AppGroup):
    def __init__(self, missing: ConfigError) -> None:
        super().__init__()
        self.missing = missing

    def get_command(self, ctx: click.Context, name: str) -> click.Command:
        """Whatever is not here needs settings, and is told so."""
        if found := super().get_command(ctx, name):
            return found
        raise click.ClickException(str(self.missing)) from self.missing


def build(missing: ConfigError) -> Flask:
    app = Flask("lms")
    app.cli = _Commands(missing)
    known = outcomes_cli.commands
    # A group of its own: what the academy's application adds to the shared one stays there.
    group = AppGroup(known.name, help=known.help, commands={"compute": known.commands["compute"]})
    group.add_command(_without_settings("import", missing))
    app.cli.add_command(group)
    return app


def _without_settings(name: str, missing: ConfigError) -> click.Command:
    """What stands for a command of a group that is here when the command itself cannot be."""

    @click.command(name, context_settings={"ignore_unknown_options": True})
    @click.argument("ignored", nargs=-1)
    def told(ignored: tuple[str, ...]) -> None:
        """Import what became of a cohort's people (needs the academy's settings)."""
        raise click.ClickException(str(missing)) from missing

    return told
