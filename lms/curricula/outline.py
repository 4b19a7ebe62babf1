"""course.yaml, read with the line of everything that is wrong in it.

PyYAML's nodes are walked, not its values: only nodes know their line.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
COURSE = ("slug", "title", "summary", "hours", "lessons", "assignments")
LESSON = ("slug", "title", "minutes")
ASSIGNMENT = ("slug", "title", "summary", "after", "minutes")
# The named departures from nbgrader's scoring that an assignment may choose (grading.Rules).
RULES = ("warnings_allowed", "values_checked", "points_kept", "tests_sealed")


class Finding(NamedTuple):
    """What is wrong in one file, and what to do about it."""

    line: int
    message: str


class Texts(NamedTuple):
    ko: str
    en: str


@dataclass(frozen=True)
class LessonOutline:
    slug: str
    title: Texts
    minutes: int
    line: int


@dataclass(frozen=True)
class AssignmentOutline:
    slug: str
    title: Texts
    summary: Texts
    after: str
    minutes: int
    rules: list[str]
    line: int


@dataclass(frozen=True)
class Outline:
    slug: str
    slug_line: int
    title: Texts
    summary: Texts
    hours: int
    lessons: list[LessonOutline]
    assignments: list[AssignmentOutline]


def read_outline(content: bytes) -> tuple[Outline | None, list[Finding]]:
    """The outline, and all that is wrong with it; what is wrong reads as "" or 0 in the outline."""
    try:
        node = yaml.compose(content.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        return None, [Finding(1, "the file is not UTF-8: save it as UTF-8.")]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "unreadable"
        line = mark.line + 1 if mark else 1
        return None, [Finding(line, f"the file is not YAML ({problem}): correct this line.")]
    if node is None:
        return None, [Finding(1, f"the file is empty: write {_listed(COURSE)}.")]
    reader = _Reader()
    return reader.course(node), reader.findings


class _Reader:
    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def course(self, node: Node) -> Outline:
        keys = self.mapping(node, "the course", COURSE)
        lessons = [
            self.lesson(item, number)
            for number, item in enumerate(self.items(keys.get("lessons"), "lessons"), start=1)
        ]
        known = {lesson.slug for lesson in lessons}
        items = self.items(keys.get("assignments"), "assignments", may_be_empty=True)
        assignments = [
            self.assignment(item, number, known) for number, item in enumerate(items, start=1)
        ]
        self.unique("lesson", lessons)
        self.unique("assignment", assignments)
        return Outline(
            slug=self.slug(keys.get("slug"), "the course"),
            slug_line=_line(keys.get("slug", node)),
            title=self.texts(keys.get("title"), "the title of the course"),
            summary=self.texts(keys.get("summary"), "the summary of the course"),
            hours=self.whole(keys.get("hours"), "hours"),
            lessons=lessons,
            assignments=assignments,
        )

    def lesson(self, node: Node, number: int) -> LessonOutline:
        what = _name("lesson", node, number)
        keys = self.mapping(node, what, LESSON)
        return LessonOutline(
            slug=self.slug(keys.get("slug"), what),
            title=self.texts(keys.get("title"), f"the title of {what}"),
            minutes=self.whole(keys.get("minutes"), f"minutes of {what}"),
            line=_line(keys.get("slug", node)),
        )

    def assignment(self, node: Node, number: int, lessons: set[str]) -> AssignmentOutline:
        what = _name("assignment", node, number)
        keys = self.mapping(node, what, ASSIGNMENT, optional=("rules",))
        after = self.slug(keys.get("after"), f"after of {what}")
        if after and after not in lessons:
            self.say(keys["after"], f'{what} comes after "{after}", which is no lesson: name one.')
        return AssignmentOutline(
            slug=self.slug(keys.get("slug"), what),
            title=self.texts(keys.get("title"), f"the title of {what}"),
            summary=self.texts(keys.get("summary"), f"the summary of {what}"),
            after=after,
            minutes=self.whole(keys.get("minutes"), f"minutes of {what}"),
            rules=self.rules(keys.get("rules"), what),
            line=_line(keys.get("slug", node)),
        )

    def rules(self, node: Node | None, what: str) -> list[str]:
        chosen: set[str] = set()
        for item in self.items(node, f"the rules of {what}", may_be_empty=True):
            name = item.value if isinstance(item, ScalarNode) else "…"
            if name not in RULES:
                self.say(item, f'{what} has the unknown rule "{name}": use only {_listed(RULES)}.')
            elif name in chosen:
                self.say(item, f'{what} has the rule "{name}" twice: delete one.')
            chosen.add(name)
        return [name for name in RULES if name in chosen]

    def say(self, node: Node, message: str) -> None:
        self.findings.append(Finding(_line(node), message))

    def mapping(
        self, node: Node | None, what: str, names: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, Node]:
        if node is None:
            return {}
        known = names + optional
        if not isinstance(node, MappingNode):
            self.say(node, f"{what} must have the keys {_listed(names)}: write them below it.")
            return {}
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else "…"
            if name not in known:
                self.say(key, f'{what} has the unknown key "{name}": use only {_listed(known)}.')
            elif name in found:
                self.say(key, f'{what} has the key "{name}" twice: delete one.')
            else:
                found[name] = value
        for name in names:
            if name not in found:
                self.say(node, f'{what} has no "{name}": add it.')
        return found

    def items(self, node: Node | None, what: str, *, may_be_empty: bool = False) -> list[Node]:
        if node is None:
            return []
        if isinstance(node, SequenceNode) and (node.value or may_be_empty):
            return list(node.value)
        self.say(node, f"{what} must be a list: begin each of them with a hyphen.")
        return []

    def text(self, node: Node | None, what: str) -> str:
        if node is None:
            return ""
        if not isinstance(node, ScalarNode) or node.tag != "tag:yaml.org,2002:str":
            self.say(node, f"{what} must be text: put it in double quotes.")
            return ""
        if not node.value.strip():
            self.say(node, f"{what} is empty: write it.")
        return str(node.value).strip()

    def texts(self, node: Node | None, what: str) -> Texts:
        keys = self.mapping(node, what, ("ko", "en"))
        return Texts(
            ko=self.text(keys.get("ko"), f"{what} in Korean"),
            en=self.text(keys.get("en"), f"{what} in English"),
        )

    def slug(self, node: Node | None, what: str) -> str:
        slug = self.text(node, f"the slug of {what}")
        if node is not None and slug and not SLUG.fullmatch(slug):
            self.say(
                node,
                f'"{slug}" is no slug: use small letters, digits and single hyphens, '
                "such as control-flow.",
            )
        return slug

    def whole(self, node: Node | None, what: str) -> int:
        if node is None:
            return 0
        if isinstance(node, ScalarNode) and re.fullmatch(r"[1-9]\d{0,5}", node.value):
            return int(node.value)
        self.say(node, f"{what} must be a whole number above 0: write one such as 60.")
        return 0

    def unique(self, kind: str, items: list[LessonOutline] | list[AssignmentOutline]) -> None:
        first: dict[str, int] = {}
        for item in items:
            if item.slug and first.setdefault(item.slug, item.line) != item.line:
                message = f'{kind} "{item.slug}" is also on line {first[item.slug]}: rename one.'
                self.findings.append(Finding(item.line, message))


def _name(kind: str, node: Node, number: int) -> str:
    """A lesson by its slug where it has one, else by its place."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == "slug" and isinstance(value, ScalarNode) and value.value:
                return f'{kind} "{value.value}"'
    return f"{kind} {number}"


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
