"""Files of an assignment folder: what may be sent, what may be written, and where.

A path from the LMS is not believed; a file that exists is never overwritten here.
"""

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from grading.exchange.refusal import Refusal, in_both

MIB = 1024 * 1024
MOST_BYTES_IN_A_FILE = 25 * MIB
MOST_BYTES = 48 * MIB  # the LMS takes 50, with what a form adds
MOST_FILES = 200
LONGEST_PATH = 200


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def safe_path(path: object) -> PurePosixPath:
    """A relative path below the folder it is joined to.

    Raises:
        Refusal: it is absolute, climbs, is hidden or holds what no file name should.
    """
    text = path if isinstance(path, str) else ""
    parts = text.split("/")
    if "\\" in text or not text.isprintable() or any(not p or p.startswith(".") for p in parts):
        raise Refusal(
            in_both(
                f"쓸 수 없는 파일 이름입니다: {path!r}", f"This file name cannot be used: {path!r}"
            ),
            status=400,
        )
    return PurePosixPath(text)


def safe_name(name: str) -> str:
    """A course code or assignment name as one folder name; raises Refusal."""
    if "/" in name:
        raise Refusal(
            in_both(f"쓸 수 없는 이름입니다: {name!r}", f"This name cannot be used: {name!r}"),
            status=400,
        )
    return str(safe_path(name))


def collect(folder: Path, *, ignore: Iterable[str]) -> list[tuple[str, bytes]]:
    """Every regular file as (relative POSIX path, content), sorted; links are not followed.

    Hidden files and those that `ignore` (name patterns) matches are left out.

    Raises:
        Refusal: a file or the whole is too large, a notebook is a link, or a name cannot be sent.
    """
    patterns = tuple(ignore)
    found: list[tuple[str, bytes]] = []
    total = 0
    for path in sorted(_walk(folder, patterns)):
        content = _read(folder / path, path)
        if content is None:
            continue
        total += len(content)
        if len(found) == MOST_FILES:
            raise _too_much(
                f"파일이 {MOST_FILES}개보다 많습니다.", f"over {MOST_FILES} files", path
            )
        if total > MOST_BYTES:
            raise _too_much(
                f"모두 {MOST_BYTES // MIB} MB보다 큽니다.", f"over {MOST_BYTES // MIB} MB", path
            )
        found.append((path, content))
    return found


def _walk(folder: Path, patterns: tuple[str, ...]) -> Iterator[str]:
    def unwanted(name: str) -> bool:
        return name.startswith(".") or any(fnmatch(name, pattern) for pattern in patterns)

    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = [name for name in folders if not unwanted(name)]
        for name in names:
            if not unwanted(name):
                path = (Path(parent) / name).relative_to(folder).as_posix()
                if len(os.fsencode(path)) > LONGEST_PATH or '"' in path:
                    raise _cannot_send(path)
                yield str(_sendable(path))


def _sendable(path: str) -> PurePosixPath:
    try:
        return safe_path(path)
    except Refusal:
        raise _cannot_send(path) from None


def _cannot_send(path: str) -> Refusal:
    return Refusal(
        in_both(
            f"{path!r}: 이름이 너무 길거나 쓸 수 없는 글자가 있습니다. 이름을 바꾼 뒤 다시 제출해 주세요.",
            f"{path!r} is too long or holds characters that cannot be sent. Rename it and submit again.",
        ),
        status=400,
    )


def _read(file: Path, path: str) -> bytes | None:
    """The content; None for what is no regular file."""
    mode = file.lstat().st_mode
    if stat.S_ISLNK(mode) and path.endswith(".ipynb"):
        raise Refusal(
            in_both(
                f"{path}: 링크는 제출할 수 없습니다. 노트북 파일 자체를 이 폴더에 두고 다시 제출해 주세요.",
                f"{path} is a link. Put the notebook itself into this folder and submit again.",
            ),
            status=400,
        )
    if not stat.S_ISREG(mode):
        return None
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as stream:
        content = stream.read(MOST_BYTES_IN_A_FILE + 1)
    if len(content) > MOST_BYTES_IN_A_FILE:
        limit = MOST_BYTES_IN_A_FILE // MIB
        raise _too_much(f"{path}: {limit} MB보다 큽니다.", f"{path} is over {limit} MB", path)
    return content


def _too_much(korean: str, english: str, path: str) -> Refusal:
    return Refusal(
        in_both(
            f"제출하지 않았습니다. {korean} {path} 같은 파일을 폴더 밖으로 옮긴 뒤 다시 제출해 주세요.",
            f"Not submitted: {english}. Move files such as {path} out of the folder and submit again.",
        ),
        status=413,
    )


def add_file(folder: Path, path: PurePosixPath, content: bytes) -> bool:
    """Write a file that is not there yet, whole or not at all; False when something has its name.

    Raises:
        Refusal: a link on the way leads out of the folder.
    """
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise Refusal(
            in_both(
                f"{path}: 폴더 밖을 가리키는 링크가 있어 쓰지 않았습니다.",
                f"{path} was not written: a link leads out of the assignment's folder.",
            ),
            status=409,
        )
    with _beside(target, content) as fresh:
        try:
            os.link(fresh, target)  # unlike a rename, refuses to take an existing name
        except FileExistsError:
            return False
    return True


def replace_file(target: Path, content: bytes) -> None:
    """Write or replace a file of ours as a whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with _beside(target, content) as fresh:
        os.replace(fresh, target)


@contextmanager
def _beside(target: Path, content: bytes) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(prefix=".academy-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
