"""Metric definitions, read from definitions/ with the file and line of everything that is wrong.

All versions are kept. They are read once: a definition changes only with the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import yaml

from lms.metrics.definition import OTHER, After, Among, Definition
from lms.metrics.definition_reader import read_definition
from lms.metrics.yaml_nodes import Finding

FOLDER = Path(__file__).parent / "definitions"


class Problem(NamedTuple):
    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class DefinitionFileError(Exception):
    """Everything that is wrong with the definitions, in the order of files and lines."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def definitions(*, on: date) -> dict[str, Definition]:
    """The definitions in effect on a day, by id; one that was not in effect yet is missing."""
    return in_effect(versions(), on=on)


@cache
def versions() -> Mapping[str, Definition]:
    """Every version of every definition, by title ("plain/1"), in the order of ids and versions."""
    return MappingProxyType(read_folder(FOLDER))


def in_effect(every: Mapping[str, Definition], *, on: date) -> dict[str, Definition]:
    # Later versions come later and replace the earlier ones.
    return {one.id: one for one in every.values() if one.effective_on <= on}


def read_folder(folder: Path) -> dict[str, Definition]:
    """Raises DefinitionFileError with every mistake of every file."""
    found: list[tuple[str, Definition]] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        definition, findings = read_definition(_node(path))
        problems.extend(Problem(path.name, *finding) for finding in findings)
        if definition is None:
            continue
        found.append((path.name, definition))
        name = f"{definition.id}.v{definition.version}.yaml"
        if path.name != name:
            problems.append(Problem(path.name, 1, f"is {definition.title}: name the file {name}."))
    if not problems:
        problems = [*_order(found), *_references(found)]
    if problems:
        raise DefinitionFileError(problems)
    found.sort(key=lambda item: (item[1].id, item[1].version))
    return {definition.title: definition for _, definition in found}


def _node(path: Path) -> yaml.Node | Finding:
    try:
        node = yaml.compose(path.read_bytes().decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        return Finding(1, "the file is not UTF-8: save it as UTF-8.")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "unreadable"
        line = mark.line + 1 if mark else 1
        return Finding(line, f"the file is not YAML ({problem}): correct this line.")
    return node if node is not None else Finding(1, "the file is empty: write a definition.")


def _order(found: list[tuple[str, Definition]]) -> list[Problem]:
    """A later version takes effect later, or nobody could tell which one held."""
    ordered = sorted(found, key=lambda item: (item[1].id, item[1].version))
    return [
        Problem(
            file,
            1,
            f"takes effect on {later.effective_on}, not after {earlier.title} "
            f"({earlier.effective_on}): write a later effective_on.",
        )
        for (_, earlier), (file, later) in pairwise(ordered)
        if earlier.id == later.id and later.effective_on <= earlier.effective_on
    ]


def _references(found: list[tuple[str, Definition]]) -> list[Problem]:
    """Whatever a definition takes from another is there as long as it holds, and leads to an end."""
    ordered = sorted(found, key=lambda item: item[1].version)
    files = {item.title: file for file, item in ordered}
    every = {item.title: item for _, item in ordered}
    return [
        Problem(files[definition.title], 1, message)
        for day in sorted({item.effective_on for item in every.values()})
        for others in [in_effect(every, on=day)]
        for definition in others.values()
        for message in _dangling(definition, others, day)
    ]


def _dangling(definition: Definition, others: Mapping[str, Definition], day: date) -> Iterator[str]:
    for name, classes in _taken(definition).items():
        other = others.get(name)
        if other is None:
            yield f'takes "{name}", which is not in effect on {day}: name a metric that is.'
        elif unknown := sorted(classes - {*(one.code for one in other.classes), OTHER}):
            yield f"takes {', '.join(unknown)} of {other.title}, which has no such class."
        elif _leads_to(definition.id, name, others):
            yield f'takes "{name}", which takes this one: let one of them stand alone.'


def _taken(definition: Definition) -> dict[str, set[str]]:
    """The metrics a definition refers to, with the classes it names of each."""
    taken: dict[str, set[str]] = {}
    if isinstance(definition.day, After) and definition.day.is_of_metric:
        taken[definition.day.event] = set()
    if isinstance(definition.population, Among):
        taken[definition.population.metric] = set(definition.population.classes)
    return taken


def _leads_to(id: str, name: str, others: Mapping[str, Definition]) -> bool:
    seen: set[str] = set()
    ways = [name]
    while ways:
        here = ways.pop()
        if here == id:
            return True
        if here in others and here not in seen:
            ways.extend(_taken(others[here]))
        seen.add(here)
    return False
