"""nbgrader's gradebook, held in the memory of the process that asks nbgrader to make a release.

No file, so nothing can open it. It lives for one job: the academy keeps scores, not this database.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

URL = "sqlite:///file:gradebook?mode=memory&cache=shared&uri=true"


@contextmanager
def gradebook() -> Iterator[sqlite3.Connection]:
    """The database at `URL`, empty, for as long as the block lasts.

    The table is there from the start because nbgrader calls the program `alembic` (a second each
    time) to fill it when it meets a database without tables.
    """
    with closing(sqlite3.connect("file:gradebook?mode=memory&cache=shared", uri=True)) as keeper:
        keeper.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        keeper.commit()
        yield keeper
