"""Which kernel runs trainees' code: the notebook environment's `python3`, warm, for nearly all.

Never the LMS's own environment: its packages and its `sys.prefix` are not the trainee's. A notebook
in another language, or whose author uses widgets or CUDA, gets a real kernel.
"""

import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Any

from grading.facts import UnusableInput

KERNEL = "python3"
FOLDER = "share/jupyter/kernels"
SYSTEM = (Path("/usr/local") / FOLDER, Path("/usr") / FOLDER)
# Widgets answer only a front end that takes part, which nbclient plays.
WIDGETS = {
    "anywidget", "bqplot", "ipycanvas", "ipyleaflet", "ipympl", "ipyvolume", "ipywidgets",
    "pythreejs",
}  # fmt: skip
# They cannot be forked once they have opened the device.
CUDA = {"cupy", "jax", "numba.cuda", "pycuda", "tensorflow", "torch"}

INSTALLING = {
    "ir": "install it there (Debian: `apt-get install r-cran-irkernel`)",
    "bash": "install it there (`pip install bash_kernel`, `python -m bash_kernel.install --sys-prefix`)",
}
OTHER = "install it there (`jupyter kernelspec list` of the notebook environment must show it)"


@dataclass(frozen=True, slots=True)
class Kernel:
    """A real kernel to start: its kernelspec, and whether it gets the machine's NVIDIA devices."""

    name: str
    spec: dict[str, Any]
    cuda: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """What a notebook needs that a warm Python does not give."""

    kernel: str
    cuda: bool = False


def needed(kernel: str | None, imports: Collection[str]) -> Need | None:
    """By the author's kernel and imports; None where warm Python will do."""
    if kernel not in (None, KERNEL):
        return Need(str(kernel))
    packages = {name.split(".")[0] for name in imports} | {*imports}
    cuda = bool(packages & CUDA and nvidia_devices())
    return Need(KERNEL, cuda) if cuda or packages & WIDGETS else None


def nvidia_devices() -> tuple[str, ...]:
    return tuple(sorted(glob("/dev/nvidia*")))


def installed(kernels: Path | None = None) -> dict[str, dict[str, Any]]:
    """The kernelspecs notebooks may use, by name: those of `kernels`, of the notebook environment,
    of the system. `python3` is among them where there is a notebook environment."""
    found: dict[str, dict[str, Any]] = {}
    places = [*SYSTEM[::-1]]
    try:
        found[KERNEL] = notebook_kernel(kernels)
        places.append(Path(found[KERNEL]["argv"][0]).parents[1] / FOLDER)
    except UnusableInput:
        if kernels:
            raise
    if kernels:
        places += [kernels / below for below in ("", "kernels", FOLDER)]
    for place in places:
        for file in place.glob("*/kernel.json"):
            if file.parent.name != KERNEL and (spec := _readable(file)):
                found[file.parent.name] = spec
    return found


def chosen(specs: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    if name not in specs:
        raise UnusableInput(
            f"The kernel '{name}' is not installed where notebooks run; {how(name)}."
        )
    return specs[name]


def how(name: str) -> str:
    """To install a kernel, in words."""
    return INSTALLING.get(name, OTHER)


def _readable(file: Path) -> dict[str, Any] | None:
    try:
        spec = dict(json.loads(file.read_bytes()))
        place = str(file.parent)
        argv = [str(word).replace("{resource_dir}", place) for word in spec["argv"]]
        return {**spec, "argv": argv} if argv else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def notebook_kernel(kernels: Path | None) -> dict[str, Any]:
    """The kernelspec in `kernels` (a prefix, or the folder of kernelspecs itself).

    Without a folder: NOTEBOOK_PYTHON, or the `.venv-notebook` beside this package.
    """
    spec = _registered(kernels) if kernels else _of_python(_notebook_python())
    program = Path(str(spec["argv"][0]))
    if not program.is_absolute() or not program.is_file():
        raise UnusableInput(
            f"The kernel '{KERNEL}' starts {program}, which is no program of a notebook"
            " environment; register it again with `python -m ipykernel install --prefix`."
        )
    return spec


def notebook_python(kernels: Path | None) -> str:
    """The program that runs Python notebooks; the rest as `notebook_kernel`."""
    return str(notebook_kernel(Path(kernels) if kernels else None)["argv"][0])


def _registered(kernels: Path) -> dict[str, Any]:
    for below in ("", "kernels", "share/jupyter/kernels"):
        file = kernels / below / KERNEL / "kernel.json"
        if file.is_file():
            break
    else:
        raise UnusableInput(
            f"There is no kernel '{KERNEL}' in {kernels}; register one there with"
            " `.venv-notebook/bin/python -m ipykernel install --prefix`."
        )
    try:
        spec = json.loads(file.read_bytes())
        return {**spec, "argv": [str(spec["argv"][0]), *map(str, spec["argv"][1:])]}
    except (ValueError, LookupError, TypeError) as error:
        raise UnusableInput(f"The kernelspec {file} is not readable; register it again.") from error


def _notebook_python() -> Path:
    named = os.environ.get("NOTEBOOK_PYTHON")
    python = Path(named) if named else Path(__file__).parents[1] / ".venv-notebook/bin/python"
    if not python.is_file():
        raise UnusableInput(
            "No Python to run notebooks with was found; make the notebook environment with"
            " `make`, or name its Python in NOTEBOOK_PYTHON."
        )
    return python.absolute()


def _of_python(python: Path) -> dict[str, Any]:
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    return {"argv": argv, "display_name": "Python 3 (ipykernel)", "language": "python"}
