"""Copying folders that came from outside: regular files only, never through a link.

Names are put into Unicode form NFC, because a file named in Korean on a Mac arrives decomposed.
"""

import hashlib
import json
import os
import shutil
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from grading.facts import UnusableInput

# nbgrader reads the submission time from timestamp.txt; the academy's server keeps the time.
IGNORED_FILES = {"timestamp.txt", ".DS_Store"}
IGNORED_FOLDERS = {".ipynb_checkpoints", "__pycache__", ".git"}


def regular_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """(path in NFC, file) of every file worth copying, sorted."""
    if not folder.is_dir():
        raise UnusableInput(
            f"There is no folder {folder}; name the folder that holds the notebooks."
        )
    found: dict[str, Path] = {}
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = [name for name in folders if name not in IGNORED_FOLDERS]
        for name in set(names) - IGNORED_FILES:
            file = Path(parent, name)
            if stat.S_ISREG(file.lstat().st_mode):
                path = unicodedata.normalize("NFC", file.relative_to(folder).as_posix())
                found[path] = file
    return iter(sorted(found.items()))


def notebook_names(folder: Path) -> tuple[str, ...]:
    """The notebooks nbgrader grades: those directly in the folder, sorted by name."""
    return tuple(
        path.removesuffix(".ipynb")
        for path, _ in regular_files(folder)
        if path.endswith(".ipynb") and "/" not in path
    )


def check_source(folder: Path) -> None:
    if not notebook_names(folder):
        raise UnusableInput(
            f"There is no notebook in {folder}; put at least one .ipynb file there."
        )


def copy(folder: Path, into: Path) -> None:
    for path, file in regular_files(folder):
        target = into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def beside(folder: Path, *, theirs: Iterable[str]) -> dict[str, bytes]:
    """Every file handed in, but for what stands where the assignment has files (`theirs`)."""
    files = set(theirs)
    folders = {parent.as_posix() for path in files for parent in Path(path).parents} - {"."}
    return {
        path: file.read_bytes()
        for path, file in regular_files(folder)
        if path not in files | folders
        and not {parent.as_posix() for parent in Path(path).parents} & files
    }


def code_of(notebook: bytes) -> Iterator[str]:
    """The text of each code cell, as far as the notebook can be read."""
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        for cell in json.loads(notebook)["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"])


def digest(folder: Path) -> str:
    """SHA-256 over paths and contents."""
    total = hashlib.sha256()
    for path, file in regular_files(folder):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"{len(path)}:{path}:{content}\n".encode())
    return total.hexdigest()
