"""The private folder of one run, and the environment its processes get.

The environment is built from a list of what may pass: nothing of the academy's (database address,
keys, tokens) is ever copied.
"""

import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PASSED_ON = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
ONE_THREAD = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")

COURSE, HOME, SCRATCH, RUNTIME, KERNELS, MATPLOTLIB = (
    "course",
    "home",
    "tmp",
    "run",
    "jupyter",
    "mpl",
)


@contextmanager
def workplace() -> Iterator[Path]:
    """A new folder only this user may enter; gone afterwards, whatever is in it."""
    root = Path(tempfile.mkdtemp(prefix="grading-"))
    try:
        for name in (COURSE, HOME, SCRATCH, RUNTIME, KERNELS, MATPLOTLIB):
            (root / name).mkdir(mode=0o700)
        yield root
    finally:
        remove(root)


def remove(root: Path) -> None:
    """Also folders that a notebook closed to us."""
    for parent, folders, _ in os.walk(root):
        for name in folders:
            folder = Path(parent, name)
            if not folder.is_symlink():
                with suppress(OSError):
                    folder.chmod(stat.S_IRWXU)
    shutil.rmtree(root, ignore_errors=True)


def register_kernel(root: Path, *, name: str, spec: dict[str, Any]) -> None:
    folder = root / KERNELS / "kernels" / name
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


def base_environment() -> dict[str, str]:
    """For the process that holds nbgrader. It drops PYTHONPATH before it starts a kernel."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {
        "LANG": "C.UTF-8",
        **passed,
        **{f"{library}_NUM_THREADS": "1" for library in ONE_THREAD},
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), SYSTEM_PATH)),
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "HOME": "/nonexistent",
        "JUPYTER_PLATFORM_DIRS": "1",
    }


def run_environment(root: Path, *, python: str | None = None) -> dict[str, str]:
    """What one run adds: every folder a program may want to write to lies in its own workplace.

    `python` is the notebook environment's: its programs stand first on the PATH.
    """
    environment = {
        "HOME": str(root / HOME),
        "TMPDIR": str(root / SCRATCH),
        "XDG_CACHE_HOME": str(root / HOME / ".cache"),
        "JUPYTER_PATH": str(root / KERNELS),
        "JUPYTER_CONFIG_DIR": str(root / HOME / ".jupyter"),
        "JUPYTER_DATA_DIR": str(root / HOME / ".local/share/jupyter"),
        "JUPYTER_RUNTIME_DIR": str(root / RUNTIME),
        "JUPYTER_NO_CONFIG": "1",
        "IPYTHONDIR": str(root / HOME / ".ipython"),
        "MPLCONFIGDIR": str(root / MATPLOTLIB),
    }
    if python:
        environment["PATH"] = os.pathsep.join((str(Path(python).parent), SYSTEM_PATH))
    return environment
