"""FACTS.csv, the auditor's form of the facts: one line per spell, the person's columns on each line.

UTF-8 with a header. An empty cell means "not known"; a line without a kind is a person without
spells; yes and no are the booleans. A column that is not ours is refused: it may hold personal data.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import pairwise
from typing import Any, NamedTuple

from lms.metrics.facts import EXCLUSIVE_GROUPS, Person, Spell, SpellKind
from lms.metrics.facts_cells import READERS, Unreadable, looks_like_resident_number

PERSON = ("person", "cohort", "enrolled_on", "left_on", "leaving", "completed_on", "intent")
SPELL = tuple(field.name for field in fields(Spell))
COLUMNS = PERSON + SPELL
OPTIONAL = ("found_through",)  # files of before have no such column


Cells = dict[str, str]


class Problem(NamedTuple):
    """What is wrong in a line, and what to do about it."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class FactsFileError(Exception):
    """Everything that is wrong with a file, in the order of its lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def read_facts(content: bytes) -> tuple[Person, ...]:
    """The people in the order of their first lines, each one's spells in the order of theirs.

    Raises:
        FactsFileError: with every mistake; nothing of a wrong file is returned.
    """
    reading = _Reading()
    people = reading.people(content)
    if reading.problems:
        raise FactsFileError(reading.problems)
    return people


def write_facts(people: Iterable[Person]) -> bytes:
    """What `read_facts` reads as the same people; with a byte order mark, for Excel."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for person in people:
        own = [_written(getattr(person, "key" if name == "person" else name)) for name in PERSON]
        for spell in person.spells:
            writer.writerow([*own, *(_written(getattr(spell, name)) for name in SPELL)])
        if not person.spells:
            writer.writerow([*own, *("" for _ in SPELL)])
    return text.getvalue().encode("utf-8-sig")


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


class _Lines(NamedTuple):
    """One person's lines: the first one's cells, and the spells with the line of each."""

    line: int
    cells: Cells
    values: dict[str, Any]
    spells: list[tuple[int, Spell]]


class _Reading:
    """One reading of one file; the problems gather here."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def say(self, line: int, message: str) -> None:
        self.problems.append(Problem(line, message))

    def people(self, content: bytes) -> tuple[Person, ...]:
        found: dict[str, _Lines] = {}
        for line, cells in self.lines(content):
            own = {name: cells[name] for name in PERSON}
            lines = found.get(own["person"])
            if lines is None:
                lines = found[own["person"]] = _Lines(line, own, self.person(line, own), [])
            else:
                self.compare(line, own, lines)
            if spell := self.spell(line, {name: cells[name] for name in SPELL}):
                lines.spells.append((line, spell))
        for lines in found.values():
            self.check_overlaps(lines)
        if self.problems:
            return ()
        return tuple(
            Person(**lines.values, spells=tuple(spell for _, spell in lines.spells))
            for lines in found.values()
        )

    def lines(self, content: bytes) -> Iterator[tuple[int, Cells]]:
        """Each line that has our columns, with its number; cells without blanks around them."""
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self.say(line, "the file is not UTF-8: save it as CSV UTF-8.")
            return
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header: list[str] | None = None
        begins = 1
        try:
            for row in reader:
                line, begins = begins, reader.line_num + 1
                cells = [cell.strip() for cell in row]
                if not any(cells):
                    continue
                if self.has_resident_number(line, header, cells):
                    continue
                if header is None:
                    header = cells
                    if not self.check_header(line, header):
                        return
                elif len(cells) != len(header):
                    self.say(
                        line,
                        f"there are {len(cells)} cells where the header has {len(header)}: "
                        "write one cell for each column, empty where it is not known.",
                    )
                else:
                    yield line, dict.fromkeys(OPTIONAL, "") | dict(zip(header, cells, strict=True))
        except csv.Error as error:
            self.say(begins, f"the line is not CSV ({error}): correct its quotes.")
            return
        if header is None:
            self.say(1, f"the file is empty: write the header {','.join(COLUMNS)}.")

    def has_resident_number(self, line: int, header: list[str] | None, cells: list[str]) -> bool:
        """The number itself is not repeated in the message, which ends up in logs."""
        found = [number for number, cell in enumerate(cells) if looks_like_resident_number(cell)]
        for number in found:
            column = header[number] if header and number < len(header) else f"column {number + 1}"
            self.say(
                line,
                f"{column} looks like a resident registration number, which we may not hold: "
                "delete it and name the person by a random key.",
            )
        return bool(found)

    def check_header(self, line: int, header: list[str]) -> bool:
        before = len(self.problems)
        if missing := [name for name in COLUMNS if name not in {*header, *OPTIONAL}]:
            self.say(line, f"the header lacks {', '.join(missing)}: add what is missing.")
        for name in dict.fromkeys(header):
            if name not in COLUMNS:
                self.say(
                    line,
                    f"the header has the column {_quoted(name)}, which is none of ours: delete it.",
                )
            elif header.count(name) > 1:
                self.say(line, f"the header has {name} twice: delete one.")
        return len(self.problems) == before

    def values(self, line: int, cells: Cells) -> dict[str, Any]:
        """What is known, by column; a cell that cannot be read is told and left out."""
        values: dict[str, Any] = {}
        for name, cell in cells.items():
            if not cell:
                continue
            try:
                values[name] = READERS[name](cell)
            except Unreadable as wrong:
                self.say(line, f"{name} is {_quoted(cell)}: {wrong}.")
        return values

    def need(self, line: int, cells: Cells, names: Iterable[str]) -> None:
        for name in names:
            if not cells[name]:
                self.say(line, f"{name} is empty: write it.")

    def person(self, line: int, cells: Cells) -> dict[str, Any]:
        self.need(line, cells, ("person", "cohort", "enrolled_on"))
        values = self.values(line, cells)
        enrolled, left, completed = (
            values.get(name) for name in ("enrolled_on", "left_on", "completed_on")
        )
        if cells["left_on"] and cells["completed_on"]:
            self.say(line, "somebody either left or completed: empty left_on or completed_on.")
        if cells["leaving"] and not cells["left_on"]:
            self.say(line, "leaving says why somebody left, but left_on is empty: write the day.")
        for name, ended in (("left_on", left), ("completed_on", completed)):
            if enrolled and ended and ended < enrolled:
                self.say(line, f"{name} {ended} is before enrolled_on {enrolled}: correct one.")
        values["key"] = values.pop("person", None)
        return values

    def compare(self, line: int, cells: Cells, first: _Lines) -> None:
        for name in PERSON:
            if cells[name] != first.cells[name]:
                self.say(
                    line,
                    f"person {_quoted(cells['person'])} has {name} {_quoted(cells[name])} here and "
                    f"{_quoted(first.cells[name])} in line {first.line}: write the same in both, "
                    "or give another enrolment a key of its own.",
                )

    def spell(self, line: int, cells: Cells) -> Spell | None:
        if not cells["kind"]:
            if filled := [name for name in SPELL if cells[name]]:
                self.say(
                    line,
                    f"kind is empty but {', '.join(filled)} {'is' if len(filled) == 1 else 'are'} "
                    "not: write the kind of the spell.",
                )
            return None
        before = len(self.problems)
        self.need(line, cells, ("valid_from",))
        values = self.values(line, cells)
        begins, ends = values.get("valid_from"), values.get("valid_to")
        if begins and ends and ends <= begins:
            self.say(
                line,
                f"valid_to {ends} is not after valid_from {begins}: valid_to is the first day on "
                "which it is no longer so.",
            )
        if cells["found_through"] and cells["kind"] != SpellKind.EMPLOYEE:
            self.say(line, "found_through says how a job was found, but the kind is not employee.")
        return Spell(**values) if len(self.problems) == before else None

    def check_overlaps(self, lines: _Lines) -> None:
        for group in EXCLUSIVE_GROUPS:
            own = [(line, spell) for line, spell in lines.spells if spell.kind in group]
            own.sort(key=lambda item: (item[1].valid_from, item[0]))
            for (line, spell), (later_line, later) in pairwise(own):
                if spell.valid_to is None or later.valid_from < spell.valid_to:
                    self.say(
                        max(line, later_line),
                        f"person {_quoted(lines.cells['person'])} is {later.kind} from "
                        f"{later.valid_from} while {spell.kind} from {spell.valid_from} to "
                        f"{spell.valid_to or 'now'} (lines {line} and {later_line}): end one "
                        "before the other begins, or delete one.",
                    )


def _quoted(cell: str) -> str:
    return f'"{cell if len(cell) <= 40 else cell[:39] + "…"}"' if cell.isprintable() else ascii(cell)[:80]  # fmt: skip
