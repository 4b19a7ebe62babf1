"""What lessons show is what Python says: every example runs in the notebook environment, and both
languages of a lesson have the same parts. No text of the shipped lessons trips the renderer."""

import re
import subprocess
from pathlib import Path

import pytest

from lms.markdown import render, toc

ROOT = Path(__file__).parents[2]
LESSONS = sorted(ROOT.glob("courses/*/lessons/*.md"))
RUNNER = """
import doctest, re, sys
text = sys.stdin.read()
names = {"__name__": "__main__"}
runner = doctest.DocTestRunner()
for block in re.finditer(r"^```(python|pycon)\\n(.*?)^```$", text, re.M | re.S):
    line = text.count("\\n", 0, block.start()) + 1
    if block[1] == "python":
        exec(compile("\\n" * line + block[2], "lesson", "exec"), names)
    else:
        test = doctest.DocTestParser().get_doctest(block[2], {}, "lesson", "lesson", line)
        test.globs = names
        runner.run(test, clear_globs=False)
sys.exit(bool(runner.failures))
"""


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.name)
def test_examples_say_what_python_says(lesson: Path) -> None:
    python = ROOT / ".venv-notebook/bin/python"
    run = subprocess.run(
        [python, "-c", RUNNER], input=lesson.read_text(), capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    "korean", [p for p in LESSONS if p.name.endswith(".ko.md")], ids=lambda path: path.name
)
def test_both_languages_have_the_same_parts(korean: Path) -> None:
    english = korean.with_name(korean.name.replace(".ko.md", ".en.md"))
    parts = [
        re.findall(r"^```\w*|^\|[-:| ]+\|$|^\$\$", p.read_text(), re.M) for p in (korean, english)
    ]
    assert parts[0] == parts[1]
    levels = [[heading.level for heading in toc(p.read_text())] for p in (korean, english)]
    assert levels[0] == levels[1]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.name)
def test_no_markup_is_left_over(lesson: Path) -> None:
    html = re.sub(r"<(code|pre)\b.*?</\1>|<[^>]*>", " ", render(lesson.read_text()), flags=re.S)
    assert "**" not in html and "$" not in html and "`" not in html
