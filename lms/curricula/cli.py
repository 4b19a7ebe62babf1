"""`flask curricula …`: check courses/ and publish it."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from lms.curricula.actions import publish_course
from lms.curricula.files import CourseFileError, CourseFiles, read_course
from lms.db import db

commands = AppGroup("curricula", help="Courses, read from courses/.")
FOLDERS = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))


@commands.command()
@FOLDERS
def check(folder: Path) -> None:
    """Say everything that is wrong with the courses in FOLDER, with file and line."""
    for course in _read(folder):
        click.echo(
            f"{course.slug}: {len(course.lessons)} lessons, {len(course.assignments)} assignments"
        )


@commands.command()
@FOLDERS
def publish(folder: Path) -> None:
    """Make the database's courses equal to those in FOLDER."""
    for course in _read(folder):
        publish_course(course)
        db.session.commit()
        click.echo(f"published {course.slug}")


def _read(folder: Path) -> list[CourseFiles]:
    """Every course below the folder; nothing is published when one is broken."""
    found, problems = [], []
    for path in sorted(path for path in folder.iterdir() if (path / "course.yaml").exists()):
        try:
            found.append(read_course(path))
        except CourseFileError as error:
            problems.append(str(error))
    if problems:
        raise click.ClickException("\n".join(problems))
    return found
