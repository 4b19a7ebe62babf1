"""What grading needs of an assignment, made by nbgrader from its source once and kept by digest.

The first submission of an assignment pays for it; no notebook can reach it.
"""

import ast
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grading import folder, warm
from grading.borrowing import Borrowed, borrowed
from grading.facts import GradingFailed, Question
from grading.kernels import KERNEL, Need, needed
from grading.releasing import expect, questions_of
from grading.workplace import COURSE, workplace

MOST_PREPARED = 64
SECONDS = 300
MAGIC = re.compile(r"^\s*[%!?].*$", re.MULTILINE)
# Never imported before the fork: they start threads or touch a device when imported.
LEFT_TO_THE_BOX = {"jax", "cupy", "pycuda", "tensorflow", "ipywidgets", "pyspark", "ray", "dask"}

# What a real kernel is driven with (sandbox/kernel.py).
DRIVER = ("jupyter_client.manager", "nbclient")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the assignment as it has to be when it is graded; `source` has the hidden tests."""

    metadata: dict[str, Any]
    cell_type: str
    source: str
    checksum: str | None
    locked: bool


@dataclass(frozen=True, slots=True)
class Notebook:
    """`need`: the real kernel it needs, None for warm Python; `borrowed`: for sealed tests."""

    kernelspec: dict[str, Any] | None
    cells: dict[str, Cell]
    need: Need | None = None
    borrowed: dict[str, Borrowed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assignment:
    """`files` are those that lie beside the notebooks; `imports` what the author's code imports."""

    digest: str
    questions: tuple[Question, ...]
    notebooks: dict[str, Notebook]
    files: dict[str, bytes]
    imports: tuple[str, ...]

    def questions_in(self, notebook: str) -> list[Question]:
        return [question for question in self.questions if question.notebook == notebook]


_prepared: OrderedDict[str, Assignment] = OrderedDict()
_guard = threading.Lock()


def assignment(source: Path, *, name: str, kernels: Iterable[str] = (KERNEL,)) -> Assignment:
    """`kernels`: the names of those that are installed. Raises UnusableInput, GradingFailed."""
    folder.check_source(source)
    key = folder.digest(source)
    with _guard:
        found = _prepared.get(key)
    if found is None:
        found = _made(source, name=name, key=key, kernels=list(kernels))
        with _guard:
            _prepared[key] = found
            while len(_prepared) > MOST_PREPARED:
                _prepared.popitem(last=False)
    return found


def _made(source: Path, *, name: str, key: str, kernels: list[str]) -> Assignment:
    with workplace() as root:
        folder.copy(source, root / COURSE / "source/assignment")
        job = {"job": "prepare", "kernels": kernels}
        answer = warm.run_job(job, root=root, seconds=SECONDS)
    event = expect(answer, "prepared", name=name)
    if not event["notebooks"]:
        raise GradingFailed(f"nbgrader made nothing of '{name}'")
    files = {
        path: file.read_bytes()
        for path, file in folder.regular_files(source)
        if not path.endswith(".ipynb")
    }
    imports = {title: _imports(source / f"{title}.ipynb") for title in event["notebooks"]}
    notebooks = {
        title: Notebook(
            kernelspec=book["kernelspec"],
            cells={grade_id: Cell(**cell) for grade_id, cell in book["cells"].items()},
            need=needed((book["kernelspec"] or {}).get("name"), imports[title]),
            borrowed=borrowed((source / f"{title}.ipynb").read_bytes()),
        )
        for title, book in event["notebooks"].items()
    }
    warm_ones = {one for name in notebooks if not notebooks[name].need for one in imports[name]}
    beside = {Path(path).stem for path, _ in folder.regular_files(source)}
    left_out = LEFT_TO_THE_BOX | beside | {"__main__", "antigravity"}
    forked = sorted(name for name in warm_ones if name.split(".")[0] not in left_out)
    drivers = DRIVER if any(notebook.need for notebook in notebooks.values()) else ()
    return Assignment(key, questions_of(event), notebooks, files, (*forked, *drivers))


def _imports(notebook: Path) -> set[str]:
    """Modules imported anywhere in an author's notebook, as far as its cells are Python."""
    return {name for code in folder.code_of(notebook.read_bytes()) for name in _imported_by(code)}


def _imported_by(code: str) -> Iterator[str]:
    try:
        tree = ast.parse(MAGIC.sub("", code))
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
