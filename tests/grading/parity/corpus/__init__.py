"""The corpus: small assignments made by code, by family, and what trainees hand in for them.

A new case is one line in a family's dictionary: a name, and the code of a test.
"""

from tests.grading.parity.corpus import (
    courses,
    data,
    errors,
    generated,
    ipython,
    marking,
    misbehaving,
    python,
    state,
    stderr,
    structure,
    values,
)
from tests.grading.parity.corpus.making import Assignment

MODULES = (
    courses, values, marking, structure, stderr, errors, ipython, python, data, state, generated, misbehaving,
)  # fmt: skip
FAMILIES: dict[str, list[Assignment]] = {
    module.__name__.rpartition(".")[2]: list(module.ASSIGNMENTS) for module in MODULES
}
