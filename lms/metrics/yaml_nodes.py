"""YAML with the line of each mistake: PyYAML's nodes are walked, because only they know their line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from lms.metrics.definition import Text

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Finding(NamedTuple):
    """What is wrong in a file, and what to do about it."""

    line: int
    message: str


class Wrong(Exception):
    """One mistake, at a node."""

    def __init__(self, node: Node, message: str) -> None:
        super().__init__(message)
        self.finding = Finding(line(node), message)


def line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def mapping(
    node: Node, what: str, names: Iterable[str], optional: Iterable[str] = ()
) -> dict[str, Node]:
    """The values by key: all of `names`, any of `optional`, nothing else and nothing twice."""
    names = tuple(names)
    if not isinstance(node, MappingNode):
        raise Wrong(node, f"{what} has no keys: write {listed(names)}.")
    found: dict[str, Node] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode) or key.value not in {*names, *optional}:
            name = key.value if isinstance(key, ScalarNode) else "…"
            raise Wrong(
                key, f'{what} has the unknown key "{name}": use {listed([*names, *optional])}.'
            )
        if key.value in found:
            raise Wrong(key, f'{what} has the key "{key.value}" twice: delete one.')
        found[key.value] = value
    if missing := [name for name in names if name not in found]:
        raise Wrong(node, f"{what} lacks {listed(missing)}: add what is missing.")
    return found


def keys_of(node: Node) -> set[str]:
    """The keys of a mapping, to tell which form it is of."""
    if not isinstance(node, MappingNode):
        return set()
    return {key.value for key, _ in node.value if isinstance(key, ScalarNode)}


def items(node: Node, what: str) -> list[Node]:
    if not isinstance(node, SequenceNode):
        raise Wrong(node, f"{what} is no list: write [a, b], or [] for none.")
    return list(node.value)


def scalar(node: Node, what: str) -> object:
    """A scalar as YAML means it."""
    if not isinstance(node, ScalarNode):
        raise Wrong(node, f"{what} is not one value: write one.")
    try:
        value: object = yaml.SafeLoader("").construct_object(node)
    except ValueError:
        raise Wrong(node, f"{what} is {node.value}, which does not exist: correct it.") from None
    return value


def words(node: Node, what: str) -> str:
    value = scalar(node, what)
    if not isinstance(value, str) or not value.strip():
        raise Wrong(node, f"{what} is no text: write it, in quotes if it looks like a number.")
    return value.strip()


def slug(node: Node, what: str) -> str:
    value = words(node, what)
    if not SLUG.fullmatch(value):
        raise Wrong(node, f'{what} is "{value}": use small letters, digits and dashes.')
    return value


def whole(node: Node, what: str) -> int:
    value = scalar(node, what)
    if type(value) is not int or value < 0:
        raise Wrong(node, f"{what} is no whole number: write one such as 3.")
    return value


def positive(node: Node, what: str) -> int:
    value = whole(node, what)
    if not value:
        raise Wrong(node, f"{what} is 0: write 1 or more.")
    return value


def level(node: Node, what: str) -> int:
    value = whole(node, what)
    if value > 5:
        raise Wrong(node, f"{what} is {value}: write a level from 0 to 5.")
    return value


def date_of(node: Node, what: str) -> date:
    value = scalar(node, what)
    if type(value) is not date:
        raise Wrong(node, f"{what} is no date: write it as 2026-02-28.")
    return value


def text(node: Node, what: str) -> Text:
    keys = mapping(node, what, ("ko", "en"))
    return Text(**{key: " ".join(words(keys[key], f"{what}.{key}").split()) for key in keys})


def member(node: Node, what: str, kinds: type[StrEnum]) -> str:
    value = words(node, what)
    if value not in list(kinds):
        raise Wrong(node, f'{what} is "{value}": write one of {listed(kinds)}.')
    return value
