"""A course as a folder of courses/: course.yaml, lessons/<slug>.<ko|en>.md, source/<slug>/*.

`read_course` gives a whole, valid course or raises with every problem it found, each with its
file and line. It needs neither Flask nor the database, so authors can run it anywhere.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lms.curricula.notebooks import check_notebook
from lms.curricula.outline import AssignmentOutline, LessonOutline, Outline, Texts, read_outline

MAX_FILE_BYTES = 10 * 1024 * 1024
LANGUAGES = {"ko": "Korean", "en": "English"}


@dataclass(frozen=True)
class LessonFiles:
    slug: str
    title: Texts
    minutes: int
    body: Texts  # Markdown


@dataclass(frozen=True)
class AssignmentFiles:
    slug: str
    title: Texts
    summary: Texts
    after: str  # slug of the lesson it follows
    minutes: int
    rules: list[str]  # names of grading.Rules that are on
    files: list[tuple[str, bytes]]  # path below the assignment's folder, content


@dataclass(frozen=True)
class CourseFiles:
    slug: str
    title: Texts
    summary: Texts
    hours: int
    lessons: list[LessonFiles]
    assignments: list[AssignmentFiles]


@dataclass(frozen=True, order=True)
class Problem:
    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class CourseFileError(Exception):
    """All that keeps a course from being published, in the order of files and lines."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def read_course(folder: Path) -> CourseFiles:
    """The course in `folder`, named after its slug. Raises CourseFileError."""
    return _Course(folder).read()


class _Course:
    """One reading of one folder; problems gather here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []

    def say(self, path: str, message: str, *, line: int = 1) -> None:
        self.problems.append(Problem((self.folder / path).as_posix(), line, message))

    def read(self) -> CourseFiles:
        files = dict(self.contents())
        outline = self.outline(files)
        if outline is None:
            raise CourseFileError(self.problems)
        course = CourseFiles(
            slug=outline.slug,
            title=outline.title,
            summary=outline.summary,
            hours=outline.hours,
            lessons=[self.lesson(lesson, files) for lesson in outline.lessons],
            assignments=[self.assignment(item, files) for item in outline.assignments],
        )
        self.check_listed(outline, files)
        if self.problems:
            raise CourseFileError(self.problems)
        return course

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Every file of the course with its path below the folder; hidden ones are editors' own."""
        for parent, folders, names in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if not _is_hidden(name))
            for name in sorted(name for name in [*folders, *names] if not _is_hidden(name)):
                place = Path(parent, name)
                path = place.relative_to(self.folder).as_posix()
                if place.is_symlink():
                    self.say(path, "is a symbolic link: put the file itself here.")
                elif place.is_file() and place.stat().st_size > MAX_FILE_BYTES:
                    self.say(path, "is larger than 10 MB: make it smaller.")
                    yield path, b""
                elif place.is_file():
                    yield path, place.read_bytes()
                elif not place.is_dir():
                    self.say(path, "is neither a file nor a folder: delete it.")

    def outline(self, files: Mapping[str, bytes]) -> Outline | None:
        if "course.yaml" not in files:
            self.say("course.yaml", "is missing: write it.")
            return None
        outline, findings = read_outline(files["course.yaml"])
        for finding in findings:
            self.say("course.yaml", finding.message, line=finding.line)
        name = self.folder.resolve().name
        if outline and outline.slug and outline.slug != name:
            message = f'the slug is "{outline.slug}" but the folder "{name}": name both the same.'
            self.say("course.yaml", message, line=outline.slug_line)
        return outline

    def lesson(self, lesson: LessonOutline, files: Mapping[str, bytes]) -> LessonFiles:
        body = {code: self.lesson_text(lesson, code, files) for code in LANGUAGES}
        return LessonFiles(lesson.slug, lesson.title, lesson.minutes, Texts(**body))

    def lesson_text(self, lesson: LessonOutline, code: str, files: Mapping[str, bytes]) -> str:
        path = f"lessons/{lesson.slug}.{code}.md"
        if path not in files:
            message = f'lesson "{lesson.slug}" has no {LANGUAGES[code]} text: add {path}.'
            self.say("course.yaml", message, line=lesson.line)
            return ""
        try:
            text = files[path].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = files[path].count(b"\n", 0, error.start) + 1
            self.say(path, "the text is not UTF-8: save it as UTF-8.", line=line)
            return ""
        if not text.strip():
            self.say(path, "the lesson is empty: write it.")
        return text

    def assignment(self, item: AssignmentOutline, files: Mapping[str, bytes]) -> AssignmentFiles:
        root = f"source/{item.slug}/"
        own = [
            (path.removeprefix(root), content)
            for path, content in sorted(files.items())
            if path.startswith(root)
        ]
        if own:
            self.check_notebooks(root, own)
        else:
            message = f'assignment "{item.slug}" has no files: add {root} with a notebook.'
            self.say("course.yaml", message, line=item.line)
        return AssignmentFiles(
            item.slug, item.title, item.summary, item.after, item.minutes, item.rules, own
        )

    def check_notebooks(self, root: str, own: list[tuple[str, bytes]]) -> None:
        notebooks = [(path, content) for path, content in own if path.endswith(".ipynb")]
        graded = 0
        sound = True
        for path, content in notebooks:
            if "/" in path:
                self.say(root + path, "is in a folder, where nbgrader looks for none: move it up.")
            count, findings = check_notebook(content)
            graded += count
            for finding in findings:
                sound = False
                self.say(root + path, finding.message, line=finding.line)
        if not notebooks:
            self.say(root.rstrip("/"), "has no notebook: add one.")
        elif sound and not graded:
            self.say(root + notebooks[0][0], "has no graded cell: give one points in nbgrader.")

    def check_listed(self, outline: Outline, files: Mapping[str, bytes]) -> None:
        """Nothing lies about that course.yaml does not name: it would silently not be taught."""
        lessons = {lesson.slug for lesson in outline.lessons}
        assignments = {item.slug for item in outline.assignments}
        for path in files:
            top, _, rest = path.partition("/")
            if top == "lessons":
                slug, _, ending = rest.partition(".")
                if ending not in {f"{code}.md" for code in LANGUAGES}:
                    self.say(path, "is no lesson text: name it <lesson>.ko.md or <lesson>.en.md.")
                elif slug not in lessons:
                    self.say(path, f'course.yaml has no lesson "{slug}": list it or delete this.')
            elif top == "source":
                slug, _, _ = rest.partition("/")
                if slug not in assignments:
                    message = f'course.yaml has no assignment "{slug}": list it or delete this.'
                    self.say(f"source/{slug}", message)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__"
