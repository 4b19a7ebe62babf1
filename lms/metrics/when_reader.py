"""The `when` of a class: the words that hold of one spell, or of the person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from types import NoneType
from typing import get_args, get_type_hints

from yaml.nodes import MappingNode, Node, SequenceNode

from lms.metrics import yaml_nodes as read
from lms.metrics.definition import Condition, Value, When
from lms.metrics.facts import Person, Spell
from lms.metrics.yaml_nodes import Wrong


def _types(owner: type, but: Iterable[str]) -> dict[str, type]:
    """The type of each field that a `when` may name; every one may also be not known."""
    hints = get_type_hints(owner)
    found = {
        name: next(one for one in get_args(hint) or (hint,) if one is not NoneType)
        for name, hint in hints.items()
    }
    return {name: kind for name, kind in found.items() if name not in but}


SPELL_WORDS = _types(Spell, but=("valid_from", "valid_to", "found_through"))
PERSON_WORDS = {
    f"person.{name}": kind
    for name, kind in _types(Person, but=("key", "cohort", "enrolled_on", "spells")).items()
}
WORDS = SPELL_WORDS | PERSON_WORDS
NUMBERS = tuple(name for name, kind in SPELL_WORDS.items() if kind in (int, float))


def when(node: Node, what: str) -> When:
    if isinstance(node, SequenceNode) and node.value:
        return tuple(_all_of(item, what) for item in node.value)
    return (_all_of(node, what),)


def _all_of(node: Node, what: str) -> tuple[Condition, ...]:
    keys = read.mapping(node, what, (), WORDS)
    if not keys:
        raise Wrong(node, f"{what} says nothing: write a word and its value.")
    return tuple(
        condition for word, value in keys.items() for condition in _conditions(word, value)
    )


def _conditions(word: str, node: Node) -> list[Condition]:
    field, of_person = word.removeprefix("person."), word in PERSON_WORDS
    if not isinstance(node, MappingNode):
        return [Condition(field, "in", _values(word, node), of_person)]
    found = []
    for name, value in read.mapping(node, word, (), ("at_least", "under", "not")).items():
        if name == "not":
            found.append(Condition(field, "not in", _values(word, value), of_person))
        elif word in NUMBERS:
            limit = (_number(word, value),)
            found.append(
                Condition(field, "at least" if name == "at_least" else "under", limit, of_person)
            )
        else:
            raise Wrong(value, f"{word} is no number: write a value, or {{not: a value}}.")
    if not found:
        raise Wrong(node, f"{word} says nothing: write at_least, under or not.")
    return found


def _number(word: str, node: Node) -> float:
    value = read.scalar(node, word)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong(node, f"{word} is compared with no number: write one.")
    return value


def _values(word: str, node: Node) -> tuple[Value, ...]:
    items = node.value if isinstance(node, SequenceNode) else [node]
    if not items:
        raise Wrong(node, f"{word} has no value: write one.")
    return tuple(_value(word, item) for item in items)


def _value(word: str, node: Node) -> Value:
    value, kind = read.scalar(node, word), WORDS[word]
    if value is None:
        return None
    if issubclass(kind, StrEnum):
        return read.member(node, word, kind)
    if kind is date:
        raise Wrong(node, f"{word} is a date: write null, or {{not: null}} where it is known.")
    if type(value) is not kind and not (kind is float and type(value) is int):
        hint = {bool: "true or false", str: "a text in quotes"}.get(kind, "a number")
        raise Wrong(node, f"{word} is {node.value!r}: write {hint}, or null.")
    return value  # type: ignore[return-value]
