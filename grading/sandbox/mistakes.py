"""Mistakes that trainees make again and again, made once in the zygote.

To show an error that comes out of a library, IPython reads the library's whole source first (40 to
100 ms a file). A fork inherits what was read. None of these warns: a warning counts once a process,
and belongs to the trainee's cell.
"""

import sys
from collections.abc import Iterator

# Library: what goes wrong in it. What needs more than 10 MB of source in memory is not worth it.
USUAL = {
    "numpy": (
        "import numpy; numpy.allclose([1, 2], [1, 2, 3])",
        "import numpy; numpy.reshape([1, 2, 3], (2, 2))",
        "import numpy; numpy.linalg.inv([[1, 1], [1, 1]])",
    ),
    "pandas": (
        "import pandas; pandas.Series([1])['x']",
        "import pandas; pandas.DataFrame({'a': [1]})['x']",
        "import pandas; pandas.DataFrame({'a': [1]}).x",
        "import pandas; pandas.DataFrame({'a': [1], 'b': [1, 2]})",
        "import pandas; a = pandas.DataFrame({'a': [1]}); pandas.testing.assert_frame_equal(a, a + 1)",
    ),
}


def usual() -> Iterator[str]:
    """Cells that fail, for the libraries that are imported."""
    for library, cells in USUAL.items():
        if library in sys.modules:
            yield from cells
