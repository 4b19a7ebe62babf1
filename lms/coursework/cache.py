"""What the grader found before, kept by everything a result depends on (grading.Cache).

Each call is a transaction of its own: the grader asks while no other is open, from any thread, and
what was stored stays whatever becomes of the job. A cache that fails costs time, never a grade.
"""

from __future__ import annotations

import logging

from flask import current_app
from obstore.exceptions import NotFoundError
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from lms import storage
from lms.coursework.models import GradingResult
from lms.db import db

_logger = logging.getLogger(__name__)


class ResultCache:
    """A `grading.Cache`. One that does not read finds nothing, and stores what is found anew."""

    def __init__(self, *, reads: bool = True) -> None:
        self.reads = reads
        self._app = current_app._get_current_object()  # type: ignore[attr-defined]

    def get(self, key: str) -> bytes | None:
        if not self.reads:
            return None
        with self._app.app_context():
            try:
                with db.sessionmaker.begin() as session:
                    sha256 = session.scalar(
                        select(GradingResult.sha256).where(GradingResult.key == key)
                    )
                return storage.get(sha256) if sha256 else None
            except (SQLAlchemyError, NotFoundError, OSError) as error:
                _logger.warning("cached result %s cannot be read: %s", key, error)
                return None

    def put(self, key: str, content: bytes) -> None:
        """Store the newest result; of two workers that found one the later stands."""
        with self._app.app_context():
            try:
                sha256 = storage.put(content)
                found = {"sha256": sha256, "made_at": func.now()}
                with db.sessionmaker.begin() as session:
                    session.execute(
                        insert(GradingResult)
                        .values(key=key, **found)
                        .on_conflict_do_update(index_elements=[GradingResult.key], set_=found)
                    )
            except (SQLAlchemyError, storage.StorageFull, OSError) as error:
                _logger.warning("result %s cannot be cached: %s", key, error)
